"""Changes that an agent outside proposes to a run that goes on: a person accepts them, or not."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from workbench.commands import ProposeEdit
from workbench.engine.catalogue import refuse_hidden
from workbench.engine.commands import accept
from workbench.engine.refusals import unpack
from workbench.errors import CommandRefused
from workbench.mcp_server.proposing import TEXT, Proposed, Proposing, step_of
from workbench.plan import Add, Change, Edit, Move, Remove, Skip
from workbench.view import RunView

UNREAD = 3
"""Proposals for one run that may wait for the process that drives it."""
PATIENCE_S = 3.0
LOOK_S = 0.02
FIELDS = ("args", "title", "why")
"""Of a step that a proposal may change; the rest is the person's to give."""


class ProposedEdit(BaseModel):
    """One change of the plan of a run."""

    model_config = ConfigDict(extra="forbid")

    op: Literal["add", "remove", "change", "move", "skip"]
    step: Annotated[str, Field(default="", description="Id of the step; not for `add`.")]
    new: Annotated[Proposed | None, Field(default=None, description="The step to `add`.")]
    before: Annotated[
        str | None, Field(default=None, description="Its place: before this step in the list.")
    ]
    after: Annotated[
        list[str] | None, Field(default=None, description="To `move`: the steps to wait for.")
    ]
    args: Annotated[
        dict[str, Any] | None,
        Field(default=None, description="To `change`: by name; null removes one."),
    ]
    title: str | None = None
    why: str | None = None

    def edit(self) -> Edit:
        """Give it as an edit.

        Raises:
            ValueError: something is missing, or too much.
        """
        if (self.op == "add") == (self.new is None) or (self.op != "add") != bool(self.step):
            raise ValueError("`add` takes `new`, and every other edit takes `step`")
        changes = {name: value for name in FIELDS if (value := getattr(self, name)) is not None}
        if changes and self.op != "change":
            raise ValueError(f"`{self.op}` changes no arguments or words; `change` does")
        if self.new is not None:
            return Add(step=step_of(self.new), before=self.before)
        if self.op == "change":
            return Change(step=self.step, changes=changes)
        if self.op == "move":
            after = None if self.after is None else tuple(self.after)
            return Move(step=self.step, after=after, before=self.before)
        return Remove(step=self.step) if self.op == "remove" else Skip(step=self.step)


def propose_edits(
    proposing: Proposing, view: RunView, base: str, edits: Sequence[ProposedEdit], reason: str
) -> dict[str, Any]:
    """Write a proposal for the process that drives the run, and say what has become of it so far.

    Raises:
        CommandRefused: it cannot be proposed; the reason is in the words.
        StaleRevision: the plan is another one by now.
        PlanError: the edited plan has faults; all are named.
        ValueError: an edit is none.
    """
    bench, current = proposing.bench, view.revision
    made = tuple(one.edit() for one in edits)
    command = ProposeEdit(
        base=base or (current.digest if current is not None else ""),
        edits=made,
        by=proposing.author,
        surface="mcp",
        reason=reason[:TEXT],
    )
    unread = [row.command for row in bench.journal.open_commands(view.run)]
    if sum(isinstance(one, ProposeEdit) for one in unread) >= UNREAD:
        raise CommandRefused(
            f"{UNREAD} proposals for run {view.run} were not even read yet.",
            "Wait until somebody drives the run.",
        )
    refuse_hidden(bench.parts, None, made, view.plan)
    now = bench.clock.now()
    accept(view, command, bench.tools, now, bench.policy)  # to say what is wrong at once
    number = bench.journal.command(view.run, command, now)
    return {"run": view.run, "proposal": number, "state": _decided(proposing, number)}


def _decided(proposing: Proposing, number: int) -> str:
    """Wait a moment for the process that drives the run.

    Raises:
        WorkbenchError: it refused.
    """
    end = time.monotonic() + PATIENCE_S
    while (row := proposing.bench.journal.command_row(number)).state == "open":
        if time.monotonic() > end:
            return "it is read when somebody drives the run; then a person is asked"
        time.sleep(LOOK_S)
    if row.state == "refused":
        raise unpack(row.error)
    return "a person is asked; the run goes on meanwhile"
