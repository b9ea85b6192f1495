"""A plugin of pytest that replays every finished run of any test, and counts.

    python -m pytest -p tests.replay.every_run tests/engine

Nothing fails by it: it says how many runs took the same course, and where the others left it. Tests
that change tools, policies or the world behind a run on purpose are among them.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import Any

import pytest

import workbench as wb
from workbench.errors import WorkbenchError
from workbench.states import RUN_FINAL

PATIENCE_S = 1.5
SHOWN = 60
left: list[str] = []
told: Counter[str] = Counter()
present = [""]


def pytest_runtest_setup(item: pytest.Item) -> None:
    present[0] = item.nodeid


def pytest_configure() -> None:
    close = wb.Workbench.close

    def closing(bench: wb.Workbench) -> None:
        with suppress(WorkbenchError):
            if not bench.journal.read_only:
                _replay_all(bench)
        close(bench)

    wb.Workbench.close = closing  # type: ignore[method-assign]  # what the plugin is for


def _replay_all(bench: wb.Workbench) -> None:
    for row in bench.journal.runs():
        if row.state in RUN_FINAL:
            replay = bench.replay(row.id, patience_s=PATIENCE_S)
            told["same" if replay.same else "left"] += 1
            told["exact"] += replay.same and replay.exact
            if not replay.same:
                left.append(f"{present[0]}: {replay.divergence}"[:300])


def pytest_terminal_summary(terminalreporter: Any) -> None:
    terminalreporter.section("replays")
    total = told["same"] + told["left"]
    terminalreporter.write_line(
        f"{told['same']} of {total} runs took the same course, {told['exact']} in the same order"
    )
    for line in left[:SHOWN]:
        terminalreporter.write_line(line)
