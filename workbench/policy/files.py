"""Rules that are kept in a file: of a project, or of a user."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import ValidationError

from workbench.errors import ToolError
from workbench.grants import Rule


def read_rules(path: str | Path) -> list[Rule]:
    """Read the rules of a TOML file: `[[rule]]` with `verdict`, `tool`, `where`, `why`, ….

    A file is only read where a person names it: what a tool writes is never a rule by itself.

    Raises:
        ToolError: it cannot be read, or a rule of it has faults; all of its rules are refused then.
    """
    place = Path(path).expanduser()
    try:
        content = tomllib.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ToolError(f"The rules in {place} cannot be read: {error}.", "Correct it.") from error
    if unknown := set(content) - {"rule"}:
        named = ", ".join(sorted(unknown))
        raise ToolError(f"The rules in {place} have {named}.", "Write each as [[rule]].")
    listed = content.get("rule", [])
    if not isinstance(listed, list):
        raise ToolError(f"The rules in {place} are no list.", "Write each as [[rule]].")
    rules = []
    for number, fields in enumerate(listed, 1):
        given = {"why": f"from {place.name}", **fields} if isinstance(fields, dict) else fields
        try:
            rules.append(Rule.model_validate(given))
        except ValidationError as error:
            faults = "; ".join(
                f"{'.'.join(map(str, fault['loc'])) or 'rule'}: {fault['msg']}"
                for fault in error.errors()
            )
            raise ToolError(
                f"Rule {number} in {place} is not valid: {faults}.", "Correct it."
            ) from error
    return rules
