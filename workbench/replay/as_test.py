"""A regression test made of a run, in the form that pytest knows: a test and its recording."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable
from pathlib import Path

from workbench.errors import ReplayDiverged, WorkbenchError
from workbench.replay.course import Course
from workbench.replay.file import SUFFIX

FOLDER = "recordings"
NAME_LENGTH = 48
TEXT = '''"""Made of run {run}; what it came to then: {came_to}."""

from pathlib import Path

from workbench.testing import check_replay

RECORDING = Path(__file__).parent / "{folder}" / "{recording}"
HEAD = "{head}"


def {name}() -> None:
    """The run still takes the course that it took: {events} events, and nothing is called."""
    check_replay(RECORDING, head=HEAD{more})
'''


def write_test(
    path: Path,
    course: Course,
    export: Callable[[Path], Path],
    *,
    tools_from: tuple[str, ...],
    policy_from: str,
    name: str,
    overwrite: bool,
) -> Path:
    """Write the test and its recording, and try it; see `Run.as_test`."""
    if path.suffix != ".py":
        raise WorkbenchError(f"{path.name} is no Python file.", "Give a path such as test_x.py.")
    if path.exists() and not overwrite:
        raise WorkbenchError(f"{path} is there already.", "overwrite=True replaces it.")
    called = name or f"test_{_words(course.created.goal)}"
    if not called.isidentifier() or not called.startswith("test"):
        raise WorkbenchError(
            f"{called!r} is no name of a test.", "Give a name such as test_orders."
        )
    folder = path.parent / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    recording = export(folder / f"{path.stem}{SUFFIX}")
    try:
        importlib.import_module("workbench.testing").check_replay(
            recording, tools_from=tools_from, policy_from=policy_from, head=course.head
        )
    except ReplayDiverged:
        recording.unlink()
        raise
    text = TEXT.format(
        run=course.run,
        came_to=course.records[-1].kind,
        folder=FOLDER,
        recording=recording.name,
        name=called,
        events=len(course.records),
        head=course.head,
        more=_more(tools_from, policy_from),
    )
    path.write_text(text, encoding="utf-8")
    return path


def _more(tools_from: tuple[str, ...], policy_from: str) -> str:
    tools = f", tools_from={json.dumps(list(tools_from))}" if tools_from else ""
    return f"{tools}, policy_from={json.dumps(policy_from)}" if policy_from else tools


def _words(goal: str) -> str:
    words = re.sub(r"[^a-z0-9]+", "_", goal.lower()).strip("_")
    return words[:NAME_LENGTH].rstrip("_") or "run"
