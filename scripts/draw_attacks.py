"""List the attacks of tests/attack and their outcomes in docs/attacks.md; `--check` compares."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "attacks.md"
GROUPS = {
    "test_threads.py": "A blocking tool in a thread",
    "test_values.py": "Arguments and outputs",
    "test_loop.py": "An async tool in the engine's loop",
    "test_processes.py": "A tool in a child process",
    "test_kernel.py": "A tool against the whole process",
    "test_answers.py": "A tool that answers for the person",
    "authority/test_words.py": "Untrusted words against rights",
    "authority/test_smuggling.py": "Smuggled arguments and names",
    "authority/test_doors.py": "Orders from inside a call",
    "authority/test_programs.py": "Rules and caps from a program of a call",
    "authority/test_forged.py": "Forged, replayed and raced answers",
    "authority/test_journal.py": "A changed journal, a turned clock",
    "authority/test_below.py": "Runs that a call starts",
}

INTRODUCTION = """\
# Attacks

What a tool can do to the engine, and what comes of it. Each line is the promise of a test in
`tests/attack/`; `python scripts/draw_attacks.py` writes this page from them, and a test compares.

Where Python can do nothing, the page says so: a thread inside a C function cannot be ended, code in
the engine's loop that never awaits holds the engine (never the kernel) as long as it runs, and code
that writes to a file descriptor past `sys.stdout` is not bounded. For all three there is
`runs_in="process"`.

The later sections are tries to get past rights, rules and answers. A line that begins with NOT HELD
is one that succeeds: its test is marked as expected to fail, and fails when it does not any more.
"""


def promises(path: Path) -> Iterator[tuple[str, str]]:
    """Give name and promise of each test of a file."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            said = " ".join((ast.get_docstring(node) or "").split())
            yield node.name, said.rpartition(" [")[0].rstrip(".")


def draw() -> str:
    """Write the page."""
    parts = [INTRODUCTION]
    for name, title in GROUPS.items():
        rows = [
            f"| {test.removeprefix('test_').replace('_', ' ')} | {promise} |"
            for test, promise in promises(ROOT / "tests" / "attack" / name)
        ]
        head = [f"## {title}\n", "| attack | outcome |", "| --- | --- |"]
        parts.append("\n".join([*head, *rows, ""]))
    return "\n".join(parts)


def main() -> None:
    """Write the page, or compare it."""
    drawn = draw()
    if "--check" not in sys.argv:
        PAGE.write_text(drawn, encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != drawn:
        sys.exit("docs/attacks.md is out of date: call scripts/draw_attacks.py")


if __name__ == "__main__":
    main()
