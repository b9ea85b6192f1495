"""What a tool declares, as data; and a stand-in that declares the same and can do nothing."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from workbench.errors import RecordingError, WorkbenchError
from workbench.plan import Estimate, Retry
from workbench.tools import Breaker, Effect, Key, Limit, Polling, Risk, Seed, Tool
from workbench.tools.registry import Registry
from workbench.values.codec import to_json

ROLES = ("undo", "probe", "preview", "before", "objects", "told", "poll", "cancel")
"""Companions of a tool that a stand-in must have where the tool has them."""
PLAIN: dict[str, type] = {"string": str, "integer": int, "number": float, "boolean": bool}


class ToolFacts(BaseModel):
    """The declaration of one tool, without any of its code."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    function: str = ""
    """What its function is called, where that is another name: rules look at both."""
    effect: Effect
    risk: Risk
    declared: bool = True
    deletes: bool | None = None
    idempotent: bool = False
    description: str = ""
    args: dict[str, Any] = Field(default_factory=dict)
    """JSON schema of its arguments."""
    keys: tuple[str, ...] = ()
    seeds: tuple[str, ...] = ()
    roles: dict[str, str] = Field(default_factory=dict)
    """Companions that it has, each with the name of its function."""
    spends: bool = False
    on_pause: str = "finish"
    timeout_s: float | None = None
    retry: Retry = Retry()
    polling: Polling = Polling()
    limit: Limit | None = None
    breaker: Breaker | None = None
    estimate: Estimate | None = None


def facts_of(tool: Tool) -> ToolFacts:
    """Write down what a tool declares."""
    roles = {role: getattr(tool, role) for role in ROLES}
    return ToolFacts(
        name=tool.name,
        effect=tool.effect,
        risk=tool.risk,
        function=alias if (alias := getattr(tool.function, "__name__", "")) != tool.name else "",
        declared=tool.declared,
        deletes=tool.deletes,
        idempotent=tool.idempotent,
        description=tool.description,
        args=tool.signature.args_schema,
        keys=tool.signature.keys,
        seeds=tool.signature.seeds,
        roles={r: getattr(f, "__name__", r) for r, f in roles.items() if f is not None},
        spends=tool.spend is not None,
        on_pause=tool.on_pause,
        timeout_s=tool.timeout_s,
        retry=tool.retry,
        polling=tool.polling,
        limit=tool.limit,
        breaker=tool.breaker,
        estimate=tool.estimate,
    )


Spends = Sequence[tuple[Mapping[str, Any], Mapping[str, float]]]
"""What calls of a tool have spent, each with its arguments as JSON."""


def stand_in(facts: ToolFacts, spends: Spends) -> Tool:
    """Make a tool that declares the same; nothing of it can be called.

    Raises:
        ToolError: the facts contradict each other.
    """
    roles: dict[str, Any] = {role: _nothing(name) for role, name in facts.roles.items()}
    function = _nothing(facts.function or facts.name)
    parameters = [*_parameters(facts.args), *_injected(facts)]
    function.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what `inspect.signature` reads
    function.__annotations__ = {p.name: p.annotation for p in parameters}
    spend = None
    if facts.spends:

        def spend(**args: Any) -> Mapping[str, float]:
            return _spent(spends, to_json(args)) or {}

    return Tool(
        function,
        name=facts.name,
        effect=facts.effect if facts.declared else None,
        risk=facts.risk,
        deletes=facts.deletes,
        idempotent=facts.idempotent,
        description=facts.description,
        spend=spend,
        on_pause="cancel" if facts.on_pause == "cancel" else "finish",
        timeout_s=facts.timeout_s,
        retry=facts.retry,
        polling=facts.polling,
        limit=facts.limit,
        breaker=facts.breaker,
        estimate=facts.estimate,
        **roles,
    )


def _stand_in(facts: ToolFacts, spends: Spends) -> Tool:
    try:
        return stand_in(facts, spends)
    except (ValueError, TypeError) as error:
        raise RecordingError(f"The recorded tool {facts.name!r} is none: {error}.") from error


def _parameters(schema: Mapping[str, Any]) -> list[inspect.Parameter]:
    required = set(schema.get("required", ()))
    found = []
    for name, field in schema.get("properties", {}).items():
        kind = field.get("type") if isinstance(field, dict) and "format" not in field else None
        default = inspect.Parameter.empty if name in required else field.get("default")
        hint: Any = PLAIN.get(kind, Any) if isinstance(kind, str) else Any
        if default is None and hint is not Any:
            hint = hint | None
        found.append(
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hint
            )
        )
    return found


def _injected(facts: ToolFacts) -> list[inspect.Parameter]:
    kind = inspect.Parameter.KEYWORD_ONLY
    return [
        *(inspect.Parameter(name, kind, annotation=Key) for name in facts.keys),
        *(inspect.Parameter(name, kind, annotation=Seed) for name in facts.seeds),
    ]


def _nothing(name: str) -> Callable[..., Any]:
    def function(**_: Any) -> Any:
        raise WorkbenchError(f"{name} is only a stand-in: in a replay nothing is called.")

    function.__name__ = function.__qualname__ = name
    return function


def _spent(spends: Spends, args: Mapping[str, Any]) -> Mapping[str, float] | None:
    """Find what a call with these arguments has spent; defaults are not among the recorded ones."""
    for recorded, spent in spends:
        if all(name in args and args[name] == value for name, value in recorded.items()):
            return spent
    return None


def _as_recorded(spends: Spends, spend: Callable[..., Any]) -> Callable[..., Any]:
    """Say what a call has spent; what a declaration says of others may depend on the world."""

    def spent(**args: Any) -> Any:
        try:
            known = _spent(spends, to_json(args))
        except (TypeError, ValueError, WorkbenchError):
            known = None
        return spend(**args) if known is None else known

    return spent


def cast(
    known: Mapping[str, Tool],
    facts: Mapping[str, ToolFacts],
    names: Mapping[str, str],
    spends: Mapping[str, Spends],
) -> tuple[Registry, list[str]]:
    """Give the tools of a replay: those that are here, and stand-ins for the others.

    Args:
        known: the tools that are here, by name.
        facts: what was declared of the tools of the run.
        names: the tools that the run knew, in their order, with the digest of each.
        spends: what calls have spent, by tool.

    Gives them, and the names of those that only have a stand-in. A tool that is here counts as the
    one that the run knew: what has changed in it shows in what the run does.
    """
    registry, missing = Registry(), []
    for name, digest in {**names, **dict.fromkeys(facts, "")}.items():
        if (tool := known.get(name)) is not None:
            tool = copy.copy(tool)
            if tool.spend is not None:
                tool.spend = _as_recorded(spends.get(name, ()), tool.spend)
        elif name in facts:
            tool = _stand_in(facts[name], spends.get(name, ()))
            missing.append(name)
        else:
            continue
        if digest:
            tool.__dict__["digest"] = digest
        registry.add(tool)
    return registry, missing
