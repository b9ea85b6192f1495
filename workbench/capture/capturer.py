"""Looks at the variables of one namespace: what is there, and what of it must be stored anew."""

from __future__ import annotations

import time
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import Any

from workbench.capture import namespace as names
from workbench.capture.bounds import Bounds, in_words
from workbench.capture.forms import Form
from workbench.capture.unchanged import Evidence, SameArrays, evidence_of, still_of
from workbench.errors import ValueNotStorable
from workbench.events.variables import CapturedVariable
from workbench.points import reach

TRIES = 3
"""Times that a value is read which others change meanwhile."""
FIXED_TYPES = frozenset({"str", "int", "float", "bool", "NoneType", "bytes", "complex", "range"})
"""Types whose objects never change: nobody can tell two of them apart."""


class TimeOver(Exception):
    """The capture has taken as long as it may."""


@dataclass
class Look:
    """What a look at the variables has found."""

    names: dict[str, CapturedVariable] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)
    """Those that could not be captured, with the reason."""
    contents: dict[str, bytes] = field(default_factory=dict)
    """Bytes that may not be in the journal yet, by digest."""
    read: int = 0
    """Variables whose content was read; the others were known to be unchanged."""
    seconds: float = 0.0


@dataclass
class Known:
    """What is known of a variable since the last look."""

    mark: str
    captured: CapturedVariable
    evidence: Evidence | None


@dataclass
class Taken:
    """A look half done: what has changed is kept, and not yet written."""

    found: Look
    began: float
    changed: list[tuple[str, Form, str, Evidence | None]] = field(default_factory=list)
    same: dict[str, str] = field(default_factory=dict)
    """Second names of objects, with the first."""


class Capturer:
    """Captures the variables of one namespace; shared by all runs of a workbench.

    A look runs in a thread of its own, one at a time. It keeps no variable alive, except that a
    shallow copy of a frame, which costs nothing, stands until the next look or until `rest`.
    """

    def __init__(self, namespace: MutableMapping[str, Any], bounds: Bounds) -> None:
        """Look at `namespace`, within `bounds`."""
        self.namespace, self.bounds = namespace, bounds
        self.current = ""
        """The variable that is being looked at."""
        self.known: dict[str, Known] = {}
        """What the last look has found, by name; used under the lock."""
        self._lock = Lock()
        self._users = 0

    def bindings(self) -> dict[str, Any]:
        """Copy which name stands for which object now; microseconds."""
        return names.bindings(self.namespace)

    def use(self) -> None:
        """Say that one more drive captures."""
        with self._lock:
            self._users += 1

    def rest(self) -> None:
        """Say that a drive has ended; after the last one no copy of a frame is kept."""
        with self._lock:
            self._users -= 1
            if self._users == 0:
                for known in self.known.values():
                    known.evidence = None

    def forget(self, name: str) -> None:
        """Read a variable anew at the next look, and give its bytes again."""
        self.known.pop(name, None)

    def learn(self, name: str, value: Any, captured: CapturedVariable) -> None:
        """Know a variable that was just made of what was captured of it."""
        with self._lock, suppress(ValueNotStorable, TimeOver):
            mark = Form(value, self.bounds, lambda: None).mark()
            evidence = evidence_of(value) if self._users else None
            self.known[name] = Known(mark, captured, evidence)

    def given_up(self, bound: dict[str, Any]) -> Look:
        """Give a look that was not waited for: nothing was captured, and one variable is why."""
        slow, seconds = self.current, self.bounds.seconds
        why = (
            f"the capture took more than {seconds:g} s: {slow or 'another capture'} takes too long"
        )
        return Look(left=dict.fromkeys(names.visible(bound), why), seconds=seconds)

    def look(self, bound: dict[str, Any], only: frozenset[str] | None = None) -> Look:
        """Find out what the variables are, `only` those named, or all."""
        return self.store(self.take(bound, only))

    def take(self, bound: dict[str, Any], only: frozenset[str] | None = None) -> Taken:
        """Find out which variables have changed, and keep what they are: from here on it counts.

        What takes too long or too much room is named in `left`.
        """
        with self._lock:
            return _Taking(self, bound, only).done()

    def store(self, taken: Taken) -> Look:
        """Give those that have changed the form in which they are stored: the slow part."""
        with self._lock:
            return _Storing(self, taken).done()


class _Bounded:
    """One look, as long as it may take."""

    def __init__(self, capturer: Capturer, found: Look, began: float) -> None:
        self._of, self._found, self._began = capturer, found, began

    def _try(self, name: str, work: Callable[[], None]) -> None:
        """Do something about a variable; what goes wrong is the reason why it is left."""
        self._of.current = name
        try:
            self._check()
            work()
        except ValueNotStorable as error:
            self._leave(name, error.what)
        except TimeOver:
            seconds = self._of.bounds.seconds
            self._leave(name, f"the capture had taken {seconds:g} s when it was its turn")
        except Exception as error:  # noqa: BLE001 - a value that others change meanwhile may raise anything
            self._leave(name, f"it could not be read: {type(error).__name__}: {error}")
        self._of.current = ""

    def _leave(self, name: str, why: str) -> None:
        self._found.left[name] = why.rstrip(".")
        self._of.forget(name)

    def _check(self) -> None:
        if time.monotonic() - self._began > self._of.bounds.seconds:
            raise TimeOver


class _Taking(_Bounded):
    """Finds out what has changed."""

    def __init__(
        self, capturer: Capturer, bound: dict[str, Any], only: frozenset[str] | None
    ) -> None:
        self._taken = Taken(Look(), time.monotonic())
        super().__init__(capturer, self._taken.found, self._taken.began)
        variables = names.visible(bound)
        if only is None:
            for gone in set(capturer.known) - set(variables):
                capturer.forget(gone)
        else:
            variables = {name: value for name, value in variables.items() if name in only}
        self._variables = variables

    def done(self) -> Taken:
        """Look at all of them."""
        first: dict[int, str] = {}
        for name in sorted(self._variables):
            value = self._variables[name]
            if (other := first.setdefault(id(value), name)) != name:
                self._taken.same[name] = other
                continue
            known = self._of.known.get(name)
            if known is not None and known.evidence is not None and known.evidence.still(value):
                self._found.names[name] = known.captured
                continue
            self._found.read += 1
            self._try(name, partial(self._read, name, value, known))
        return self._taken

    def _read(self, name: str, value: Any, known: Known | None) -> None:
        """Read a value, and keep it when it is not the one that is known."""
        if known is not None:
            known.evidence = None  # the copy that it keeps would count as another reader
        evidence, form = evidence_of(value), self._form(value)
        mark = form.mark()
        if known is not None and known.mark == mark:
            self._found.names[name] = known.captured
            self._of.known[name] = Known(mark, known.captured, evidence)
            return
        for _ in range(TRIES):
            still = evidence.kept if isinstance(evidence, SameArrays) else still_of(value)
            if still is not value:
                form = self._form(still)
            if form.mark() == mark and self._form(value).mark() == mark:
                self._taken.changed.append((name, form, mark, evidence))
                return
            evidence = None
            evidence, form = evidence_of(value), self._form(value)
            mark = form.mark()
        raise ValueNotStorable("it was being changed while it was captured")

    def _form(self, value: Any) -> Form:
        return Form(value, self._of.bounds, self._check)


class _Storing(_Bounded):
    """Gives what has changed its stored form."""

    def __init__(self, capturer: Capturer, taken: Taken) -> None:
        super().__init__(capturer, taken.found, taken.began)
        self._taken = taken

    def done(self) -> Look:
        """Write all of them."""
        for name, form, mark, evidence in self._taken.changed:
            self._try(name, partial(self._write, name, form, mark, evidence))
        self._taken.changed.clear()
        for name, other in self._taken.same.items():
            self._same(name, other)
        self._found.seconds = round(time.monotonic() - self._began, 6)
        return self._found

    def _write(self, name: str, form: Form, mark: str, evidence: Evidence | None) -> None:
        written = form.write()
        reach("variable-written")
        bounds, contents = self._of.bounds, self._found.contents
        new = sum(len(c) for digest, c in written.contents.items() if digest not in contents)
        if new > bounds.value_bytes:
            most = in_words(bounds.value_bytes)
            raise ValueNotStorable(f"it takes {in_words(new)}, more than {most}")
        if sum(map(len, contents.values())) + new > bounds.capture_bytes:
            most = in_words(bounds.capture_bytes)
            raise ValueNotStorable(f"with it, one capture would add more than {most}")
        contents |= written.contents
        self._found.names[name] = written.captured
        self._of.known[name] = Known(mark, written.captured, evidence)

    def _same(self, name: str, other: str) -> None:
        """Note a second name of one object."""
        if (why := self._found.left.get(other)) is not None:
            self._found.left[name] = why
            return
        captured = self._found.names[other]
        if captured.type not in FIXED_TYPES:
            captured = captured.model_copy(update={"same_as": other})
        self._found.names[name] = captured
