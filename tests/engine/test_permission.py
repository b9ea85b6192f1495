"""The pipeline before the intent: policy, requests, answers, secrets, budget."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, chain, eventually, kinds, plan, states, step
from workbench.commands import Answer
from workbench.errors import CommandRefused
from workbench.planner import Proposal
from workbench.testing import FakeClock, capture_events

MailSecret = wb.Secret["mail"]
MissingSecret = wb.Secret["nowhere_set"]


def asking(lab: Lab, *steps: wb.Step, **options: Any) -> wb.Run:
    """Start a run under the default policy and wait until it waits."""
    options.setdefault("policy", wb.Policy())
    start = {"on_failure": options.pop("on_failure", "stop")}
    run = lab.bench(*options.pop("tools", ()), **options).start(plan=plan(*steps), **start)
    run.wait_until("waiting", timeout_s=20)
    return run


def test_the_stages_of_a_call_come_in_order(lab: Lab, world: World) -> None:
    """Ask, answer, intent, outcome: the journal shows the stages of one call in order [HARN-4]."""
    run = asking(lab, step("a", "send"))
    run.inbox[0].approve()
    run.wait(20)
    expected = ["request.opened", "request.answered", "call.intended", "call.succeeded"]
    assert kinds(run, "a") == expected
    intent = capture_events(run, "call.intended")[0]
    assert (intent.effect, intent.allowed_by) == ("irreversible", "answer of person")
    assert intent.args.value == {"name": "a"}


@pytest.mark.parametrize(
    ("tool", "asked"),
    [
        ("think", False),
        ("look", False),
        ("put", False),
        ("send", True),
        ("post", True),
        ("undeclared", True),
    ],
)
def test_the_default_policy_goes_by_the_declared_effect(
    lab: Lab, world: World, tool: str, asked: bool
) -> None:
    """Pure, read and local reversible calls run; irreversible and undeclared ask [COMP-1]."""
    run = lab.bench(policy=wb.Policy()).start(plan=plan(step("a", tool)))
    state = run.wait_until("waiting", timeout_s=20)
    assert (state == "waiting") is asked
    if asked:
        assert world.effects == []
        assert run.inbox[0].kind == "permission"
        assert "irreversible" in run.inbox[0].why


def test_waiting_holds_nothing(lab: Lab) -> None:
    """While a run waits for a person no task, thread or drive of it exists [ASYN-7]."""
    run = asking(lab, step("a", "send"))
    host = lab._benches[0].host
    eventually(run, lambda _: not host.driving(run.id))
    assert run.live_tasks() == []
    assert lab._benches[0].journal.run(run.id).owner == ""


def test_other_branches_go_on_while_one_asks(lab: Lab, world: World) -> None:
    """A request stops only its own step and what needs it [ASYN-7, PLAN-4]."""
    run = asking(lab, step("a", "send"), step("b"), step("c", after=["b"]), step("d", after=["a"]))
    assert states(run) == {"a": "asking", "b": "succeeded", "c": "succeeded", "d": "pending"}
    run.inbox[0].approve()
    run.wait(20)


def test_edited_arguments_are_what_is_done(lab: Lab, world: World) -> None:
    """An approval with edited arguments makes the call with exactly those [PLAN-10]."""
    run = asking(lab, step("a", "send", value=1))
    run.inbox[0].approve(args={"value": 2})
    assert run.wait(20) == 2
    assert capture_events(run, "call.intended")[0].args.value == {"name": "a", "value": 2}


def test_edited_arguments_are_validated(lab: Lab, world: World) -> None:
    """Edited arguments that do not fit the tool are refused; the request stays open [HARN-4]."""
    run = asking(lab, step("a", "send"))
    request = run.inbox[0]
    with pytest.raises(CommandRefused, match="do not fit"):
        request.approve(args={"name": 7})
    with pytest.raises(CommandRefused, match="do not fit"):
        request.approve(args={"nobody": 1})
    assert [r.id for r in run.inbox] == [request.id]
    assert world.effects == []
    request.approve()
    run.wait(20)


def test_an_approval_covers_only_the_arguments_shown(lab: Lab, world: World) -> None:
    """When what a step refers to comes out otherwise after the approval, it asks again [HARN-4]."""
    clicks = iter(["first", "second"])

    @wb.tool(effect="read")
    def draw() -> str:
        return next(clicks)

    draws = wb.Step(id="draw", tool="draw")
    send = step("a", "send", value=wb.ref("draw"))
    run = asking(lab, draws, send, tools=[draw])
    run.pause()
    run.inbox[0].approve()
    with run.editing() as draft:
        draft.add(wb.Step(id="draw2", tool="draw"))
        draft.change("a", args={"value": wb.ref("draw2")})
    run.resume()
    run.wait_until("waiting", timeout_s=20)
    assert world.effects == []
    assert run.inbox[0].args["value"] == "second"


def test_an_approval_for_the_run_covers_the_tool(lab: Lab, world: World) -> None:
    """With scope="run" the tool is not asked about again in this run; other tools are [HARN-4]."""
    run = asking(lab, *chain("a", "b", "c", tool="send").steps, step("d", "post", after=["c"]))
    run.inbox[0].approve(scope="run")
    eventually(run, lambda view: view.state == "waiting" and view.steps["d"].state == "asking")
    assert world.effects == ["a", "b", "c"]
    assert [request.tool for request in run.inbox] == ["post"]


def test_a_step_that_asks_is_asked_about_whatever_the_policy(lab: Lab, world: World) -> None:
    """A step with `ask=True` is a gate of its own, not opened by the policy [PLAN-9]."""
    steps = [step("a"), step("b", after=["a"], ask=True)]
    run = asking(lab, *steps, policy=wb.Policy(allow=["*"]))
    assert run.inbox[0].step == "b"
    assert "the plan asks" in run.inbox[0].why
    run.inbox[0].approve()
    assert run.wait(20) == "b"


def test_denied_then_continue(lab: Lab, world: World) -> None:
    """A refusal takes out the step and what needs it; the rest goes on [CONC-5]."""
    run = asking(lab, step("a", "send"), step("b", after=["a"]), step("c"))
    run.inbox[0].deny("not today")
    run.wait(20)
    assert states(run) == {"a": "denied", "b": "skipped", "c": "succeeded"}
    assert run.view.steps["a"].error == "not today"
    assert world.effects == []


def test_denied_then_freeze(lab: Lab, world: World) -> None:
    """With then="freeze" the run is paused with the reason [RUNT-13]."""
    run = asking(lab, step("a", "send"))
    run.inbox[0].deny("stop there", then="freeze")
    assert (run.state, run.view.reason) == ("paused", "stop there")


def test_denied_then_stop(lab: Lab, world: World) -> None:
    """With then="stop" the run ends, and nothing was done [CONC-1]."""
    run = asking(lab, step("a", "send"), step("b", "send"))
    eventually(run, lambda view: len(view.open_requests) == 2)
    run.inbox[0].deny(then="stop")
    with pytest.raises(wb.errors.RunStopped):
        run.wait(20)
    assert world.effects == []
    assert run.inbox == []


class Replanner:
    """Answers each call with the next proposal."""

    name = "scripted"

    def __init__(self, *proposals: Proposal) -> None:
        self.proposals, self.seen = list(proposals), []

    async def propose(self, context: Any) -> Proposal:
        self.seen.append(context)
        return self.proposals.pop(0)


def test_denied_then_replan(lab: Lab, world: World) -> None:
    """With then="replan" the planner is asked, knows the reason, and its plan is done [PLAN-7]."""
    new = plan(step("a2", "put"), step("b", after=["a2"]))
    planner = Replanner(Proposal(plan=new, reason="put instead of send"))
    run = asking(lab, step("a", "send"), step("b", after=["a"]), planner=planner)
    run.inbox[0].deny("too public", then="replan")
    assert run.wait(20) == "b"
    assert "too public" in planner.seen[0].why
    assert world.effects == ["a2"]
    assert [r.author for r in run.view.revisions] == ["person", "planner scripted"]


def test_denied_then_replan_without_a_planner_pauses(lab: Lab, world: World) -> None:
    """Without a planner the person is told to edit, and can [PLAN-7]."""
    run = asking(lab, step("a", "send"), step("b", after=["a"]))
    run.inbox[0].deny("no", then="replan")
    run.wait_until("paused", timeout_s=20)
    assert "no planner" in run.view.reason
    with run.editing() as draft:
        draft.move("b", after=[])
        draft.remove("a")
    run.resume()
    assert run.wait(20) == "b"


def test_an_answer_counts_once(lab: Lab, world: World) -> None:
    """Of two answers the first counts, and the second is told so [HARN-4]."""
    run = asking(lab, step("a", "send"), step("b", "send"))
    eventually(run, lambda view: len(view.open_requests) == 2)
    request = run.inbox[0]
    request.approve()
    with pytest.raises(CommandRefused, match="already answered"):
        request.deny()


def test_a_choice_is_no_answer_to_a_permission(lab: Lab, world: World) -> None:
    """Choosing some text for a permission is refused; it neither allows nor loses the step."""
    run = asking(lab, step("a", "send"))
    with pytest.raises(CommandRefused, match="asks for an approval"):
        run.inbox[0].choose("sure")
    assert [r.state for r in run.inbox] == ["open"]
    assert run.state == "waiting"


def test_a_wrong_token_is_refused(lab: Lab, world: World) -> None:
    """An answer without the token of its request is refused and changes nothing [HARN-4]."""
    run = asking(lab, step("a", "send"))
    request = run.inbox[0]
    for token in ("", "guess", request.view.opened.token[:-1]):
        with pytest.raises(CommandRefused, match="token"):
            run.send(Answer(request=request.id, token=token, verdict="approve"))
    assert world.effects == []
    assert run.state == "waiting"


@pytest.mark.parametrize("kind", ["thread", "async"])
@pytest.mark.parametrize("how", ["request", "send"])
def test_a_tool_cannot_answer(lab: Lab, world: World, kind: str, how: str) -> None:
    """From inside a call no request is answered, by whichever door [HARN-4]."""
    seen: list[str] = []

    def answer() -> None:
        request = run.inbox[0]
        token = request.view.opened.token
        try:
            if how == "request":
                request.approve()
            else:
                run.send(Answer(request=request.id, token=token, verdict="approve"))
        except CommandRefused as refused:
            seen.append(str(refused))

    @wb.tool(effect="read", name="sneak")
    def in_thread() -> None:
        answer()

    @wb.tool(effect="read", name="sneak")
    async def in_loop() -> None:
        answer()

    sneak = in_thread if kind == "thread" else in_loop
    asked = threading.Event()

    @wb.tool(effect="read")
    def wait_asked() -> None:
        assert asked.wait(20)

    steps = [
        step("a", "send"),
        wb.Step(id="w", tool="wait_asked"),
        wb.Step(id="sneak", tool="sneak", after=["w"]),
    ]
    bench = lab.bench(sneak, wait_asked, policy=wb.Policy())
    run = bench.start(plan=plan(*steps))
    eventually(run, lambda view: bool(view.open_requests))
    asked.set()
    eventually(run, lambda view: view.steps["sneak"].final)
    assert len(seen) == 1
    assert "Only a person answers" in seen[0]
    assert world.effects == []


def test_an_unanswered_request_expires(lab: Lab, world: World) -> None:
    """After three days without an answer the call is refused and the run paused [ASYN-7]."""
    clock = FakeClock()
    run = asking(lab, step("a", "send"), clock=clock, request_expires_s=3 * 86400)
    request = run.inbox[0]
    clock.advance(days=2.9)
    assert run.state == "waiting"
    clock.advance(days=0.2)
    run.wait_until("paused", timeout_s=20)
    assert states(run) == {"a": "denied"}
    with pytest.raises(CommandRefused, match="expired"):
        request.approve()
    assert world.effects == []


def test_a_request_is_approved_after_days(lab: Lab, world: World) -> None:
    """A request without a deadline is still good after three days [ASYN-7]."""
    clock = FakeClock()
    run = asking(lab, step("a", "send"), clock=clock)
    clock.advance(days=3)
    run.inbox[0].approve()
    assert run.wait(20) == "a"


def test_a_request_that_expired_while_nobody_was_there(lab: Lab, world: World) -> None:
    """A deadline that passes while the kernel is down holds when it is back [ASYN-6, ASYN-7]."""
    clock = FakeClock()
    run = asking(lab, step("a", "send"), clock=clock, request_expires_s=3600)
    lab.close()
    clock.advance(days=1)
    again = lab.bench(clock=clock, request_expires_s=3600, policy=wb.Policy()).open(run.id)
    again.wait_until("paused", timeout_s=20)
    assert states(again) == {"a": "denied"}


def test_an_expiry_is_not_undone_by_another_answer(lab: Lab, world: World) -> None:
    """When one request expires, approving another leaves the run paused [ASYN-7]."""
    clock = FakeClock()
    steps = [step("a", "send"), step("x"), step("b", "send", after=["x"])]
    gate = world.gate("x")
    run = lab.bench(policy=wb.Policy(), clock=clock, request_expires_s=100).start(plan=plan(*steps))
    eventually(run, lambda view: bool(view.open_requests))
    clock.advance(50)
    gate.open()
    eventually(run, lambda view: len(view.open_requests) == 2)
    later = run.inbox[1]
    clock.advance(60)
    later.approve()
    assert run.state == "paused"
    assert states(run)["a"] == "denied"
    run.resume()
    run.wait(20)
    assert world.effects == ["b"]


def test_an_open_request_survives_reopening(lab: Lab, world: World) -> None:
    """After a restart the same request is there and its approval counts [ASYN-6, RUNT-9]."""
    run = asking(lab, step("a", "send"))
    known = run.inbox[0].id
    again = lab.reopen(run, policy=wb.Policy())
    assert [r.id for r in again.inbox] == [known]
    assert kinds(again).count("request.opened") == 1
    again.inbox[0].approve()
    assert again.wait(20) == "a"


def test_a_cap_asks_before_it_is_crossed(lab: Lab, world: World) -> None:
    """A call that would cross a limit asks; approved, it is made; the next asks again [HARN-4]."""

    @wb.tool(effect="irreversible", spend=lambda usd: {"usd": usd})
    def buy(usd: float) -> float:
        world.effects.append(f"{usd}")
        return usd

    def buys(name: str, usd: float, *after: str) -> wb.Step:
        return wb.Step(id=name, tool="buy", args={"usd": usd}, after=list(after))

    budget = wb.Budget(usd=5)
    bench = lab.bench(buy, budget=budget)
    run = bench.start(plan=plan(buys("a", 3), buys("b", 3, "a"), buys("c", 1, "b")))
    run.wait_until("waiting", timeout_s=20)
    assert world.effects == ["3.0"]
    request = run.inbox[0]
    assert (request.kind, request.step) == ("budget", "b")
    assert "limit of 5" in request.why
    request.approve()
    eventually(run, lambda view: view.steps["c"].state == "asking")
    assert run.usage["usd"] == 6
    run.inbox[0].deny()
    run.wait(20)
    assert world.effects == ["3.0", "3.0"]


def test_a_permission_is_no_leave_to_cross_a_limit(lab: Lab, world: World) -> None:
    """An approval given within the limits does not cover crossing them later [HARN-4]."""

    @wb.tool(effect="irreversible", spend=lambda usd: {"usd": usd})
    def buy(usd: float) -> float:
        world.effects.append(f"{usd}")
        return usd

    steps = [wb.Step(id=name, tool="buy", args={"usd": 3 + n}) for n, name in enumerate("ab")]
    run = asking(lab, *steps, tools=[buy], budget=wb.Budget(usd=5))
    eventually(run, lambda view: len(view.open_requests) == 2)
    for request in run.inbox:
        request.approve()
    eventually(run, lambda view: [r.opened.about for r in view.open_requests] == ["budget"])
    assert len(world.effects) == 1
    run.stop()


@pytest.mark.parametrize("amount", [float("nan"), -1, float("inf"), "3", None, True])
def test_an_amount_that_is_none_is_refused(lab: Lab, world: World, amount: Any) -> None:
    """A spend that is NaN, negative, infinite or no number fails the step before the call."""

    @wb.tool(effect="irreversible", spend=lambda: {"usd": amount})
    def buy() -> None:
        world.effects.append("bought")

    run = lab.bench(buy, budget=wb.Budget(usd=5)).start(plan=plan(wb.Step(id="a", tool="buy")))
    with pytest.raises(wb.errors.RunFailed, match="declares a spend"):
        run.wait(20)
    assert world.effects == []
    assert run.view.steps["a"].happened is False


def test_calls_are_capped(lab: Lab, world: World) -> None:
    """`calls` counts what changes the world, and asks at the limit; reads are free [HARN-4]."""
    steps = chain("a", "b", "c", tool="put").steps
    run = lab.bench(budget=wb.Budget(calls=2)).start(plan=plan(step("r"), *steps))
    run.wait_until("waiting", timeout_s=20)
    assert world.effects == ["a", "b"]
    assert run.inbox[0].kind == "budget"


def test_a_secret_reaches_the_tool_and_nothing_else(lab: Lab, world: World) -> None:
    """A secret is injected at call time; the journal never has it, errors included [HARN-4]."""
    seen: list[str] = []
    text = "correct-horse-battery-staple"

    @wb.tool(effect="read")
    def login(user: str, password: MailSecret) -> str:
        seen.append(password.reveal())
        if user == "eve":
            raise PermissionError(f"wrong password {password.reveal()}")
        return f"{user} {password}"

    steps = [wb.Step(id=u, tool="login", args={"user": u}) for u in ("ada", "eve")]
    run = lab.bench(login, secrets={"mail": text}).start(plan=plan(*steps), on_failure="continue")
    with pytest.raises(wb.errors.RunFailed, match="<secret mail>"):
        run.wait(20)
    assert seen == [text, text]
    lab.close()
    for path in Path(lab.place).parent.iterdir():
        assert text.encode() not in path.read_bytes()


def test_a_missing_secret_fails_before_the_call(lab: Lab, world: World) -> None:
    """A secret that is not set fails the step by its name, and nothing was called [HARN-4]."""

    @wb.tool(effect="irreversible")
    def login(password: MissingSecret) -> None:
        world.effects.append("called")

    run = lab.bench(login).start(plan=plan(wb.Step(id="a", tool="login")))
    with pytest.raises(wb.errors.RunFailed, match="'nowhere_set'"):
        run.wait(20)
    assert world.effects == []
    assert run.view.steps["a"].happened is False
    assert kinds(run, "a") == ["call.failed"]


def test_the_key_is_the_same_on_every_attempt(lab: Lab, world: World) -> None:
    """Retries carry the key of the first attempt; other arguments have another one [CONC-8]."""
    world.faults = {"a": [OSError("net"), OSError("net")]}
    retry = wb.Retry(attempts=3, wait_s=0)
    steps = [step("a", "post", retry=retry), step("b", "post", value=1)]
    run = lab.bench().start(plan=plan(*steps))
    run.wait(20)
    assert len(world.keys["a"]) == 3
    assert len(set(world.keys["a"])) == 1
    assert world.effects.count("a") == 1
    assert set(world.keys["a"]) != set(world.keys["b"])


def test_a_preview_is_shown_and_may_fail(lab: Lab, world: World) -> None:
    """The request shows the tool's dry run; one that breaks is said to have broken [COMP-1]."""

    def preview(name: str) -> str:
        if name == "bad":
            raise SystemExit(3)
        return f"would write {name}"

    @wb.tool(effect="irreversible", preview=preview)
    def write(name: str) -> None:
        world.effects.append(name)

    steps = [wb.Step(id=n, tool="write", args={"name": n}) for n in ("good", "bad")]
    run = asking(lab, *steps, tools=[write])
    eventually(run, lambda view: len(view.open_requests) == 2)
    previews = {request.step: request.preview for request in run.inbox}
    assert previews["good"] == "would write good"
    assert previews["bad"] == "No preview: SystemExit: 3"


def test_a_policy_that_breaks_lets_nothing_pass(lab: Lab, world: World) -> None:
    """When the policy raises, the call is denied [HARN-4]."""

    class Broken:
        def decide(self, call: Any) -> Any:
            raise RuntimeError("rules lost")

    run = lab.bench(policy=Broken()).start(plan=plan(step("a", "send")))
    with pytest.raises(wb.errors.RunFailed, match="rules lost"):
        run.wait(20)
    assert world.effects == []
    assert states(run) == {"a": "denied"}
