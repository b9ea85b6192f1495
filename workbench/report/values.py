"""JSON values for people: short for a row, whole for a detail, and safe for a message."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

from workbench.report.words import one_line, plain_text
from workbench.values import Stored, summarize

SHORT_TEXT, SHORT_ITEMS, SHORT_DEPTH = 60, 8, 4
"""Characters, items and levels that `short_json` leaves of a value."""


def stored_text(stored: Stored | None) -> str:
    """Give one line about a stored value; empty when there is none, or it is null."""
    if stored is None:
        return ""
    if stored.summary:
        return one_line(stored.summary)
    if stored.artifact is not None:
        return f"{stored.artifact.size:,} bytes of {one_line(stored.artifact.media, 60)}"
    return "" if stored.value is None else one_line(summarize(stored.value))


def stored_json(stored: Stored | None) -> str:
    """Give the value as short JSON; of an artifact, its one line."""
    if stored is None:
        return ""
    if stored.artifact is not None:
        return stored_text(stored)
    return json.dumps(short(stored.value), ensure_ascii=False)


def short(value: Any, depth: int = SHORT_DEPTH) -> Any:
    """Cut the long parts of a JSON value, so that it stays JSON and each cut shows as `…`."""
    if isinstance(value, str):
        return one_line(value, SHORT_TEXT)
    if isinstance(value, float):
        return _finite(value)
    if isinstance(value, (dict, list, tuple)):
        return _short_parts(value, depth) if depth > 0 or not value else "…"
    return value


def _short_parts(value: dict[Any, Any] | list[Any] | tuple[Any, ...], depth: int) -> Any:
    if isinstance(value, dict):
        kept = {str(k): short(v, depth - 1) for k, v in list(value.items())[:SHORT_ITEMS]}
        more = len(value) - len(kept)
        return {**kept, "…": f"{more:,} more"} if more > 0 else kept
    items = [short(item, depth - 1) for item in value[:SHORT_ITEMS]]
    more = len(value) - len(items)
    return [*items, f"… {more:,} more"] if more > 0 else items


def pretty(value: Any, limit: int) -> str:
    """Give a value as indented JSON of at most about `limit` characters."""
    text = json.dumps(showable(value), ensure_ascii=False, indent=2)
    if len(text) <= limit:
        return text
    return f"{text[:limit]}\n… ({len(text) - limit:,} characters more)"


def showable(value: Any) -> Any:
    """Make a JSON value safe to show: JSON that every reader takes, and harmless text."""
    return _mapped(value, plain_text)


def sendable(value: Any) -> Any:
    """Make a JSON value one that can be sent and comes back the same, wherever that is possible.

    NaN and infinities become text; halves of surrogate pairs, which have no UTF-8, become `?`.
    """
    return _mapped(value, lambda text: text.encode("utf-8", "replace").decode())


def _mapped(value: Any, text: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, float):
        return _finite(value)
    if isinstance(value, dict):
        return {text(str(key)): _mapped(item, text) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_mapped(item, text) for item in value]
    return value


def _finite(value: float) -> float | str:
    return value if math.isfinite(value) else str(value)
