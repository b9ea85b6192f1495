"""What a request shows: nine items, and a world that is looked at again before the call."""

from __future__ import annotations

from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, asking, eventually, plan, states, step
from workbench.errors import CommandRefused, RunFailed
from workbench.grants import at_most
from workbench.testing import FakeClock, capture_events

ITEMS = [
    "action",
    "arguments",
    "preview",
    "objects",
    "cost",
    "can it be undone",
    "why",
    "if refused",
    "class",
]


class Store:
    """Things with names, and a tool that deletes those that match a text."""

    def __init__(self, *names: str) -> None:
        self.names, self.deleted = list(names), list[str]()

    def matching(self, text: str) -> list[str]:
        return [name for name in self.names if text in name]

    def tool(self, **more: Any) -> wb.Tool:
        @wb.tool(
            effect="irreversible",
            objects=self.matching,
            spend=lambda text, **_: {"rows": len(self.matching(text))},
            **more,
        )
        def delete(text: str) -> int:
            """Delete all that match."""
            gone = self.matching(text)
            self.names = [name for name in self.names if name not in gone]
            self.deleted += gone
            return len(gone)

        return delete


def deletes(lab: Lab, store: Store, text: str = "old", **options: Any) -> wb.Run:
    """Start a run that asks whether it may delete."""
    one = wb.Step(id="d", tool="delete", args={"text": text}, title="delete unused")
    return asking(lab, one, tools=[store.tool()], **options)


def test_all_nine_items(lab: Lab) -> None:
    """Action, arguments, preview, objects, cost, reversibility, why, refusal, class: in the
    request's text, in its table and in the run's [REL-2].
    """
    run = deletes(lab, Store("old a", "old b", "new"))
    request = run.inbox[0]
    facts = request.facts
    assert list(facts) == ITEMS
    assert facts["action"] == "delete unused"
    assert facts["arguments"] == "text: old"
    assert facts["preview"] == "the tool makes none"
    assert facts["objects"] == "2 objects: old a, old b"
    assert facts["cost"] == "2 rows"
    assert facts["can it be undone"] == "cannot be undone"
    assert "step d, 1 of 1" in facts["why"]
    assert "delete is irreversible" in facts["why"]
    assert "not done" in facts["if refused"]
    assert facts["class"] == "irreversible (final)"
    for text in (str(request), request._repr_html_()):
        for item in ("old a, old b", "2 rows", "annot be undone", "is irreversible", "not done"):
            assert item in text
    assert "old a, old b" in str(run)


def test_a_free_text_is_expanded_to_a_list(lab: Lab) -> None:
    """A request to "delete unused" lists the twelve names; exactly these are deleted [REL-12]."""
    store = Store(*(f"old {number}" for number in range(12)), "new")
    run = deletes(lab, store)
    request = run.inbox[0]
    assert (request.count, request.objects) == (12, store.matching("old"))
    request.approve()
    assert run.wait(20) == 12
    assert store.names == ["new"]


def test_another_list_asks_again(lab: Lab) -> None:
    """An approval is bound to the list: one that has grown meanwhile is shown anew [REL-10]."""
    store = Store("old a")
    run = deletes(lab, store)
    store.names.append("old precious")
    run.inbox[0].approve()
    eventually(run, lambda view: view.state == "waiting" and len(view.open_requests) == 1)
    assert store.deleted == []
    request = run.inbox[0]
    assert request.objects == ["old a", "old precious"]
    assert "1 were shown, 2 are there now" in request.why
    request.approve()
    run.wait(20)
    assert store.deleted == ["old a", "old precious"]


def test_another_list_of_the_same_length_asks_again(lab: Lab) -> None:
    """The names count, not their number [REL-10]."""
    store = Store("old a")
    run = deletes(lab, store)
    store.names[:] = ["old b"]
    run.inbox[0].approve()
    eventually(run, lambda view: len(view.requests) == 2 and view.state == "waiting")
    assert (store.deleted, run.inbox[0].objects) == ([], ["old b"])


def test_a_list_is_allowed_once(lab: Lab) -> None:
    """A list cannot be allowed for the run: the next one is another [REL-12]."""
    run = deletes(lab, Store("old"))
    with pytest.raises(CommandRefused, match="lists its objects"):
        run.inbox[0].approve(scope="run")


def test_edited_arguments_expand_anew(lab: Lab) -> None:
    """Other arguments mean another list, which is shown before anything is done [REL-12]."""
    store = Store("old", "new")
    run = deletes(lab, store)
    run.inbox[0].approve({"text": "new"})
    eventually(run, lambda view: len(view.requests) == 2 and view.state == "waiting")
    assert (run.inbox[0].args, run.inbox[0].objects) == ({"text": "new"}, ["new"])
    run.inbox[0].approve()
    run.wait(20)
    assert store.deleted == ["new"]


@pytest.mark.parametrize("found", ["old", [1], 7])
def test_objects_that_are_no_list_of_texts(lab: Lab, found: Any) -> None:
    """What cannot be listed cannot be approved: the step fails and nothing is done [REL-12]."""
    called = []

    @wb.tool(effect="irreversible", objects=lambda: found)
    def act() -> None:
        called.append(1)

    run = lab.bench(act, policy=wb.Policy()).start(plan=plan(wb.Step(id="a", tool="act")))
    with pytest.raises(RunFailed, match="no list of texts"):
        run.wait(20)
    assert called == []


def test_a_changed_world_asks_again(lab: Lab, world: World) -> None:
    """A preview that differs from what was approved is shown anew, late or not [REL-10]."""
    clock, price = FakeClock(), ["10"]

    @wb.tool(effect="irreversible", preview=lambda name: f"{name} costs {price[0]}")
    def buy(name: str) -> None:
        world.effects.append(name)

    run = asking(lab, wb.Step(id="a", tool="buy", args={"name": "x"}), tools=[buy], clock=clock)
    clock.advance(days=3)
    price[0] = "99"
    run.inbox[0].approve()
    eventually(run, lambda view: len(view.requests) == 2 and view.state == "waiting")
    assert world.effects == []
    assert run.inbox[0].preview == "x costs 99"
    assert "changed since it was approved" in run.inbox[0].why
    run.inbox[0].approve()
    run.wait(20)
    assert world.effects == ["x"]


def test_a_preview_that_nobody_can_read_is_cut(lab: Lab, world: World) -> None:
    """A long preview is shown and kept as its beginning, with how much is left out; a world that
    differs only in what was left out asks again all the same [REL-2, REL-10]."""
    end = ["old"]

    @wb.tool(effect="irreversible", preview=lambda name: name * 300_000 + end[0])
    def buy(name: str) -> None:
        world.effects.append(name)

    run = asking(lab, wb.Step(id="x", tool="buy", args={"name": "x"}), tools=[buy])
    first = run.inbox[0].preview
    assert first.startswith("x" * 10_000)
    assert "\n… and 290,003 characters more (" in first
    assert len(first) < 10_100
    end[0] = "new"
    run.inbox[0].approve()
    eventually(run, lambda view: len(view.requests) == 2 and view.state == "waiting")
    assert world.effects == []
    assert len(run.inbox[0].preview) == len(first)
    assert run.inbox[0].preview != first
    run.inbox[0].approve()
    run.wait(20)
    assert world.effects == ["x"]


def test_an_approval_that_was_superseded_is_none(lab: Lab, world: World) -> None:
    """When the world changes back, the first approval does not count again [REL-10, AUTH-7]."""
    price = ["10"]

    @wb.tool(effect="irreversible", preview=lambda name: f"{name} costs {price[0]}")
    def buy(name: str) -> None:
        world.effects.append(name)

    run = asking(lab, wb.Step(id="a", tool="buy", args={"name": "x"}), tools=[buy])
    price[0] = "99"
    run.inbox[0].approve()
    eventually(run, lambda view: len(view.requests) == 2 and view.state == "waiting")
    price[0] = "10"
    run.inbox[0].deny("too dear")
    run.wait(20)
    assert (states(run), world.effects) == ({"a": "denied"}, [])


def test_a_revision_that_touches_the_step_voids_the_answer(lab: Lab, world: World) -> None:
    """An approval given while paused does not cover the step as it is edited [AUTH-7]."""
    run = asking(lab, step("a", "send", value=1))
    run.pause()
    old = run.inbox[0]
    with run.editing() as draft:
        draft.change("a", args={"value": 2})
    with pytest.raises(CommandRefused, match="already voided"):
        old.approve()
    run.resume()
    run.wait_until("waiting", timeout_s=20)
    assert (world.effects, run.inbox[0].args["value"]) == ([], 2)


def test_an_approval_for_the_run_within_limits(lab: Lab, world: World) -> None:
    """So many calls, with arguments of that kind; what goes beyond asks again [REL-4]."""
    values = [1, 2, 900, 3, 4]
    steps = [
        step(f"s{at}", "send", value=value, after=[f"s{at - 1}"] if at else [])
        for at, value in enumerate(values)
    ]
    run = asking(lab, *steps)
    run.inbox[0].approve(scope="run", limits={"calls": 2, "value": at_most(500)})
    eventually(run, lambda view: view.state == "waiting" and view.steps["s2"].state == "asking")
    assert world.effects == ["s0", "s1"]
    run.inbox[0].approve()
    eventually(run, lambda view: view.state == "waiting" and view.steps["s4"].state == "asking")
    assert world.effects == ["s0", "s1", "s2", "s3"]
    by = [event.allowed_by for event in capture_events(run, "call.intended")]
    assert [("within limits" in words) for words in by] == [False, True, False, True]
    run.inbox[0].deny()
    run.wait(20)


def test_limits_hold_for_calls_at_the_same_time(lab: Lab, world: World) -> None:
    """Ten calls that become ready together get exactly the calls that were allowed [REL-4]."""
    steps = [step(f"s{at}", "send", value=at, after=["first"]) for at in range(10)]
    run = asking(lab, step("first", "send"), *steps)
    run.inbox[0].approve(scope="run", limits={"calls": 3})
    eventually(run, lambda view: view.state == "waiting" and len(view.open_requests) == 7)
    assert len(world.effects) == 4


@pytest.mark.parametrize("limits", [{"calls": 0}, {"calls": "many"}, {"value": {"at_most": "x"}}])
def test_limits_that_are_none(lab: Lab, world: World, limits: dict[str, Any]) -> None:
    """Limits that cannot be read allow nothing [REL-4]."""
    run = asking(lab, step("a", "send", value=1))
    with pytest.raises(CommandRefused, match="no limits"):
        run.inbox[0].approve(scope="run", limits=limits)
    with pytest.raises(CommandRefused, match="Only an approval for the whole run"):
        run.inbox[0].approve(limits={"calls": 1})
    assert (world.effects, len(run.inbox)) == ([], 1)


def waiting_together(lab: Lab, values: list[int], **more: Any) -> wb.Run:
    """Give a run that asks about calls of one tool side by side."""
    steps = [step(f"s{at}", "send", value=value, **more) for at, value in enumerate(values)]
    run = asking(lab, *steps)
    eventually(run, lambda view: len(view.open_requests) == len(steps))
    return run


@pytest.mark.parametrize(
    ("scope", "limits", "left"),
    [
        ("run", None, set()),
        ("run", {"calls": 1}, None),
        ("run", {"value": at_most(500)}, {"s1"}),
        ("always", {"value": at_most(500)}, {"s1"}),
    ],
)
def test_an_answer_for_the_run_answers_what_is_open(
    lab: Lab, world: World, scope: Any, limits: Any, left: set[str] | None
) -> None:
    """Who allows a tool for the run, within limits, or for always, is not asked again about the
    calls that wait already and are covered; what goes beyond still waits, with the very question
    that was shown [REL-4, REL-9]."""
    run = waiting_together(lab, [1, 900, 2, 3])
    before = {request.step: request.id for request in run.inbox}
    if left is None:  # one more call is allowed: that of the oldest question
        left = set([name for name in before if name != "s0"][1:])
    next(request for request in run.inbox if request.step == "s0").approve(
        scope=scope, limits=limits
    )
    eventually(run, lambda view: view.state in ("waiting", "succeeded") and not view.in_flight)
    eventually(run, lambda _: set(world.effects) == before.keys() - left)
    assert {request.step: request.id for request in run.inbox} == {s: before[s] for s in left}
    if left:
        run.stop()


def test_a_step_that_must_ask_is_not_answered_by_another(lab: Lab, world: World) -> None:
    """A step that its author marked `ask=True` waits on, whatever was allowed beside it
    [REL-4, AUTH-7]."""
    run = asking(lab, step("a", "send"), step("b", "send", ask=True))
    eventually(run, lambda view: len(view.open_requests) == 2)
    next(request for request in run.inbox if request.step == "a").approve(scope="run")
    eventually(run, lambda view: view.steps["a"].final)
    assert (world.effects, [request.step for request in run.inbox]) == (["a"], ["b"])
    run.stop()
