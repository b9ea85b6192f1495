"""The output check of a step: a schema, "not empty", or a tool that looks at it."""

from __future__ import annotations

from typing import Any

from workbench.engine.size import is_plain
from workbench.executor import LocalExecutor
from workbench.plan import Check
from workbench.tools import Registry
from workbench.values.codec import to_json

LOOKING_S = 120.0
"""Seconds that it may take to look at a large output."""


async def check_output(
    check: Check, output: Any, step: str, tools: Registry, executor: LocalExecutor
) -> str | None:
    """Say what is wrong with an output; None when every part of the check holds."""
    if is_plain(output):
        fault = look_at(check, output)
    else:
        arguments = {"check": check, "output": output}
        fault = await executor.run(look_at, arguments, step=step, timeout_s=LOOKING_S)
    if fault is not None:
        return fault
    if check.tool is not None:
        return await _tool_fault(check.tool, output, step, tools, executor)
    return None


def look_at(check: Check, output: Any) -> str | None:
    """Say what is wrong with an output without calling a tool."""
    if check.not_empty and _is_empty(output):
        return "the output is empty"
    if check.output_schema is not None:
        return _schema_fault(check.output_schema, output)
    return None


def _is_empty(output: Any) -> bool:
    if output is None:
        return True
    try:
        return len(output) == 0
    except TypeError:
        return False


def _schema_fault(schema: dict[str, Any], output: Any) -> str | None:
    import jsonschema

    plain = output.to_dict("records") if hasattr(output, "to_dict") else output
    validator = jsonschema.validators.validator_for(schema)(schema)
    error = jsonschema.exceptions.best_match(validator.iter_errors(to_json(plain)))
    if error is None:
        return None
    where = "".join(f"[{p!r}]" for p in error.absolute_path)
    return f"the output{where} does not fit its schema: {error.message}"


async def _tool_fault(
    name: str, output: Any, step: str, tools: Registry, executor: LocalExecutor
) -> str | None:
    tool = tools[name]
    if not tool.repeatable:
        return f"the check {name} is declared {tool.effect}; only pure and read tools can check"
    first = next(iter(tool.signature.adapters))
    verdict = await executor.run(
        tool.function, {first: output}, step=step, timeout_s=tool.timeout_s, where=tool.runs_in
    )
    if verdict is True or verdict is None:
        return None
    return str(verdict) if verdict is not False else f"the check {name} says no"
