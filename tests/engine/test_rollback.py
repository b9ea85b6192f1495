"""Going back: what a run did is undone by another run, the last first, and honestly reported."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, eventually, plan, states, step
from workbench.commands import RollBack
from workbench.errors import CommandRefused, PlanError, RunFailed, ToolError

Row = tuple[str, str]


class Shop:
    """What can be taken back: things are there until their undo takes them away."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.there: list[str] = []
        self.undone: list[str] = []
        self.faults: dict[str, list[BaseException]] = {}
        self.keys: dict[str, list[str]] = {}
        self.seen: dict[str, Any] = {}

    def tools(self, **declared: Any) -> list[wb.Tool]:
        """Give one tool for each kind of undo; each takes the `name` of what it makes."""

        async def take(name: str, result: Any = None, key: str = "", before: Any = None) -> None:
            self.seen[name] = {"result": result, "key": key, "before": before}
            await self.world.visit(f"un{name}")
            if self.faults.get(name):
                raise self.faults[name].pop(0)
            self.undone.append(name)
            if name in self.there:
                self.there.remove(name)

        async def make(name: str, key: wb.Key) -> dict[str, str]:
            self.keys.setdefault(name, []).append(str(key))
            self.there.append(name)
            await self.world.visit(name)
            return {"made": name}

        def is_there(name: str) -> bool:
            return name in self.there

        def old(name: str) -> str:
            return f"before {name}"

        def of(name: str, effect: str, **more: Any) -> wb.Tool:
            return wb.tool(name=name, effect=effect, **{**more, **declared})(make)  # type: ignore[call-overload,no-any-return]

        quick = wb.Retry(attempts=3, wait_s=0)
        return [
            of("clean", "reversible", undo=take, before=old),
            of("traced", "compensable", undo=take, risk="costly"),
            of("again", "reversible", undo=take, idempotent=True, retry=quick),
            of("asked", "reversible", undo=take, probe=is_there),
            of("final", "irreversible"),
        ]


@pytest.fixture
def shop(world: World) -> Shop:
    """Give a shop in the lab's world."""
    return Shop(world)


def started(lab: Lab, shop: Shop, *steps: wb.Step, **options: Any) -> wb.Run:
    """Start a run with the shop's tools."""
    start = {"on_failure": options.pop("on_failure", "stop")}
    bench = lab.bench(*shop.tools(**options.pop("declared", {})), **options)
    return bench.start(plan=plan(*steps), **start)


def chained(*tools: str) -> list[wb.Step]:
    """Make a chain of steps s1, s2 … with these tools."""
    names = [f"s{n}" for n in range(1, len(tools) + 1)]
    before = [[], *([name] for name in names)]
    return [
        step(name, tool, after=waits)
        for name, tool, waits in zip(names, tools, before, strict=False)
    ]


def test_a_rollback_undoes_the_last_first(lab: Lab, shop: Shop) -> None:
    """Going back undoes every effect once, in reverse order of completion along the dependencies,
    and leaves what has no undo; the report's four counts add up [COMP-4, COMP-7]."""
    run = started(lab, shop, *chained("clean", "traced", "final", "asked", "think"))
    run.wait()

    report = run.rollback(reason="wrong month")

    assert shop.undone == ["s4", "s2", "s1"]
    assert shop.there == ["s3"]
    assert report.counts == {
        "undone": 2, "undone_with_traces": 1, "not_undoable": 1, "unknown": 0
    }  # fmt: skip
    assert sum(report.counts.values()) == len(report) == 4
    assert [row.step for row in report] == ["s4", "s3", "s2", "s1"]
    assert states(run) == {
        "s1": "undone", "s2": "undone", "s3": "undo_failed", "s4": "undone", "s5": "undone"
    }  # fmt: skip
    assert run.state == "succeeded"


def test_the_preview_equals_the_report(lab: Lab, shop: Shop) -> None:
    """Nothing is called by a preview; afterwards the report says the same, effect by effect
    [COMP-8]."""
    run = started(lab, shop, *chained("clean", "traced", "final", "again", "look"))
    run.wait()
    events = run.view.seq

    preview = run.undo_preview()

    assert (shop.undone, run.view.seq) == ([], events)
    assert "will be undone, leaves traces" in str(preview)
    report = run.rollback()
    assert report == preview
    assert report.outcomes == preview.outcomes
    assert [row.outcome for row in report.not_undoable] == ["not_undoable"]


def test_the_undo_gets_what_it_needs(lab: Lab, shop: Shop) -> None:
    """An undo is given the result, the before-image and the key of the very call that it takes
    back, out of the journal alone [COMP-3]."""
    run = started(lab, shop, step("a", "clean"))
    run.wait()
    again = lab.reopen(run, *shop.tools())

    again.rollback()

    assert shop.seen["a"] == {
        "result": {"made": "a"}, "key": shop.keys["a"][0], "before": "before a"
    }  # fmt: skip


def test_independent_branches_are_undone_side_by_side(lab: Lab, shop: Shop, world: World) -> None:
    """Branches that do not depend on each other are undone in parallel; within one, what came
    later is undone before [COMP-4]."""
    gates = [world.gate("unb1"), world.gate("unb2")]
    run = started(
        lab, shop, step("a", "clean"), step("b1", "clean", after=["a"]),
        step("b2", "clean", after=["a"]), declared={"timeout_s": 20},
    )  # fmt: skip
    run.wait()
    run.send(RollBack(to=1))

    for gate in gates:
        gate.wait_reached()
    assert shop.undone == []
    world.open_all()
    eventually(run, lambda view: view.rollback is None)

    assert shop.undone[-1] == "a"
    assert sorted(shop.undone) == ["a", "b1", "b2"]


def test_an_undo_that_is_not_idempotent_is_not_repeated(lab: Lab, shop: Shop) -> None:
    """An undo of which nobody said that it may be called twice is called once, and then asked
    about [COMP-5, COMP-11]."""
    shop.faults["a"] = [OSError("lost the answer")]
    run = started(lab, shop, step("a", "clean"))
    run.wait()

    report = run.rollback(timeout_s=20)

    assert shop.world.calls.count("una") == 1
    assert report.outcomes == {"a": "unknown"}


def test_a_failure_under_the_policy_undo(lab: Lab, shop: Shop, world: World) -> None:
    """With on_failure="undo" a failure takes back what was done before the run fails, once each;
    what cannot be undone is listed [COMP-4]."""
    world.faults["s4"] = [ValueError("no truck")]
    run = started(lab, shop, *chained("clean", "traced", "final", "asked"), on_failure="undo")

    with pytest.raises(RunFailed, match="no truck"):
        run.wait(timeout_s=20)

    assert sorted(shop.undone) == ["s1", "s2", "s4"]
    assert shop.there == ["s3"]
    report = run.undo_reports[-1]
    assert report.outcomes == {
        "s1": "undone", "s2": "undone_with_traces", "s3": "not_undoable", "s4": "undone"
    }  # fmt: skip
    assert run.view.errors == {"s4": "ValueError: no truck"}
    assert run.view.rollbacks[-1].by == "engine"


def test_a_paused_run_goes_on_from_the_checkpoint(lab: Lab, shop: Shop, world: World) -> None:
    """From a late discovery one goes back to the step that caused it, edits, and goes on: what was
    undone is done again under a new key, what stands is not done twice [MULT-7, CONC-8]."""
    world.faults["s4"] = [ValueError("bad"), ValueError("bad")]
    run = started(lab, shop, *chained("clean", "traced", "final", "think"), on_failure="pause")
    run.wait_until("paused", timeout_s=20)
    (mark,) = [mark for mark in run.checkpoints if mark.step == "s1"]

    report = run.rollback(to=mark)

    assert report.outcomes == {"s2": "undone_with_traces", "s3": "not_undoable"}
    assert states(run) == {
        "s1": "succeeded", "s2": "undone", "s3": "undo_failed", "s4": "undone"
    }  # fmt: skip
    assert run.state == "paused"
    world.faults.clear()
    with run.editing(reason="another title") as draft:
        draft.change("s2", title="a better one")
    run.resume()
    run.wait(timeout_s=20)
    assert states(run) == {
        "s1": "succeeded", "s2": "succeeded", "s3": "undo_failed", "s4": "succeeded"
    }  # fmt: skip
    assert shop.there == ["s1", "s3", "s2"]
    first, second = shop.keys["s2"]
    assert first != second


def test_an_undone_step_that_nobody_edits_is_done_again(lab: Lab, shop: Shop) -> None:
    """A run that is paused, taken back to its start and resumed ends as if nothing had been
    [MULT-7, RUNT-9]."""
    run = started(
        lab,
        shop,
        *chained("clean", "asked"),
        step("end", "think", after=["s2"], ask=True),
        policy=wb.Policy(),
    )
    run.wait_until("waiting", timeout_s=20)

    run.rollback(timeout_s=20)

    assert (run.state, shop.there) == ("paused", [])
    run.resume()
    run.wait_until("waiting", timeout_s=20)
    assert shop.there == ["s1", "s2"]
    run.inbox[0].approve()
    run.wait(timeout_s=20)
    assert [len(set(keys)) for keys in shop.keys.values()] == [2, 2]


def test_twice_changes_nothing(lab: Lab, shop: Shop) -> None:
    """What was undone is not undone again, whoever asks and however often [COMP-5]."""
    run = started(lab, shop, *chained("clean", "final"))
    run.wait()
    run.rollback()

    report = run.rollback()

    assert shop.undone == ["s1"]
    assert report.outcomes == {"s2": "not_undoable"}
    assert report.undo == "", "there was nothing to call"


def test_what_never_happened_is_not_undone(lab: Lab, shop: Shop, world: World) -> None:
    """After a forward call that failed for sure there is nothing to undo, and one in doubt is
    looked for first: when it is not there, its undo is not called [COMP-5]."""
    world.faults["sure"] = [wb_error(happened=False)]
    world.faults["gone"] = [OSError("lost")]
    run = started(lab, shop, step("sure", "clean"), step("gone", "asked"), on_failure="continue")
    run.wait_until("failed", timeout_s=20)
    shop.there.remove("gone")

    preview = run.undo_preview()
    report = run.rollback(timeout_s=20)

    assert shop.undone == []
    assert report.outcomes == {"gone": "undone"} == preview.outcomes
    assert report.rows[0].why == "it had not happened"


def wb_error(*, happened: bool) -> Exception:
    """Make an error that says whether the effect took place."""
    error = ValueError("refused at the door")
    error.happened = happened  # type: ignore[attr-defined]  # read by name
    return error


def test_what_the_person_ordered_is_not_asked_about(lab: Lab, shop: Shop) -> None:
    """Who orders a rollback has allowed the undos that its preview shows; by default nothing is
    asked again, also of costly ones [COMP-9]."""
    run = started(lab, shop, *chained("clean", "traced"), policy=wb.Policy())
    run.wait_until("waiting", timeout_s=20)
    run.inbox[0].approve()
    run.wait(timeout_s=20)

    run.rollback(timeout_s=20)

    assert shop.undone == ["s2", "s1"]


def test_a_rule_still_asks_about_an_undo(lab: Lab, shop: Shop) -> None:
    """A rule that a person wrote holds for undos too: it asks, and a refusal leaves the effect,
    while the others are undone [COMP-9]."""
    policy = wb.Policy(ask=["traced"], allow=["*"])
    run = started(lab, shop, *chained("clean", "traced"), policy=policy)
    run.wait_until("waiting", timeout_s=20)
    run.inbox[0].approve()
    run.wait(timeout_s=20)

    report = run.rollback(timeout_s=20)

    assert (report.state, shop.undone) == ("waiting", [])
    (request,) = run.bench.inbox
    assert request.tool == "undo.traced"
    request.deny(reason="keep the charge")
    eventually(run, lambda view: view.rollback is None)
    assert run.undo_reports[-1].outcomes == {"s1": "undone", "s2": "not_undoable"}


def test_a_freeze_stops_an_undo(lab: Lab, shop: Shop) -> None:
    """During a freeze nothing is undone: the undo run pauses, and goes on when it is lifted
    [COMP-10, COMP-9]."""
    run = started(lab, shop, step("a", "clean"))
    run.wait()
    run.bench.freeze("no writes", "incident")

    report = run.rollback(timeout_s=20)

    assert (report.state, shop.undone) == ("paused", [])
    run.bench.unfreeze()
    run.bench.open(report.undo).resume()
    run.bench.open(report.undo).wait(timeout_s=20)
    eventually(run, lambda view: view.rollback is None)
    assert run.rollback(timeout_s=20).outcomes == {"a": "undone"}
    assert (len(run.view.rollbacks), shop.undone) == (1, ["a"])


def test_an_undo_run_is_an_ordinary_run(lab: Lab, shop: Shop) -> None:
    """Undos are calls: in the journal with intent and outcome, in the trace and in the audit, and
    the run that they belong to names the one that it takes back [COMP-9]."""
    run = started(lab, shop, *chained("clean", "asked"))
    run.wait()

    undo = run.bench.open(run.rollback().undo)

    assert (undo.state, undo.view.undoes, undo.view.run_kind) == ("succeeded", run.id, "undo")
    intents = [r.event for r in undo.events() if r.kind == "call.intended"]
    assert [intent.tool for intent in intents] == ["undo.asked", "undo.clean"]
    assert set(undo.audit()["tool"]) == {"undo.asked", "undo.clean"}
    assert all(intent.allowed_by for intent in intents)
    undo.verify()
    run.verify()


def test_an_undo_can_be_left_out_and_never_made_up(lab: Lab, shop: Shop, world: World) -> None:
    """The steps of a rollback can be skipped while it is paused; changing one, adding one, or a
    plan that calls an undo is refused: compensations are registered beforehand [COMP-2]."""
    gate = world.gate("uns2")
    run = started(lab, shop, *chained("clean", "clean"))
    run.wait()
    run.send(RollBack(to=1))
    gate.wait_reached()
    undo = run.bench.open(run.view.rollbacks[-1].undo)

    with pytest.raises(PlanError, match="cannot be changed"), undo.editing() as draft:
        draft.change("undo.s1", args={"name": "other"})
    with undo.editing() as draft:
        draft.skip("undo.s1")
    world.open_all()
    undo.resume()
    eventually(run, lambda view: view.rollback is None)

    assert shop.undone == ["s2"]
    assert states(run) == {"s1": "undo_failed", "s2": "undone"}
    made_up = wb.Plan(goal="x", steps=[wb.Step(id="x", tool="undo.clean", args={"name": "s1"})])
    assert [finding.code for finding in made_up.check(run.bench)] == ["unknown_tool"]
    with pytest.raises(ToolError, match="name of an undo"):
        lab.bench(wb.tool(effect="pure", name="undo.x")(lambda: None))


def test_nothing_goes_on_meanwhile(lab: Lab, shop: Shop, world: World) -> None:
    """While a run is being taken back it is not resumed, edited, stopped or taken back again, and
    an undo run is not undone [COMP-9, PLAN-11]."""
    gate = world.gate("uns1")
    run = started(
        lab,
        shop,
        step("s1", "clean"),
        step("s2", "think", after=["s1"], ask=True),
        policy=wb.Policy(),
    )
    run.wait_until("waiting", timeout_s=20)
    run.send(RollBack(to=1))
    gate.wait_reached()

    for order in (run.resume, run.stop, lambda: run.send(RollBack(to=1))):
        with pytest.raises(CommandRefused, match="being taken back"):
            order()
    undo = run.bench.open(run.view.rollbacks[-1].undo)
    with pytest.raises(CommandRefused, match="no undo of an undo"):
        undo.rollback()
    world.open_all()
    eventually(run, lambda view: view.rollback is None)
    run.resume()


def test_a_rollback_survives_a_restart(lab: Lab, shop: Shop, world: World) -> None:
    """Everything is let go in the middle of an undo; opened again, the run finishes going back,
    and no undo is made twice [COMP-9, RUNT-9]."""
    gate = world.gate("uns1")
    run = started(lab, shop, *chained("asked", "asked"))
    run.wait()
    run.send(RollBack(to=1))
    gate.wait_reached()
    world.open_all()

    again = lab.reopen(run, *shop.tools())

    eventually(again, lambda view: view.rollback is None)
    assert (shop.there, sorted(shop.undone)) == ([], ["s1", "s2"])
    assert again.undo_reports[-1].counts["undone"] == 2


def test_turns_of_a_loop_are_undone_one_by_one(lab: Lab, shop: Shop) -> None:
    """Each turn of a loop is an effect of its own, undone in reverse [COMP-7, RUNT-5]."""

    def take(n: int) -> None:
        shop.undone.append(str(n))

    @wb.tool(effect="reversible", undo=take)
    def count(n: int = 0) -> int:
        return n + 1

    @wb.tool(effect="pure")
    def enough(n: int) -> bool:
        return n >= 3

    repeat = wb.Repeat(until=wb.Check(tool="enough"), at_most=5, carry="n")
    bench = lab.bench(count, enough)
    run = bench.start(plan=plan(wb.Step(id="c", tool="count", args={"n": 0}, repeat=repeat)))
    run.wait(timeout_s=20)

    report = run.rollback(timeout_s=20)

    assert shop.undone == ["2", "1", "0"]
    assert len(report) == 3


@pytest.mark.parametrize("where", ["thread", "process"])
def test_a_tool_takes_no_run_back(lab: Lab, shop: Shop, where: str) -> None:
    """The call of a step cannot order a rollback, of its own run or of another [COMP-2]."""
    said: list[str] = []
    runs: list[Callable[[], object]] = []

    @wb.tool(effect="read")
    def sly() -> str:
        for order in runs:
            try:
                order()
            except CommandRefused as error:
                said.append(str(error))
        return "done"

    run = started(lab, shop, step("a", "clean"))
    run.wait()
    bench = lab.bench(sly)
    other = bench.open(run.id)
    runs += [other.rollback] if where == "thread" else [lambda: other.send(RollBack(to=1))]
    bench.start(plan=plan(wb.Step(id="s", tool="sly"))).wait(timeout_s=20)

    assert len(said) == 1
    assert "'s'" in said[0]
    assert shop.undone == []


def test_only_what_came_since_is_undone(lab: Lab, shop: Shop) -> None:
    """A rollback to a named checkpoint leaves what was done before it, and a place that is not
    there is refused by name [RUNT-6]."""
    run = started(
        lab, shop, step("a", "clean"), step("b", "clean", after=["a"], ask=True), policy=wb.Policy()
    )
    run.wait_until("waiting", timeout_s=20)
    run.checkpoint("before b")
    run.inbox[0].approve()
    run.wait(timeout_s=20)

    with pytest.raises(wb.errors.NotFound, match="no checkpoint 'before c'"):
        run.rollback(to="before c")
    looks = (run.rollback, run.undo_preview, run.view_at, run.checkpoint_at, run.fork_preview)
    for look in looks:
        for place in (9999, 0, -3):
            with pytest.raises(wb.errors.NotFound, match=f"has no event {place}"):
                look(place)
    with pytest.raises(CommandRefused, match="has no event 9999"):
        run.send(wb.commands.RollBack(to=9999))
    report = run.rollback(to="before b")

    assert report.outcomes == {"b": "undone"}
    assert states(run) == {"a": "succeeded", "b": "undone"}
