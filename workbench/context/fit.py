"""Making a context fit: what is old and long is shortened first, what is pinned never.

No I/O: what was shortened is given back, so that whoever asks can write it down.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from workbench.context.excerpt import head_of
from workbench.context.pieces import Piece, Section, measure, texts_of, tokens
from workbench.errors import LimitReached, WorkbenchError
from workbench.view import Shown

UNKNOWN = 64_000
"""Tokens of a context whose model does not say how many it takes."""
HEAD = 160
"""Characters that stay of a piece that is shortened."""
WORTH = 2 * HEAD
"""Characters from which a piece is worth being shortened."""


class ContextFull(LimitReached):
    """What must be shown takes more than the hard cap of the context; nothing was sent."""


@dataclass(frozen=True)
class ContextLimits:
    """How much a model is shown; shares of `window`.

    Attributes:
        window: tokens that a request may have; None: what the model says, less its answer.
        compact_at: share from which on pieces are shortened.
        compact_to: share that this brings it down to, where it can.
        soft: share above which the call is marked, although all was shortened that could be.
        hard: share above which nothing is sent.
    """

    window: int | None = None
    compact_at: float = 0.7
    compact_to: float = 0.5
    soft: float = 0.85
    hard: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what cannot be kept.

        Raises:
            WorkbenchError: the shares do not rise, or the window is no number of tokens.
        """
        shares = (0.0, self.compact_to, self.compact_at, self.soft, self.hard, 1.0)
        rises = all(one <= other for one, other in pairwise(shares))
        if not rises or (self.window is not None and self.window < 1):
            raise WorkbenchError(
                "These limits of a context cannot be kept.",
                "0 <= compact_to <= compact_at <= soft <= hard <= 1, and a window above 0.",
            )

    def tokens(self, context_tokens: int | None, max_output: int) -> int:
        """Give the tokens that a request may have.

        Args:
            context_tokens: what the model takes, request and answer together; None: unknown.
            max_output: tokens of the answer.
        """
        if self.window is not None:
            return self.window
        return UNKNOWN if context_tokens is None else max(1, context_tokens - max_output)


@dataclass(frozen=True)
class Cut:
    """A piece that was shortened now, and what stands in its place."""

    piece: Piece
    text: str


@dataclass(frozen=True)
class Fitted:
    """A context that fits."""

    sections: tuple[Section, ...]
    zones: dict[str, int]
    """Tokens by zone."""
    before: dict[str, int]
    """The same, before pieces were shortened now."""
    window: int
    cut: tuple[Cut, ...] = ()
    """Pieces that were shortened now."""
    over_soft: bool = False


def fit(
    pieces: Sequence[Piece],
    compose: Callable[[Mapping[str, str]], Sequence[Section]],
    limits: ContextLimits,
    window: int,
    shown: Mapping[str, Shown],
) -> Fitted:
    """Make a context that takes no more than it may.

    A piece that was shortened before stays so, word by word; one that the person has put back is
    left alone. Results go before what was said, and within each the oldest first.

    Args:
        pieces: what may be shortened, the oldest first.
        compose: makes the sections of the texts of the pieces, by name.
        limits: the shares.
        window: tokens that it may have.
        shown: pieces that were shortened before, by name.

    Raises:
        ContextFull: even so it takes more than the hard cap.
    """
    texts = dict(texts_of(pieces))
    left_alone = set()
    for piece in pieces:
        known = shown.get(piece.name)
        if known is not None and known.digest == piece.digest:
            left_alone.add(piece.name)
            texts[piece.name] = piece.text if known.text is None else known.text
    before = measure(compose(texts))
    total = sum(before.values())
    cut: list[Cut] = []
    if total > limits.compact_at * window:
        for piece in sorted(pieces, key=lambda one: one.zone != "results"):
            if total <= limits.compact_to * window:
                break
            if piece.name in left_alone or len(piece.text) < WORTH:
                continue
            short = shortened(piece)
            total -= tokens(piece.text) - tokens(short)
            texts[piece.name] = short
            cut.append(Cut(piece, short))
    sections = tuple(compose(texts))
    zones = measure(sections)
    refuse_full(zones, limits, window)
    over_soft = sum(zones.values()) > limits.soft * window
    return Fitted(sections, zones, before, window, tuple(cut), over_soft)


def shortened(piece: Piece) -> str:
    """Give what stands in the place of a piece: its beginning, how long it is, where it is."""
    head = head_of(piece.text, HEAD)
    where = f"; the whole is {piece.reference}" if piece.reference else ""
    shown = f"{len(head):,} of the {len(piece.text):,} characters that were shown before"
    return f"{head} … (shortened: {shown}{where})"


def refuse_full(zones: Mapping[str, int], limits: ContextLimits, window: int) -> None:
    """Refuse a context that takes more than the hard cap.

    Raises:
        ContextFull: it does.
    """
    total, most = sum(zones.values()), int(limits.hard * window)
    if total <= most:
        return
    by_zone = ", ".join(f"{zone} {size:,}" for zone, size in zones.items() if size)
    why = f"context: about {total:,} tokens, the hard cap is {most:,} ({by_zone})"
    raise ContextFull(
        f"The model was not asked: {why}.",
        "Offer fewer tools, shorten the goal or the plan, or give the planner a larger window: "
        "ContextLimits(window=…).",
        why=why,
        zones=dict(zones),
    )
