"""What one drive sets aside in the ledger of all runs, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import partial
from typing import Literal

import anyio
import anyio.lowlevel
import anyio.to_thread

from workbench import events as e
from workbench.budget import Cap, counted
from workbench.engine.call import Call
from workbench.engine.limits import approved
from workbench.engine.log import Log
from workbench.engine.parts import Parts
from workbench.errors import WorkbenchError
from workbench.events import Record, StepEvent
from workbench.journal import Lease, ledger
from workbench.journal.ledger import SLACK, Claim
from workbench.journal.rows import Move
from workbench.points import reach
from workbench.view import StepView

Fate = Literal["settled", "returned"]
PLANNER = ""
"""Stands for the planner where the ledger names a step."""
MODEL = "model "
"""Begins the name of a call of a model that does not plan; no id of a step has a space."""
COUNTING = frozenset({"calls", "steps", "seconds"})
"""Units that an attempt takes in any case, whatever becomes of what it would have spent."""
BACK = (e.CallCancelled, e.CallAsked)
"""Events after which an attempt counts as no call: another one makes it."""
MADE = (e.CallSucceeded, e.CallFailed, e.CallRetrying, e.CallDoubted, *BACK, e.Turned)
"""Events after which an attempt is over."""
PLANNED = ("usd", "tokens", "tokens_in", "tokens_out")
"""Units that a planner may use."""


class Ledger:
    """Reserves before a call, settles or gives back with its outcome; only what a cap concerns.

    A reservation is one commit of its own; what becomes of it travels with the event that says so.
    """

    def __init__(self, parts: Parts, log: Log, lease: Lease) -> None:
        """Use these parts."""
        self._parts, self._log, self._lease = parts, log, lease
        self._held: dict[str, set[str]] = {}
        """Units that are set aside, by step."""
        self._doubted: set[str] = set()
        self._spanning = [cap for cap in parts.caps if cap.spans_runs]
        self._single = [cap for cap in parts.caps if cap.per == "call"]

    def open(self) -> None:
        """Take over what an earlier drive has set aside; what no call was made for is given back.

        That drive was cut off between reservation and intent, or while a call was being made.
        """
        view = self._log.view
        if view.final:
            return
        for step, attempt, unit in self._lease.held:
            stands = view.steps.get(step)
            if stands is None or stands.final:
                self._log.settle([Move(step, unit, "settled")])
            elif attempt > stands.attempt:
                self._log.settle([Move(step, unit, "returned")])
            else:
                self._held.setdefault(step, set()).add(unit)
                if stands.state == "in_doubt":
                    self._doubted.add(step)

    async def over(self, call: Call) -> list[str]:
        """Say which caps this call would cross now; nothing is set aside."""
        if not (self._single or self._spanning):
            return []
        found = await self._too_large(call.step.id, call.digest, call.spend)
        claim = self._claim(call)
        if claim.amounts:
            look = partial(ledger.crossings, caps=self._concerned(claim), claim=claim)
            found += map(str, await anyio.to_thread.run_sync(self._parts.journal.read, look))
        return found

    async def reserve(self, call: Call) -> list[str]:
        """Set aside what a call would take, all or nothing; gives the caps that stand against it.

        When the journal cannot be written, or the lease is lost, the log knows and nothing starts.
        """
        if not (self._single or self._spanning or self._held):
            return []
        found = await self._too_large(call.step.id, call.digest, call.spend)
        claim = self._claim(call)
        if found or not (claim.amounts or call.step.id in self._held):
            return found
        found = await self._reserve(claim)
        try:
            await anyio.lowlevel.checkpoint_if_cancelled()
        except BaseException:
            self.give_back(call)
            raise
        reach("reserved")
        return found

    def give_back(self, call: Call) -> None:
        """Give back what was set aside for a call that is not being made now."""
        stands = self._log.view.steps.get(call.step.id)
        if stands is None or stands.state not in ("running", "in_doubt"):
            sure = stands is None or not self._unsure(stands)
            self._end(call.step.id, "returned" if sure else None)

    async def plan(self, amounts: dict[str, float]) -> list[str]:
        """Set aside what the planner will take at least; gives the caps that stand against it."""
        view = self._log.view
        units = {cap.unit for cap in self._spanning if cap.unit in PLANNED}
        found = await self._too_large(PLANNER, "", amounts)
        if found or not units:
            return found
        self._end(PLANNER, "settled")
        amounts = {**dict.fromkeys(units, 0.0), **counted(self._of(units), amounts)}
        return await self._reserve(self._claim_of(PLANNER, view.planner_calls + 1, amounts))

    async def ask_model(self, amounts: dict[str, float], *, plans: bool) -> list[str]:
        """Set aside what a call of a model takes at worst; gives the caps that stand against it.

        Args:
            amounts: what it takes, by unit.
            plans: whether the planner asks: then it is added to what its calls have taken since it
                was asked, and settled with its answer.
        """
        units = {cap.unit for cap in self._spanning if cap.unit in PLANNED}
        found = await self._too_large(PLANNER, "", amounts)
        if found or not units:
            return found
        view = self._log.view
        before = counted(self._of(units), view.metered.get("", {})) if plans else {}
        takes = counted(self._of(units), amounts)
        total = {unit: before.get(unit, 0.0) + takes.get(unit, 0.0) for unit in units}
        name = PLANNER if plans else f"{MODEL}{view.model_calls + 1}"
        return await self._reserve(self._claim_of(name, max(1, view.planner_calls), total))

    def saw(self, record: Record) -> None:
        """Settle or give back what an event decides about; it has just been folded."""
        if not self._held:
            return
        event, view = record.event, self._log.view
        if isinstance(event, e.PlannerAnswered):
            both = (event.usage, view.metered.get("", {}))
            units = {unit for one in both for unit in one}
            self._settle(PLANNER, {u: max(one.get(u, 0) for one in both) for u in units})
        elif isinstance(event, (e.ModelAnswered, e.ModelFailed)):
            self._asked(event)
        elif isinstance(event, StepEvent) and event.step in self._held:
            self._note(record, event, view.steps[event.step])
        elif isinstance(event, e.PlanRevised) or view.final:
            gone = [
                step
                for step in self._held
                if view.final or not (step in view.steps or step.startswith(MODEL))
            ]
            for step in gone:
                stands = view.steps.get(step)
                unsure = step in self._doubted or (stands is not None and stands.unsure)
                self._end(step, "settled" if unsure or step == PLANNER else "returned")

    # -- setting aside -----------------------------------------------------------------------

    async def _reserve(self, claim: Claim) -> list[str]:
        caps, lease = self._concerned(claim), self._lease
        with anyio.CancelScope(shield=True):
            try:
                if any(m.step == claim.step or m.state == "returned" for m in self._log.moves):
                    await self._log.flush()
                found = await self._log.write(
                    partial(ledger.reserve, caps=caps, claim=claim, lease=lease)
                )
            except WorkbenchError:
                return []
        if not found:
            self._held.pop(claim.step, None)
            if claim.amounts:
                self._held[claim.step] = set(claim.amounts)
        return [str(crossing) for crossing in found]

    def _claim(self, call: Call) -> Claim:
        step = self._log.view.steps[call.step.id]
        amounts = counted(self._spanning, call.spend, seconds=call.timeout_s or 0.0)
        return self._claim_of(step.id, step.attempt + 1, amounts, call.digest)

    def _claim_of(
        self, step: str, attempt: int, amounts: dict[str, float], digest: str = ""
    ) -> Claim:
        view, now = self._log.view, self._parts.clock.now()
        stands = view.steps.get(step)
        anyway = (cap.name for cap in self._of(amounts) if approved(view, step, digest, cap.name))
        return Claim(
            view.run,
            step,
            attempt,
            view.agent,
            view.on_behalf_of,
            amounts,
            now if view.at is None else max(now, view.at),
            unsure=stands is not None and self._unsure(stands),
            anyway=frozenset(anyway),
        )

    async def _too_large(self, step: str, digest: str, spend: dict[str, float]) -> list[str]:
        """Name the caps of one call that it would cross by itself."""
        amounts = counted(self._single, spend)
        large = [c for c in self._single if amounts.get(c.unit, 0.0) > c.limit * (1 + SLACK)]
        large = [c for c in large if not approved(self._log.view, step, digest, c.name)]
        if not large:
            return []
        look = partial(ledger.limits_of, caps=large)
        limits = await anyio.to_thread.run_sync(self._parts.journal.read, look)
        return [
            f"{cap.name}: {amounts[cap.unit]:g} would cross this cap"
            for cap, limit in zip(large, limits, strict=True)
            if amounts[cap.unit] > limit * (1 + SLACK)
        ]

    def _concerned(self, claim: Claim) -> Sequence[Cap]:
        return self._of(claim.amounts)

    def _of(self, units: Iterable[str]) -> list[Cap]:
        named = set(units)
        return [cap for cap in self._spanning if cap.unit in named]

    # -- what becomes of it ------------------------------------------------------------------

    def _note(self, record: Record, event: StepEvent, stands: StepView) -> None:
        unsure = self._unsure(stands)
        if isinstance(event, e.CallDoubted):
            self._doubted.add(event.step)
        elif isinstance(event, e.CallRefuted):
            self._doubted.discard(event.step)
        if isinstance(event, MADE):
            self._count(record, event, stands)
        self._end(event.step, fate(event, unsure=unsure))

    def _count(self, record: Record, event: StepEvent, stands: StepView) -> None:
        """Settle what the attempt took in any case; one that was cancelled was no call."""
        took = 0.0
        if stands.started is not None:
            took = max(0.0, (record.at - stands.started) / timedelta(seconds=1))
        units = self._held[event.step] & COUNTING
        if isinstance(event, BACK):
            units -= {"calls"}
        for unit in units:
            self._move(event.step, unit, "settled", took if unit == "seconds" else None)

    def _asked(self, event: e.ModelAnswered | e.ModelFailed) -> None:
        """Settle a call of a model; those of the planner with its answer, unless it was ended."""
        if (name := f"{MODEL}{event.number}") in self._held:
            self._settle(name, event.usage)
        elif event.kind == "model.failed" and event.fault == "cancelled":
            self._settle(PLANNER, self._log.view.metered.get("", {}))

    def _settle(self, name: str, usage: dict[str, float]) -> None:
        units = self._held.get(name, set())
        amounts = counted(self._of(units), usage)
        for unit in set(units):
            self._move(name, unit, "settled", amounts.get(unit, 0.0))

    def _unsure(self, stands: StepView) -> bool:
        """Whether what is set aside for a step may have been spent already."""
        return stands.unsure or stands.id in self._doubted

    def _end(self, step: str, state: Fate | None) -> None:
        """Let all that is set aside for a step come to the same end; None: it stays."""
        if state is not None:
            for unit in set(self._held.get(step, ())):
                self._move(step, unit, state)

    def _move(self, step: str, unit: str, state: Fate, amount: float | None = None) -> None:
        self._log.settle([Move(step, unit, state, amount)])
        units = self._held[step]
        units.discard(unit)
        if not units:
            del self._held[step]
            self._doubted.discard(step)


def fate(event: StepEvent, *, unsure: bool) -> Fate | None:
    """Say what an event makes of the amounts that are set aside for its step; None: they stay.

    Args:
        event: what happened.
        unsure: whether they may have been spent already, by an earlier attempt or one in doubt.
    """
    given_up: Fate = "settled" if unsure else "returned"
    match event:
        case e.CallSucceeded() | e.CallConfirmed() | e.Turned():
            return "settled"
        case e.CallFailed():
            return given_up if event.happened is False else "settled"
        case e.CallCancelled() | e.CallAsked():
            return None if unsure else "returned"
        case e.CallRefuted():
            return None if event.by in ("engine", "probe") else "settled"
        case e.StepSkipped() | e.StepDenied() | e.StepGiven():
            return given_up
        case _:
            return None
