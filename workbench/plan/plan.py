"""The plan: a goal and its steps, named by digest."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from workbench.errors import NotFound
from workbench.ids import digest
from workbench.plan import graph
from workbench.plan.base import Frozen
from workbench.plan.check import Catalogue, Checkable, Limited, check_plan
from workbench.plan.criterion import Check
from workbench.plan.finding import Finding
from workbench.plan.forecast import Forecast, Foreseeable, forecast_plan
from workbench.plan.room import Room
from workbench.plan.step import Step

if TYPE_CHECKING:
    from workbench.plan.diff import PlanDiff


class Plan(Frozen):
    """What is to be done: steps and their dependencies, immutable.

    Two plans with the same content have the same `digest` and are equal.
    """

    goal: str = ""
    steps: tuple[Step, ...] = ()

    @cached_property
    def digest(self) -> str:
        """The SHA-256 that names this content."""
        return digest(self.model_dump(mode="json", exclude_defaults=True))

    @cached_property
    def by_id(self) -> dict[str, Step]:
        """Steps by id, in the order of the list; of a doubled id, the first."""
        found: dict[str, Step] = {}
        for step in self.steps:
            found.setdefault(step.id, step)
        return found

    @cached_property
    def needs(self) -> dict[str, tuple[str, ...]]:
        """Step id to the ids that it waits for."""
        return {step.id: step.needs for step in self.steps}

    def __contains__(self, step_id: object) -> bool:
        """Say whether a step of that id is in the plan."""
        return step_id in self.by_id

    def __getitem__(self, step_id: str) -> Step:
        """Give the step of that id.

        Raises:
            NotFound: there is none.
        """
        try:
            return self.by_id[step_id]
        except KeyError:
            raise NotFound(
                f"The plan has no step {step_id!r}.",
                f"Its steps are: {', '.join(self.by_id) or 'none'}.",
                step=step_id,
            ) from None

    def order(self) -> list[str]:
        """Give the ids in an order in which they could run; empty when there is a cycle."""
        return graph.order(self.needs)

    def check(
        self,
        tools: Catalogue | Iterable[Checkable],
        budget: Limited | None = None,
        policy: object = None,
    ) -> list[Finding]:
        """Find every fault at once; an empty list means that the plan is sound.

        Args:
            tools: the tools that the plan may use: a `Workbench`, a registry or a list of tools.
            budget: limits that the plan must keep; default: those of the workbench.
            policy: what may be called; default: that of the workbench. It counts here when it has
                `forbids(tool)`, as `Policy` has: what it denies whatever the arguments is a fault.
        """
        return check_plan(self, tools, budget, policy)

    def warnings(
        self, tools: Catalogue | Iterable[Checkable], budget: Limited | None = None
    ) -> list[Finding]:
        """Find what does not make the plan wrong, and what a person should know before it runs.

        Some carry a `proposal`: edits that do away with them.

        Args:
            tools: as for `check`.
            budget: as for `check`.
        """
        from workbench.plan.warnings import find_warnings

        return find_warnings(self, tools, budget)

    def point_of_no_return(self, tools: Catalogue | Iterable[Checkable]) -> str | None:
        """Give the first step, in the order of work, whose call cannot be undone; None: no such.

        Args:
            tools: as for `check`; a tool without a declared effect counts as irreversible.
        """
        from workbench.plan.warnings import point_of_no_return

        return point_of_no_return(self, tools)

    def forecast(
        self,
        tools: Catalogue | Iterable[Foreseeable] = (),
        *,
        asked: Callable[[Step], str | None] | None = None,
        room: Iterable[Room] = (),
        judged: Mapping[str, float] | None = None,
        done: Check | None = None,
        finished: Collection[str] = (),
    ) -> Forecast:
        """Say what the plan is expected to take: seconds, amounts by unit, the critical path.

        Args:
            tools: with their estimates and spends; a step's own estimate counts before them.
            asked: gives the risk class in which the person will be asked about a step, or None; who
                has a workbench uses `bench.forecast(plan)`, which knows its policy.
            room: what limits and caps have left.
            judged: what one verdict of the verifying model takes, by unit: `usd`, `tokens`.
            done: the completion criterion that the run will have.
            finished: ids of steps that are over, and so are not to come.
        """
        return forecast_plan(
            self, tools, asked=asked, room=room, judged=judged, done=done, finished=finished
        )

    def diff(self, other: Plan) -> PlanDiff:
        """Say what `other` adds, removes and changes, by step id."""
        from workbench.plan.diff import diff_plans

        return diff_plans(self, other)

    def __str__(self) -> str:
        """List the steps, one a line, with what each waits for."""
        lines = [f"Plan {self.digest[:8]}: {self.goal or 'no goal'}"]
        for number, step in enumerate(self.steps, 1):
            waits = f"  (after {', '.join(step.needs)})" if step.needs else ""
            lines.append(f"{number:>3}. {step.id}: {step.name} [{step.tool}]{waits}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        """Give goal, size and digest on one line."""
        return f"<Plan {self.digest[:8]}: {len(self.steps)} steps, {self.goal!r}>"

    def __eq__(self, other: object) -> bool:
        """Compare by content."""
        return isinstance(other, Plan) and self.digest == other.digest

    def __hash__(self) -> int:
        """Hash by content."""
        return hash(self.digest)
