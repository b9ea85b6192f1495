"""What one call of a model was shown, read back from the journal."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from workbench import events as e
from workbench.errors import NotFound
from workbench.events import Record
from workbench.values import Stored, decode
from workbench.view import Shown

Load = Callable[[str], bytes]
WIDTH = 400
"""Characters of a message that the text of a call shows."""


@dataclass(frozen=True)
class Seen:
    """All that one call of a model was shown, and what it answered."""

    number: int
    """Of the call within its run, from 1."""
    model: str
    purpose: str
    step: str | None
    digest: str
    """SHA-256 of the exact request."""
    zones: dict[str, int]
    """Tokens by zone."""
    window: int | None
    over_soft: bool
    request: dict[str, Any] = field(repr=False)
    """The exact request: `messages`, `output_schema`, `tools`, `max_output`."""
    shortened: dict[str, str] = field(repr=False)
    """What stood for pieces that were shortened by then, by name."""
    reply: dict[str, Any] | None = field(repr=False)
    """The whole answer; None: there is none."""
    outcome: str = ""
    """How it ended: `stop`, `length`, `calls`, `refusal`, or the class of its failure; empty: it
    has not."""

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The turns of the conversation, as they were sent."""
        return list(self.request["messages"])

    @property
    def tokens(self) -> int:
        """What it was reckoned to take."""
        return sum(self.zones.values())

    def __str__(self) -> str:
        """Show the meter and the beginning of each message."""
        window = f" of {self.window:,}" if self.window else ""
        head = f"Call {self.number} of {self.model} ({self.purpose})"
        lines = [f"{head}: about {self.tokens:,}{window} tokens, {self.outcome or 'not answered'}"]
        most = max(self.zones.values(), default=0) or 1
        lines += [
            f"  {zone:<8} {size:>8,}  {'█' * round(20 * size / most)}".rstrip()
            for zone, size in self.zones.items()
        ]
        lines += [f"  shortened: {name}" for name in self.shortened]
        for message in self.messages:
            text = message["text"]
            more = f" … ({len(text):,} characters)" if len(text) > WIDTH else ""
            lines += ["", f"[{message['role']}]", f"{text[:WIDTH]}{more}"]
        return "\n".join(lines)


@dataclass(frozen=True)
class ShortenedPiece:
    """A piece of the context that models are shown shortened."""

    name: str
    zone: str
    text: str | None
    """What they are shown; None: the whole again, because the person wants it so."""
    by: str
    """Who says so: `engine` or a person."""
    original: str = field(repr=False)
    """The whole piece."""


def seen_by(records: Iterable[Record], load: Load, number: int | None = None) -> Seen:
    """Read what a call was shown.

    Args:
        records: the run's events.
        load: gives the bytes of an artifact by its digest.
        number: of the call; None: the last one.

    Raises:
        NotFound: there is no such call.
    """
    asked: e.ModelAsked | None = None
    ended: e.ModelAnswered | e.ModelFailed | None = None
    shortened: dict[str, str] = {}
    standing: dict[str, str] = {}
    for event in (record.event for record in records):
        if isinstance(event, e.ContextCompacted):
            standing |= {name: piece.text for name, piece in event.pieces.items()}
        elif isinstance(event, e.ContextCorrected):
            standing.pop(event.piece, None)
            if event.text is not None:
                standing[event.piece] = event.text
        elif isinstance(event, e.ModelAsked) and number in (None, event.number):
            asked, ended, shortened = event, None, dict(standing)
        elif isinstance(event, (e.ModelAnswered, e.ModelFailed)):
            ended = event if asked is not None and event.number == asked.number else ended
    if asked is None:
        what = "no model was asked" if number is None else f"there is no call {number} of a model"
        raise NotFound(f"In this run {what}.", "run.model_calls() lists them.")
    return _seen(asked, ended, shortened, load)


def _seen(
    asked: e.ModelAsked,
    ended: e.ModelAnswered | e.ModelFailed | None,
    shortened: dict[str, str],
    load: Load,
) -> Seen:
    reply, outcome = None, ""
    if isinstance(ended, e.ModelAnswered):
        reply, outcome = decode(ended.reply, load), ended.finish
    elif ended is not None:
        outcome = ended.fault
    return Seen(
        number=asked.number,
        model=asked.model,
        purpose=asked.purpose,
        step=asked.step,
        digest=asked.digest,
        zones=dict(asked.zones),
        window=asked.window,
        over_soft=asked.over_soft,
        request=decode(asked.request, load),
        shortened=shortened,
        reply=reply,
        outcome=outcome,
    )


def shortened_pieces(
    records: Iterable[Record], shown: dict[str, Shown], load: Load
) -> dict[str, ShortenedPiece]:
    """Give the pieces that are shown shortened, with the whole of each, by name."""
    originals: dict[str, Stored] = {}
    for record in records:
        if isinstance(record.event, e.ContextCompacted):
            originals |= {name: piece.original for name, piece in record.event.pieces.items()}
    return {
        name: ShortenedPiece(name, piece.zone, piece.text, piece.by, decode(originals[name], load))
        for name, piece in shown.items()
    }
