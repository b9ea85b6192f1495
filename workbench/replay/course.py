"""The course of a run: all that its replay needs, from its journal or from a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from workbench import events as e
from workbench.commands import Command
from workbench.errors import NotFound
from workbench.events import Record, dump
from workbench.grants import Rule
from workbench.journal import Journal
from workbench.journal.held import DIGEST
from workbench.replay.facts import ToolFacts, facts_of
from workbench.tools import Tool


def _none(digest: str) -> bytes:
    raise NotFound(f"There is no artifact {digest[:12]}.", artifact=digest)


@dataclass(frozen=True)
class RuleSet:
    """A rule that stood for every run of the journal."""

    id: str
    rule: Rule
    by: str
    at: datetime
    lifted: datetime | None = None


@dataclass(frozen=True)
class Course:
    """What happened in a run, what was ordered of it, and what its tools declare."""

    run: str
    records: tuple[Record, ...]
    orders: tuple[Command, ...] = ()
    """Commands that were carried out, in the order in which they were written."""
    tools: Mapping[str, ToolFacts] = field(default_factory=dict)
    """What was declared of its tools when it was taken down."""
    others: Mapping[str, tuple[Record, ...]] = field(default_factory=dict)
    """Events of the runs that undo it, or of the one that it undoes."""
    rules: tuple[RuleSet, ...] = ()
    artifact: Callable[[str], bytes] = _none
    """Gives the bytes of a value that stands beside the journal."""

    @property
    def head(self) -> str:
        """The hash that names every event of it, and their order."""
        return self.records[-1].hash

    @property
    def created(self) -> e.RunCreated:
        """Its first event."""
        first = self.records[0].event
        assert isinstance(first, e.RunCreated)  # noqa: S101 - looked at when it was read
        return first

    @property
    def first(self) -> int:
        """How many events were written with the run itself, before anybody drove it."""
        return next((n for n, r in enumerate(self.records) if r.epoch), len(self.records))

    @property
    def spends(self) -> dict[str, list[tuple[dict[str, Any], dict[str, float]]]]:
        """What its calls have spent, each with its arguments, by tool."""
        found: dict[str, list[tuple[dict[str, Any], dict[str, float]]]] = {}
        for record in self.records:
            event = record.event
            if isinstance(event, (e.CallIntended, e.RequestOpened)):
                args = event.args.value if isinstance(event, e.CallIntended) else event.args
                spent = {unit: n for unit, n in event.spend.items() if unit != "calls"}
                found.setdefault(event.tool, []).append((args, spent))
        return found

    @property
    def request_expires_s(self) -> float | None:
        """How many seconds a request stayed open; None: for ever."""
        for record in self.records:
            event = record.event
            if isinstance(event, e.RequestOpened) and event.expires is not None:
                return round((event.expires - record.at) / timedelta(seconds=1), 3)
        return None

    def digests(self) -> set[str]:
        """Name the artifacts that it refers to, and whatever else looks like one."""
        runs = (self.records, *self.others.values())
        return {name for run in runs for r in run for name in DIGEST.findall(dump(r.event))}


def course_of(journal: Journal, run: str, tools: Iterable[Tool]) -> Course:
    """Take down the course of a run from its journal.

    Raises:
        NotFound: there is no such run, or a tool that it called is not among `tools`.
        JournalTampered: its hash chain is broken.
    """
    head = journal.run(run).head
    records = tuple(journal.records(run, head=head))
    facts = {tool.name: facts_of(tool) for tool in tools}
    _refuse_unknown(run, records, facts)
    return Course(
        run,
        records,
        orders=tuple(row.command for row in journal.decided_commands(run) if row.state == "done"),
        tools=facts,
        others={name: tuple(journal.records(name)) for name in _others(journal, records)},
        rules=tuple(_rules(journal)),
        artifact=journal.artifact,
    )


def _refuse_unknown(run: str, records: tuple[Record, ...], known: Mapping[str, ToolFacts]) -> None:
    """Refuse a run whose tools are not here: what they declare does not stand in the journal."""
    called = {r.event.tool for r in records if isinstance(r.event, e.CallIntended)}
    first = records[0].event
    had = set(first.tools) if isinstance(first, e.RunCreated) else set()
    if missing := sorted((called & had) - set(known)):
        raise NotFound(
            f"Run {run} has called {', '.join(missing)}, and what that declares is not here.",
            "Give the tools: Workbench(tools=[…]); in a terminal: --tools module:attribute.",
        )


def _others(journal: Journal, records: tuple[Record, ...]) -> Iterator[str]:
    """Name the runs that belong to it: what they did is part of what it knows."""
    known = {row.id for row in journal.runs()}
    for record in records:
        event, name = record.event, ""
        if isinstance(event, e.RollbackBegun):
            name = event.undo
        elif isinstance(event, e.RunCreated):
            name = event.undoes
        if name in known:
            yield name


def _rules(journal: Journal) -> Iterator[RuleSet]:
    for stood in journal.rules()[1]:
        yield RuleSet(stood.id, stood.rule, stood.by, stood.at, stood.lifted_at)
