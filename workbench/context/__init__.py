"""What a model is shown: measured by zone, made to fit, and readable afterwards."""

from workbench.context.excerpt import excerpt, excerpt_of_frame
from workbench.context.fit import ContextFull, ContextLimits, Cut, Fitted, fit
from workbench.context.pieces import ZONES, Piece, Zone, measure, tokens
from workbench.context.seen import Seen, ShortenedPiece, seen_by, shortened_pieces

__all__ = [
    "ZONES",
    "ContextFull",
    "ContextLimits",
    "Cut",
    "Fitted",
    "Piece",
    "Seen",
    "ShortenedPiece",
    "Zone",
    "excerpt",
    "excerpt_of_frame",
    "fit",
    "measure",
    "seen_by",
    "shortened_pieces",
    "tokens",
]
