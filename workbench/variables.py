"""Going back to the notebook's variables as they were: `run.checkpoint_at`, `run.restore`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from workbench.capture import KINDS, class_finder, read, variables_at
from workbench.capture.checkpoint import Checkpoint, checkpoint_of
from workbench.capture.state import place_of
from workbench.commands import NoteRestored
from workbench.errors import (
    CommandRefused,
    JournalTampered,
    NotFound,
    ValueNotStorable,
    VariablesChanged,
)
from workbench.events import CapturedVariable, Record, VariablesCaptured, VariablesRestored
from workbench.handle import Handle, Place
from workbench.values.said import Said


@dataclass(frozen=True)
class Restored(Said):
    """What a restoration has done with each variable."""

    run: str
    to: int
    """The place whose values they have now."""
    restored: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    """Those that were not there at that place."""
    unchanged: tuple[str, ...] = ()
    """Those that were as they are."""
    by_hand: tuple[str, ...] = ()
    """Those that differ, but that the run has not touched since: they were left as they are."""
    not_captured: dict[str, str] = field(default_factory=dict)
    """Those that could not be restored, with the reason."""
    undo: int = 0
    """The place to restore to get back what was replaced; 0: nothing was."""

    def __str__(self) -> str:
        """Say it in a few lines."""
        lines = [f"Variables of {self.run} as they were at event {self.to}:"]
        for word, names in (
            ("restored", self.restored),
            ("removed", self.removed),
            ("unchanged", self.unchanged),
            ("changed by hand, left alone", self.by_hand),
        ):
            if names:
                lines.append(f"  {word}: {', '.join(names)}")
        lines += [f"  not restored: {name}: {why}" for name, why in self.not_captured.items()]
        if self.undo:
            lines.append(f"  to take it back: run.restore({self.undo})")
        if len(lines) == 1:
            lines.append("  nothing to do: the run has changed none of them since")
        return "\n".join(lines)


class RunVariables(Handle):
    """The variables that were captured beside a run's steps."""

    def checkpoint_at(self, place: Place) -> Checkpoint:
        """Give all that was true at a checkpoint, its name or a position, as one document.

        `checkpoint_at(…).model_dump_json()` is the JSON, `Checkpoint.model_json_schema()` its form.

        Raises:
            NotFound: there is no such place.
        """
        view = self.view_at(place)
        _settle(self)
        named = [mark.name for mark in self.checkpoints if mark.seq == view.seq]
        name = place if isinstance(place, str) else (named or [f"event {view.seq}"])[-1]
        return checkpoint_of(view, name, variables_at(_records(self), view.seq))

    def restore(
        self,
        place: Place,
        names: Iterable[str] | None = None,
        *,
        overwrite: bool = False,
    ) -> Restored:
        """Give the notebook's variables the values back that they had at a place.

        By default those that the run has changed, made or removed since, and those that are not
        there any more. What they are until then is captured first: `run.restore(restored.undo)`
        takes it back. Nothing else of the run or the world changes.

        Args:
            place: a checkpoint, its name, or a position in the journal.
            names: only these, whoever has changed them.
            overwrite: also variables that were changed by hand since the run's last capture.

        Raises:
            VariablesChanged: some were changed by hand; they are named, and nothing was changed.
            NotFound: there is no such place, or the workbench has no variables.
        """
        seq = self.view_at(place).seq
        return restore_variables(self, seq, names, overwrite=overwrite)


def restore_variables(
    run: RunVariables,
    seq: int,
    names: Iterable[str] | None = None,
    *,
    overwrite: bool = False,
    by: str = "person",
) -> Restored:
    """Do what `run.restore` does; a rollback calls it with the place that it goes back to."""
    _settle(run)
    restoring = _Restoring(run, seq, None if names is None else frozenset(names))
    restoring.refuse_changed(overwrite=overwrite)
    return restoring.done(by)


class _Restoring:
    """One restoration."""

    def __init__(self, run: RunVariables, seq: int, names: frozenset[str] | None) -> None:
        self._run, self._seq = run, seq
        self._journal = run.bench.journal
        capturer = run.bench.capturer
        if capturer is None:
            raise NotFound(
                "This workbench has no variables to restore.",
                "Make it with Workbench(variables=get_ipython().user_ns).",
            )
        self._capturer = capturer
        if not (run.bench.host.attached(run.id) or self._journal.run(run.id).owner):
            raise CommandRefused(
                f"Nobody drives run {run.id}, so nobody would write down what is restored.",
                "Take hold of it with bench.open(…).",
            )
        self._records = list(_records(run))
        self._then, self._last = variables_at(self._records, seq), variables_at(self._records)
        if not self._then.of:
            raise NotFound(
                f"No variables were captured at event {seq} of {run.id} or before.",
                "Captures begin with the first step that a workbench with variables drives.",
            )
        self._now = capturer.look(capturer.bindings())
        self._chosen, self._by_hand = self._choose(names)

    def _choose(self, names: frozenset[str] | None) -> tuple[list[str], list[str]]:
        """Give those to be restored, and those that only the person has changed."""
        then, last, now = self._then.names, self._last.names, self._now
        if names is not None:
            return sorted(names), []
        chosen, by_hand = [], []
        for name in sorted(then.keys() | last.keys()):
            there = name in now.names or name in now.left
            touched = _digest(then.get(name)) != _digest(last.get(name))
            if touched or (not there and name in then):
                chosen.append(name)
            elif there and _digest(now.names.get(name)) != _digest(then.get(name)):
                by_hand.append(name)
        return chosen, by_hand

    def refuse_changed(self, *, overwrite: bool) -> None:
        """Refuse to replace what somebody else has changed, unless they want it."""
        changed = [] if overwrite else [name for name in self._chosen if self._is_changed(name)]
        if changed:
            listed = ", ".join(changed)
            raise VariablesChanged(
                f"Changed by hand since the run's last capture: {listed}.",
                "Nothing was restored. Give the names of the others, or overwrite=True: what is "
                "replaced is captured first.",
                names=changed,
            )

    def _is_changed(self, name: str) -> bool:
        now, then = self._now.names.get(name), self._then.names.get(name)
        if now is None and name not in self._now.left:
            return False  # it is not there: nothing is lost
        if name in self._now.left:
            return name not in self._last.left
        return _digest(now) not in (_digest(self._last.names.get(name)), _digest(then))

    def done(self, by: str) -> Restored:
        """Read the values, write down what happens, and put them into the namespace."""
        values, removed, unchanged, left = self._values()
        before = self._before()
        entries = {name: self._then.names[name] for name in values}
        undo = 0
        if values or removed or left or self._by_hand:
            noted = VariablesRestored(
                to=self._seq,
                by=by,
                names=entries,
                removed=tuple(removed),
                left=left,
                by_hand=tuple(self._by_hand),
            )
            undo = self._run.view.seq if before is None else self._run.view.seq + 1
            self._run.send(NoteRestored(by=by, before=before, restored=noted))
            undo = self._place_before(undo) if values or removed else 0
        namespace = self._capturer.namespace
        for name, value in values.items():
            namespace[name] = value
            self._capturer.learn(name, value, entries[name])
        for name in removed:
            namespace.pop(name, None)
        return Restored(
            run=self._run.id,
            to=self._seq,
            restored=tuple(values),
            removed=tuple(removed),
            unchanged=tuple(unchanged),
            by_hand=tuple(self._by_hand),
            not_captured={**left, **self._never()},
            undo=undo,
        )

    def _place_before(self, guess: int) -> int:
        """Find the place just before the restoration that was written last."""
        newest = [r for r in _records(self._run) if r.kind == "variables.restored"]
        return newest[-1].seq - 1 if newest else guess

    def _values(self) -> tuple[dict[str, Any], list[str], list[str], dict[str, str]]:
        values: dict[str, Any] = {}
        removed: list[str] = []
        unchanged: list[str] = []
        left: dict[str, str] = {}
        shared: dict[str, Any] = {}
        find = class_finder(dict(self._capturer.namespace))
        for name in self._chosen:
            then, now = self._then.names.get(name), self._now.names.get(name)
            if then is None:
                self._without(name, removed, left)
            elif now is not None and now.digest == then.digest and now.same_as == then.same_as:
                unchanged.append(name)
            else:
                try:
                    first = then.same_as or name
                    if first not in shared:
                        shared[first] = self._one(first, then, find)
                    values[name] = shared[first]
                except (ValueNotStorable, NotFound, JournalTampered) as error:
                    left[name] = self._fault(name, error)
        return values, removed, unchanged, left

    def _one(self, first: str, then: CapturedVariable, find: Any) -> Any:
        """Give the object of a variable: the one that its other name has, if that is still it."""
        other, now = self._then.names.get(first), self._now.names.get(first)
        stands = other is not None and now is not None and now.digest == other.digest
        if stands and first not in self._chosen:
            return self._capturer.namespace[first]
        return read(then, self._journal.artifact, find)

    def _without(self, name: str, removed: list[str], left: dict[str, str]) -> None:
        """Deal with one that was not captured then."""
        if name in self._then.left:
            left[name] = self._then.left[name]
        elif name in self._now.names or name in self._now.left:
            removed.append(name)

    def _never(self) -> dict[str, str]:
        """Give those that were there and not captured, and that are not what was asked for."""
        return {n: why for n, why in self._then.left.items() if n not in self._chosen}

    def _fault(self, name: str, error: ValueNotStorable | NotFound | JournalTampered) -> str:
        """Say why one cannot be restored, and which earlier place still has a value of it."""
        why = error.what.rstrip(".")
        if isinstance(error, ValueNotStorable):
            return why
        places = {place_of(record) for record in self._records}
        for seq in sorted((place for place in places if place < self._seq), reverse=True):
            entry = variables_at(self._records, seq).names.get(name)
            if entry is None or entry.digest == self._then.names[name].digest:
                continue
            try:
                for artifact in entry.artifacts:
                    self._journal.artifact(artifact.digest)
            except (NotFound, JournalTampered):
                continue
            return f"{why}; an earlier value can be read: run.restore({seq}, [{name!r}])"
        return f"{why}; no earlier value can be read"

    def _before(self) -> VariablesCaptured | None:
        """Capture what will be replaced, as far as the last capture does not have it."""
        changes = self._last.changes(self._now, 1)
        if changes is None:
            return None
        needed = {a.digest for c in changes.names.values() for a in c.artifacts}
        contents = self._now.contents
        missing = self._journal.missing_artifacts(needed - contents.keys())
        if missing:
            for name in changes.names:
                self._capturer.forget(name)
            again = self._capturer.look(self._capturer.bindings(), frozenset(changes.names))
            contents |= again.contents
        for digest in needed & contents.keys():
            self._journal.put_artifact(digest, contents[digest])
        return changes


def _digest(captured: CapturedVariable | None) -> str:
    return "" if captured is None else captured.digest


def _records(run: RunVariables) -> Iterator[Record]:
    return iter(run.bench.journal.records(run.id, kinds=KINDS))


def _settle(run: RunVariables) -> None:
    """Wait until captures that are under way here are in the journal."""
    run.bench.host.settle_captures(run.id)


__all__ = ["Restored", "RunVariables", "restore_variables"]
