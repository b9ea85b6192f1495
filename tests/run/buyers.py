"""A process that buys: opens a journal, waits for the others, then starts its runs at once."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import workbench as wb
from workbench.testing import allow_all

CAP = wb.Cap("orders_usd", 3000, per="month", of="person")


def buy(place: str, folder: Path, name: str, runs: int) -> None:
    """Order once in each of so many runs, all at the same time; each order is a line in a file."""

    @wb.tool(effect="irreversible", spend=lambda usd, **_: {"orders_usd": usd})
    def order(n: int, usd: float) -> str:
        (folder / f"{name}-{n}.order").touch()
        return f"{n}"

    bench = wb.Workbench(
        place, tools=[order], planner=None, policy=allow_all(), caps=[CAP], on_behalf_of="ada"
    )
    with bench:
        (folder / f"{name}.ready").touch()
        while not (folder / "go").exists():
            threading.Event().wait(0.002)
        started = [
            bench.start(
                plan=wb.Plan(
                    goal="buy", steps=[wb.Step(id="o", tool="order", args={"n": n, "usd": 1000})]
                )
            )
            for n in range(runs)
        ]
        for run in started:
            run.wait_until("waiting", timeout_s=60)


if __name__ == "__main__":
    buy(sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
