"""What a workbench says before anything starts: the caps, what a plan takes, and the worst."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from workbench.budget import Budget, Cap
from workbench.clock import Clock
from workbench.commands import RaiseCap
from workbench.engine import Parts
from workbench.engine.caps import raise_cap, states_of
from workbench.engine.catalogue import known_tools
from workbench.engine.foresee import facts_of, foresee
from workbench.errors import RunFinished
from workbench.host.guard import person_only
from workbench.journal import Journal
from workbench.journal.ledger import CapState
from workbench.oversight.worst import stakes, worst_case
from workbench.plan import Check, Forecast, Plan
from workbench.view import RunView

if TYPE_CHECKING:
    import pandas as pd

    from workbench.run import Run


class BenchSpending:
    """Caps and forecasts; part of a `Workbench`."""

    journal: Journal
    clock: Clock
    budget: Budget
    agent: str
    on_behalf_of: str
    environment: str
    _parts: Parts

    if TYPE_CHECKING:

        def look(self, run_id: str) -> Run:
            """Take hold of a run without driving it."""

    def forecast(
        self,
        plan: Plan,
        *,
        done: Check | None = None,
        limits: Mapping[str, float] | None = None,
        room: bool = True,
    ) -> Forecast:
        """Say what a plan is expected to take here, before it is started.

        Beside what `plan.forecast` says it has the questions to the person by risk class, under the
        policy of this workbench, what the verifying model takes at worst, and what limits and caps
        have left for the plan. What a call spends that depends on outputs is not known yet, nor is
        a verdict of a model without a price; both are named in `unknown_spend`.

        Args:
            plan: the plan.
            done: the completion criterion that the run will have, as for `start`.
            limits: those that the run will have, by unit; default: the budget of the workbench.
            room: whether limits and caps are looked at, as they stand now.
        """
        self._parts.standing.load()
        facts = facts_of(self._parts, self.agent, self.on_behalf_of, self.environment)
        if not room:
            return foresee(plan, self._parts, facts, done=done)
        left = self.budget.limits if limits is None else limits
        return foresee(plan, self._parts, facts, self.caps, left=left, done=done)

    def worst_case(self) -> pd.DataFrame:
        """List the tools that runs here hold, the worst first: class, decision, score, zone.

        What the principal may not know is not listed. The score is the class of risk, 0 to 5, times
        3 where a call needs no question and times 1 where it needs one.
        """
        self._parts.standing.load()
        facts = facts_of(self._parts, self.agent, self.on_behalf_of, self.environment)
        return worst_case(known_tools(self._parts), facts, self._parts.policy)

    def stakes_of(self, view: RunView) -> dict[str, list[dict[str, Any]]]:
        """Give what a run that has not begun could do at worst, and what its caps leave, as rows.

        It is judged by the run's own rights, rules and dial. Nothing is left once a step has begun.
        """
        return stakes(self._parts, view)

    @property
    def caps(self) -> list[CapState]:
        """How each cap stands: used, set aside, its limit now, when it has room again."""
        person = self.on_behalf_of
        return states_of(
            self.journal, self._parts.caps, self.clock, agent=self.agent, person=person
        )

    def raise_cap(self, cap: Cap | str, to: float, *, by: str = "person") -> None:
        """Set a cap anew for all runs and processes; what waits because of it is looked at again.

        It is written into the journal with its author, and holds for this cap as it is written in
        the code: one with another limit there is another cap.

        Args:
            cap: one of this workbench's caps, or its name.
            to: what may be reached from now on.
            by: who decided it.

        Raises:
            CommandRefused: a tool tries it, or each run has this limit as its own.
            WorkbenchError: there is no such cap, or `to` is not a number of at least 0.
        """
        name = cap.name if isinstance(cap, Cap) else cap
        person_only(self.journal, f"raise the cap of {name}")
        known = self._parts.caps
        found, waiting = raise_cap(self.journal, known, cap, to, by=by, clock=self.clock)
        for run in waiting:
            with suppress(RunFinished):
                self.look(run).send(RaiseCap(cap=found.name, to=to, by=by))
