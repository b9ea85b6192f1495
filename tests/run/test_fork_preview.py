"""What a fork leaves as it is in the world is shown before it is made, and said afterwards."""

from __future__ import annotations

import workbench as wb
from tests.engine.harness import Lab, World, chain, plan, step
from workbench.report import header_row

BEHIND = "What b, c of the original changed behind that place stays in the world"


def three() -> wb.Plan:
    """Make a plan of three effects, one of which cannot be undone."""
    return plan(step("a", "put"), step("b", "send", after=["a"]), step("c", "put", after=["b"]))


def test_what_lies_behind_the_place_is_shown_before_and_after(lab: Lab, world: World) -> None:
    """Before a fork one sees each effect of the original behind the place, whether it can be taken
    back, and which the fork does once more, as a preview that makes nothing. The fork's text, page
    and header say that nothing asks about them [RUNT-11, COMP-8]."""
    run = lab.bench().start(plan=three())
    run.wait(20)
    other = plan(step("a", "put"), step("c", "put", after=["a"]))
    runs, seq = len(run.bench.journal.runs()), run.view.seq

    seen = run.fork_preview("after a", other)

    assert (len(run.bench.journal.runs()), run.view.seq) == (runs, seq)
    assert (seen.shared, seen.anew, seen.asked, seen.again) == (("a",), ("c",), (), ("c",))
    assert seen.stays.outcomes == {"b": "not_undoable", "c": "undone"}
    assert seen.stays.rows == run.undo_preview(to="after a").rows
    assert "b: send" in str(seen)
    assert "could be undone, and the fork does this step once more" in str(seen)
    fork = run.fork("after a", other, paused=True)
    assert fork.view.fork_behind == ("b", "c")
    for shown in (str(fork), fork.html(), header_row(fork.view)["fork"]):
        assert BEHIND in shown
        assert "nothing asks before the same is done once more" in shown
    fork.resume()
    fork.wait(20)
    assert fork.inbox == []
    assert world.effects == ["a", "b", "c", "c"]


def test_what_was_taken_back_first_does_not_stay(lab: Lab, world: World) -> None:
    """Rolled back to the place first, as the preview says, only what could not be undone stays; at
    the present end nothing lies behind [RUNT-11, MULT-7]."""
    run = lab.bench().start(plan=three())
    run.wait(20)
    assert f"run.rollback(to={run.checkpoints[1].seq})" in str(run.fork_preview("after a"))

    run.rollback("after a")

    assert [row.step for row in run.fork_preview("after a").stays] == ["b"]
    fork = run.fork("after a", paused=True)
    assert fork.view.fork_behind == ("b",)
    end = run.fork(paused=True)
    assert len(run.fork_preview().stays) == 0
    assert end.view.fork_behind == ()
    assert "nothing asks" not in str(end)
    assert world.effects == ["a", "b"]


def test_a_call_in_doubt_at_the_place_is_asked_about_instead(lab: Lab, world: World) -> None:
    """A call that was in doubt at the place lies not behind it, whatever became of it later: the
    preview says that it would be asked about, and the fork asks [CONC-9, RUNT-11]."""
    world.faults["b"] = [TimeoutError("no answer")]
    run = lab.bench().start(plan=three())
    run.wait_until("waiting", timeout_s=20)
    place = run.view.seq
    run.inbox[0].choose("done")
    run.wait(20)

    seen = run.fork_preview(place)

    assert (seen.asked, seen.again, len(seen.stays)) == (("b",), ("c",), 1)
    assert "asked about before the same call is made again: b" in str(seen)
    fork = run.fork(place)
    fork.wait_until("waiting", timeout_s=20)
    assert [request.kind for request in fork.inbox] == ["duplicate"]
    fork.stop()


def test_before_there_was_a_plan_it_is_said_too(lab: Lab, world: World) -> None:
    """A fork at a place without a plan has no revision to carry a remark; its text says all the
    same what the original went on to do [RUNT-11]."""

    class Once:
        name = "once"

        async def propose(self, _context: object) -> wb.planner.Proposal:
            return wb.planner.Proposal(plan=chain("x", tool="put"))

    run = lab.bench(planner=Once()).start(goal="g")
    run.wait(20)

    fork = run.fork(at="start", paused=True)

    assert fork.view.revisions == []
    assert "What x of the original changed behind that place stays" in str(fork)
