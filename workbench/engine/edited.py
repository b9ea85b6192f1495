"""What of the arguments that an approval gives is an edit. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench import commands as c
from workbench.errors import CommandRefused
from workbench.events import RequestOpened
from workbench.undo.entry import MARK


def only_edits(opened: RequestOpened, command: c.Answer) -> c.Answer:
    """Give an answer about a call with those arguments only that it changes; see `edits_of`."""
    if not command.args or opened.about not in ("permission", "budget"):
        return command
    return command.model_copy(update={"args": edits_of(opened.args, command.args)})


def edits_of(shown: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is given back as it was shown: the call keeps the value itself of that.

    Args:
        shown: the arguments of the request, with a table and the like by size and digest.
        given: by whoever answers.

    Raises:
        CommandRefused: an edit holds the size and digest of a value, which is not the value.
    """
    edits = {
        name: value
        for name, value in given.items()
        if name not in shown or value != shown[name] or type(value) is not type(shown[name])
    }
    for name, value in edits.items():
        if is_shown_only(value):
            raise CommandRefused(
                f"The edited argument {name} holds a table, or another value that is shown by its "
                "size only, so the call would not get the value.",
                "Leave this argument as it is, or edit the step of the plan from which it comes.",
            )
    return edits


def is_shown_only(value: Any) -> bool:
    """Whether a value, or a part of it, stands for one that has no JSON form."""
    if isinstance(value, dict):
        return MARK in value or any(is_shown_only(item) for item in value.values())
    return isinstance(value, list) and any(is_shown_only(item) for item in value)
