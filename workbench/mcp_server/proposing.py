"""Proposals of an agent outside: runs that are paused from the first event on."""

from __future__ import annotations

import secrets as chance
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from workbench.engine.beginning import first_lines
from workbench.engine.catalogue import refuse_hidden
from workbench.engine.digests import digests
from workbench.engine.editing import refuse_faults
from workbench.engine.foresee import remarked
from workbench.engine.planning import first_revision
from workbench.errors import CommandRefused
from workbench.events import Event, RunCreated, RunPaused
from workbench.ids import new_id
from workbench.plan import Plan, Step
from workbench.plan.remarks import remarks_on
from workbench.report.words import one_line
from workbench.starting import SEED_BITS
from workbench.view import RunView
from workbench.workbench import Workbench

OPEN = 20
"""Proposals that may wait for a person at the same time."""
STEPS = 200
"""Steps of one proposal."""
TEXT = 2000
"""Characters of a goal or a reason."""


class Proposed(BaseModel):
    """One step that an agent proposes: what is to be called, with what, and after which others.

    Checks, outputs, limits and permissions are the person's to give.
    """

    model_config = ConfigDict(extra="forbid")

    id: Annotated[str, Field(description="Letters, digits, - and _; unique in the plan.")]
    tool: Annotated[str, Field(description="A tool of the catalogue, by its exact name.")]
    args: Annotated[
        dict[str, Any],
        Field(
            default_factory=dict,
            description='Arguments by name. {"$ref": "ID", "path": ["part"]} is the output of a '
            "step before it, or a part of it.",
        ),
    ]
    after: Annotated[
        list[str], Field(default_factory=list, description="Steps to wait for, by id.")
    ]
    title: Annotated[str, Field(default="", description="What it does, in plain words.")]
    why: Annotated[str, Field(default="", description="The reason for it.")]


class Proposing:
    """Writes the proposals of one agent into a journal; it drives nothing."""

    def __init__(self, bench: Workbench, agent: str) -> None:
        """Write as `agent` into the journal of `bench`, with its tools, rights and budget."""
        self.bench, self.agent = bench, one_line(agent, 60)

    @property
    def author(self) -> str:
        """Who stands in the journal."""
        return f"agent {self.agent} (MCP)"

    def propose(self, goal: str, steps: Sequence[Proposed], reason: str) -> RunView:
        """Make a run of a plan, paused before anything of it begins.

        Raises:
            PlanError: the plan has faults; all are named.
            CommandRefused: too many proposals wait already, or it is too large.
        """
        self._refuse_too_many(len(steps))
        plan = Plan(goal=goal[:TEXT], steps=tuple(step_of(one) for one in steps))
        return self._write(plan, reason[:TEXT])

    def change(self, view: RunView, steps: Sequence[Proposed], reason: str) -> RunView:
        """Propose other steps instead of those of a run that has not begun; it stays as it is.

        Raises:
            PlanError: the plan has faults; all are named.
            CommandRefused: the run has begun, too many proposals wait, or it is too large.
        """
        if view.plan is None or any(step.attempt or step.final for step in view.steps.values()):
            raise CommandRefused(
                f"Run {view.run} has begun, or has no plan.",
                "propose_edit changes what is left of it, when a person takes it over.",
            )
        number = view.revision.number if view.revision is not None else 0
        instead = f"instead of run {view.run}, revision {number}: {reason}"
        return self.propose(view.goal, steps, instead)

    def waiting(self) -> list[str]:
        """Give the proposals that wait for a person."""
        rows = self.bench.journal.runs()
        return [
            row.id
            for row in rows
            if row.state == "paused" and self.bench.look(row.id).view.by == self.author
        ]

    def _refuse_too_many(self, steps: int) -> None:
        if steps > STEPS:
            raise CommandRefused(f"A proposal may have {STEPS} steps, not {steps}.", "Split it.")
        if len(self.waiting()) >= OPEN:
            raise CommandRefused(
                f"{OPEN} proposals wait for a person already.", "Wait until they were looked at."
            )

    def _write(self, plan: Plan, reason: str) -> RunView:
        bench, parts = self.bench, self.bench.parts
        refuse_hidden(parts, plan, ())
        refuse_faults(plan, bench.tools, budget=bench.budget, policy=bench.policy)
        run_id, now = new_id("run"), bench.clock.now()
        created = RunCreated(
            goal=plan.goal,
            agent=self.agent,
            on_behalf_of=bench.on_behalf_of,
            limits=bench.budget.limits,
            seed=chance.randbits(SEED_BITS),
            environment=bench.environment,
            **digests(bench.tools),
        )
        events: list[Event] = [created]
        _, view = first_lines(run_id, events, now)
        remarks = remarks_on(plan, bench.tools, bench.budget.limits, done=False)
        first = first_revision(plan, view, self.author, reason, remarks)
        events += remarked(first, parts, view)
        why = f"proposed: {reason or 'no reason was given'}; look at it, edit it, resume it"
        events.append(RunPaused(by=self.author, reason=why))
        lines, view = first_lines(run_id, events, now)
        stands = {"state": view.state, "done": 0, "total": view.total}
        bench.journal.create_run(run_id, None, plan.goal, now, lines, stands=stands)
        return view


def step_of(proposed: Proposed) -> Step:
    """Give it as a step."""
    return Step.model_validate(proposed.model_dump())
