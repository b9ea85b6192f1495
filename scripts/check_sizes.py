"""Refuse files and functions that have grown too long to be read at once."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLACES = ("workbench", "extensions", "tests", "scripts", "hatch_build.py")
NOT_OURS = {"node_modules", "static", "dist", "lib", "generated", "__pycache__"}
SUFFIXES = {".py", ".ts", ".tsx"}
LONG_FILE, TOO_LONG_FILE, TOO_LONG_FUNCTION = 400, 600, 60


def sources() -> Iterator[Path]:
    """Yield every source file that a person wrote."""
    for place in PLACES:
        top = ROOT / place
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            inside = path.relative_to(ROOT)
            if path.suffix in SUFFIXES and path.is_file() and NOT_OURS.isdisjoint(inside.parts):
                yield inside


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count a function's lines, its docstring and decorators left out."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function, clean=False) is not None:
        docstring = function.body[0]
        lines -= (docstring.end_lineno or docstring.lineno) - docstring.lineno + 1
    return lines


def faults(path: Path) -> Iterator[tuple[bool, str]]:
    """Yield what is too long in one file: whether it is fatal, and the sentence that says it."""
    text = (ROOT / path).read_text(encoding="utf-8")
    lines = len(text.splitlines())
    if lines > LONG_FILE:
        yield lines > TOO_LONG_FILE, f"{path}: {lines} lines (limit {TOO_LONG_FILE}): split it"
    if path.suffix != ".py":
        return
    for node in ast.walk(ast.parse(text, filename=str(path))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = length(node)
            if lines > TOO_LONG_FUNCTION:
                where = f"{path}:{node.lineno}: {node.name}"
                yield True, f"{where} has {lines} lines (limit {TOO_LONG_FUNCTION}): divide it"


def main() -> int:
    """Print every fault; fail on a fatal one."""
    found = [fault for path in sources() for fault in faults(path)]
    for fatal, sentence in found:
        print("error:" if fatal else "warning:", sentence)
    return int(any(fatal for fatal, _ in found))


if __name__ == "__main__":
    sys.exit(main())
