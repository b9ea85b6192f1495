"""Runs the workloads on our runtime and on the physical limit, and prints one table.

Example: `python tests/bench/run.py w1 w5 --runs 5`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

HERE = Path(__file__).resolve().parent
HEAVY = ("pandas", "plotly", "sqlalchemy", "IPython", "ipywidgets")
WORKLOADS = ("w1", "w2", "w3", "w4", "w5", "w6")


def measure(
    program: str, case: str, steps: int, folder: Path | None = None, *, dies: bool = False
) -> dict[str, Any]:
    """Run one case in a fresh process."""
    own = folder or Path(tempfile.mkdtemp(prefix="bench-", dir=os.environ.get("BENCH_WORK")))
    try:
        done = subprocess.run(
            [sys.executable, str(HERE / program), case, str(own), str(steps)],
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        found = re.search(r"^RESULT (.*)$", done.stdout, re.MULTILINE)
        if found is None and not dies:
            sys.exit(f"{program} {case} failed:\n{done.stderr[-2000:]}")
        return dict(json.loads(found[1])) if found else {}
    finally:
        if folder is None:
            shutil.rmtree(own, ignore_errors=True)


def middle(results: list[dict[str, Any]], field: str) -> float:
    """Give the median of one field."""
    return median(result[field] for result in results)


def pairs(case: str, steps: int, runs: int, limit: str | None = None) -> tuple[list, list]:
    """Run limit and ours in turn, so that both meet the same disk."""
    limits, ours = [], []
    for _ in range(runs):
        limits.append(measure("limits.py", limit or case, steps))
        ours.append(measure("ours.py", case, steps))
    return limits, ours


def w1(table: Table, runs: int) -> None:
    """Sequence."""
    for case, bound in (("w1", "2 x"), ("w1_pure", "0.2 ms CPU")):
        limits, ours = pairs(case, 1000, runs, "w1")
        base, wall = middle(limits, "ms_per_step"), middle(ours, "ms_per_step")
        cpu, commits = middle(ours, "cpu_ms_per_step"), middle(ours, "commits_per_step")
        row(table, case, "ms a step", wall, base, f"CPU {cpu:.2f} ms, {commits:.2f} commits", bound)


def w2(table: Table, runs: int) -> None:
    """Fan-out."""
    limits, ours = pairs("w2", 1000, runs)
    wall, commits = middle(ours, "wall_s"), middle(ours, "commits_per_step")
    note = f"{wall / 0.1:.2f} x the ideal 0.1 s, {commits:.2f} commits a step"
    row(table, "w2", "s", wall, middle(limits, "wall_s"), note, "1.3 x; 2 x ideal")


def w3(table: Table, runs: int) -> None:
    """Resume after SIGKILL."""
    for steps in (100, 1000, 10_000):
        times: dict[str, list[dict[str, Any]]] = {"limits.py": [], "ours.py": []}
        for program, results in times.items():
            seed = Path(tempfile.mkdtemp(prefix="bench-", dir=os.environ.get("BENCH_WORK")))
            measure(program, "w3_seed", steps, seed, dies=True)
            for number in range(runs):
                copy = seed.with_name(f"{seed.name}-{number}")
                shutil.copytree(seed, copy)
                results.append(measure(program, "w3", steps, copy))
                shutil.rmtree(copy)
            shutil.rmtree(seed)
        again = max(result["again"] for result in times["ours.py"])
        ours, base = middle(times["ours.py"], "resume_ms"), middle(times["limits.py"], "resume_ms")
        row(table, f"w3 n={steps}", "ms", ours, base, f"{again} steps again", "10 ms")


def w4(table: Table, runs: int) -> None:
    """Growth."""
    steps = 5000
    limits, ours = pairs("w4", steps, max(1, runs // 3))
    for position in range(3):
        mine = [result["rows"][position] for result in ours]
        base = [result["rows"][position] for result in limits]
        marginal, floor = middle(mine, "marginal_bytes"), middle(base, "marginal_bytes")
        note = f"{marginal:.0f} bytes a step ({floor:.0f} at the limit)"
        wall = middle(mine, "ms_per_step")
        name, floor_ms = f"w4 at {mine[0]['step']}", middle(base, "ms_per_step")
        row(table, name, "ms a step", wall, floor_ms, note, "payload + 1 KB")


def w5(table: Table, runs: int) -> None:
    """Approval."""
    limits, ours = pairs("w5", 20, runs)
    ask, answer = middle(ours, "ask_ms"), middle(ours, "answer_ms")
    note = f"start to seen {ask:.1f} ms, {middle(ours, 'commits'):.0f} commits from answer to step"
    base = middle(limits, "round_trip_ms")
    row(table, "w5", "ms answer to step", answer, base, note, "2 commits")


def w6(table: Table, runs: int) -> None:
    """Import."""
    program = (
        "import sys, time, resource; t = time.process_time(); import workbench as wb; "
        "wb.tool, wb.Plan; c = time.process_time() - t; m = resource.getrusage(0).ru_maxrss; "
        f"print(c, m / 1024, [m for m in {HEAVY} if m in sys.modules])"
    )
    lines = [
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        .stdout.strip()
        .split(" ", 2)
        for _ in range(runs)
    ]
    cpu, memory = median(float(line[0]) for line in lines), median(float(line[1]) for line in lines)
    note = f"{memory:.0f} MB, heavy modules: {lines[0][2]}"
    table.add_row("w6", "s CPU", f"{cpu:.2f}", "", "", note, "0.3 s")


def row(  # noqa: PLR0917 - the cells of one line, in their order
    table: Table, name: str, unit: str, ours: float, base: float, note: str, bound: str
) -> None:
    """Add one line."""
    table.add_row(name, unit, f"{ours:.3g}", f"{base:.3g}", f"{ours / base:.2f}", note, bound)


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workloads", nargs="*", default=WORKLOADS)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    table = Table(title="Workbench and the physical limit of the same run", title_justify="left")
    for heading in ("work", "unit", "ours", "limit", "ratio", "besides", "bound"):
        table.add_column(heading, overflow="fold")
    for workload in options.workloads:
        globals()[workload](table, options.runs)
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
