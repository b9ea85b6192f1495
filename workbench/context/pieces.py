"""The zones of a context and the pieces in them; a meter for each zone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from workbench.ids import digest_bytes
from workbench.models.asking import CHARACTERS

Zone = Literal["rules", "goal", "plan", "history", "results"]
"""What a part of the context is: what holds always, with the catalogue of tools; what the person
wants; the plan with the states of its steps and the open requests; what was said; what tools
gave."""

ZONES: tuple[Zone, ...] = get_args(Zone)

Section = tuple[Zone, str]
"""A part of the context as it is sent."""


@dataclass(frozen=True)
class Piece:
    """A part of the context that may be shortened: something that was said, or that a tool gave.

    Rules, goal, plan and open requests are no pieces, so nothing ever shortens them.
    """

    zone: Zone
    name: str
    """Unique in its context, and the same in the next one: `output of load`."""
    text: str
    reference: str = ""
    """Where the whole can be had, in the words of the model: `{"$ref": "load"}`."""

    @property
    def digest(self) -> str:
        """SHA-256 of the text: by it a piece is known again."""
        return digest_bytes(self.text.encode("utf-8", "surrogatepass"))


def tokens(text: str) -> int:
    """Reckon the tokens of a text: four characters each."""
    return -(-len(text) // CHARACTERS)


def measure(sections: Iterable[Section]) -> dict[str, int]:
    """Give the tokens of each zone, in the order of `ZONES`; a zone with nothing in it has 0."""
    found: dict[str, int] = dict.fromkeys(ZONES, 0)
    for zone, text in sections:
        found[zone] += tokens(text)
    return found


def texts_of(pieces: Iterable[Piece]) -> Mapping[str, str]:
    """Give the text of each piece by its name."""
    return {piece.name: piece.text for piece in pieces}
