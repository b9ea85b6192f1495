"""The check of an output: what it looks like, what a test or the world says, what a model thinks.

What is more than a look at the value is recorded: who was asked, and what they said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workbench import events as e
from workbench.credentials import lookup
from workbench.engine.call import inject
from workbench.engine.log import Log
from workbench.engine.parts import Parts
from workbench.engine.size import is_plain
from workbench.engine.verifying import judge
from workbench.errors import NotFound
from workbench.plan import Check, Ref, Step
from workbench.plan.criterion import OUTPUT, Query
from workbench.tools import Key, Tool
from workbench.values.codec import to_json
from workbench.values.predicate import unmet
from workbench.view import RunView

FAILED = "the check failed: "
"""Begins what is said of an output that could not be looked at."""
LOOKING_S = 120.0
"""Seconds that it may take to look at a large output."""

Tell = Callable[[e.Event], None]
"""Records an event; what is looked at beside a run is recorded nowhere."""


async def check_output(
    check: Check,
    output: Any,
    step: str,
    parts: Parts,
    *,
    view: RunView | None = None,
    tell: Tell = lambda _event: None,
) -> str | None:
    """Say what is wrong with an output; None when every part of the check holds.

    Args:
        check: what must hold.
        output: the value.
        step: whose output it is; empty: it is the result of the run.
        parts: of the engine.
        view: of the run; a model is told its goal, and asked only within its limits.
        tell: takes what is to be recorded.
    """
    if is_plain(output):
        fault = look_at(check, output)
    else:
        arguments = {"check": check, "output": output}
        fault = await parts.executor.run(look_at, arguments, step=step, timeout_s=LOOKING_S)
    if fault is None and check.tool is not None:
        fault = await _test(check.tool, output, step, parts, view)
    if fault is None and check.query is not None:
        fault = await _query(check.query, output, step, parts, view, tell=tell)
    if fault is None and check.judge:
        fault = await judge(check.judge, output, step, parts, view=view, tell=tell)
    return fault


async def not_good_enough(step: Step, output: object, parts: Parts, log: Log) -> str | None:
    """Say why another turn is needed; None when the output is good enough."""
    assert step.repeat is not None  # noqa: S101 - asked only of steps that repeat
    until = step.repeat.until
    return await check_output(until, output, step.id, parts, view=log.view, tell=log.add)


def look_at(check: Check, output: Any) -> str | None:
    """Say what is wrong with an output without calling a tool."""
    if check.not_empty and _is_empty(output):
        return "the output is empty"
    if check.output_schema is not None and (fault := _schema_fault(check.output_schema, output)):
        return fault
    return _unmet(check.where, output) if check.where else None


def _is_empty(output: Any) -> bool:
    return output is None or _count(output) == 0


def _count(output: Any) -> int | None:
    try:
        return len(output)
    except TypeError:
        return None


def _unmet(where: Mapping[str, Any], output: Any) -> str | None:
    plain = _plain(output)
    fields = plain if isinstance(plain, dict) else {}
    fault = unmet(where, {"count": _count(output), OUTPUT: plain, **fields})
    return f"the output is not what it must be: {fault}" if fault is not None else None


def _plain(output: Any) -> Any:
    return to_json(output.to_dict("records") if hasattr(output, "to_dict") else output)


def _schema_fault(schema: dict[str, Any], output: Any) -> str | None:
    import jsonschema

    validator = jsonschema.validators.validator_for(schema)(schema)
    error = jsonschema.exceptions.best_match(validator.iter_errors(_plain(output)))
    if error is None:
        return None
    where = "".join(f"[{p!r}]" for p in error.absolute_path)
    return f"the output{where} does not fit its schema: {error.message}"


async def _test(
    name: str, output: Any, step: str, parts: Parts, view: RunView | None
) -> str | None:
    tool = parts.tools[name]
    if not tool.repeatable:
        return _may_not_look(tool)
    first = next(iter(tool.signature.adapters))
    verdict = await _ask(tool, {first: output}, step, parts, view)
    if verdict is True or verdict is None:
        return None
    return str(verdict) if verdict is not False else f"the check {name} says no"


async def _query(
    query: Query, output: Any, step: str, parts: Parts, view: RunView | None, *, tell: Tell
) -> str | None:
    name = f"query {query.tool}"
    if parts.played is not None:
        return await parts.played.verdict(step or None, name, tell)
    fault = await _asked(query, output, step, parts, view)
    tell(e.VerdictGiven(step=step or None, ok=fault is None, why=fault or "", by=name))
    return fault


async def _asked(
    query: Query, output: Any, step: str, parts: Parts, view: RunView | None
) -> str | None:
    tool = parts.tools[query.tool]
    if not tool.repeatable:
        return _may_not_look(tool)
    values = tool.bind({name: _filled(arg, output) for name, arg in query.args.items()})
    found = await _ask(tool, values, step, parts, view)
    fault = _unmet(query.where, found) if query.where else None
    return f"{query.tool} says otherwise: {fault}" if fault is not None else None


async def _ask(
    tool: Tool, values: dict[str, Any], step: str, parts: Parts, view: RunView | None
) -> Any:
    person = view.on_behalf_of if view is not None else ""
    injected: dict[str, Any] = {}
    if tool.signature.secrets:
        injected = inject(tool, Key(""), lookup(parts.secrets, person, tool.name))
    arguments = {**values, **injected}
    return await parts.executor.run(
        tool.function, arguments, step=step, timeout_s=tool.timeout_s, where=tool.runs_in
    )


def _filled(argument: Any, output: Any) -> Any:
    """Put the output, or a part of it, in the place of a reference to it."""
    if isinstance(argument, Ref):
        value = output
        for part in argument.path:
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError) as error:
                message = f"The output has no part {part!r}, which its query asks for."
                raise NotFound(message) from error
        return value
    if isinstance(argument, dict):
        return {key: _filled(item, output) for key, item in argument.items()}
    if isinstance(argument, list):
        return [_filled(item, output) for item in argument]
    return argument


def _may_not_look(tool: Tool) -> str:
    return f"the check {tool.name} is declared {tool.effect}; only pure and read tools can check"
