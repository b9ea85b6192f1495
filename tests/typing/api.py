"""What a user writes, as mypy sees it: accepted in strict mode, and refused where it should be.

Never run. `warn_unused_ignores` makes each `type: ignore` a promise that mypy does refuse the line.
"""

from __future__ import annotations

from pathlib import Path
from typing import assert_type

import workbench as wb
from workbench.events import Record
from workbench.plan import Add, Edit, Ref, Remove
from workbench.testing import FakeClock, ScriptedPerson, allow_all


def delete_file(path: Path) -> None:
    """Delete it."""


def file_exists(path: Path, key: wb.Key) -> bool:
    """Say whether it is there."""
    return path.exists() and bool(key)


@wb.tool(
    effect="reversible",
    undo=delete_file,
    probe=file_exists,
    preview=lambda path, text: f"{path}: {len(text)}",
    deletes=False,
    idempotent=True,
    risk="local",
    spend=None,
    timeout_s=30,
    retry=wb.Retry(attempts=3),
)
def write_file(path: Path, text: str) -> Path:
    """Write a file."""
    path.write_text(text)
    return path


@wb.tool(effect="irreversible", spend=lambda total_usd, **_: {"orders_usd": total_usd})
async def place_order(supplier: str, total_usd: float, key: wb.Key) -> str:
    """Place an order."""
    return f"{supplier} {total_usd} {key}"


@wb.tool
def undeclared(path: str) -> str:
    """Do something."""
    return path


assert_type(write_file, wb.Tool)
assert_type(undeclared, wb.Tool)
assert_type(write_file.name, str)

plan = wb.Plan(
    goal="…",
    steps=(
        wb.Step(id="load", tool="read_table", args={"path": "sales.csv"}),
        wb.Step(id="top", tool="top_regions", args={"table": wb.ref("load"), "n": 3}),
        wb.Step(
            id="mail", tool="send_mail", args={"body": wb.ref("top", "text", 0)}, after=("top",)
        ),
    ),
)
assert_type(wb.ref("load"), Ref)
assert_type(plan.check([write_file]), list[wb.Finding])
assert_type(plan.diff(plan), wb.PlanDiff)
assert_type(plan["load"], wb.Step)
assert_type(plan.digest, str)


def drive(bench: wb.Workbench) -> None:
    """Start a run and give it orders."""
    run = bench.start(goal="…", key="weekly", on_failure="pause")
    fork: wb.Run = run.fork(at="after load", outputs={"load": 1}, limits={"usd": 2}, paused=True)
    differ: tuple[str, ...] = run.compare(fork).different + bench.compare(run.id, fork).different
    run.amend(outputs={"load": 2}, args={"mail": {"to": "…"}}, limits={"usd": 3}, reason=differ[0])
    assert_type(run, wb.Run)
    assert_type(run.id, str)
    assert_type(run.view, wb.RunView)
    assert_type(run.plan, wb.Plan | None)
    assert_type(run.usage, dict[str, float])
    run.pause(reason="…")
    with run.editing(reason="…") as draft:
        assert_type(draft, wb.Draft)
        draft.add(wb.Step(id="x", tool="y"), before="mail")
        draft.change("top", args={"n": 5})
        draft.move("mail", after=["top"])
        draft.set_output("load", [1, 2])
    edits: list[Edit] = [Add(step=wb.Step(id="z", tool="y")), Remove(step="mail")]
    run.edit(edits, base=plan.digest, reason="…")
    run.resume()
    request = run.inbox[0]
    assert_type(request, wb.Request)
    request.approve(args={"n": 1}, scope="run")
    request.deny(reason="…", then="freeze")
    for record in run.events():
        assert_type(record, Record)
    run.wait(timeout_s=5)
    run.stop(reason="…")


def build() -> wb.Workbench:
    """Make a workbench of its parts."""
    return wb.Workbench(
        "runs.db",
        tools=[write_file, place_order, undeclared, len],
        planner=None,
        policy=wb.Policy(allow=["read_*"], ask=["write_file"], deny=["place_order"]),
        budget=wb.Budget(usd=5, calls=50, orders_usd=5000),
        clock=FakeClock(),
    )


def planned(bench: wb.Workbench) -> None:
    """Plan again, check, comment and decide."""
    query = wb.Query(tool="look", args={"id": wb.ref("output", "id")}, where={"found": True})
    done = wb.Check(where={"count": wb.at_least(1)}, query=query, judge="it is complete")
    run = bench.start("…", replan=wb.Replan(when="every", n=3, at_most=9), done=done)
    bench.start("…", replan="each")
    run.comment("smaller", step="a", replan=False)
    run.decide("year", "2007", why="as said")
    changed: wb.PlanDiff = run.changes()
    names: dict[str, str] = run.spec.digests
    against: list[int] = [decision.contradicts for decision in run.decisions]
    print(changed, names, against, run.provenance(), run.view.verified)


def wrong(bench: wb.Workbench, run: wb.Run) -> None:
    """What a type checker must not let through."""
    wb.tool(effect="harmless")  # type: ignore[call-overload]
    wb.tool(efect="pure")  # type: ignore[call-overload]
    wb.Step(id="a")  # type: ignore[call-arg]
    wb.Step(id="a", tool=5)  # type: ignore[arg-type]
    bench.start(goal="…", on_failure="retry")  # type: ignore[arg-type]
    bench.start(goal="…", replan="sometimes")  # type: ignore[arg-type]
    run.inbox[0].approve(scope="forever")  # type: ignore[arg-type]
    run.inbox[0].deny(then="shout")  # type: ignore[arg-type]
    run.abandon()  # type: ignore[call-arg]


async def awaited(run: wb.Run) -> object:
    """Wait for a run in a cell."""
    return await run


person = ScriptedPerson
policy = allow_all()
assert_type(policy, wb.Policy)
