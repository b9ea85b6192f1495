"""Requests that are alike are answered in one go; the inbox has the gravest on top."""

from __future__ import annotations

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, asking, eventually, plan
from workbench.errors import CommandRefused, NotFound
from workbench.testing import FakeClock, capture_events


def writer(world: World, name: str = "write", risk: wb.Risk = "shared") -> wb.Tool:
    """Make a tool of one class."""

    @wb.tool(name=name, effect="irreversible", risk=risk)
    async def write(what: str) -> str:
        world.effects.append(what)
        return what

    return write


def writes(names: list[str], tool: str = "write") -> list[wb.Step]:
    """Make one step for each name, side by side."""
    return [wb.Step(id=name, tool=tool, args={"what": name}) for name in names]


def all_ask(lab: Lab, steps: list[wb.Step], *tools: wb.Tool) -> wb.Run:
    """Start a run that asks about every step."""
    run = asking(lab, *steps, tools=tools)
    eventually(run, lambda view: len(view.open_requests) == len(steps))
    return run


def test_two_of_ten_are_taken_out(lab: Lab, world: World) -> None:
    """Each item is visible; with two deselected exactly eight run, each by its own answer
    [REL-9].
    """
    names = [f"w{at}" for at in range(10)]
    run = all_ask(lab, writes(names), writer(world))
    (batch,) = run.bench.inbox.batches()
    assert (len(batch), batch.tool, batch.risk) == (10, "write", "shared")
    assert all(f"what={name}" in repr(batch) for name in names)
    left = {batch[3].args["what"], batch[7].args["what"]}
    batch.without(batch[3], 7).approve()
    eventually(run, lambda view: view.state == "waiting" and len(view.in_flight) == 0)
    assert set(world.effects) == set(names) - left
    assert {request.args["what"] for request in run.inbox} == left
    answers = capture_events(run, "request.answered")
    assert len({answer.request for answer in answers}) == 8
    run.inbox.batches()[0].deny("not these")
    run.wait(20)
    assert len(world.effects) == 8


def test_classes_never_mix(lab: Lab, world: World) -> None:
    """Another class, tool, run or a grave class is never in the same batch [REL-9]."""
    tools = [
        writer(world),
        writer(world, "copy"),
        writer(world, "pay", "costly"),
        writer(world, "publish", "public"),
        writer(world, "drop", "irreversible"),
    ]
    names = ["write", "copy", "pay", "publish", "drop"]
    steps = [step for name in names for step in writes([f"{name}{at}" for at in range(2)], name)]
    run = all_ask(lab, steps, *tools)
    other = run.bench.start(plan=plan(*writes(["x", "y"])))
    eventually(other, lambda view: len(view.open_requests) == 2)
    batches = run.bench.inbox.batches()
    assert sorted((one[0].run == run.id, one.tool, len(one)) for one in batches) == [
        (False, "write", 2),
        (True, "copy", 2),
        (True, "write", 2),
    ]
    for one in (run, other):
        one.stop()


def test_one_that_was_answered_meanwhile(lab: Lab, world: World) -> None:
    """The others of the batch are allowed all the same, and it is named [REL-9]."""
    run = all_ask(lab, writes(["a", "b", "c"]), writer(world))
    (batch,) = run.inbox.batches()
    batch[0].deny("no")
    with pytest.raises(CommandRefused, match="1 of 3 could not be answered"):
        batch.approve()
    eventually(run, lambda view: view.final)
    assert len(world.effects) == 2


def test_taking_out_what_is_not_there(lab: Lab, world: World) -> None:
    """A slip in the selection approves nothing [REL-9]."""
    run = all_ask(lab, writes(["a", "b"]), writer(world))
    (batch,) = run.inbox.batches()
    with pytest.raises(NotFound, match="not in this batch"):
        batch.without(2)
    assert len(batch.without(0, 1)) == 0
    assert repr(batch.without(0, 1)) == "An empty batch."
    assert world.effects == []
    run.stop()


def test_a_batch_is_allowed_through_a_widget(lab: Lab, world: World) -> None:
    """The gate of each item is one press, so the door makes no difference [REL-9, REL-1]."""
    clock = FakeClock()
    run = asking(lab, *writes(["a", "b"]), tools=[writer(world)], clock=clock)
    eventually(run, lambda view: len(view.open_requests) == 2)
    clock.advance(1)
    run.inbox.batches()[0].approve(surface="widget")
    run.wait(20)
    assert set(world.effects) == {"a", "b"}


def test_the_inbox_is_ordered_by_class_and_age(lab: Lab, world: World) -> None:
    """The gravest class first, then the oldest; the runs of others come last [REL-10, ASYN-13]."""
    clock = FakeClock()
    tools = [writer(world), writer(world, "pay", "costly"), writer(world, "drop", "irreversible")]
    bench = lab.bench(*tools, policy=wb.Policy(), clock=clock, on_behalf_of="ada")
    runs = []
    for tool, name in (("write", "w1"), ("drop", "d1"), ("pay", "p1"), ("drop", "d2")):
        run = bench.start(plan=plan(*writes([name], tool)))
        run.wait_until("waiting", timeout_s=20)
        runs.append(run)
        clock.advance(60)
    other = lab.bench(*tools, policy=wb.Policy(), clock=clock, on_behalf_of="bob")
    runs.append(other.start(plan=plan(*writes(["theirs"], "drop"))))
    runs[-1].wait_until("waiting", timeout_s=20)
    order = [request.args["what"] for request in bench.inbox]
    assert order == ["d1", "d2", "p1", "w1", "theirs"]
    assert other.inbox[0].args["what"] == "theirs"
    for run in runs:
        run.stop()


def test_one_run_shows_the_gravest_first(lab: Lab, world: World) -> None:
    """Within a run, too, whatever became ready first [REL-10]."""
    tools = [writer(world), writer(world, "drop", "irreversible")]
    steps = [*writes(["w1", "w2"]), *writes(["d1"], "drop")]
    run = all_ask(lab, steps, *tools)
    assert [request.risk for request in run.inbox] == ["irreversible", "shared", "shared"]
    assert run.inbox[0].step == "d1"
    run.stop()
