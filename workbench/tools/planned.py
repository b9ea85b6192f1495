"""What a tool would do with a step's arguments, as far as the plan alone tells it.

Nothing is called but the tool's own declarations, with arguments that hold no reference.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from workbench.budget import is_amount
from workbench.errors import ToolError
from workbench.plan import find_refs

if TYPE_CHECKING:
    from workbench.tools.tool import Tool


def planned_spend(tool: Tool, args: Mapping[str, Any]) -> dict[str, float] | None:
    """Give the amounts by unit that a call with these arguments would spend; see `Tool`.

    Calls and attempts are left to the runtime, which counts them as they are made.
    """
    if tool.spend is None:
        return {}
    spend = _foreseen(tool, tool.spend, args)
    if not isinstance(spend, Mapping) or not all(map(is_amount, spend.values())):
        return None
    return {str(unit): float(amount) for unit, amount in spend.items()}


def planned_writes(tool: Tool, args: Mapping[str, Any]) -> tuple[str, ...]:
    """Give the keys that a call with these arguments would write; see `Tool`."""
    if tool.writes is None:
        return ()
    found = _foreseen(tool, tool.writes, args)
    try:
        return () if found is None else written_keys(tool, found)
    except ToolError:
        return ()


def written_keys(tool: Tool, found: Any) -> tuple[str, ...]:
    """Check what a tool's `writes` gave.

    Raises:
        ToolError: it is no list of texts.
    """
    keys = list(found) if isinstance(found, Iterable) and not isinstance(found, str) else [None]
    named = [key for key in keys if isinstance(key, str) and key]
    if len(named) < len(keys):
        raise ToolError(
            f"{tool.name} declares that it writes {found!r}, which is no list of keys.",
            "Let writes return a list of texts, such as ['file:/tmp/a.csv'].",
            tool=tool.name,
        )
    return tuple(dict.fromkeys(named))


def _foreseen(tool: Tool, declaration: Callable[..., Any], args: Mapping[str, Any]) -> Any:
    """Call a declaration with what is known; None when it needs more, or raises."""
    values, unknown = _known_values(tool, args)
    if unknown & inspect.signature(declaration).parameters.keys():
        return None
    try:
        return declaration(**values)
    except Exception:  # noqa: BLE001 - whatever it raises, it will be said when the call is made
        return None


def _known_values(tool: Tool, args: Mapping[str, Any]) -> tuple[dict[str, Any], set[str]]:
    """Give the typed values of the arguments that the plan tells, and the names of the others."""
    values: dict[str, Any] = {}
    unknown: set[str] = set()
    for name, adapter in tool.signature.adapters.items():
        if name not in args or next(find_refs(args[name]), None) is not None:
            unknown.add(name)
            continue
        try:
            values[name] = adapter.validate_python(args[name])
        except ValidationError:
            unknown.add(name)
    for name, default in tool.signature.defaults().items():
        if name in unknown and name not in args:
            values[name] = default
            unknown.discard(name)
    return values, unknown
