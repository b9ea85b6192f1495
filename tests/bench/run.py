"""Runs the workloads on our runtime and on the physical limit, and prints one table.

Example: `python tests/bench/run.py w1 w5 --runs 5`. With `BENCH_VENVS=DIR`, where DIR has a virtual
environment for each peer, their rows stand below ours; see README.md.
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
WORKLOADS = ("w1", "w2", "w3", "w4", "w5", "w6", "start", "stall", "variables", "family")
PEERS = ("langgraph", "dbos")
START_STEPS = 10_000
PEER_STEPS = 1000
"""Finished steps that a peer's resume is measured with at most; with more some take minutes."""


def measure(
    program: str,
    case: str,
    steps: int,
    folder: Path | None = None,
    *,
    dies: bool = False,
    python: str = sys.executable,
) -> dict[str, Any]:
    """Run one case in a fresh process; a peer's one by the Python of its own environment."""
    own = folder or Path(tempfile.mkdtemp(prefix="bench-", dir=os.environ.get("BENCH_WORK")))
    try:
        done = subprocess.run(
            [python, str(HERE / program), case, str(own), str(steps)],
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
        if case == "w1":
            for peer, python in peers(table, case):
                found = [peer_case(peer, python, case, 1000) for _ in range(runs)]
                note = f"CPU {middle(found, 'cpu_ms_per_step'):.2f} ms"
                cells = ("ms a step", middle(found, "ms_per_step"), base, note, "")
                row(table, f"{case} {peer}", *cells)


def w2(table: Table, runs: int) -> None:
    """Fan-out."""
    limits, ours = pairs("w2", 1000, runs)
    wall, commits = middle(ours, "wall_s"), middle(ours, "commits_per_step")
    note = f"{wall / 0.1:.2f} x the ideal 0.1 s, {commits:.2f} commits a step"
    base = middle(limits, "wall_s")
    row(table, "w2", "s", wall, base, note, "1.3 x; 2 x ideal")
    for peer, python in peers(table, "w2"):
        found = [peer_case(peer, python, "w2", 1000) for _ in range(runs)]
        wall = middle(found, "wall_s")
        row(table, f"w2 {peer}", "s", wall, base, f"{wall / 0.1:.2f} x the ideal 0.1 s", "")


def w3(table: Table, runs: int) -> None:
    """Resume after SIGKILL."""
    for steps in (100, 1000, 10_000):
        base = middle(resumes("limits.py", steps, runs), "resume_ms")
        ours = resumes("ours.py", steps, runs)
        again = max(result["again"] for result in ours)
        wall = middle(ours, "resume_ms")
        row(table, f"w3 n={steps}", "ms", wall, base, f"{again} steps again", "10 ms")
        for peer, python in peers(table, f"w3 n={steps}") if steps <= PEER_STEPS else ():
            found = resumes(f"peers/peer_{peer}.py", steps, runs, python)
            again = max(result["again"] for result in found)
            cells = ("ms", middle(found, "resume_ms"), base, f"{again} steps again", "")
            row(table, f"w3 n={steps} {peer}", *cells)


def resumes(
    program: str, steps: int, runs: int, python: str = sys.executable
) -> list[dict[str, Any]]:
    """Kill one run, and resume copies of what it left."""
    seed = Path(tempfile.mkdtemp(prefix="bench-", dir=os.environ.get("BENCH_WORK")))
    measure(program, "w3_seed", steps, seed, dies=True, python=python)
    results = []
    for number in range(runs):
        copy = seed.with_name(f"{seed.name}-{number}")
        shutil.copytree(seed, copy)
        results.append(measure(program, "w3", steps, copy, python=python))
        shutil.rmtree(copy)
    shutil.rmtree(seed)
    return results


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
    for peer, python in peers(table, "w5"):
        found = [peer_case(peer, python, "w5", 20) for _ in range(runs)]
        note = f"start to seen {middle(found, 'ask_ms'):.1f} ms"
        row(table, f"w5 {peer}", "ms answer to step", middle(found, "answer_ms"), base, note, "")


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


def start(table: Table, runs: int) -> None:
    """Start of a large plan."""
    ours = [measure("ours.py", "start", START_STEPS) for _ in range(runs)]
    wall, note = middle(ours, "start_s"), f"start() returns after {middle(ours, 'return_s'):.2f} s"
    name = f"start n={START_STEPS}"
    table.add_row(name, "s to the first step", f"{wall:.3g}", "", "", note, "2 s")


def family(table: Table, runs: int) -> None:
    """Find who shares a budget with a run that was opened again."""
    for known in (100, 2000):
        ours = [measure("family.py", "scan", known) for _ in range(runs)]
        base = middle([measure("family.py", "bare", known) for _ in range(runs)], "ms")
        note = f"of a run that is alone: {middle(ours, 'alone_ms'):.2f} ms"
        row(table, f"family n={known}", "ms", middle(ours, "child_ms"), base, note, "50 ms")


def stall(table: Table, runs: int) -> None:
    """How late the main thread's ticks are while tools compute; the limit: the same without us."""
    cases = [measure("stall.py", case, 40) for _ in range(runs) for case in ("bare", "ours")]
    bare, ours = cases[::2], cases[1::2]
    late, worst = middle(ours, "late_share"), max(result["worst_ms"] for result in ours)
    note = (
        f"worst {worst:.0f} ms (bare {max(result['worst_ms'] for result in bare):.0f}), "
        f"{100 * late:.1f} % of ticks above 50 ms (bare {100 * middle(bare, 'late_share'):.1f})"
    )
    row(table, "stall", "ms, 99th", middle(ours, "p99_ms"), middle(bare, "p99_ms"), note, "50 ms")


def variables(table: Table, runs: int) -> None:
    """Three of 200 frames change: to find them, to store them, and to see that nothing changed."""
    ours = [measure("variables.py", "ours", 0) for _ in range(runs)]
    bare = [measure("variables.py", "bare", 0) for _ in range(runs)]
    note = f"{middle(ours, 'idle_ms'):.2f} ms when none has changed"
    base = middle(bare, "find_ms")
    row(table, "variables: find 3 of 200", "ms", middle(ours, "find_ms"), base, note, "Kishu")
    base, note = middle(bare, "store_ms"), f"all 200 once: {middle(ours, 'first_s'):.1f} s"
    row(table, "variables: store 3", "ms", middle(ours, "store_ms"), base, note, "")
    for peer, python in peers(table, "variables", ("kishu",)):
        found = [measure(f"peers/peer_{peer}.py", "", 0, python=python) for _ in range(runs)]
        note = f"{middle(found, 'all_ms'):.0f} ms when the cell goes through all"
        base = middle(bare, "find_ms")
        row(table, f"variables: find, {peer}", "ms", middle(found, "find_ms"), base, note, "")
        base, note = middle(bare, "store_ms"), f"all 200 once: {middle(found, 'first_s'):.1f} s"
        row(table, f"variables: store, {peer}", "ms", middle(found, "store_ms"), base, note, "")


def peers(table: Table, name: str, wanted: tuple[str, ...] = PEERS) -> list[tuple[str, str]]:
    """Give the peers that have an environment, with its Python; name those that have none."""
    place = os.environ.get("BENCH_VENVS")
    if place is None:
        return []
    found = []
    for peer in wanted:
        python = Path(place) / peer / "bin" / "python"
        if python.exists():
            found.append((peer, str(python)))
        else:
            table.add_row(f"{name} {peer}", "", "", "", "", f"not measured: no {python}", "")
    return found


def peer_case(peer: str, python: str, case: str, steps: int) -> dict[str, Any]:
    """Run one case of a peer."""
    return measure(f"peers/peer_{peer}.py", case, steps, python=python)


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
    for heading in ("work", "unit", "measured", "limit", "ratio", "besides", "bound"):
        table.add_column(heading, overflow="fold")
    for workload in options.workloads:
        globals()[workload](table, options.runs)
    if "BENCH_VENVS" not in os.environ:
        table.caption = "Peers were not measured: set BENCH_VENVS, see tests/bench/README.md."
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
