"""Reading on in a value that was too large to be shown whole: by text, rows or items."""

from __future__ import annotations

import json
from typing import Any

from workbench.context.excerpt import is_frame
from workbench.toolkit.faults import Refused
from workbench.tools import Tool, tool

MOST = 20_000
"""Characters of a part that are given at most."""


def parts() -> list[Tool]:
    """Make the tool that reads parts of what other steps gave; it computes and changes nothing."""
    return [tool(effect="pure")(read_part)]


def read_part(value: Any, start: int = 0, length: int = 4_000) -> dict[str, Any]:
    """Read a part of a large value: characters of a text, rows of a table, or items of a list.

    Args:
        value: a reference to the step that gave it.
        start: where to begin, from 0; a negative one counts from the end.
        length: how many characters, rows or items; less are given where they would be too long.
    """
    if length < 1:
        raise Refused(f"A part of the length {length} is nothing.", "Give a length above 0.")
    unit, total = _unit(value)
    if unit == "characters" and not isinstance(value, str):
        value = json.dumps(value, ensure_ascii=False, default=str)
        total = len(value)
    begin = max(0, total + start) if start < 0 else min(start, total)
    end = min(total, begin + length)
    part = _slice(value, unit, begin, end)
    while unit != "characters" and end > begin + 1 and len(json.dumps(part, default=str)) > MOST:
        end = begin + (end - begin) // 2
        part = _slice(value, unit, begin, end)
    if unit == "characters" and len(part) > MOST:
        end, part = begin + MOST, part[:MOST]
    return {"part": part, "start": begin, "end": end, "of": total, "unit": unit}


def _unit(value: Any) -> tuple[str, int]:
    if is_frame(value):
        return "rows", len(value)
    if isinstance(value, list):
        return "items", len(value)
    return "characters", len(value) if isinstance(value, str) else 0


def _slice(value: Any, unit: str, begin: int, end: int) -> Any:
    if unit == "rows":
        rows = value.iloc[begin:end].to_json(orient="records", date_format="iso")
        return json.loads(rows)
    return value[begin:end]
