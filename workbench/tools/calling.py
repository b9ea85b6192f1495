"""Which call this code runs in: so that a call within a call is noticed.

The engine sets `calling` around each call; context variables follow coroutines and the threads
that a call is made in. A thread that a tool starts by itself does not have them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from workbench.tools.tool import Tool


class Watch(Protocol):
    """What the engine wants to know about one call that is being made."""

    tool: Tool
    """The step's own."""
    function: Callable[..., Any]
    """What is to be executed for it."""

    def called(self, tool: Tool, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """Take note that another tool is about to be called; raises to prevent it."""
        ...

    def swapped(self, function: Callable[..., Any], kwargs: Mapping[str, Any]) -> None:
        """Take note that another function is about to be executed; raises to prevent it."""
        ...


calling: ContextVar[Watch | None] = ContextVar("workbench_calling", default=None)
"""The call that this code runs in; None outside of any."""


def executing(function: Callable[..., Any], kwargs: Mapping[str, Any]) -> None:
    """Say what an executor executes; each executor does so before it begins."""
    watch = calling.get()
    if watch is not None and watch.function is not function:
        watch.swapped(function, kwargs)
