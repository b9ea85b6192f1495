"""Errors of a recording, raised again: of the same name, class and words as those that were."""

from __future__ import annotations

from typing import Any

from workbench.errors import WorkbenchError
from workbench.executor import NoAnswer, TimedOut


def raised_as(
    text: str,
    name: str = "",
    *,
    base: type[Exception] = Exception,
    **attributes: Any,
) -> Exception:
    """Make an error that the engine describes by exactly this text.

    Args:
        text: as it was recorded: an error of the workbench's own by its words, any other with the
            name of its type before them.
        name: of its type, when that was recorded.
        base: what it must be for the engine.
        **attributes: what the engine asks of it, such as `happened` and `error_class`.
    """
    made: Exception
    kind, _, words = text.partition(": ")
    if kind != name if name else not kind.isidentifier():
        # One of ours: its type does not stand before its words.
        bases = (WorkbenchError,) if base is Exception else (WorkbenchError, base)
        made = type(name or "Recorded", bases, {})(text)
    elif kind == "TimedOut":
        made = TimedOut(words)
    else:
        made = type(kind, (base,), {})(words)
    for attribute, value in attributes.items():
        setattr(made, attribute, value)
    return made


def no_answer(text: str) -> Exception:
    """Make the error of a call that was begun and gave no answer."""
    return raised_as(text, base=NoAnswer)
