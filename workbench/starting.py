"""Starting runs: what a workbench makes of a goal or a plan, and where that is carried out."""

from __future__ import annotations

import secrets as chance
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from workbench import given
from workbench.arguments import START, takes
from workbench.engine import family
from workbench.engine.above import below
from workbench.engine.beginning import first_lines
from workbench.engine.digests import digests
from workbench.engine.editing import refuse_faults
from workbench.engine.foresee import remarked
from workbench.engine.planning import first_revision
from workbench.engine.specification import specify
from workbench.errors import WorkbenchError
from workbench.events import Event, OnFailure, RunCreated
from workbench.grants import Grant, Rule
from workbench.host.detached import is_hosted, spawn
from workbench.host.mode import PATIENCE_S, Asked, choose
from workbench.ids import new_id
from workbench.journal.lease import is_dead
from workbench.plan import Check, Plan, Replan
from workbench.plan.remarks import remarks_on
from workbench.plan.replan import When
from workbench.policy import Autonomy
from workbench.report import done_count
from workbench.tools import Limit
from workbench.waiting import block_until_rest

if TYPE_CHECKING:
    from workbench.budget import Budget
    from workbench.clock import Clock
    from workbench.engine import Parts
    from workbench.handover import Handover
    from workbench.host import KernelHost
    from workbench.journal import Journal
    from workbench.policy import Decider
    from workbench.run import Run
    from workbench.tools import Registry

SEED_BITS = 32
"""Of a run's seed, when none is given."""


class BenchStarting(ABC):
    """Starts runs, each once for its key, in this process or in one of its own."""

    journal: Journal
    tools: Registry
    policy: Decider
    budget: Budget
    clock: Clock
    host: KernelHost
    agent: str
    on_behalf_of: str
    environment: str
    _parts: Parts
    _handover: Handover

    @abstractmethod
    def open(self, run_id: str, *, paused: bool = False) -> Run:
        """Take hold of a run, and let it go on."""

    @abstractmethod
    def look(self, run_id: str) -> Run:
        """Take hold of a run without driving it."""

    @takes("start", START)
    def start(
        self,
        goal: str = "",
        *,
        plan: Plan | None = None,
        key: str | None = None,
        on_failure: OnFailure = "stop",
        mode: Asked = "background",
        priority: int = 0,
        limit: Limit | None = None,
        within_s: float | None = None,
        seed: int | None = None,
        autonomy: Autonomy = "risk",
        grants: Iterable[Grant] | None = None,
        rules: Iterable[Rule] = (),
        limits: Mapping[str, float] | None = None,
        replan: Replan | When | None = None,
        done: Check | None = None,
    ) -> Run:
        """Start a run and return at once, unless it is to be waited for.

        Args:
            goal: what is wanted; the planner makes a plan of it when none is given.
            plan: the plan to carry out.
            key: the same key gives the same run, however often it is started.
            on_failure: what a failed step does to the rest: `stop`, `continue`, `pause`, `replan`,
                or `undo`: what was done is taken back before the run fails.
            mode: `background`; `inline`: wait until it has ended or needs a person; `detached`: in
                a process of its own, which goes on when this one ends; `auto`: by the forecast,
                inline up to 2 s, in the background up to 30 min or when nobody knows, detached
                beyond that where the tools can be imported. Every mode is durable.
            priority: among runs that wait for the same place: the higher, the earlier.
            limit: of the calls of this run, beside those of its tools and of the workbench.
            within_s: seconds that the run may take, waits for a person and pauses not counted; then
                it pauses with the reason, and resuming gives it the same time again.
            seed: what the seeds of its steps are made of (see `Seed`); default: by chance.
            autonomy: how much it does without asking: `ask` for everything, what its `risk` class
                allows, all but the `irreversible`, or `read_only`; see `Run.set_autonomy`.
            grants: rights of this run; what they do not name, and what would be asked about, is
                refused. None: the person is asked.
            rules: rules of this run alone.
            limits: its budget by unit, where it is to be closer than the workbench's.
            replan: when the planner is asked again: on `failure`, after `each` step, or a `Replan`;
                a failure is a reason, too, unless `on_failure` says otherwise. None: the policy of
                the planner, if it has one and makes the plan.
            done: what the result must satisfy; without it the plan's end is the run's.

        Raises:
            PlanError: the plan has faults; all are listed and nothing was called.
            WorkbenchError: neither goal nor plan was given, a rule is about no tool, or an argument
                is not what it must be.
        """
        goal = self._wanted(goal, plan)
        policy = given.replan(replan, self._parts.planner if plan is None else None)
        spec = specify(self._parts, self.budget.limits, policy, done)
        given.checked_done(done, self.tools, self._parts.verifier, plan)
        on_failure = given.on_failure(on_failure, policy)
        forecast = plan.forecast(self.tools, done=done) if plan and mode == "auto" else None
        chosen = choose(
            mode, forecast, lambda: self._handover.obstacle(plan, given.asks(on_failure, policy))
        )
        created = RunCreated(
            goal=goal,
            key=key,
            agent=self.agent,
            on_behalf_of=self.on_behalf_of,
            limits=_closer(self.budget.limits, limits or {}),
            on_failure=on_failure,
            replan=policy,
            done=done,
            spec=spec.digests,
            spec_text=spec.text,
            mode=chosen.mode,
            mode_why=chosen.why,
            priority=priority,
            pace=limit.model_dump(exclude_none=True, exclude={"name"}) if limit else {},
            within_s=within_s,
            seed=chance.randbits(SEED_BITS) if seed is None else seed,
            notify=self.host.tells_ends,
            environment=self.environment,
            autonomy=autonomy,
            grants=given.run_grants(grants),
            rules=given.run_rules(rules, self.tools),
            **digests(self.tools),
        )
        run_id = new_id("run")
        events, now = list[Event]([below(run_id, created)]), self.clock.now()
        if plan is not None:
            _, view = first_lines(run_id, events, now)
            remarks = remarks_on(plan, self.tools, created.limits, done=done is not None)
            first = first_revision(plan, view, "person", "the plan given at the start", remarks)
            events += remarked(first, self._parts, view)
        return self._begin(run_id, events, plan, PATIENCE_S if mode == "auto" else None)

    def _wanted(self, goal: str, plan: Plan | None) -> str:
        """Give what is wanted, when it can be begun."""
        if plan is None and not goal.strip():
            raise WorkbenchError("A run needs a goal or a plan.", "bench.start(goal=…) or plan=….")
        if plan is None:
            return goal
        refuse_faults(plan, self.tools, budget=self.budget, policy=self.policy)
        return goal or plan.goal

    def _begin(
        self,
        run_id: str,
        events: list[Event],
        plan: Plan | None,
        patience_s: float | None = None,
        of: str = "",
    ) -> Run:
        """Write a run's first events and begin it; or take hold of the one that has its key.

        Raises:
            NotFound: there is no run `of` any more, of which this one is a fork.
        """
        created = events[0]
        assert isinstance(created, RunCreated)  # noqa: S101 - every run begins with it
        now = self.clock.now()
        lines, begun = first_lines(run_id, events, now)
        stands = {"state": begun.state, "done": done_count(begun), "total": begun.total}
        made = self.journal.create_run(
            run_id, created.key, created.goal, now, lines, of=of, stands=stands if of else {}
        )
        if made != run_id:
            family.drop(run_id)
            return self._again(made)
        if created.mode == "detached":
            asks = given.asks(created.on_failure, created.replan)
            return self._detach(run_id, plan, asks)
        self.host.adopt(begun)
        run = self.open(run_id)
        if created.mode == "inline":
            block_until_rest(run, patience_s)
        return run

    def _detach(self, run_id: str, plan: Plan | None, on_failure: OnFailure) -> Run:
        """Let a process of its own drive the run; this one only looks."""
        spawn(
            self.journal.url,
            run_id,
            self._handover.tools_from(plan, on_failure),
            self._handover.options(plan, on_failure),
            lambda error: self.host.failed(run_id, error),
        )
        return self.look(run_id)

    def _again(self, run_id: str) -> Run:
        """Take hold of the run that has the same key; one with a host of its own keeps it."""
        run, row = self.look(run_id), self.journal.run(run_id)
        driven = bool(row.owner) and row.lease_until > self.clock.now() and not is_dead(row.owner)
        if run.view.mode == "detached" and (driven or is_hosted(run_id)):
            return run
        return self.open(run_id)


def _closer(limits: Mapping[str, float], own: Mapping[str, float]) -> dict[str, float]:
    return {**limits, **{unit: min(most, limits.get(unit, most)) for unit, most in own.items()}}
