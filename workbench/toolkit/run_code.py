"""Running a piece of Python on named inputs and taking named values out of it."""

from __future__ import annotations

import builtins
import copy
import linecache
import traceback
from types import CodeType, ModuleType
from typing import Any

from workbench.ids import digest_bytes
from workbench.toolkit.faults import Failed, Refused


def run_code(code: str, inputs: dict[str, Any], makes: str | list[str]) -> Any:
    """Run code on copies of the inputs and give what it made.

    Returns:
        The value of the variable `makes`, or a dict of values when it is a list.

    Raises:
        Refused: the code is not Python, or an input cannot be copied; nothing was run.
        Failed: the code raised, or did not make what it should; what it did before stands.
    """
    compiled = _compiled(code)
    scope = {name: _copied(name, value) for name, value in inputs.items()}
    scope["__builtins__"] = builtins
    scope["__name__"] = "run_python"
    try:
        exec(compiled, scope)  # noqa: S102 - running the given code is what this tool declares
    except (Exception, SystemExit) as error:
        raise Failed(
            f"The code raised {type(error).__name__}: {error} (line {_line(error, compiled)}).",
            "Correct the code in the step; what it did before that line was not undone.",
            happened=None,
        ) from error
    wanted = [makes] if isinstance(makes, str) else makes
    if absent := [name for name in wanted if name not in scope]:
        own = sorted(n for n in scope.keys() - inputs.keys() if not n.startswith("__"))
        raise Failed(
            f"The code ran but made no {', '.join(map(repr, absent))}.",
            f"It made: {', '.join(own) or 'nothing'}. Correct `makes`, or the code.",
            happened=None,
        )
    return scope[makes] if isinstance(makes, str) else {name: scope[name] for name in makes}


def _compiled(code: str) -> CodeType:
    name = f"<run_python {digest_bytes(code.encode(errors='replace'))[:8]}>"
    try:
        compiled: CodeType = compile(code, name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        line = f" in line {error.lineno}" if isinstance(error, SyntaxError) else ""
        raise Refused(
            f"The code is not Python{line}: {error}.", "Correct it in the step; nothing was run."
        ) from error
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
    return compiled


def _copied(name: str, value: Any) -> Any:
    if isinstance(value, ModuleType):
        return value
    try:
        return copy.deepcopy(value)
    except Exception as error:
        raise Refused(
            f"The variable {name!r} ({type(value).__name__}) cannot be copied: {error}.",
            "Make it inside of the code instead; nothing was run.",
        ) from error


def _line(error: BaseException, compiled: CodeType) -> int | str:
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f.lineno for f in frames if f.filename == compiled.co_filename and f.lineno]
    return lines[-1] if lines else "unknown"
