"""Calls whose outcome nobody knows: timeouts and crashes, probes, keys, and the person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio
import pytest

import workbench as wb
from tests.engine.harness import Lab, World, eventually, kinds, plan, states, step
from workbench.errors import CommandRefused, RunFailed, RunStopped
from workbench.testing import FakeClock, capture_events


def slow(world: World, **declared: Any) -> wb.Tool:
    """Make a tool whose first call has its effect and then does not come back in time."""

    @wb.tool(name="slow", timeout_s=0.05, **declared)
    async def call(name: str, key: wb.Key) -> str:
        if key not in world.keys.setdefault(name, []):
            world.effects.append(name)
        world.keys[name].append(str(key))
        world.calls.append(name)
        if world.calls.count(name) <= world.values.get("hangs", 1):
            await anyio.sleep_forever()
        return "came back"

    return call


def one(tool: str = "slow") -> wb.Plan:
    return plan(wb.Step(id="a", tool=tool, args={"name": "a"}))


def test_a_read_that_times_out_is_retried_then_fails(lab: Lab, world: World) -> None:
    """A timeout of a call that changes nothing is an ordinary failure [CONC-8]."""
    world.values["hangs"] = 2
    retry = wb.Retry(attempts=2, wait_s=0)
    run = lab.bench(slow(world, effect="read", retry=retry)).start(plan=one())
    with pytest.raises(RunFailed, match="no answer within"):
        run.wait(20)
    tried = ["call.intended", "call.timed_out"]
    expected = [*tried, "call.retrying", *tried, "call.failed"]
    assert kinds(run, "a") == expected
    assert run.view.steps["a"].happened is False


@pytest.mark.parametrize("attempts", [1, 2])
def test_an_idempotent_call_that_times_out_goes_again_with_its_key(
    lab: Lab, world: World, attempts: int
) -> None:
    """After a timeout the same key is used again, the effect is there once, and the second result
    is marked as one that a repetition gave [CONC-8]."""
    retry = wb.Retry(attempts=attempts, wait_s=0)
    tool = slow(world, effect="irreversible", idempotent=True, retry=retry)
    run = lab.bench(tool).start(plan=one())
    assert run.wait(20) == "came back"
    assert len(world.keys["a"]) == 2
    assert len(set(world.keys["a"])) == 1
    assert world.effects == ["a"]
    assert run.trace().again.tolist() == [False, True]
    assert "(repeated under the same key)" in str(run)


def test_a_call_that_never_answers_is_not_repeated_for_ever(lab: Lab, world: World) -> None:
    """Under one key a call is made three times, then the person is asked [CONC-8]."""
    world.values["hangs"] = 100
    run = lab.bench(slow(world, effect="irreversible", idempotent=True)).start(plan=one())
    run.wait_until("waiting", timeout_s=20)
    assert world.calls == ["a"] * 3
    assert run.inbox[0].kind == "doubt"
    run.stop()


def test_a_call_that_is_not_idempotent_is_in_doubt(lab: Lab, world: World) -> None:
    """A timeout leaves it in doubt, never retried: the person is asked with evidence [CONC-8]."""
    retry = wb.Retry(attempts=5, wait_s=0)
    run = lab.bench(slow(world, effect="irreversible", retry=retry)).start(plan=one())
    run.wait_until("waiting", timeout_s=20)
    assert states(run) == {"a": "in_doubt"}
    request = run.inbox[0]
    assert (request.kind, request.step) == ("doubt", "a")
    assert set(request.choices) == {"done", "redo", "skip"}
    assert "choices: done (It happened: go on); redo (Do it again); skip (" in str(request)
    assert request.evidence["key"] == world.keys["a"][0]
    assert "no answer within" in request.why
    assert world.calls == ["a"]


@pytest.mark.parametrize(
    ("choice", "state", "calls"),
    [("done", "succeeded", 1), ("redo", "succeeded", 2), ("skip", "skipped", 1)],
)
def test_the_person_settles_a_doubt(
    lab: Lab, world: World, choice: str, state: str, calls: int
) -> None:
    """`done` takes it as done, `redo` calls again, `skip` goes on without [CONC-8]."""
    bench = lab.bench(slow(world, effect="irreversible"))
    first = wb.Step(id="a", tool="slow", args={"name": "a"})
    run = bench.start(plan=plan(first, step("b", after=["a"])))
    run.wait_until("waiting", timeout_s=20)
    run.inbox[0].choose(choice, reason="I looked")
    assert run.wait(20) == "b"
    assert run.view.steps["a"].state == state
    assert len(world.calls) == calls + 1


def test_a_doubt_takes_no_approval_and_no_other_word(lab: Lab, world: World) -> None:
    """A doubt is settled by one of its choices only; a refusal skips the step."""
    run = lab.bench(slow(world, effect="irreversible")).start(plan=one())
    run.wait_until("waiting", timeout_s=20)
    with pytest.raises(CommandRefused, match="asks for a choice"):
        run.inbox[0].approve()
    with pytest.raises(CommandRefused, match="'maybe' is no answer"):
        run.inbox[0].choose("maybe")
    run.inbox[0].deny("leave it")
    run.wait(20)
    assert states(run) == {"a": "skipped"}
    assert world.calls == ["a"]


def _raises(name: str) -> Any:
    raise ConnectionError("no line to the service")


def _exits(name: str) -> Any:
    raise SystemExit(1)


@pytest.mark.parametrize(
    ("probe", "calls", "output"),
    [
        (lambda world: True, 1, None),
        (lambda world: wb.Happened({"id": 7}), 1, {"id": 7}),
        (lambda world: len(world.calls) == 2, 2, "came back"),
    ],
    ids=["yes", "happened", "no"],
)
def test_a_probe_settles_a_doubt(
    lab: Lab, world: World, probe: Callable[[World], Any], calls: int, output: Any
) -> None:
    """Yes: done, with what it returned; no: called again; nobody is asked [RUNT-2]."""
    looks = {"effect": "irreversible", "probe": lambda name: probe(world)}
    run = lab.bench(slow(world, **looks)).start(plan=one())
    assert run.wait(20) == output
    assert world.calls == ["a"] * calls
    assert "request.opened" not in kinds(run)


@pytest.mark.parametrize(
    ("probe", "evidence"),
    [
        (_raises, "the probe failed: ConnectionError: no line to the service"),
        (_exits, "the probe failed: SystemExit: 1"),
        (lambda name: "perhaps", "the probe gave 'perhaps'"),
        (lambda name: None, "the probe gave None"),
        (lambda name: wb.Happened(object()), "the probe failed"),
    ],
    ids=["raises", "exits", "perhaps", "none", "unstorable"],
)
def test_a_probe_that_cannot_tell_leaves_it_to_the_person(
    lab: Lab, world: World, probe: Callable[[str], Any], evidence: str
) -> None:
    """A probe that breaks or mumbles is shown as evidence, and the person is asked [RUNT-2]."""
    run = lab.bench(slow(world, effect="irreversible", probe=probe)).start(plan=one())
    run.wait_until("waiting", timeout_s=20)
    assert evidence in run.inbox[0].evidence["probe"]
    run.inbox[0].choose("done")
    run.wait(20)
    assert world.calls == ["a"]


Token = wb.Secret["token"]


def test_a_probe_gets_what_it_asks_for(lab: Lab, world: World) -> None:
    """A probe is handed arguments, key, secret and the image of before by name [COMP-1]."""
    seen: dict[str, Any] = {}

    def probe(name: str, key: str, before: Any, token: Any) -> bool:
        seen.update(name=name, key=key, before=before, token=token.reveal())
        return True

    @wb.tool(
        effect="reversible",
        undo=lambda: None,
        probe=probe,
        before=lambda name: ["old"],
        timeout_s=0.05,
    )
    async def act(name: str, token: Token) -> None:
        await anyio.sleep_forever()

    run = lab.bench(act, secrets={"token": "t0k"}).start(plan=one("act"))
    run.wait(20)
    key = capture_events(run, "call.intended")[0].key
    assert seen == {"name": "a", "key": key, "before": ["old"], "token": "t0k"}


def test_a_doubt_that_is_left_open_is_asked_again(lab: Lab, world: World) -> None:
    """An expired doubt settles nothing: the run pauses, and asks again when resumed [ASYN-7]."""
    clock = FakeClock()
    tool = slow(world, effect="irreversible")
    run = lab.bench(tool, clock=clock, request_expires_s=60).start(plan=one())
    run.wait_until("waiting", timeout_s=20)
    clock.advance(61)
    run.wait_until("paused", timeout_s=20)
    assert states(run) == {"a": "in_doubt"}
    run.resume()
    run.wait_until("waiting", timeout_s=20)
    run.inbox[0].choose("skip")
    run.wait(20)
    assert world.calls == ["a"]


def test_a_stop_while_a_probe_looks_opens_no_question(lab: Lab, world: World) -> None:
    """Stopping during a probe ends the run with the step in doubt, and an empty inbox [CONC-1]."""
    gate = world.gate("probe")

    async def probe(name: str) -> str:
        await gate.passing()
        return "perhaps"

    run = lab.bench(slow(world, effect="irreversible", probe=probe)).start(plan=one())
    gate.wait_reached()
    run.stop("enough")
    with pytest.raises(RunStopped):
        run.wait(20)
    assert run.inbox == []
    assert run.view.remains["in_flight"] == {"a": "in doubt"}


@pytest.mark.parametrize("effect", ["read", "irreversible"])
def test_closing_in_the_middle_of_a_call(lab: Lab, world: World, effect: str) -> None:
    """Closed in mid-call, a read runs again on reopening; an effect is in doubt [ASYN-6]."""

    @wb.tool(effect=effect, name="slow")
    async def call(name: str) -> str:
        return await world.visit(name)

    gate = world.gate("a")
    bench = lab.bench(call)
    bench.host._parts.stop_grace_s = 0.05
    run = bench.start(plan=one())
    gate.wait_reached()
    lab.close()
    gate.open()
    again = lab.bench(call).open(run.id)
    if effect == "read":
        assert again.wait(20) == "a"
        return
    again.wait_until("waiting", timeout_s=20)
    assert again.inbox[0].kind == "doubt"
    eventually(again, lambda view: view.steps["a"].state == "in_doubt")
    again.inbox[0].choose("skip")
    again.wait(20)
    assert world.calls == ["a"]


def test_closing_waits_for_an_effect_that_ends_soon(lab: Lab, world: World) -> None:
    """A closed workbench lets an effect in flight finish and keeps its outcome [CONC-10]."""
    gate = world.gate("a")
    run = lab.bench().start(plan=plan(step("a", "send"), step("b", after=["a"])))
    gate.wait_reached()
    bench = lab._benches[0]
    import threading

    closing = threading.Thread(target=bench.host.close)
    closing.start()
    gate.open()
    closing.join(20)
    again = lab.reopen(run)
    assert again.wait(20) == "b"
    assert world.calls == ["a", "b"]
    assert kinds(again, "a") == ["call.intended", "call.succeeded"]


def test_an_answer_that_was_lost_is_a_doubt_and_not_a_failure(lab: Lab, world: World) -> None:
    """A tool that raises a timeout of its own has lost the answer, not the effect [CONC-9]."""
    world.faults["a"] = [TimeoutError("the server did not answer")]
    run = lab.bench().start(plan=plan(step("a", tool="send")))
    run.wait_until("waiting")
    assert states(run) == {"a": "in_doubt"}
    assert run.inbox[0].kind == "doubt"
    run.inbox[0].choose("done")
    run.wait(20)
    assert world.effects == ["a"]


def test_a_tool_that_knows_that_nothing_happened_is_believed(lab: Lab, world: World) -> None:
    """An error with `happened = False` fails the step; no effect took place [CONC-9]."""
    error = TimeoutError("refused before it was sent")
    error.happened = False  # type: ignore[attr-defined]
    world.faults["a"] = [error]
    run = lab.bench().start(plan=plan(step("a", tool="send")))
    with pytest.raises(RunFailed):
        run.wait(20)
    assert run.view.steps["a"].happened is False


def undoable(world: World, lost: bool = True, **declared: Any) -> wb.Tool:
    """Make a tool that does its work, whose first answer is lost, and that has an undo."""

    def unput(name: str, key: str) -> None:
        world.keys.setdefault("undone", []).append(key)
        if world.faults.get(f"un{name}"):
            raise world.faults[f"un{name}"].pop(0)
        world.effects.remove(name)

    @wb.tool(name="lay", **{"effect": "reversible", "undo": unput, **declared})
    async def call(name: str, key: wb.Key) -> str:
        world.effects.append(name)
        world.keys.setdefault(name, []).append(str(key))
        if lost and world.calls.count(name) == 0:
            world.calls.append(name)
            raise TimeoutError("the answer was lost")
        return await world.visit(name)

    return call


def doubted(lab: Lab, *tools: wb.Tool, **settings: Any) -> wb.Run:
    """Start a plan whose step `b` is in doubt, between `a` and `c`."""
    steps = [step("a", "send"), step("b", "lay", after=["a"]), step("c", after=["b"])]
    run = lab.bench(*tools, **settings).start(plan=plan(*steps))
    run.wait_until("waiting", timeout_s=20)
    return run


def back(run: wb.Run) -> None:
    """Wait until the doubted call is taken back."""
    eventually(run, lambda view: bool(view.rollbacks) and view.rollback is None)


def test_a_doubt_shows_its_intent(lab: Lab, world: World) -> None:
    """The question names the intent, its time, and the arguments of the call [CONC-9, REL-19]."""
    run = doubted(lab, undoable(world))
    (intent,) = [r for r in run.events() if r.kind == "call.intended" and r.event.step == "b"]
    request = run.inbox[0]
    at = f"event {intent.seq}, at {intent.at:%Y-%m-%d %H:%M:%S} UTC"
    assert request.evidence["intent"] == at
    assert request.args == {"name": "b"}
    assert "arguments" in request.facts
    assert "late outcome" not in request.evidence
    for shown in (str(request), request._repr_html_()):
        assert at in shown
        assert "Undo it" in shown
    run.stop()


def test_a_doubt_is_settled_by_the_undo_of_that_call(lab: Lab, world: World) -> None:
    """`undo` takes back just this call and pauses; resumed, the step begins anew under another
    key, what was done before it stands, and each is there once [CONC-9, COMP-9]."""
    run = doubted(lab, undoable(world))
    assert list(run.inbox[0].choices) == ["done", "redo", "undo", "skip"]
    assert world.effects == ["a", "b"]
    run.inbox[0].choose("undo", reason="start over")
    back(run)
    assert run.state == "paused"
    assert states(run) == {"a": "succeeded", "b": "undone", "c": "pending"}
    assert world.effects == ["a"]
    assert world.keys["undone"] == world.keys["b"][:1]
    (report,) = run.undo_reports
    assert [(row.step, row.outcome) for row in report] == [("b", "undone")]
    assert run.undo_preview().outcomes == {"a": "not_undoable"}
    run.resume()
    assert run.wait(20) == "c"
    assert world.effects == ["a", "b"]
    assert len(set(world.keys["b"])) == 2


def test_an_undone_doubt_can_be_left_out(lab: Lab, world: World) -> None:
    """What was taken back is done again only if the person wants it: the plan is edited before the
    run is resumed [CONC-9, PLAN-5]."""
    run = doubted(lab, undoable(world))
    run.inbox[0].choose("undo")
    back(run)
    with run.editing("not again") as draft:
        draft.skip("b")
    run.resume()
    assert run.wait(20) == "c"
    assert world.effects == ["a"]


@pytest.mark.parametrize(
    ("declared", "word"),
    [({"effect": "irreversible", "undo": None}, "Do it again"), ({"idempotent": True}, "same key")],
    ids=["no undo", "idempotent"],
)
def test_what_cannot_be_undone_is_not_offered(
    lab: Lab, world: World, declared: dict[str, Any], word: str
) -> None:
    """`undo` is a choice only where one was registered; `redo` of an idempotent tool says that it
    uses the same key [CONC-9]."""
    tool = undoable(world, lost=False, **declared)
    world.faults["b"] = [TimeoutError("lost")] * 3
    run = doubted(lab, tool)
    request = run.inbox[0]
    assert word in request.choices["redo"]
    assert ("undo" in request.choices) == ("idempotent" in declared)
    if "undo" not in request.choices:
        with pytest.raises(CommandRefused, match="'undo' is no answer"):
            request.choose("undo")
    run.stop()


def test_an_undo_of_a_doubt_that_fails_leaves_the_doubt(lab: Lab, world: World) -> None:
    """Where the undo fails and is left, nobody knows still: the report says so, and when the run is
    resumed the person is asked again [CONC-9, COMP-9]."""
    world.faults["unb"] = [PermissionError("not yours")]
    run = doubted(lab, undoable(world))
    run.inbox[0].choose("undo")
    undo = run.view.rollbacks[0].undo
    eventually(run, lambda _: any(request.run == undo for request in run.bench.inbox))
    (request,) = [one for one in run.bench.inbox if one.run == undo]
    assert set(request.choices) == {"done", "redo", "skip"}
    request.choose("skip")
    back(run)
    assert states(run)["b"] == "in_doubt"
    assert run.undo_reports[0].counts["unknown"] == 1
    run.resume()
    run.wait_until("waiting", timeout_s=20)
    run.inbox[0].choose("undo")
    eventually(run, lambda view: len(view.rollbacks) == 2 and view.rollback is None)
    assert states(run)["b"] == "undone"
    assert world.effects == ["a"]


def test_an_undone_doubt_is_no_rollback_of_the_run(lab: Lab, world: World) -> None:
    """With `on_failure="undo"` a later failure still takes back all the rest [CONC-9, REL-20]."""
    steps = [step("b", "lay"), step("c", "lay", after=["b"]), step("d", after=["c"])]
    world.faults["d"] = [ValueError("broken")]
    bench = lab.bench(undoable(world))
    run = bench.start(plan=plan(*steps), on_failure="undo")
    run.wait_until("waiting", timeout_s=20)
    run.inbox[0].choose("undo")
    back(run)
    world.calls += ["c"]
    run.resume()
    with pytest.raises(RunFailed):
        run.wait(20)
    assert world.effects == []
    assert [bool(one.only) for one in run.view.rollbacks] == [True, False]
