"""Record the incident that `tests/replay/test_incident.py` plays again.

An order that went wrong: a price that came at the second attempt, an approval with another amount,
a step that the world did not confirm. `python scripts/make_recording.py` makes it anew, which is
right only when a change of the course is meant.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import workbench as wb  # noqa: E402 - found by the line above
from tests.replay.conftest import Shop, step  # noqa: E402 - found by the line above
from workbench.journal import lease  # noqa: E402 - found by the line above

PLACE = ROOT / "tests" / "replay" / "recordings" / "incident.wbrun"


def main() -> None:
    """Let it happen in a journal that is thrown away, and export it."""
    lease.machine = lambda: "corpus/boot/space"
    shop = Shop()
    shop.faults = [ConnectionError("the price list is not there")]
    enough = wb.Query(tool="count", args={"item": "pens"}, where={"output": wb.at_least(10)})
    steps = [
        step("price", "price", args={"amount": 3}, retry=wb.Retry(attempts=2, wait_s=0.01)),
        step("order", "order", args={"item": "pens", "usd": wb.ref("price", "total")}),
        step("add", "add", args={"item": "pens", "amount": 3}, after=["order"],
             check=wb.Check(query=enough)),
        step("count", "count", args={"item": "pens"}, after=["add"]),
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "runs.db"
        with wb.Workbench(place, tools=shop.tools(), planner=None, on_behalf_of="person") as bench:
            run = bench.start(plan=wb.Plan(goal="Restock the pens", steps=steps))
            run.wait_until("waiting")
            run.inbox[0].approve(args={"usd": 20.0})
            run.wait_until("failed")
            PLACE.unlink(missing_ok=True)
            PLACE.parent.mkdir(exist_ok=True)
            print(f"{run.export(PLACE)}, head {bench.journal.run(run.id).head}")


if __name__ == "__main__":
    main()
