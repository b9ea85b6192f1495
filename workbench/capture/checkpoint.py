"""A checkpoint as a document: all that was true of a run at a place, its variables included."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from workbench.capture.namespace import IPYTHON
from workbench.capture.state import Variables
from workbench.events.variables import CapturedVariable
from workbench.values import summarize
from workbench.view import RunView

CHECKPOINT_VERSION = 1
"""Raised whenever a field changes its meaning; a reader of older ones finds the old number."""

NEVER = (
    "names that begin with _, modules, functions, classes, objects of the workbench and of "
    f"IPython, and IPython's own names ({', '.join(sorted(IPYTHON))})"
)
"""What is no variable, and so is never captured."""


class VariableState(BaseModel):
    """One captured variable."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str
    digest: str
    """Of type and content: the same digest, the same value."""
    size: int
    """Bytes that it takes in the journal beside the events; 0: it stands in an event."""
    summary: str
    same_as: str = ""
    """Another variable that is the very same object; empty: none."""


class Checkpoint(BaseModel):
    """Everything that was true of a run after event `seq`, documented to be read as JSON.

    It is a fold of the journal, made when it is asked for; nothing of it is stored twice.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int = CHECKPOINT_VERSION
    name: str
    """Its name; `event 12` for a place without one."""
    run: str
    seq: int
    at: datetime | None
    specs: dict[str, str] = Field(default_factory=dict)
    """Digest of each tool, as the run knew it."""
    seed: int | None = None
    """What the seeds of its steps are made of; None: of its id."""
    view: RunView
    """Plan and revision, steps with outputs or references, budget, rights, open requests."""
    variables: dict[str, VariableState] = Field(default_factory=dict)
    variables_of: int = 0
    """The place of the last capture that it has; 0: the variables were not captured."""
    not_captured: dict[str, str] = Field(default_factory=dict)
    """Variables that were there and could not be captured, with the reason."""
    passed_over: bool = False
    """Whether steps were faster than captures here: the variables are those of `variables_of`."""
    never_captured: str = NEVER


def checkpoint_of(view: RunView, name: str, variables: Variables) -> Checkpoint:
    """Make the checkpoint of a place."""
    return Checkpoint(
        name=name,
        run=view.run,
        seq=view.seq,
        at=view.at,
        specs=view.tools,
        seed=view.seed,
        view=view,
        variables={name: shown(c) for name, c in sorted(variables.names.items())},
        variables_of=variables.of,
        not_captured=dict(sorted(variables.left.items())),
        passed_over=any(since <= view.seq < of for since, of in variables.passed),
    )


def shown(captured: CapturedVariable) -> VariableState:
    """Give what a person sees of a captured variable."""
    stored = captured.stored
    return VariableState(
        type=captured.type,
        digest=captured.digest,
        size=captured.size,
        summary=stored.summary or summarize(stored.value),
        same_as=captured.same_as,
    )
