"""A real kernel that dies in the middle of a capture, and the one that comes after it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.crash

ROOT = Path(__file__).resolve().parents[2]

MAKE = """
import json, os, signal
import numpy as np, pandas as pd
import workbench as wb
from workbench.testing import CrashPoint, allow_all

def nothing(**_): pass

@wb.tool(effect="reversible", undo=nothing)
def change(n: int) -> int:
    for i in range(n, 200, 50):
        globals()[f"df{i}"].loc[:, "a"] += 1.0
    return n

def world(journal):
    return wb.Workbench(journal, tools=[change], variables=get_ipython().user_ns,
                        policy=allow_all())

plan = wb.Plan(goal="g", steps=[wb.Step(id=f"s{n}", tool="change", args={"n": n},
               after=[f"s{n-1}"] if n else []) for n in range(4)])
bench = world(%r)
"""
DATA = """
globals().update({
    f"df{i}": pd.DataFrame({"a": np.arange(1000.0) + i, "s": ["x", "y"] * 500})
    for i in range(200)
})
"""
SAY = "print('RESULT ' + json.dumps(%s))"


class Kernel:
    """One kernel of a notebook."""

    def __init__(self, folder: Path) -> None:
        manager_of = pytest.importorskip("jupyter_client.manager").KernelManager
        self.manager = manager_of(kernel_name="python3")
        self.manager.start_kernel(cwd=str(folder), env={**os.environ, "PYTHONPATH": str(ROOT)})
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def run(self, cell: str) -> Any:
        """Run a cell; gives what it says, if it says anything."""
        said: list[str] = []

        def take(message: Any) -> None:
            said.append(message["content"].get("text", "") + message["content"].get("evalue", ""))

        reply = self.client.execute_interactive(cell, timeout=90, output_hook=take)
        assert reply["content"]["status"] == "ok", "".join(said)[-2000:]
        lines = [line for line in "".join(said).splitlines() if line.startswith("RESULT ")]
        return json.loads(lines[-1].removeprefix("RESULT ")) if lines else None

    def dies_in(self, cell: str) -> None:
        """Run a cell in which the kernel kills itself, and wait until it is dead."""
        self.client.execute(cell)
        assert self.manager.provisioner.process.wait(60) == -9

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[Callable[[], Kernel]]:
    """Start kernels, one after the other."""
    made: list[Kernel] = []

    def start() -> Kernel:
        made.append(Kernel(tmp_path))
        return made[-1]

    yield start
    for one in made:
        one.close()


@pytest.mark.parametrize(("point", "count"), [("variable-written", 203), ("captured", 2)])
def test_a_kernel_that_dies_in_a_capture_leaves_whole_checkpoints(
    kernel: Callable[[], Kernel], tmp_path: Path, point: str, count: int
) -> None:
    """A kernel with 200 frames is killed while it captures what the first step has changed: the
    start can be restored in the next kernel to the very values, the run goes on, and what the
    journal has of the later steps is whole [ASYN-5, RUNT-6]."""
    cell = MAKE % str(tmp_path / "runs.db")
    first = kernel()
    first.run(cell + DATA)
    first.dies_in(
        f'CrashPoint("{point}", {count})\nrun = bench.start(plan=plan, key="k")\nrun.wait(60)'
    )
    second = kernel()
    second.run(cell)
    found = second.run(
        "run = bench.open(bench.journal.runs()[0].id, paused=True)\n"
        "done = run.restore('start', overwrite=True)\n"
        + SAY
        % "{'restored': len(done.restored), 'left': done.not_captured,"
        " 'sums': [float(globals()[f'df{i}'].a.sum()) for i in range(200)],"
        " 'states': [s.state for s in run.view.steps.values()], 'events': run.verify()}"
    )
    assert found["left"] == {}
    assert found["restored"] == 200
    assert found["sums"] == [499_500.0 + 1000 * i for i in range(200)]
    assert found["states"][3] == "pending"
    ended = second.run(
        "from contextlib import suppress\nrun.resume()\nrun.wait_until('waiting', 'succeeded')\n"
        "for request in run.inbox:\n    request.choose('redo')\n"
        "run.wait(60)\nlast = run.checkpoint_at('after s3')\n"
        + SAY
        % "{'state': run.state, 'variables': len(last.variables),"
        " 'touched': sum(last.variables[n].digest != c.digest for n, c in"
        " run.checkpoint_at('after s2').variables.items())}"
    )
    assert ended == {"state": "succeeded", "variables": 200, "touched": 4}
