"""Let the runtime fill a parameter of a tool with a secret, or take the parameter away."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, get_type_hints

from workbench.tools import Secret


def with_secret(
    function: Callable[..., Any], parameter: str, name: str | None
) -> Callable[..., Any]:
    """Let `parameter` receive the secret called `name`; None: the tool has no such parameter."""
    signature = inspect.signature(function)
    hints = get_type_hints(function, include_extras=True)
    del hints[parameter]
    parameters = [p for p in signature.parameters.values() if p.name != parameter]
    if name is not None:
        parameters.append(inspect.Parameter(parameter, inspect.Parameter.KEYWORD_ONLY))
        hints[parameter] = Secret.__class_getitem__(name)

    @functools.wraps(function)
    def call(*positional: Any, **named: Any) -> Any:
        return function(*positional, **named)

    call.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    call.__annotations__ = hints
    return call
