"""Values that cross the journal: JSON within it, larger or live ones as artifacts beside it."""

from workbench.values.codec import INLINE_LIMIT, decode, encode
from workbench.values.stored import Artifact, Stored
from workbench.values.summary import summarize

__all__ = ["INLINE_LIMIT", "Artifact", "Stored", "decode", "encode", "summarize"]
