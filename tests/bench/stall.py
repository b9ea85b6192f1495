"""How late the main thread's ticks come while blocking tools run; and the same without a runtime.

`bare` calls the same functions in as many plain threads, so the difference is the engine's part.
Computing in Python takes the interpreter lock in turns of 5 ms: with n such threads a tick waits up
to about n turns, whoever started them.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from measure import clock, finish

import workbench as wb
from workbench.testing import allow_all

PERIOD_S = 0.002
LATE_S = 0.05
AT_ONCE = 4


def spin(number: int) -> int:
    """Compute for 0.1 s."""
    end = clock() + 0.1
    while clock() < end:
        number += 1
    return number


def loud(number: int) -> str:
    """Print 200 KB and return 300 KB."""
    sys.stdout.write("x" * 200_000 + "\n")
    return "y" * 300_000


def ours(folder: Path, steps: int) -> Callable[[], Any]:
    """Prepare a run; what it gives carries it out and waits for its end."""
    tools = [
        wb.Tool(spin, name="spin", effect="read"),
        wb.Tool(spin, name="far", effect="read", runs_in="process"),
        wb.Tool(loud, name="loud", effect="reversible", undo=lambda number: None),
    ]
    options: dict[str, Any] = {"policy": allow_all(), "in_flight": AT_ONCE}
    bench = wb.Workbench(folder / "runs.db", tools=tools, planner=None, **options)

    def plan(count: int) -> wb.Plan:
        names = [tools[number % 3].name for number in range(count)]
        made = [wb.Step(id=f"s{n}", tool=tool, args={"number": n}) for n, tool in enumerate(names)]
        return wb.Plan(goal="stall", steps=made)

    bench.start(plan=plan(3)).wait()
    run = bench.start(plan=plan(steps))
    return run.wait


def bare(_folder: Path, steps: int) -> Callable[[], Any]:
    """Prepare plain threads, and a process each of two; what it gives uses them."""
    threads, processes = ThreadPoolExecutor(AT_ONCE), ProcessPoolExecutor(2)
    processes.submit(spin, 0).result()

    def far(number: int) -> int:
        return processes.submit(spin, number).result()

    def work() -> None:
        kinds: list[Callable[[int], Any]] = [spin, far, loud]
        wait([threads.submit(kinds[number % 3], number) for number in range(steps)])
        processes.shutdown()

    return work


def main() -> None:
    """Tick in the main thread until the work in another one is over."""
    case, folder, steps = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    work = {"ours": ours, "bare": bare}[case](folder, steps)
    over = threading.Event()

    def do() -> None:
        try:
            work()
        finally:
            over.set()

    threading.Thread(target=do).start()
    late, last = [], clock()
    while not over.is_set():
        threading.Event().wait(PERIOD_S)
        now = clock()
        late.append(now - last - PERIOD_S)
        last = now
    late.sort()
    finish(
        {
            "ticks": len(late),
            "p99_ms": 1e3 * late[int(len(late) * 0.99)],
            "worst_ms": 1e3 * late[-1],
            "late_share": sum(one > LATE_S for one in late) / len(late),
        }
    )


if __name__ == "__main__":
    main()
