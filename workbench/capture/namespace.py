"""The notebook's variables: where they live, and which of them count."""

from __future__ import annotations

from collections.abc import MutableMapping
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

IPYTHON = frozenset({"In", "Out", "exit", "quit", "open", "get_ipython"})
"""Names that IPython puts there."""
CODE = (ModuleType, FunctionType, BuiltinFunctionType, MethodType, type)
OWNERS = frozenset({"workbench", "IPython", "ipykernel"})
"""Packages whose own objects are no variables: the workbench itself, its runs and tools."""

_of_kernel: MutableMapping[str, Any] | None = None


def set_default(namespace: MutableMapping[str, Any] | None) -> None:
    """Let this be the namespace of every workbench that is given none: that of the kernel."""
    global _of_kernel  # noqa: PLW0603 - a process has one kernel
    _of_kernel = namespace


def default() -> MutableMapping[str, Any] | None:
    """Give the namespace of this kernel; None: `%load_ext workbench` was not called here."""
    return _of_kernel


def bindings(namespace: MutableMapping[str, Any]) -> dict[str, Any]:
    """Copy which name stands for which object; in one go for a dict, whoever changes it."""
    if isinstance(namespace, dict):
        return namespace.copy()
    while True:
        try:
            return dict(namespace.items())
        except RuntimeError:  # it was changed meanwhile
            continue


def visible(bound: dict[str, Any]) -> dict[str, Any]:
    """Give the variables: no names with `_`, modules, functions, classes, nor IPython's own."""
    return {name: value for name, value in bound.items() if is_variable(name, value)}


def is_variable(name: str, value: Any) -> bool:
    """Whether it is a variable of the user."""
    if name.startswith("_") or name in IPYTHON:
        return False
    return not isinstance(value, CODE) and _owner(value) not in OWNERS


def _owner(value: Any) -> str:
    module: object = type(value).__module__  # a class may say anything there
    return module.partition(".")[0] if isinstance(module, str) else ""
