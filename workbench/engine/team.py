"""The parts of one drive, made for each other: each gets those that it works with, and no more."""

from __future__ import annotations

from collections.abc import Callable

import anyio

from workbench.engine.authority import Authority
from workbench.engine.breakers import Breakers
from workbench.engine.calls import Calls
from workbench.engine.captures import Captures
from workbench.engine.completion import Completion
from workbench.engine.crew import Crew
from workbench.engine.doubt import Doubts
from workbench.engine.drift import Drifts
from workbench.engine.hooks import Relay
from workbench.engine.ledger import Ledger
from workbench.engine.lines import Lines
from workbench.engine.log import Log
from workbench.engine.model_calls import ModelCalls
from workbench.engine.orders import Orders
from workbench.engine.outputs import Outputs
from workbench.engine.parts import Parts
from workbench.engine.planning import Planning
from workbench.engine.rollbacks import Rollbacks
from workbench.engine.schedule import Schedule
from workbench.engine.turns import Turns
from workbench.engine.versions import Versions
from workbench.journal import Lease
from workbench.view import RunView


class Team:
    """Who does the work of one drive; what each is for, its own file says."""

    def __init__(
        self,
        parts: Parts,
        lease: Lease,
        view: RunView,
        *,
        active: dict[str, anyio.CancelScope],
        stir: Callable[[], None],
        must_look: Callable[[], bool],
    ) -> None:
        """Put it together.

        Args:
            parts: the parts of the engine, which all drives share.
            lease: of the run.
            view: the fold up to the lease's event.
            active: the steps at work, and what cancels each.
            stir: makes the drive look again.
            must_look: whether the drive must look before anything else begins.
        """
        self.log = log = Log(parts.journal, lease, view, parts.clock, stir=stir)
        self.orders = Orders(parts, log, waiting=lease.ordered)
        self.authority = Authority(parts, log)
        _let_others_see(parts, log)
        outputs = Outputs(parts.journal.artifact)
        self.lines = lines = self._make_lines(parts, view, stir)
        self.breakers = Breakers(parts, log)
        self.turns = Turns(parts.tools)
        self.versions = Versions(parts, log, outputs, self.turns)
        self.ledger = log.ledger = Ledger(parts, log, lease)
        self.models = ModelCalls(parts, log, self.ledger)
        self.planning = Planning(parts, log, self.ledger, outputs)
        self.schedule = Schedule(
            parts,
            log,
            lines,
            self.breakers,
            turns=self.turns,
            versions=self.versions,
            planning=self.planning,
            active=active,
        )
        self.calls = Calls(
            parts,
            log,
            outputs,
            authority=self.authority,
            breakers=self.breakers,
            versions=self.versions,
            lines=lines,
            ledger=self.ledger,
        )
        self.calls.outside.place_free = stir
        self.crew = Crew(
            parts,
            log,
            lines,
            self.schedule,
            self.calls,
            active=active,
            stir=stir,
            must_look=must_look,
        )
        self.drifts = Drifts(parts, log)
        self.completion = Completion(parts, log, outputs)
        self.doubts = Doubts(parts, log, outputs)
        self.rollbacks = Rollbacks(parts, log)

    def _make_lines(self, parts: Parts, view: RunView, stir: Callable[[], None]) -> Lines:
        return Lines(
            parts.limits,
            parts.tools,
            view.run,
            view.pace,
            priority=view.priority,
            at_most=parts.in_flight,
            room=lambda: not self.schedule.is_full(self.lines.promised),
            wake=stir,
        )


def _let_others_see(parts: Parts, log: Log) -> None:
    """Name those that see every event that is added."""
    log.watch = parts.played.saw if parts.played is not None else None
    if parts.hooks:
        log.relay = Relay(parts.hooks, log)
    if parts.capturer is not None and log.view.run_kind != "undo":
        log.captures = Captures(parts, log, parts.capturer)
