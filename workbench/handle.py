"""What every part of a run's handle builds on: how it stands, its places, and the one door."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from workbench.commands import Command
from workbench.errors import NotFound
from workbench.events import Record
from workbench.values import Stored
from workbench.view import Mark, RunView

if TYPE_CHECKING:
    from workbench.workbench import Workbench

Place = Mark | int | str
"""A checkpoint, its name, or a place in the journal."""
START = 1
"""The place before anything was done."""


class Handle(ABC):
    """A run, by its id, in one workbench."""

    id: str
    bench: Workbench

    @property
    @abstractmethod
    def view(self) -> RunView:
        """How the run stands."""

    @property
    @abstractmethod
    def checkpoints(self) -> list[Mark]:
        """Places to go back to."""

    @abstractmethod
    def events(self, *, after: int = 0, follow: bool = False) -> Iterator[Record]:
        """Its events behind a place in the journal."""

    @abstractmethod
    def view_at(self, place: Place) -> RunView:
        """How the run stood at a place."""

    @abstractmethod
    def send(self, command: Command) -> None:
        """Give an order as data, and wait until it is decided."""

    @abstractmethod
    def _store(self, value: Any) -> Stored:
        """Store a value that a person gives to a step."""

    def _seq_of(self, place: Place | None) -> int:
        """Give the position in the journal of a place; None: the start.

        Raises:
            NotFound: the run has no checkpoint of that name, or no such position.
        """
        if place is None:
            return START
        if not isinstance(place, str):
            seq, last = place.seq if isinstance(place, Mark) else place, self.view.seq
            if not START <= seq <= last:
                raise NotFound(f"Run {self.id} has no event {seq}.", f"It has events 1 to {last}.")
            return seq
        marks = [mark for mark in self.checkpoints if mark.name == place]
        if not marks:
            names = ", ".join(repr(mark.name) for mark in self.checkpoints)
            raise NotFound(f"Run {self.id} has no checkpoint {place!r}.", f"It has: {names}.")
        return marks[-1].seq
