"""Going back: what was done in the world behind a checkpoint is taken back, and reported."""

from __future__ import annotations

import math
from dataclasses import replace

from workbench import waiting
from workbench.commands import RollBack
from workbench.errors import CommandRefused, NotFound, WaitTimeout, WorkbenchError
from workbench.events import Record
from workbench.handle import Handle, Place
from workbench.journal.sharing import forks_that_share
from workbench.undo import UndoReport, effects_of, foreseen, report_of, since
from workbench.variables import restore_variables
from workbench.view import Rollback, RunView


class GoingBack(Handle):
    """What a run offers to take back what it did."""

    def undo_preview(self, to: Place | None = None) -> UndoReport:
        """Say what going back would do to each effect since a place; nothing is called.

        Args:
            to: a checkpoint, its name, or a `seq`; default: the start.

        Raises:
            NotFound: the run has no such checkpoint.
        """
        place, tools = self._seq_of(to), self.bench.tool_map()
        found = foreseen(self.id, place, since(effects_of(self._records()), place), tools)
        return self._shown(replace(found, shared=self._shared(place)))

    def rollback(
        self,
        to: Place | None = None,
        reason: str = "",
        *,
        variables: bool = True,
        timeout_s: float | None = None,
    ) -> UndoReport:
        """Take back what was done since a place, the last first, and say what became of it.

        The undos are calls of a run of their own, `report.undo`. It blocks until that run has ended
        or needs a person: then the report names what is open, and a second call, after the answers,
        gives the rest. Where all is undone already, and nothing was done since, it is the report of
        that. A paused run goes on from there at `resume`, a finished one by a fork.

        Args:
            to: a checkpoint, its name, or a `seq`; default: the start.
            reason: why, for the history.
            variables: give the notebook's variables back, too, as `run.restore` does; what was
                changed by hand since is left alone, and named in `report.variables`.
            timeout_s: seconds to wait at most; the undos go on all the same.

        Raises:
            NotFound: the run has no such checkpoint.
            CommandRefused: it cannot be taken back now; nothing changes.
            WaitTimeout: the undos go on longer than `timeout_s`, or nobody drives the run.
        """
        waiting.refuse_inside_call(self.id)
        place = self._seq_of(to)
        if (under_way := self.view.rollback) is None and (done := self._is_back(place)) is not None:
            began = done.seq
        elif under_way is None:
            before = len(self.view.rollbacks)
            self.send(RollBack(to=place, reason=reason))
            if len(self.view.rollbacks) == before:
                raise WaitTimeout(
                    f"Nobody drives run {self.id} now, so it is not being taken back yet.",
                    f"The order is written; it is carried out by bench.open({self.id!r}).",
                )
            began = self.view.rollbacks[-1].seq
        elif to is not None and under_way.to != place:
            raise CommandRefused(
                f"Run {self.id} is already being taken back to event {under_way.to}.",
                f"Wait for run {under_way.undo}, or answer what it asks.",
                undo=under_way.undo,
            )
        else:
            began = under_way.seq
        rollback = self._rest(began, timeout_s)
        report = self._undone(rollback)
        if rollback.ended is None or rollback.only or not variables or self.bench.capturer is None:
            return report
        return replace(report, variables=self._restored(rollback.to))

    def _is_back(self, place: int) -> Rollback | None:
        """Give the last rollback to a place, where it left nothing and nothing was done since."""
        for last in self.view.rollbacks[-1:]:
            known = last.ended is not None and not last.only and last.to == place
            if known and all(became.startswith("undone") for became in last.effects.values()):
                later = self.bench.journal.records(self.id, last.seq)
                if not any(record.kind.startswith(("call.", "step.")) for record in later):
                    return last
        return None

    def _restored(self, place: int) -> str:
        """Restore the notebook's variables; says what was done, or why nothing was."""
        try:
            return str(restore_variables(self.bench.look(self.id), place))
        except WorkbenchError as error:
            return str(error)

    @property
    def undo_reports(self) -> list[UndoReport]:
        """What became of each time that the run was taken back, the oldest first."""
        return [self._undone(rollback) for rollback in self.view.rollbacks]

    def _rest(self, began: int, timeout_s: float | None) -> Rollback:
        """Wait until the rollback is over, or waits for a person."""
        clock, journal = self.bench.clock, self.bench.journal
        end = math.inf if timeout_s is None else clock.monotonic() + timeout_s
        while True:
            seen = journal.turned.count
            rollback = next(one for one in self.view.rollbacks if one.seq == began)
            if rollback.ended is not None or self._undo_rests(rollback.undo):
                return rollback
            if (error := self.bench.host.error(self.id)) is not None:
                raise error
            if clock.monotonic() >= end:
                raise WaitTimeout(
                    f"Run {self.id} is still being taken back after {timeout_s:g} s.",
                    f"Run {rollback.undo} goes on; wait again, or look at its inbox.",
                )
            journal.turned.wait(min(waiting.HEARTBEAT_S, max(0.0, end - clock.monotonic())), seen)

    def _undo_rests(self, undo: str) -> bool:
        try:
            state = self.bench.journal.run(undo).state
        except NotFound:
            return False
        if self.bench.host.driving(undo):
            return False
        if (error := self.bench.host.error(undo)) is not None:
            raise error
        return state in ("waiting", "paused")

    def _undone(self, rollback: Rollback) -> UndoReport:
        records = [record for record in self._records() if record.seq < rollback.seq]
        try:
            undo: RunView | None = self.bench.look(rollback.undo).view
        except NotFound:
            undo = None
        effects = since(effects_of(records), rollback.to, rollback.only)
        found = report_of(self.id, rollback.to, effects, self.bench.tool_map(), undo)
        shared = () if rollback.only else self._shared(rollback.to)
        return self._shown(replace(found, shared=shared))

    def _shown(self, report: UndoReport) -> UndoReport:
        """Name the forks that share what is undone; a plain viewer is told of no hidden tool."""
        forks = forks_that_share(self.bench.journal, self.id, report.going)
        return self.bench.plain_report(replace(report, forks=forks))

    def _shared(self, place: int) -> tuple[str, ...]:
        """Name the steps behind a place whose effects are of the run that this one is made of."""
        view = self.view
        return tuple(s for s in view.shared_effects if view.steps[s].outcome_seq > place)

    def _records(self) -> list[Record]:
        return self.bench.journal.records(self.id)
