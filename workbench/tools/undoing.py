"""The undo of a tool, as a tool of its own: it goes through the same pipeline as any call."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from workbench.plan import Retry
from workbench.tools.tool import Happened, Tool

PREFIX = "undo."
"""Before a tool's name: the name of its undo. No other tool may be called so."""
RETRY = Retry(attempts=3)
"""Of an idempotent undo whose tool declares no other."""


class UndoTool(Tool):
    """What takes back a call of another tool; it is declared with that tool, never by a model.

    Its arguments are those of the call. The function gets what it asks for by name: arguments,
    `result`, `before` and `key` of the call, and secrets.

    Attributes:
        of: the tool whose calls it takes back.
    """

    def __init__(self, of: Tool) -> None:
        """Derive it from what `of` declares; a plain function is as idempotent as its tool."""
        own = of.undo if isinstance(of.undo, Tool) else None
        function = own.function if own is not None else of.undo
        assert function is not None  # noqa: S101 - `undo_of` has looked
        self.of = of
        self.function = function
        self.name = PREFIX + of.name
        self.declared, self.effect = True, of.effect
        self.undo = self.preview = self.before = None
        self.objects = self.told = self.deletes = None
        self.probe = _gone(of.probe) if of.probe is not None else None
        self.idempotent = (own or of).idempotent
        self.risk = own.risk if own is not None else of.risk
        self.spend = self.writes = self.merge = self.version = None
        self._own_spend = own.spend if own is not None else None
        self.timeout_s = (own.timeout_s if own is not None else None) or of.timeout_s
        retry = own.retry if own is not None else of.retry
        self.retry = RETRY if self.idempotent and retry.attempts == 1 else retry
        self.on_pause = "finish"
        self.estimate, self.limit, self.breaker = None, of.limit, None
        self.runs_in = own.runs_in if own is not None else None
        self.poll, self.polling, self.cancel = None, of.polling, None
        self.description = f"Take back what {of.name} has done."
        self.is_async = inspect.iscoroutinefunction(function)
        self.signature = of.signature

    def takes(self, available: Mapping[str, Any]) -> dict[str, float]:
        """Give what the undo spends, where it is a tool of its own that declares it.

        Args:
            available: all that the undo may ask for, by name, except secrets.
        """
        if self._own_spend is None:
            return {}
        return dict(self._own_spend(**self.companion_args(self._own_spend, available)))


def undo_of(tool: Tool | None) -> UndoTool | None:
    """Give the undo of a tool; None when it has none."""
    return UndoTool(tool) if tool is not None and tool.undo is not None else None


def _gone(probe: Callable[..., Any]) -> Callable[..., Any]:
    """Ask the opposite: an undo has happened when its effect is there no more."""
    wants = inspect.signature(probe).parameters
    takes_all = any(parameter.kind is parameter.VAR_KEYWORD for parameter in wants.values())

    def chosen(available: dict[str, Any]) -> dict[str, Any]:
        return available if takes_all else {n: v for n, v in available.items() if n in wants}

    if inspect.iscoroutinefunction(probe):

        @functools.wraps(probe)
        async def later(**available: Any) -> Any:
            return _opposite(await probe(**chosen(available)))

        later.__signature__ = _ANY  # type: ignore[attr-defined]  # what `inspect.signature` reads
        return later

    @functools.wraps(probe)
    def now(**available: Any) -> Any:
        return _opposite(probe(**chosen(available)))

    now.__signature__ = _ANY  # type: ignore[attr-defined]  # what `inspect.signature` reads
    return now


_ANY = inspect.Signature([inspect.Parameter("available", inspect.Parameter.VAR_KEYWORD)])


def _opposite(verdict: Any) -> Any:
    if isinstance(verdict, Happened):
        return False
    return not verdict if isinstance(verdict, bool) else verdict
