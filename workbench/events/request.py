"""Events of questions to the person."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from workbench.events.base import Author, Event, Scope
from workbench.gate import Gate
from workbench.grants import Rule
from workbench.tools import Effect, Risk

RequestKind = Literal[
    "permission",
    "budget",
    "doubt",
    "question",
    "duplicate",
    "drift",
    "conflict",
    "elicitation",
    "proposal",
]
"""What is asked; elicitation: what a server wants to know during a call; proposal: whether the plan
is to be changed as somebody outside proposes."""


class RequestOpened(Event):
    """The person is asked; everything that the prompt shows is here."""

    kind: Literal["request.opened"] = "request.opened"
    request: str
    token: str
    """One-time token that an answer must carry; bound to arguments and revision below."""
    about: RequestKind
    step: str | None = None
    title: str
    """The action in plain words."""
    why: str = ""
    """Which rule asks, and why now."""
    tool: str = ""
    args: dict[str, Any] = Field(default_factory=dict)
    """Exact arguments as JSON; live values by summary."""
    by_rule: bool = False
    """Whether a rule, or the step itself, says that it is to be asked about."""
    args_digest: str = ""
    revision: str = ""
    """Digest of the plan revision."""
    risk: Risk | None = None
    """Its class; None: the journal is older than the classes."""
    effect: Effect | None = None
    """Whether it can be undone, in the tool's declaration."""
    gate: Gate | None = None
    """What an approval takes; None: as the tool's class says."""
    objects: tuple[str, ...] | None = None
    """The things that the call is done to, at most the first 500; None: the tool does not say."""
    objects_count: int = 0
    """How many they are."""
    objects_digest: str = ""
    """Digest of the whole list, to which the approval is bound."""
    preview: str | None = None
    evidence: dict[str, Any] = Field(default_factory=dict)
    spend: dict[str, float] = Field(default_factory=dict)
    choices: dict[str, str] = Field(default_factory=dict)
    """Value to label; empty: approve or deny, or a free text for a question."""
    if_refused: str = ""
    expires: datetime | None = None


class RequestAnswered(Event):
    """The person decided."""

    kind: Literal["request.answered"] = "request.answered"
    request: str
    step: str | None = None
    verdict: Literal["approve", "deny", "choose"]
    by: Author
    surface: str = ""
    scope: Scope = "once"
    args: dict[str, Any] | None = None
    """Edited arguments, when the person changed them."""
    args_digest: str = ""
    """What was approved: of the shown or the edited arguments."""
    limits: dict[str, Any] | None = None
    """How far an approval for the run reaches; None: every call of the tool."""
    confirm: str = ""
    """What the person typed to confirm it."""
    rule: Rule | None = None
    """What an approval for always sets, or a refusal that freezes, for every run of the journal."""
    rule_id: str = ""
    choice: str | None = None
    reason: str = ""
    then: Literal["continue", "replan", "freeze", "stop"] = "continue"
    """What a refusal leads to; what `freeze` freezes is the rule above."""
    review: bool = False
    """With `replan`: whether the run is held once the planner has answered."""


class RequestArmed(Event):
    """The first of two steps: the person means it, and waits before the second."""

    kind: Literal["request.armed"] = "request.armed"
    request: str
    step: str | None = None
    by: Author
    surface: str = ""


class RequestExpired(Event):
    """Nobody answered in time, which counts as a refusal."""

    kind: Literal["request.expired"] = "request.expired"
    request: str
    step: str | None = None


class RequestVoided(Event):
    """The question is moot: its step was edited, or the run ended."""

    kind: Literal["request.voided"] = "request.voided"
    request: str
    step: str | None = None
    why: str
