"""Setting one argument: only what the tool's schema accepts, and with its words accounted for."""

from __future__ import annotations

from typing import Any

from workbench.planner.builtin.ports import Port
from workbench.planner.builtin.sheet import Made, Sheet
from workbench.planner.builtin.words import Token


def give(sheet: Sheet, made: Made, port: Port, value: Any, tokens: list[Token]) -> bool:
    """Set an argument if the schema accepts it, and account for its tokens."""
    given = [value] if port.many else value
    if not made.fits(port, given):
        return False
    made.args[port.name] = given
    sheet.take(made, tokens)
    return True


def read_value(token: Token) -> Any:
    """Read a token as what it is: a number or a text."""
    if token.kind != "number":
        return token.text
    number = float(token.text)
    return int(token.text) if "." not in token.text else number
