"""What a page is sent, as models: the schema of the rows, from which the page's types are written.

Rows are made as plain dicts (`rows.py`, `feed.py`), because a model for each of ten thousand rows
costs more than it is worth; a test holds them to these models, field by field. After a change here:
`make types`.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from workbench.events import RequestKind
from workbench.gate import Form
from workbench.grants import Frozen
from workbench.states import RunState, StepState
from workbench.tools import Effect, Risk


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class ControlsRow(_Row):
    """What each control would do now, and what it keeps; null: there is none."""

    pause: str | None
    edit: str | None
    stop: str | None


class Header(_Row):
    """The line that says it all."""

    run: str
    goal: str
    state: RunState
    text: str
    """One plain sentence that says it all; the text fallback."""
    by: str | None
    """Who paused or stopped it."""
    reason: str
    fork: str
    """Of what it is a fork, and what it shares; empty: it is none."""
    done: int
    total: int
    in_flight: int
    open_requests: int
    revision: int
    digest: str
    seq: int
    elapsed_s: float
    usage: dict[str, float]
    limits: dict[str, float]
    error: str | None
    at: str
    result: str | None
    controls: ControlsRow
    held: bool | None
    """It is paused for a person to look at the newest revision; null: nobody has said."""


class StepRow(_Row):
    """One step of the current plan."""

    id: str
    order: int
    title: str
    tool: str
    effect: Effect
    risk: Risk
    state: StepState
    needs: list[str]
    why: str
    args: dict[str, Any]
    attempt: int
    estimate_s: float | None
    started: str | None
    duration_s: float | None
    summary: str
    error: str | None
    author: str
    one_way: bool
    """Nothing after this step can be taken back."""


class TraceRow(_Row):
    """One line of the journal."""

    seq: int
    at: str
    step: str | None
    kind: str
    """Of the event; a newer kernel may send one that the page does not know."""
    text: str
    tool: str | None
    effect: str | None
    state: str
    """One of a step or a run, or a word of its own."""
    duration_s: float | None
    detail: str


class Choice(_Row):
    """One answer that can be chosen."""

    value: str
    label: str


class GateRow(_Row):
    """What an approval takes."""

    form: Form
    shown_s: float
    delay_s: float
    value: str
    """What must travel with an approval as `confirm`; empty: nothing."""


class RequestRow(_Row):
    """All that a person must know before answering."""

    id: str
    token: str
    step: str | None
    kind: RequestKind
    title: str
    tool: str
    effect: Effect | None
    risk: Risk
    reversibility: str
    arguments: list[tuple[str, str]]
    args: dict[str, Any] | None
    answer_schema: dict[str, Any] | None = Field(alias="schema")
    """Of the answer that somebody wants during a call; null: not asked for, or a plain yes."""
    cost: str
    why: str
    preview: str | None
    evidence: str | None
    if_refused: str
    verb: str
    choices: list[Choice]
    opened: str
    expires: str | None
    gate: GateRow
    armed: str | None
    """When the first of two steps was taken."""
    objects: list[str]
    count: str
    """How many things it is done to, in words."""


class SettledRow(_Row):
    """A request that is not open any more, and how it came to that."""

    id: str
    title: str
    how: Literal["answered", "expired", "voided"]
    by: str
    surface: str
    """Through which door the answer came; empty: it was not answered."""
    verdict: str
    at: str


class RemarkRow(_Row):
    """What a person should know before a step that is still to come."""

    step: str | None
    """Null: of the whole plan."""
    text: str


class ToolRow(_Row):
    """What the forms need to know of a tool."""

    name: str
    description: str
    effect: Effect
    risk: Risk
    args_schema: dict[str, Any] = Field(alias="schema")
    on_pause: str
    """What a pause does to its calls."""


class WorstRow(_Row):
    """What a tool that the run holds could do at worst, before anything has begun."""

    tool: str
    effect: str
    risk: Risk
    decision: Literal["allowed", "asked", "refused"]
    why: str
    score: int
    zone: Literal["red", "amber", "green"]


class CapRow(_Row):
    """What a limit over all runs leaves."""

    name: str
    left: float
    limit: float


class FreezeRow(_Row):
    """A freeze in force: it holds every run of the journal."""

    id: str
    what: Frozen
    tool: str
    """Its name, where one is frozen."""
    why: str
    by: str
    at: str


class Batch(_Row):
    """What has changed since the last batch; a full one replaces all that a page knows."""

    kind: Literal["batch"]
    n: int
    full: bool
    header: Header
    steps: list[StepRow]
    trace: list[TraceRow]
    requests: list[RequestRow]
    settled: list[SettledRow]
    """Requests that were settled lately; a full batch has the newest only."""
    remarks: list[RemarkRow]
    frozen: list[FreezeRow]
    """Freezes in force, the oldest first."""
    removed_steps: list[str]
    tools: list[ToolRow]
    """Only in a full batch, as the next two."""
    worst: list[WorstRow]
    caps: list[CapRow]


class Reply(_Row):
    """What became of an order."""

    kind: Literal["reply"]
    id: int
    ok: bool
    error: str | None = None


class Pong(_Row):
    """A sign of life."""

    kind: Literal["pong"]
    n: int | None = None
    """The last batch sent: so the page notices when the last one of a burst was lost."""
    driven: bool | None = None
    """Where the server says it: whether anybody would carry an order out now."""


FromPython = Batch | Reply | Pong
"""Every message that the view reads."""
