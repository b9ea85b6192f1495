"""What crosses between the engine and a child process of its own.

Functions and arguments go out as a pickle, which only our own child reads. Answers come back as
JSON and Arrow, the journal's own forms: nothing that a tool returns can run code in the engine.
"""

from __future__ import annotations

import io
import json
import struct
import sys
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any

import cloudpickle  # type: ignore[import-untyped]

from workbench.errors import ToolError, ValueNotStorable
from workbench.tools import Tool
from workbench.values import Stored, decode, encode

LENGTH = struct.Struct(">QQ")
"""Before each message: the lengths of its two parts."""


class RaisedInProcess(Exception):
    """What the tool raised in its process, of a class that this process does not know."""


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    """Takes a tool for its function, and one of a module by its name."""

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, Tool):
            return _same, (obj.function,)
        if isinstance(obj, FunctionType) and _is_tool_of_module(obj):
            return _function_of, (obj.__module__, obj.__qualname__)
        return super().reducer_override(obj)


def dump_call(function: Callable[..., Any], kwargs: Mapping[str, Any]) -> bytes:
    """Write a call down, also of a function that is nested or stands in a notebook.

    Raises:
        ToolError: something in it cannot leave this process.
    """
    buffer = io.BytesIO()
    try:
        _Pickler(buffer).dump((function, dict(kwargs)))
    except Exception as error:
        name = getattr(function, "__qualname__", str(type(function)))
        fault = ToolError(
            f"The call of {name} cannot be sent to a process: {type(error).__name__}: {error}.",
            "Give it plain values, and let the function make what it needs (locks, connections, "
            "open files) itself; or use runs_in='thread'.",
        )
        fault.happened = False  # type: ignore[attr-defined]
        raise fault from error
    return buffer.getvalue()


def load_call(content: bytes) -> tuple[Callable[..., Any], dict[str, Any]]:
    """Read a call that the engine wrote down; in the child only."""
    function, kwargs = cloudpickle.loads(content)
    return function, kwargs


def answer_value(value: Any) -> tuple[dict[str, Any], bytes]:
    """Put what a tool returned into the journal's form."""
    stored, content = encode(value)
    return {"value": stored.model_dump(mode="json")}, content or b""


def answer_error(error: BaseException) -> tuple[dict[str, Any], bytes]:
    """Put what a tool raised into words, with the fields that are JSON."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - an exception may raise when it is looked at
        text = ""
    said = {"module": type(error).__module__, "name": type(error).__qualname__, "text": text}
    return {"error": {**said, "fields": _plain_fields(error)}}, b""


def value_of(answer: dict[str, Any], content: bytes) -> Any:
    """Give the value that an answer holds, or raise the error that it holds."""
    if "value" in answer:
        return decode(Stored.model_validate(answer["value"]), lambda _digest: content)
    raise _error_of(answer["error"])


def write_message(answer: dict[str, Any], content: bytes) -> bytes:
    """Frame a message: JSON and bytes."""
    head = json.dumps(answer).encode("utf-8", "surrogatepass")
    return LENGTH.pack(len(head), len(content)) + head + content


def _error_of(said: dict[str, Any]) -> BaseException:
    found: Any = sys.modules.get(said["module"])
    for part in said["name"].split("."):
        found = getattr(found, part, None)
    if isinstance(found, type) and issubclass(found, BaseException):
        try:
            made: BaseException = found.__new__(found)
            made.args = (said["text"],)
            made.__dict__.update(said["fields"])
            if str(made) == said["text"]:
                return made
        except Exception:  # noqa: BLE001, S110 - a class may forbid it; its name and text remain
            pass
    name = said["name"].rpartition(".")[2]
    kind = type(name, (RaisedInProcess,), {})
    other: BaseException = kind(said["text"] or name)
    other.__dict__.update(said["fields"])
    return other


def _plain_fields(error: BaseException) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if isinstance(error, ValueNotStorable):
        fields["happened"] = True
    for name, value in vars(error).items():
        try:
            fields[name] = json.loads(json.dumps(value))
        except (TypeError, ValueError, RecursionError):
            continue
    return fields


def _is_tool_of_module(function: FunctionType) -> bool:
    """Whether a module that can be imported has the tool of this function under its name."""
    if function.__module__ == "__main__" or "." in function.__qualname__:
        return False
    module = sys.modules.get(function.__module__)
    found = getattr(module, function.__qualname__, None)
    importable = getattr(module, "__spec__", None) is not None
    return importable and isinstance(found, Tool) and found.function is function


def _same(function: Any) -> Any:
    return function


def _function_of(module: str, name: str) -> Any:
    import importlib

    return getattr(importlib.import_module(module), name).function
