"""Whether what a tool declares can work: found when it is declared, not when it is called."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NoReturn

from workbench.errors import ToolError
from workbench.tools.effect import EFFECTS, RISKS, UNDOABLE

if TYPE_CHECKING:
    from workbench.tools.tool import Tool

COMPANION_EXTRAS = frozenset({"result", "key", "before"})
"""What an undo or a probe may ask for beside the tool's own arguments."""


_EXTRAS = {
    "undo": COMPANION_EXTRAS,
    "probe": COMPANION_EXTRAS,
    "told": frozenset[str](),
    "leaves": frozenset({"result"}),
}


def check_declaration(tool: Tool) -> None:
    """Refuse a declaration that cannot work.

    Raises:
        ToolError: what is wrong with it, and what to declare.
    """
    if tool.effect not in EFFECTS:
        refuse(tool, f"declares the effect {tool.effect!r}", f"Use one of {', '.join(EFFECTS)}.")
    if tool.risk not in RISKS:
        refuse(tool, f"declares the risk {tool.risk!r}", f"Use one of {', '.join(RISKS)}.")
    if tool.effect in UNDOABLE and tool.undo is None:
        refuse(
            tool,
            f"is declared {tool.effect} and has no undo",
            "Give undo=…, or declare it irreversible.",
        )
    if tool.on_pause == "cancel" and not tool.repeatable:
        refuse(
            tool,
            "asks to be cancelled by a pause, but changes the world",
            "Only pure and read tools can be cancelled and run again.",
        )
    if tool.on_pause not in ("finish", "cancel"):
        refuse(tool, f"declares on_pause={tool.on_pause!r}", "Use 'finish' or 'cancel'.")
    if tool.runs_in not in (None, "thread", "process"):
        refuse(tool, f"declares runs_in={tool.runs_in!r}", "Use 'thread', 'process' or None.")
    if tool.timeout_s is not None and not 0 < tool.timeout_s < math.inf:
        refuse(tool, f"declares a timeout of {tool.timeout_s!r}", "Give seconds above 0, or None.")
    for role in ("undo", "probe", "preview", "before", "objects", "told", "leaves"):
        companion = getattr(tool, role)
        if companion is not None:
            _check_companion(tool, role, companion, _EXTRAS.get(role, frozenset({"key"})))
    _check_deletes(tool)
    _check_undo(tool)
    _check_polling(tool)
    _check_by_name(tool, "spend", tool.spend)
    _check_by_name(tool, "writes", tool.writes)
    _check_writes(tool)


def _check_deletes(tool: Tool) -> None:
    if tool.deletes not in (None, True, False):
        refuse(tool, f"declares deletes={tool.deletes!r}", "Use True, False or None.")
    if tool.deletes and tool.repeatable:
        what = f"says that it deletes, and declares the effect {tool.effect}"
        refuse(tool, what, "Declare the effect that it has.")


def _check_undo(tool: Tool) -> None:
    """Refuse an undo that could not do its work, and what only an undo makes use of."""
    if tool.told is not None and tool.undo is None:
        refuse(tool, "says who is told of its undo, and has no undo", "Give undo=…, too.")
    if tool.undo is None:
        return
    if getattr(tool.undo, "repeatable", False):
        refuse(tool, "has an undo that is declared to change nothing", "Declare its effect.")
    if inspect.isgeneratorfunction(tool.undo) or inspect.isasyncgenfunction(tool.undo):
        refuse(tool, "has an undo that is a generator: calling it does nothing", "Give a function.")
    if tool.before is None:
        _check_image(tool, "undo", tool.undo)


def _check_image(tool: Tool, role: str, companion: Callable[..., Any]) -> None:
    wanted = inspect.signature(companion).parameters.get("before")
    if wanted is not None and wanted.default is wanted.empty and _is_named(wanted):
        refuse(
            tool,
            f"has the {role} {_name_of(companion)!r}, which needs 'before', and nothing reads it",
            "Give before=…, too.",
        )


def _name_of(companion: Callable[..., Any]) -> str:
    return getattr(companion, "__name__", repr(companion))


def _is_named(parameter: inspect.Parameter) -> bool:
    return parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)


def _check_polling(tool: Tool) -> None:
    for role in ("poll", "cancel"):
        companion = getattr(tool, role)
        if companion is not None:
            _check_companion(tool, role, companion, frozenset({"handle", "key"}))
    if tool.cancel is not None and tool.poll is None:
        refuse(tool, "has a cancel and no poll", "Give poll=…: it cancels work outside.")


def _check_companion(
    tool: Tool, role: str, companion: Callable[..., Any], extras: frozenset[str]
) -> None:
    own = frozenset(tool.signature.adapters)
    available = own | extras | set(tool.signature.secrets)
    for parameter in _parameters(tool, role, companion):
        named = _is_named(parameter)
        if named and parameter.name in own & extras:
            refuse(
                tool,
                f"has an argument {parameter.name!r}, and its {role} asks for "
                f"{parameter.name!r}, which is also what the runtime gives under that name",
                "Rename the argument of the tool.",
            )
        if named and parameter.name not in available and parameter.default is parameter.empty:
            refuse(
                tool,
                f"has the {role} {_name_of(companion)!r}, which needs {parameter.name!r}",
                f"It can have: {', '.join(sorted(available))}.",
            )
        if parameter.kind is parameter.POSITIONAL_ONLY:
            refuse(tool, f"has a {role} with positional-only parameters", "Name them.")
        if parameter.kind is parameter.VAR_POSITIONAL:
            refuse(tool, f"has a {role} that takes {parameter}", "Name what it needs.")


def _parameters(
    tool: Tool, role: str, companion: Callable[..., Any]
) -> Iterable[inspect.Parameter]:
    if not callable(companion):
        refuse(tool, f"has the {role} {companion!r}, which cannot be called", "Give a function.")
    try:
        return inspect.signature(companion).parameters.values()
    except (TypeError, ValueError) as error:
        refuse(tool, f"has a {role} without a signature: {error}", "Write a function around it.")


def _check_by_name(tool: Tool, role: str, declaration: Callable[..., Any] | None) -> None:
    """Try whether a declaration takes all arguments by name, as it will be given them."""
    if declaration is None:
        return
    try:
        inspect.signature(declaration).bind(**dict.fromkeys(tool.signature.adapters))
    except TypeError as error:
        refuse(
            tool,
            f"has a {role} that cannot be called with its arguments: {error}",
            "Take those that matter, and **_ for the rest.",
        )


def _check_writes(tool: Tool) -> None:
    if tool.leaves is not None and tool.repeatable:
        what = f"says what it leaves behind, and declares the effect {tool.effect}"
        refuse(tool, what, "Declare the effect that it has.")
    if tool.merge not in (None, "in_order"):
        refuse(tool, f"declares merge={tool.merge!r}", "Use 'in_order', or None.")
    if tool.writes is None and (tool.merge or tool.version):
        refuse(
            tool,
            "says how its writes are merged or known again, and not what it writes",
            "Give writes=…, which returns the keys.",
        )
    if tool.writes is not None and tool.repeatable:
        refuse(
            tool,
            f"declares what it writes, and the effect {tool.effect}",
            "Declare the effect that it has.",
        )


def refuse(tool: Tool, what: str, cure: str) -> NoReturn:
    """Refuse a tool.

    Raises:
        ToolError: always.
    """
    raise ToolError(f"Tool {tool.name!r} {what}.", cure, tool=tool.name)
