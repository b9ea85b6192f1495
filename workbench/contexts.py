"""What models were asked in a run, what they were shown, and how a person puts that right."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING

from workbench.commands import Command, CorrectContext
from workbench.context import Seen, ShortenedPiece, seen_by, shortened_pieces
from workbench.events import Record
from workbench.journal import Journal
from workbench.report import model_calls_frame
from workbench.view import RunView

if TYPE_CHECKING:
    import pandas as pd


class RunContexts(ABC):
    """Reads and corrects the context of a run's models."""

    _journal: Journal

    @property
    @abstractmethod
    def view(self) -> RunView:
        """How the run stands."""

    @abstractmethod
    def events(self, *, after: int = 0, follow: bool = False) -> Iterator[Record]:
        """Iterate over the run's events."""

    @abstractmethod
    def send(self, command: Command) -> None:
        """Give an order as data, and wait until it is decided."""

    def model_calls(self) -> pd.DataFrame:
        """List the calls of models: what for, tokens, cost, waits, attempts, how they ended."""
        return model_calls_frame(self.events())

    def context(self, number: int | None = None) -> Seen:
        """Give what one call of a model was shown, exactly, and what it answered.

        Args:
            number: of the call within the run, from 1; None: the last one.

        Raises:
            NotFound: there is no such call.
        """
        return seen_by(self.events(), self._journal.artifact, number)

    @property
    def shortened(self) -> dict[str, ShortenedPiece]:
        """Pieces of the context that models are shown shortened, with the whole of each."""
        return shortened_pieces(self.events(), self.view.shortened, self._journal.artifact)

    def restore_context(self, piece: str, reason: str = "") -> None:
        """Let models see a piece whole again; it is not shortened any more.

        Raises:
            CommandRefused: no such piece was shortened.
        """
        self.send(CorrectContext(piece=piece, reason=reason))

    def correct_context(self, piece: str, text: str, reason: str = "") -> None:
        """Let models see your words in the place of a piece that was shortened.

        Raises:
            CommandRefused: no such piece was shortened.
        """
        self.send(CorrectContext(piece=piece, text=text, reason=reason))
