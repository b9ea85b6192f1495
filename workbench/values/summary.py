"""One line of text about any JSON value, for rows, logs and prompts."""

from __future__ import annotations

import json
from typing import Any

WIDTH = 120
"""Characters that a summary has at most."""
ITEMS, FIELDS = 8, 24
"""A longer list, or a dict of more fields, is only counted."""


def summarize(value: Any, width: int = WIDTH) -> str:
    """Describe a JSON value in at most `width` characters, without line breaks."""
    text = " ".join(_describe(value, width).splitlines())
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _describe(value: Any, width: int) -> str:
    if isinstance(value, str):
        text = " ".join(value[: width * 4].split())
        if len(value) > width:
            text = f"{text[: width - 24]}… ({len(value):,} characters)"
        return text
    if isinstance(value, list) and len(value) > ITEMS:
        return f"{len(value):,} items"
    if isinstance(value, dict) and len(value) > FIELDS:
        return f"{len(value):,} fields"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= width else f"{text[: width - 1]}…"
