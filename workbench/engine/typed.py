"""Whether a value that a person gives as an output is one that the step could have given."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import anyio.to_thread

from workbench.engine.bridge import is_our_cancellation
from workbench.engine.call import describe
from workbench.engine.checks import FAILED, check_output, look_at
from workbench.engine.parts import Parts
from workbench.plan import Check, Step
from workbench.tools import Tool


async def output_fault(step: Step, output: Any, parts: Parts) -> str | None:
    """Say why a value is no output of the step: the type of its tool, its check; None: it is one.

    Args:
        step: the step.
        output: the value.
        parts: by which types and checks are known.
    """
    try:
        if "jsonschema" not in sys.modules:
            # It takes a second and more to import, in which the loop would do nothing else.
            await anyio.to_thread.run_sync(importlib.import_module, "jsonschema")
        tool = parts.tools.get(step.tool)
        fault = _type_fault(tool, output) if tool is not None else None
        check = step.check or (step.repeat.until if step.repeat is not None else None)
        if fault is None and check is not None:
            fault = await check_output(check, output, step.id, parts)
    except BaseException as error:
        if is_our_cancellation(error):
            raise
        return f"{FAILED}{describe(error)}"
    return fault


def _type_fault(tool: Tool, output: Any) -> str | None:
    schema = tool.signature.output_schema
    if not schema:
        return None
    if (live := schema.get("x-live")) is not None:
        names = {f"{c.__module__.partition('.')[0]}.{c.__qualname__}" for c in type(output).__mro__}
        return None if live in names else f"{tool.name} returns a {live}"
    return look_at(Check(output_schema=schema), output)
