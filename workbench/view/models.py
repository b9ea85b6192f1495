"""The fold of calls of models, and of what was left out of what they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from workbench import events as e
from workbench.errors import JournalError
from workbench.events import Record


class ModelCall(BaseModel):
    """One call of a model that has no answer yet."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    model: str
    purpose: str = "plan"
    step: str | None = None
    state: Literal["asked", "waiting", "answering"] = "asked"
    began: datetime
    until: datetime | None = None
    """While it waits: when the request is sent again."""
    attempt: int = 1
    characters: int = 0
    """Of the answer so far."""
    tokens: int = 0
    tail: str = ""
    reserved: dict[str, float] = {}


class Shown(BaseModel):
    """What a model is shown of a piece of the context that was shortened."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zone: str
    digest: str
    """SHA-256 of the whole piece; when the piece says something else, this does not hold."""
    text: str | None
    """None: the whole piece, because the person wants it so."""
    by: str
    seq: int
    """Place of the event that shortened it, which holds the whole piece."""


def asked(view: Any, record: Record, event: e.ModelAsked) -> None:
    """Begin a call."""
    if event.number != view.model_calls + 1:
        raise JournalError(
            f"Call {event.number} of a model cannot follow call {view.model_calls}.",
            "Run `workbench verify`.",
        )
    view.model_calls = event.number
    view.models[event.number] = ModelCall(
        number=event.number,
        model=event.model,
        purpose=event.purpose,
        step=event.step,
        began=record.at,
        reserved=event.reserved,
    )


def waiting(view: Any, record: Record, event: e.ModelWaiting) -> None:
    """Note that the request will be sent again, and that what came of it counts for nothing."""
    until = record.at + timedelta(seconds=event.wait_s)
    _change(view, event, state="waiting", until=until, attempt=event.attempt + 1, **_NOTHING)


def streaming(view: Any, _record: Record, event: e.ModelStreaming) -> None:
    """Note how much of the answer has come."""
    come = {"characters": event.characters, "tokens": event.tokens, "tail": event.tail}
    _change(view, event, state="answering", until=None, **come)


def ended(view: Any, _record: Record, event: e.ModelAnswered | e.ModelFailed) -> None:
    """End a call, and count what it took."""
    del view.models[event.number]
    asker = event.step or ""
    metered = dict(view.metered.get(asker, {}))
    for unit, amount in event.usage.items():
        view.usage[unit] = view.usage.get(unit, 0) + amount
        metered[unit] = metered.get(unit, 0) + amount
    view.metered = {**view.metered, asker: metered}


def compacted(view: Any, record: Record, event: e.ContextCompacted) -> None:
    """Show what stands in the place of each piece from now on."""
    for name, piece in event.pieces.items():
        view.shortened[name] = Shown(
            zone=piece.zone, digest=piece.digest, text=piece.text, by="engine", seq=record.seq
        )


def corrected(view: Any, _record: Record, event: e.ContextCorrected) -> None:
    """Show what the person says."""
    changes = {"text": event.text, "by": event.by}
    view.shortened[event.piece] = view.shortened[event.piece].model_copy(update=changes)


def meter(view: Any, step: str | None) -> None:
    """Begin to count what models take for a planner, or for a check."""
    view.metered = {name: took for name, took in view.metered.items() if name != (step or "")}


def spend_beyond(view: Any, usage: Mapping[str, float], step: str | None) -> None:
    """Count what a planner or a check says it used beyond the calls of its models."""
    for unit, amount in beyond(usage, view.metered.get(step or "", {})).items():
        view.usage[unit] = view.usage.get(unit, 0) + amount


def beyond(usage: Mapping[str, float], counted: Mapping[str, float]) -> dict[str, float]:
    """Give what a planner says it used and the calls of its models have not counted already."""
    left = {unit: amount - counted.get(unit, 0) for unit, amount in usage.items()}
    return {u: amount for u, amount in left.items() if amount > _ROUNDING or u not in counted}


_ROUNDING = 1e-9
"""Sums of decimal fractions may be off by so much."""
_NOTHING: dict[str, Any] = {"characters": 0, "tokens": 0, "tail": ""}


def _change(view: Any, event: e.ModelEvent, **changes: Any) -> None:
    view.models[event.number] = view.models[event.number].model_copy(update=changes)
