"""Events of going back: a run is taken back to a checkpoint by another run, which undoes."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from workbench.events.base import Author, Event

UndoOutcome = Literal["undone", "undone_with_traces", "not_undoable", "unknown"]
"""What became of an effect: it is gone; it is gone, and others were told or can see it; it stands;
nobody knows whether it stands."""


class RollbackBegun(Event):
    """Somebody went back to a place: its effects since then are being undone by another run."""

    kind: Literal["rollback.begun"] = "rollback.begun"
    undo: str
    """The run that undoes; it exists only when there is something to call."""
    to: int
    """Place in the journal that is gone back to."""
    only: int = 0
    """Place of the one intent that is taken back, to settle a doubt; 0: all since `to`."""
    by: Author
    reason: str = ""


class RollbackEnded(Event):
    """The run that undoes has ended; what became of each effect."""

    kind: Literal["rollback.ended"] = "rollback.ended"
    undo: str
    effects: dict[int, UndoOutcome] = Field(default_factory=dict)
    """By the place of the effect's intent."""
    steps: dict[str, Literal["undone", "undo_failed"]] = Field(default_factory=dict)
    """Steps that are taken back by it, or could not be."""
