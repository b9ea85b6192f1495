"""Already done? A planner that wants the same action twice is held, and the person asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, eventually, kinds, plan, states, step
from workbench.errors import RunFailed
from workbench.plan import Add, Remove
from workbench.planner import Proposal
from workbench.policy import Deny
from workbench.report.leftovers import leftovers_frame
from workbench.testing import FakeClock, capture_events


class Planner:
    """Gives one proposal after the other."""

    name = "scripted"

    def __init__(self, *proposals: Proposal) -> None:
        self.proposals = list(proposals)

    async def propose(self, context: Any) -> Proposal:
        return self.proposals.pop(0)


def charge(world: World, **declared: Any) -> wb.Tool:
    """Make a tool that charges an amount, and gives a receipt."""

    @wb.tool(name="charge", **{"effect": "irreversible", **declared})
    async def call(amount: int, key: wb.Key) -> str:
        world.keys.setdefault("charge", []).append(str(key))
        await world.visit("charge")
        world.effects.append(f"charge {amount}")
        return f"receipt {len(world.effects)}"

    return call


def pay(step_id: str, amount: int = 5, **fields: Any) -> wb.Step:
    return wb.Step(id=step_id, tool="charge", args={"amount": amount}, **fields)


TWICE = Proposal(plan=plan(pay("pay"), pay("settle", after=["pay"]), step("end", after=["settle"])))


def held(lab: Lab, world: World, proposal: Proposal = TWICE) -> wb.Run:
    """Start a run whose planner charges twice, and wait until it asks."""
    run = lab.bench(charge(world), planner=Planner(proposal)).start(goal="pay")
    run.wait_until("waiting", timeout_s=20)
    return run


@pytest.mark.parametrize(
    ("choice", "end"),
    [
        ("use", ("succeeded", 1, "receipt 1")),
        ("again", ("succeeded", 2, "receipt 2")),
        ("skip", ("skipped", 1, None)),
    ],
)
def test_the_second_charge_is_held(
    lab: Lab, world: World, choice: str, end: tuple[str, int, str | None]
) -> None:
    """The same tool with the same arguments under a new id is asked about, not called [REL-21]."""
    state, charges, output = end
    run = held(lab, world)
    assert world.effects == ["charge 5"]
    request = run.inbox[0]
    assert (request.kind, request.step) == ("duplicate", "settle")
    assert set(request.choices) == {"use", "again", "skip"}
    assert request.evidence["step"] == "pay"
    assert "receipt 1" in request.evidence["output"]
    request.choose(choice)
    assert run.wait(20) == "end"
    assert len(world.effects) == charges
    assert run.view.steps["settle"].state == state
    assert (output is None) or run.output("settle") == output
    assert kinds(run).count("request.opened") == 1


def test_a_deliberate_repetition_has_its_own_key(lab: Lab, world: World) -> None:
    """`again` is a new action for the service too [REL-21, CONC-8]."""
    run = held(lab, world)
    run.inbox[0].choose("again")
    run.wait(20)
    assert len(set(world.keys["charge"])) == 2


def test_it_is_held_after_a_restart(lab: Lab, world: World) -> None:
    """What was done is known from the journal, whoever drives the run [REL-21]."""
    twice = plan(pay("pay"), step("pause", ask=True, after=["pay"]), pay("settle", after=["pause"]))
    options = {"policy": wb.Policy(allow=["*"])}
    bench = lab.bench(charge(world), planner=Planner(Proposal(plan=twice)), **options)
    run = bench.start(goal="pay")
    run.wait_until("waiting", timeout_s=20)
    run = lab.reopen(run, charge(world), **options)
    run.inbox[0].approve()
    eventually(run, lambda view: any(r.opened.about == "duplicate" for r in view.open_requests))
    assert world.effects == ["charge 5"]
    run.stop()


def test_two_at_once_are_one(lab: Lab, world: World) -> None:
    """While one is being done the other waits for its end, and is then asked about [REL-21]."""
    gate = world.gate("charge")
    both = Proposal(plan=plan(pay("one"), pay("two"), step("beside")))
    run = lab.bench(charge(world), planner=Planner(both)).start(goal="pay")
    gate.wait_reached()
    eventually(run, lambda view: view.steps["beside"].state == "succeeded")
    assert world.calls.count("charge") == 1
    gate.open()
    run.wait_until("waiting", timeout_s=20)
    assert run.inbox[0].evidence["it"] == "is done"
    run.inbox[0].choose("use")
    assert run.wait(20)["two"] == "receipt 1"
    assert world.effects == ["charge 5"]


def test_a_failed_charge_that_may_have_happened_is_no_free_way(lab: Lab, world: World) -> None:
    """A new plan that drops a failed charge and charges again is held with the error [REL-21]."""
    world.faults = {"charge": [RuntimeError("the line broke")]}
    first = Proposal(plan=plan(pay("pay")))
    second = Proposal(edits=[Remove(step="pay"), Add(step=pay("other"))], reason="again")
    bench = lab.bench(charge(world), planner=Planner(first, second))
    run = bench.start(goal="pay", on_failure="replan")
    run.wait_until("waiting", timeout_s=20)
    evidence = run.inbox[0].evidence
    assert evidence["step"] == "pay"
    assert "the line broke" in evidence["error"]
    assert world.calls == ["charge"]
    run.inbox[0].choose("again")
    run.wait(20)
    assert world.effects == ["charge 5"]


EDITS = {
    "skip": lambda draft: draft.skip("pay"),
    "remove": lambda draft: draft.remove("pay"),
    "change": lambda draft: draft.change("pay", args={"amount": 6}),
    "change tool": lambda draft: draft.change("pay", tool="note"),
}


def waits_for_its_next_try(lab: Lab, world: World, *more: Proposal, **fields: Any) -> wb.Run:
    """Start a run whose charge, made under a key, got no answer and waits for its next try."""
    world.faults = {"charge": [ConnectionError("no answer")]}
    retry = wb.Retry(attempts=3, wait_s=3600)
    first = Proposal(plan=plan(pay("pay", retry=retry, **fields), step("end", ask=True)))

    @wb.tool(effect="pure")
    def note(amount: int) -> int:
        return amount

    tools = charge(world, idempotent=True), note
    run = lab.bench(*tools, planner=Planner(first, *more), clock=FakeClock()).start(goal="pay")
    eventually(run, lambda view: view.steps and view.steps["pay"].failures and view.open_requests)
    assert run.view.steps["pay"].state == "ready"
    return run


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_a_charge_that_waits_for_its_next_try_is_not_forgotten(
    lab: Lab, world: World, edit: Callable[[Any], None]
) -> None:
    """A call under a key that may have happened is given up, by an edit of its step, before it is
    tried again: it stays among what may have happened, and a new plan that does the same under a
    new id, and so with a new key, is held [REL-21, CONC-9]."""
    run = waits_for_its_next_try(lab, world, Proposal(edits=[Add(step=pay("other"))]))
    with run.editing() as draft:
        edit(draft)
    assert [(one.step, one.tool) for one in run.view.left] == [("pay", "charge")]
    run.resume()
    run.inbox[0].deny("not so", then="replan")
    eventually(run, lambda view: any(r.opened.about == "duplicate" for r in view.open_requests))
    request = next(one for one in run.inbox if one.kind == "duplicate")
    assert (request.step, request.evidence["step"]) == ("other", "pay")
    assert "no answer" in request.evidence["error"]
    rows = leftovers_frame(run.view, [])
    assert list(rows[rows["kind"] == "may have happened"]["step"]) == ["pay"]
    request.choose("skip")


def test_a_charge_under_other_arguments_leaves_the_first_behind(lab: Lab, world: World) -> None:
    """The answer to a question changes an argument between two tries: what the first one may have
    done under its own key stays among what may have happened [REL-21, CONC-9]."""
    run = waits_for_its_next_try(lab, world)
    with run.editing() as draft:
        draft.change("pay", ask=True)
    assert run.view.left == []
    run.resume()
    run.bench.clock.advance(4000)
    eventually(run, lambda view: len(view.open_requests) == 2)
    next(one for one in run.inbox if one.step == "pay").approve(args={"amount": 7})
    eventually(run, lambda view: view.steps["pay"].state == "succeeded")
    assert world.effects == ["charge 7"]
    assert [one.step for one in run.view.left] == ["pay"]


def test_a_charge_that_is_made_again_under_its_key_leaves_nothing(lab: Lab, world: World) -> None:
    """Another title makes no other call: tried again under its key it is one action, and nothing
    is left that may have happened [REL-21, CONC-8]."""
    run = waits_for_its_next_try(lab, world)
    with run.editing() as draft:
        draft.change("pay", title="Pay the invoice")
    run.resume()
    run.bench.clock.advance(4000)
    eventually(run, lambda view: view.steps["pay"].state == "succeeded")
    assert len(set(world.keys["charge"])) == 1
    assert run.view.left == []
    assert "may have happened" not in set(leftovers_frame(run.view, [])["kind"])


def test_a_turn_that_was_tried_twice_leaves_nothing_behind(lab: Lab, world: World) -> None:
    """A turn of a loop that succeeds under the key of its first try is settled: the next turn,
    which has a key of its own, leaves nothing that may have happened [REL-21]."""
    turns = iter([False, True])

    @wb.tool(effect="pure")
    def enough(value: Any) -> bool:
        return next(turns)

    world.faults = {"charge": [ConnectionError("no answer")]}
    repeat = wb.Repeat(until=wb.Check(tool="enough"), at_most=3)
    loop = pay("pay", retry=wb.Retry(attempts=2, wait_s=0), repeat=repeat)
    run = lab.bench(charge(world, idempotent=True), enough).start(plan=plan(loop))
    run.wait(20)
    assert len(world.effects) == 2
    assert run.view.left == []


def test_a_failure_that_surely_did_nothing_is_no_twin(lab: Lab, world: World) -> None:
    """A call that says it did nothing may be planned again without a question [REL-21]."""
    error = RuntimeError("refused at the door")
    error.happened = False  # type: ignore[attr-defined]
    world.faults = {"charge": [error]}
    first = Proposal(plan=plan(pay("pay")))
    second = Proposal(edits=[Remove(step="pay"), Add(step=pay("other"))])
    bench = lab.bench(charge(world), planner=Planner(first, second))
    run = bench.start(goal="pay", on_failure="replan")
    run.wait(20)
    assert world.effects == ["charge 5"]
    assert "request.opened" not in kinds(run)


def test_other_arguments_are_another_action(lab: Lab, world: World) -> None:
    """Only exactly the same arguments make a twin [REL-21]."""
    proposal = Proposal(plan=plan(pay("a", 5), pay("b", 6, after=["a"])))
    run = lab.bench(charge(world), planner=Planner(proposal)).start(goal="pay")
    run.wait(20)
    assert world.effects == ["charge 5", "charge 6"]


def test_reads_may_be_repeated(lab: Lab) -> None:
    """A call that changes nothing is never held [REL-21]."""
    same = {"tool": "look", "args": {"name": "x"}}
    proposal = Proposal(plan=plan(wb.Step(id="a", **same), wb.Step(id="b", **same, after=["a"])))
    run = lab.bench(planner=Planner(proposal)).start(goal="look")
    run.wait(20)
    assert "request.opened" not in kinds(run)


def test_a_person_may_say_the_same_twice(lab: Lab, world: World) -> None:
    """Doubled steps of the person's own plan are done as written [REL-21]."""
    run = lab.bench(charge(world)).start(plan=plan(pay("a"), pay("b", after=["a"])))
    run.wait(20)
    assert world.effects == ["charge 5", "charge 5"]


def test_a_step_that_the_person_edited_is_the_persons(lab: Lab, world: World) -> None:
    """Who changed a step last is its author [REL-21]."""
    run = held(lab, world)
    assert run.view.steps["settle"].author == "planner scripted"
    with run.editing() as draft:
        draft.change("settle", title="once more")
    assert run.view.steps["settle"].author == "person"
    run.resume()
    run.wait(20)
    assert world.effects == ["charge 5", "charge 5"]


def test_a_refusal_skips_the_rest(lab: Lab, world: World) -> None:
    """A refused duplicate is denied, and so is not done [REL-21]."""
    run = held(lab, world)
    run.inbox[0].deny("no")
    run.wait(20)
    assert states(run) == {"pay": "succeeded", "settle": "denied", "end": "skipped"}
    assert len(world.effects) == 1


def test_a_policy_that_denies_is_heard_first(lab: Lab, world: World) -> None:
    """What is denied anyway is not asked about [REL-21]."""

    class Denies:
        def decide(self, call: Any) -> Any:
            return Deny("no charge")

    bench = lab.bench(charge(world), planner=Planner(TWICE), policy=Denies())
    run = bench.start(goal="pay")
    with pytest.raises(RunFailed):
        run.wait(20)
    assert capture_events(run, "request.opened") == []


@pytest.mark.parametrize("choice", ["use", "again"])
def test_it_is_held_when_what_is_done_was_left_out(lab: Lab, world: World, choice: str) -> None:
    """Resumed from the frontier, a twin among the finished steps is found all the same [REL-21]."""
    before = [step(f"s{n}", after=[f"s{n - 1}"] if n else ["pay"]) for n in range(60)]
    gate = step("gate", ask=True, after=["s59"])
    twice = plan(pay("pay"), *before, gate, pay("settle", after=["gate"]))
    options = {"policy": wb.Policy(allow=["*"])}
    bench = lab.bench(charge(world), planner=Planner(Proposal(plan=twice)), **options)
    run = bench.start(goal="pay")
    run.wait_until("waiting", timeout_s=20)
    run = lab.reopen(run, charge(world), **options)
    run.inbox[0].approve()
    eventually(run, lambda view: any(r.opened.about == "duplicate" for r in view.open_requests))
    assert world.effects == ["charge 5"]
    run = lab.reopen(run, charge(world), **options)
    run.wait_until("waiting", timeout_s=20)
    run.inbox[0].choose(choice)
    expected = "receipt 1" if choice == "use" else "receipt 2"
    assert run.wait(20) == expected
