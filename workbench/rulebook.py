"""The rules that stand for every run of a journal: looked at, set, tried on history, lifted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench import freezing, rule_files
from workbench.commands import Command, Freeze, Lift
from workbench.engine import Parts
from workbench.engine.authority import judged
from workbench.errors import CommandRefused, NotFound
from workbench.events import CallIntended, RunCreated
from workbench.grants import Rule, Subject, freeze_rule
from workbench.grants.rule import names_tool
from workbench.host.guard import person_only
from workbench.ids import new_id
from workbench.journal.standing import StandingRule
from workbench.rule_files import RuleFile
from workbench.tools import Tool

if TYPE_CHECKING:
    import pandas as pd

NEWEST = 100
"""Runs whose calls a preview looks at."""


class Rulebook:
    """Rules of one journal; each acts from its commit on, in every process, on the next call."""

    def __init__(
        self, parts: Parts, changed: Callable[[], None], files: Iterable[RuleFile] = ()
    ) -> None:
        """Use these parts; `changed` is called when the rules have changed."""
        self._parts, self._changed = parts, changed
        self.files = list(files)
        """Files of rules that were read for this workbench; see `trust`."""
        parts.standing.set_files(in_force(self.files))

    def __iter__(self) -> Iterator[StandingRule]:
        """Go through the rules that stand, oldest first."""
        return (rule for rule in self.history() if not rule.lifted_by)

    def __len__(self) -> int:
        """Count the rules that stand."""
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        """Give one line a rule."""
        lines = [f"{rule.id}: {rule.rule} (by {rule.by})" for rule in self]
        lines += [str(file) for file in self.files if file.rules]
        return "\n".join(lines) or "No standing rules."

    def history(self) -> list[StandingRule]:
        """Give every rule that was ever set, oldest first."""
        return self._parts.journal.rules()[1]

    def add(self, rule: Rule, *, by: str = "person") -> str:
        """Let a rule stand for every run of the journal; gives its id.

        Raises:
            CommandRefused: a tool's call wants to set it, or it can match no call.
        """
        person_only(self._parts.journal, "change the rules")
        here = any(map(rule.covers_tool, self._parts.tools))
        if not here and not self._is_elsewhere(rule):
            known = {tool.name for tool in self._parts.tools} | self._names_elsewhere()
            raise CommandRefused(
                f"The rule {rule} matches no tool.",
                f"Known tools are: {', '.join(sorted(known)) or 'none'}.",
            )
        if here and (idle := rule.idle(self._parts.tools)) is not None:
            raise CommandRefused(*idle)
        rule_id = new_id("rule")
        self._parts.journal.put_rule(rule_id, rule, by, self._parts.clock.now())
        self._reload()
        return rule_id

    def _is_elsewhere(self, rule: Rule) -> bool:
        """Whether a rule names a tool of a run whose tools are in another process."""
        names = (name for name in self._names_elsewhere() if name not in rule.besides)
        return (rule.freeze and rule.tool == "*") or any(names_tool(rule.tool, n) for n in names)

    def _names_elsewhere(self) -> set[str]:
        """Give the names of the tools that the newest runs of the journal were made with."""
        journal = self._parts.journal
        firsts = [journal.records(run.id, limit=1) for run in journal.runs()[:NEWEST]]
        made = (first.event for records in firsts for first in records)
        return {name for event in made if isinstance(event, RunCreated) for name in event.tools}

    def lift(self, rule_id: str, *, by: str = "person") -> None:
        """Lift a rule; a run that it has paused goes on when it is resumed.

        Raises:
            NotFound: no such rule stands.
            CommandRefused: a tool's call wants to lift it.
        """
        person_only(self._parts.journal, "change the rules")
        self._parts.journal.lift_rule(rule_id, by, self._parts.clock.now())
        self._reload()

    def trust(self, path: str | Path) -> None:
        """Let what a file of rules allows hold, as it was read; kept until the file is changed.

        Raises:
            NotFound: no rules were read from there.
            CommandRefused: the file has been changed since, or a tool's call wants it.
        """
        person_only(self._parts.journal, "trust a file of rules")
        self._replace(rule_files.trust(rule_files.named(self.files, path)))

    def distrust(self, path: str | Path) -> None:
        """Let what a file allows hold no longer; what it denies and asks about holds on.

        Raises:
            NotFound: no rules were read from there.
            CommandRefused: a tool's call wants it.
        """
        person_only(self._parts.journal, "change the rules")
        self._replace(rule_files.distrust(rule_files.named(self.files, path)))

    def _replace(self, changed: RuleFile) -> None:
        self.files = [changed if file.path == changed.path else file for file in self.files]
        self._parts.standing.set_files(in_force(self.files))
        self._changed()

    def freeze(self, what: str, why: str = "", *, by: str = "person") -> str:
        """Freeze `no writes`, `no deletes`, `not tool NAME` or `everything`; gives the rule's id.

        Raises:
            ToolError: it names nothing that can be frozen.
            CommandRefused: it names no tool, or a tool's call wants it.
        """
        return self.add(freeze_rule(what, why), by=by)

    def unfreeze(self, what: str = "", *, by: str = "person") -> list[str]:
        """Lift freezes: the one of this id or these words, or all; gives their ids.

        Raises:
            NotFound: nothing like that is frozen.
        """
        frozen = [rule for rule in self if rule.rule.freeze]
        if " " in what or what == "everything":
            words = str(freeze_rule(what))
            found = [rule.id for rule in frozen if str(rule.rule) == words]
        else:
            found = [rule.id for rule in frozen if what in ("", rule.id)]
        if not found:
            raise NotFound(f"Nothing is frozen as {what or 'a freeze'!r}.", "Look at bench.rules.")
        for rule_id in found:
            self.lift(rule_id, by=by)
        return found

    def order(self, run: str, order: Freeze | Lift) -> None:
        """Freeze or lift as it was ordered in the view of a run; see `freeze` and `unfreeze`.

        Raises:
            WorkbenchError: it is refused; nothing changed.
        """
        person_only(self._parts.journal, "change the rules")
        freezing.carry_out(self._parts.journal, self._parts.clock.now(), run, order)
        self._reload()

    def ahead(self, run: str, command: Command) -> None:
        """Freeze what a refusal freezes that waits in the journal of a run which nobody drives."""
        if freezing.ahead(self._parts.journal, self._parts.clock.now(), run, command):
            self._reload()

    def preview(self, rule: Rule, runs: int = NEWEST) -> pd.DataFrame:
        """List the calls in the newest runs that a rule would have covered, with what allowed them.

        Args:
            rule: what is tried; it is not set.
            runs: how many runs are looked at.
        """
        import pandas as pd

        rows = [
            row for run in self._parts.journal.runs()[:runs] for row in self._tried(rule, run.id)
        ]
        columns = ["at", "run", "step", "tool", "args", "allowed_by"]
        return pd.DataFrame(rows, columns=columns)

    def _tried(self, rule: Rule, run: str) -> Iterator[tuple[object, ...]]:
        environment = ""
        for record in self._parts.journal.records(run):
            event = record.event
            environment = getattr(event, "environment", environment)
            if not isinstance(event, CallIntended):
                continue
            tool = self._parts.tools.get(event.tool)
            args = _judged(tool, event.args.value)
            if tool is not None and rule.covers(
                Subject(tool, args, event.step, environment, dict(event.spend), record.at)
            ):
                yield record.at, run, event.step, event.tool, args, event.allowed_by

    def _reload(self) -> None:
        self._parts.standing.load()
        self._changed()


def in_force(files: Iterable[RuleFile]) -> list[tuple[str, Rule]]:
    """Give the rules of files that hold, each with where it stands."""
    return [one for file in files for one in file.in_force]


def _judged(tool: Tool | None, shown: Any) -> dict[str, Any]:
    """Give the arguments as a decision sees them, defaults included, as far as they can be had."""
    args = dict(shown) if isinstance(shown, dict) else {}
    if tool is None:
        return args
    try:
        return judged(tool.bind(args), args)
    except Exception:  # noqa: BLE001 - an argument was a live value, or the tool has changed since
        return args
