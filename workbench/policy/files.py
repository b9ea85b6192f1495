"""Rules that are kept in a file: of a project, or of a user."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from workbench.errors import ToolError
from workbench.grants import Rule

HEADER = re.compile(r"\s*\[\[\s*(?:rule|\"rule\"|'rule')\s*\]\]")
LARGEST = 1_000_000
"""Bytes of a file of rules at most."""


def read_rules(path: str | Path) -> list[Rule]:
    """Read the rules of a TOML file: `[[rule]]` with `verdict`, `tool`, `where`, `why`, ….

    Raises:
        ToolError: it cannot be read, or a rule of it has faults; all of its rules are refused then.
    """
    place = Path(path).expanduser()
    return [rule for _, rule in rules_in(read_bytes(place), place)]


def read_bytes(place: Path) -> bytes:
    """Read a file of rules.

    Raises:
        ToolError: it is not there, cannot be read, or is too large.
    """
    try:
        with place.open("rb") as stream:
            content = stream.read(LARGEST + 1)
    except OSError as error:
        raise ToolError(f"The rules in {place} cannot be read: {error}.", "Correct it.") from error
    if len(content) > LARGEST:
        raise ToolError(f"The rules in {place} have more than {LARGEST:,} bytes.", "Shorten them.")
    return content


def rules_in(content: bytes, place: Path) -> list[tuple[int, Rule]]:
    """Give the rules of a file's content, each with the number of its line.

    Raises:
        ToolError: it has a fault; the message names file and line.
    """
    try:
        text = content.decode()
        found = tomllib.loads(text)
    except ValueError as error:
        raise ToolError(f"The rules in {place} cannot be read: {error}.", "Correct it.") from error
    lines = text.splitlines()
    if unknown := set(found) - {"rule"}:
        named = ", ".join(sorted(unknown))
        at = _line_of(lines, 0, len(lines), min(unknown))
        raise ToolError(f"{place}, line {at}: it has {named}.", "Write each rule as [[rule]].")
    listed = found.get("rule", [])
    if not isinstance(listed, list):
        at = _line_of(lines, 0, len(lines), "rule")
        raise ToolError(f"{place}, line {at}: rule is no list.", "Write each rule as [[rule]].")
    starts = _starts(lines, len(listed))
    ends = [*(start - 1 for start in starts[1:]), len(lines)]
    return [
        (start, _rule(fields, place, lines, (start, end)))
        for fields, start, end in zip(listed, starts, ends, strict=True)
    ]


def _rule(fields: Any, place: Path, lines: list[str], span: tuple[int, int]) -> Rule:
    start, end = span
    given = {"why": f"from {place.name}", **fields} if isinstance(fields, dict) else fields
    try:
        return Rule.model_validate(given)
    except ValidationError as error:
        faults = error.errors()
        first = str(faults[0]["loc"][0]) if faults[0]["loc"] else ""
        said = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'rule'}: {fault['msg']}" for fault in faults
        )
        at = _line_of(lines, start - 1, end, first)
        raise ToolError(f"{place}, line {at}: the rule is not valid: {said}.", "Correct it.") from (
            error
        )


def _starts(lines: list[str], count: int) -> list[int]:
    """Give the line that each rule begins at; those that stand in one list have that of the list.

    What looks like the beginning of one within a text of several lines is none.
    """
    looks = [at for at, line in enumerate(lines) if HEADER.match(line)]
    found = looks if len(looks) == count else [at for at in looks if _parses(lines[:at])]
    if len(found) != count:
        return [_line_of(lines, 0, len(lines), "rule")] * count
    return [at + 1 for at in found]


def _parses(lines: list[str]) -> bool:
    try:
        tomllib.loads("\n".join(lines))
    except ValueError:
        return False
    return True


def _line_of(lines: list[str], start: int, end: int, name: str) -> int:
    """Give the line between two that a name is written at; where it is not, the first of them."""
    named = re.compile(rf"\s*(?:\[+\s*(?:rule\s*\.\s*)?)?[\"']?{re.escape(name)}[\"']?\s*[=.\]]")
    hits = (at + 1 for at in range(start, end) if name and named.match(lines[at]))
    return next(hits, start + 1)
