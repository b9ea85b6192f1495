"""What a drive begins with, when it was read before the lease was there."""

from __future__ import annotations

from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path

import anyio

import workbench as wb
from workbench.host.recall import Recall
from workbench.journal import Batch, Chain, Journal, Lease
from workbench.journal.journal import Line
from workbench.journal.snapshot import load_frontier
from workbench.testing import allow_all

STEPS = 120


@wb.tool(effect="irreversible")
async def act(number: int) -> int:
    """Stand for an effect."""
    return number


def run_with_frontier(path: Path) -> str:
    """Carry out the steps of a run that then waits for a person; gives its id."""
    steps = [wb.Step(id=f"s{n}", tool="act", args={"number": n}) for n in range(STEPS)]
    last = wb.Step(id="last", tool="act", args={"number": 0}, after=["s0"], ask=True)
    with wb.Workbench(path, tools=[act], planner=None, policy=allow_all(), in_flight=1) as bench:
        run = bench.start(plan=wb.Plan(steps=[*steps, last]))
        run.wait_until("waiting")
        return run.id


def test_a_frontier_read_ahead_is_never_older_than_the_lease(tmp_path: Path) -> None:
    """What another owner wrote after the frontier was read ahead is in the view that the drive
    begins with [RUNT-17].
    """
    run = run_with_frontier(tmp_path / "runs.db")
    journal, now = Journal(tmp_path / "runs.db"), datetime.now(UTC)
    recall = Recall(journal)

    seen: list[int] = []

    coming: Future[Lease | None] = Future()
    ahead = journal.acquire(run, "this host", now, coming=coming).result()
    assert ahead is not None

    async def read_ahead() -> None:
        await recall.foresee(run, coming, lambda view: seen.append(view.seq))

    anyio.run(read_ahead)
    journal.release(ahead).result()
    assert seen == [journal.run(run).seq]
    assert load_frontier(journal, run) is not None, "the run is too short to be read ahead"
    other = journal.acquire(run, "other host", now).result()
    assert other is not None
    chain = Chain(run, other.seq, other.head)
    body = '{"where":"test","error":"it was here"}'
    seq, digest = chain.extend(1, other.epoch, "fault.recorded", body)
    line = Line(seq, 1, "fault.recorded", body, digest)
    journal.append(Batch(other, other.seq, now, [line], state="waiting", release=True)).result()
    lease = journal.acquire(run, "this host", now).result()
    assert lease is not None
    assert lease.seq == other.seq + 1

    async def begin() -> int:
        return (await recall.view(lease)).seq

    assert anyio.run(begin) == lease.seq
    journal.close()
