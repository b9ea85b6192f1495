"""The runs of the frozen corpus: their tools, their plans, and how far each of them goes.

`scripts/make_golden.py` carries them out once for each version of the journal; the tests open what
it wrote. So a tool or a plan here is never changed, only added.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

import workbench as wb
from workbench.context import ContextLimits
from workbench.models import Message, ModelCallError, ModelReply, ModelRequest, ModelUsage
from workbench.plan import Add
from workbench.planner import Decision, ModelPlanner, PlanningContext, Proposal, Question
from workbench.testing import ScriptedModel, allow_all
from workbench.testing.model import rate_limited
from workbench.tools.talking import Asked, Unanswered, talking

CRASHED = "crashed"
UNFINISHED = ("waiting", "paused", CRASHED)
"""Keys of the runs that are left unfinished, to be gone on with by a later version."""


class Flaky:
    """What the tools act on: fails where it was told to."""

    def __init__(self, folder: Path) -> None:
        self.effects, self.left = folder / "effects.txt", {"again": 2}

    def fail(self, name: str) -> None:
        if self.left.get(name):
            self.left[name] -= 1
            message = f"{name} is not to be had now"
            raise ConnectionError(message)

    def note(self, name: str) -> str:
        with self.effects.open("a") as file:
            file.write(name + "\n")
        return name

    def noted(self, name: str) -> bool:
        return self.effects.exists() and name in self.effects.read_text().split()


def tools(folder: Path) -> list[wb.Tool]:
    """Give the tools; effects are lines in a file of `folder`."""
    world = Flaky(folder)
    return [*_reading(world), *_writing(world), *_talking(world)]


def _reading(world: Flaky) -> list[wb.Tool]:
    @wb.tool(effect="pure")
    def think(name: str, value: Any = None) -> Any:
        return name if value is None else value

    @wb.tool(effect="read", retry=wb.Retry(attempts=3, wait_s=0.01))
    def look(name: str) -> str:
        world.fail(name)
        return name

    @wb.tool(effect="pure")
    def table(rows: int) -> pd.DataFrame:
        return pd.DataFrame({"number": range(rows), "word": ["x"] * rows})

    @wb.tool(effect="pure")
    def broken(name: str) -> str:
        message = f"{name} cannot be done"
        raise ValueError(message)

    @wb.tool(effect="pure")
    def say(name: str, text: str, times: int) -> str:
        return text * times

    return [think, look, table, broken, say]


def _writing(world: Flaky) -> list[wb.Tool]:
    def unput(name: str) -> None:
        world.effects.write_text(world.effects.read_text().replace(name + "\n", ""))

    def read_all(name: str) -> str:
        return world.effects.read_text() if world.effects.exists() else ""

    @wb.tool(effect="reversible", undo=unput, before=read_all, preview=lambda name: f"adds {name}")
    def put(name: str) -> str:
        return world.note(name)

    @wb.tool(effect="irreversible", spend=lambda usd=0.0, **_: {"usd": usd} if usd else {})
    def send(name: str, usd: float = 0.0) -> str:
        return world.note(name)

    @wb.tool(effect="irreversible", idempotent=True)
    def post(name: str, key: wb.Key) -> str:
        return name if world.noted(str(key)) else world.note(str(key)) and name

    def was_noted(name: str) -> bool:
        return world.noted(name)

    @wb.tool(effect="irreversible", probe=was_noted)
    def drop(name: str) -> str:
        world.note(name)
        message = "no answer came"
        raise TimeoutError(message)

    @wb.tool(effect="irreversible")
    def lose(name: str) -> str:
        world.note(name)
        message = "no answer came"
        raise TimeoutError(message)

    return [put, send, post, drop, lose]


def modelled() -> ModelPlanner:
    """Give a planner whose model is limited, plans, waits, and has no money left."""
    long = step("a", "say", args={"name": "a", "text": "lorem ipsum ", "times": 900})
    later = step("b", "broken", after=["a"])
    steps = [one.model_dump(mode="json", include={"id", "tool", "args", "after"})
             for one in (long, later)]  # fmt: skip
    script = [
        rate_limited(0.01),
        {"kind": "plan", "steps": steps, "reason": "as asked"},
        {"kind": "wait", "reason": "somebody should look at it"},
        ModelCallError.of("quota", "scripted", "no money left"),
    ]
    limits = ContextLimits(window=2700)
    return ModelPlanner(ScriptedModel(script, cost_usd=0.25), context=limits)


def _talking(world: Flaky) -> list[wb.Tool]:
    """Tools that talk while they are called, as those of a server of somebody else do."""
    usage = ModelUsage(tokens_in=3, tokens_out=4)

    @wb.tool(effect="irreversible")
    async def book(name: str) -> str:
        talk = talking.get()
        assert talk is not None
        talk.report(0.5, "half of it")
        if not talk.answers:
            raise Unanswered({"seat": _question("Which seat?")}, "state of the other side")
        return world.note(f"{name}-{talk.answers['seat'].values['row']}")  # noqa: PD011 - no frame

    @wb.tool(effect="read")
    async def consult(name: str) -> str:
        talk = talking.get()
        assert talk is not None
        said = await talk.ask(_question("Which row?"))
        model = ScriptedModel([ModelReply(text="words", usage=usage)])
        reply = await talk.sample(model, ModelRequest(messages=(Message("user", name),)))
        return f"{reply.text} {said.verdict}"

    return [book, consult]


def _question(text: str) -> Asked:
    answers = {"type": "object", "properties": {"row": {"type": "integer"}}, "required": ["row"]}
    return Asked(by="the other side", text=text, answers=answers)


class Guide:
    """A planner with a script: asks, plans, plans again, or gives up, by the words of the goal."""

    name = "guide of the corpus"
    reads_outputs = True

    def __init__(self) -> None:
        self.model = modelled()

    async def propose(self, context: PlanningContext) -> Proposal:
        if "model" in context.goal:
            return await self.model.propose(context)
        if "hopeless" in context.goal:
            return Proposal(abandon="there is no way", usage={"tokens_in": 3})
        if "which" in context.goal and not context.answers:
            question = Question("colour", "Which colour?", {"red": "Red", "blue": "Blue"}, "which")
            return Proposal(questions=[question], reason="the goal leaves it open")
        if "harness" in context.goal:
            return _harness(context)
        if context.plan is None:
            word = context.answers.get("colour", "plain")
            return Proposal(plan=plan(step("a", value=word), step("b", "broken", after=["a"])))
        better = step("b2", value="instead", after=["a"])
        return Proposal(plan=plan(context.plan["a"], better), reason="b cannot be done")


def _harness(context: PlanningContext) -> Proposal:
    """Plan too little, say the same again when told, then do as the person says."""
    if context.plan is None:
        first = plan(step("a", value=[{"units": 3}], check=wb.Check(judge="is a list")))
        return Proposal(plan=first, decisions=[Decision("year", "2007", "as it was")])
    if "b" in context.plan:
        return Proposal(keep="it is done", decisions=[Decision("Year", "2010", "after all")])
    if "more" in " ".join(context.notes) and "not taken over" in context.why:
        return Proposal(edits=[Add(step=step("b", value={"units": 7}, after=["a"]))])
    return Proposal(plan=context.plan, reason="it is perfect")


def step(step_id: str, tool: str = "think", *, after: list[str] | None = None, **more: Any) -> Any:
    """Make a step that is called with its own id; `value`, `usd` and `args` become arguments."""
    args = {"name": step_id, **{n: more.pop(n) for n in ("value", "usd") if n in more}}
    return wb.Step(id=step_id, tool=tool, args=more.pop("args", args), after=after or [], **more)


def plan(*steps: wb.Step) -> wb.Plan:
    """Make a plan of these steps."""
    return wb.Plan(goal="for the corpus", steps=steps)


def asking() -> wb.Policy:
    """Ask before everything that changes the world."""
    return wb.Policy()


def success(bench: wb.Workbench) -> wb.Run:
    frame = step("table", "table", args={"rows": 20})
    used = step("used", value=wb.ref("table"), check=wb.Check(not_empty=True))
    effects = [step("put", "put", after=["used"]), step("post", "post", after=["put"])]
    run = bench.start(plan=plan(frame, used, *effects), key="success")
    run.wait(30)
    return run


def failure(bench: wb.Workbench) -> wb.Run:
    steps = [step("a"), step("b", "broken"), step("c", after=["b"]), step("d", after=["a"])]
    return ended(bench.start(plan=plan(*steps), key="failure", on_failure="continue"))


def retry(bench: wb.Workbench) -> wb.Run:
    return ended(bench.start(plan=plan(step("again", "look")), key="retry"))


def doubt(bench: wb.Workbench) -> wb.Run:
    """One doubt is settled by a probe, one by each answer of the person."""
    steps = [step("probed", "drop"), *(step(f"{n}", "lose") for n in ("done", "redo", "skip"))]
    run = bench.start(plan=plan(*steps), key="doubt", on_failure="continue")
    answered = 0
    while answered < 4:
        run.wait_until("waiting", timeout_s=30)
        for request in run.inbox:
            words = request.view.opened.step
            choice = words if words != "redo" or answered < 3 else "done"
            request.choose(choice, reason=f"the person looked: {choice}")
            answered += 1
    return ended(run)


def permission(bench: wb.Workbench) -> wb.Run:
    """Approved, approved with other arguments, refused with `continue`."""
    steps = [step("yes", "post"), step("other", "send"), step("no", "send")]
    run = bench.start(plan=plan(*steps, step("late", after=["no"])), key="permission")
    run.wait_until("waiting", timeout_s=30)
    by = {request.view.opened.step: request for request in run.inbox}
    by["yes"].approve(scope="run")
    by["other"].approve({"name": "changed"})
    by["no"].deny("not today", then="continue")
    return ended(run)


def budget(bench: wb.Workbench) -> wb.Run:
    run = bench.start(plan=plan(step("dear", "send", usd=7.0)), key="budget")
    run.wait_until("waiting", timeout_s=30)
    run.inbox[0].approve()
    return ended(run)


def question(bench: wb.Workbench) -> wb.Run:
    """A question is answered; the plan fails; the planner makes another one."""
    run = bench.start(goal="which colour", key="question", on_failure="replan")
    run.wait_until("waiting", timeout_s=30)
    run.inbox[0].choose("red")
    return ended(run)


def hopeless(bench: wb.Workbench) -> wb.Run:
    return ended(bench.start(goal="hopeless", key="hopeless"))


def edited(bench: wb.Workbench) -> wb.Run:
    """Each kind of edit, a stale approval, a checkpoint, a pause and a resume."""
    steps = [step("a"), step("gate", ask=True), step("b", after=["gate"]), step("c"), step("d")]
    run = bench.start(plan=plan(*steps, step("e", after=["gate"])), key="edited")
    run.wait_until("waiting", timeout_s=30)
    run.checkpoint("before the edit")
    with run.editing(reason="I know better") as draft:
        draft.change("b", args={"name": "b", "value": 5})
        draft.add(step("new", after=["b"]))
        draft.skip("e")
        draft.move("new", after=["gate"])
        draft.change("gate", args={"name": "gate", "value": "changed"})
    run.resume()
    run.wait_until("waiting", timeout_s=30)
    with run.editing(reason="and better") as draft:
        draft.set_output("b", "as I say")
        draft.remove("new")
    run.resume()
    run.wait_until("waiting", timeout_s=30)
    run.inbox[0].approve()
    return ended(run)


def stopped(bench: wb.Workbench) -> wb.Run:
    run = _held(bench, "stopped")
    run.stop("enough")
    return ended(run)


def abandoned(bench: wb.Workbench) -> wb.Run:
    run = _held(bench, "abandoned")
    run.abandon("the goal has gone")
    return ended(run)


def asked(bench: wb.Workbench) -> wb.Run:
    """A model is asked, waits, and is shown less; the person corrects that; then it fails."""
    run = bench.start("ask the model", key="asked", on_failure="replan")
    run.wait_until("paused", timeout_s=30)
    run.correct_context("output of a", "filler text", reason="I have read it")
    run.resume()
    return ended(run)


def waiting(bench: wb.Workbench) -> wb.Run:
    return _held(bench, "waiting")


def paused(bench: wb.Workbench) -> wb.Run:
    run = _held(bench, "paused")
    run.pause("lunch")
    return run


def many(bench: wb.Workbench) -> wb.Run:
    """Enough events for a snapshot."""
    return ended(bench.start(plan=plan(*(step(f"s{n}") for n in range(8))), key="many"))


def amended(bench: wb.Workbench) -> wb.Run:
    """An output, an argument and a limit are put right where the run is paused."""
    steps = [step("a", value=1), step("gate", ask=True, after=["a"])]
    later = wb.Step(id="b", tool="think", args={"name": "b", "value": wb.ref("a")}, after=("gate",))
    run = bench.start(plan=plan(*steps, later), key="amended")
    run.wait_until("waiting", timeout_s=30)
    run.pause("to look at it")
    run.amend(
        outputs={"a": 7}, args={"gate": {"value": "looked"}}, limits={"usd": 6}, reason="it was 7"
    )
    run.resume()
    run.wait_until("waiting", timeout_s=30)
    run.inbox[0].approve()
    return ended(run)


def forked(bench: wb.Workbench) -> wb.Run:
    """A run fails after an effect; its fork shares what was done, and is asked about the rest."""
    steps = [step("a", "put"), step("b", "lose", after=["a"]), step("c", after=["b"])]
    run = bench.start(plan=plan(*steps), key="to be forked")
    run.wait_until("waiting", timeout_s=30)
    run.stop("another way")
    ended(run)
    fork = run.fork(outputs={"a": "as I say"}, limits={"usd": 6}, key="forked")
    fork.wait_until("waiting", timeout_s=30)
    fork.inbox[0].choose("use")
    ended(fork)
    return ended(fork.fork(at="after b", key="forked again"))


def talked(bench: wb.Workbench) -> wb.Run:
    """A call ends with a question and goes on with the answer; another asks while it is made."""
    steps = [step("book", "book"), step("ask", "consult", after=["book"])]
    run = bench.start(plan=plan(*steps), key="talked")
    for _ in range(2):
        while not run.inbox:
            bench.journal.turned.wait(0.05)
        request = run.inbox[0]
        request.approve({"row": 7} if request.kind == "elicitation" else None)
        while any(one.id == request.id for one in run.inbox):
            bench.journal.turned.wait(0.05)
    return ended(run)


def harness(bench: wb.Workbench) -> wb.Run:
    """A plan that grows, a comment, decisions, a verifying model, and a check of the result."""
    done = wb.Check(where={"units": wb.at_least(5)}, judge="names the units")
    run = bench.start(
        goal="the harness of the corpus",
        key="harness",
        replan=wb.Replan(when="every", n=2, at_most=9),
        done=done,
        autonomy="ask",
    )
    run.wait_until("waiting", timeout_s=30)
    run.decide("colour", "red", "it is nicer")
    run.comment("more, please", step="a", replan=False)
    run.inbox[0].approve()
    run.wait_until("waiting", timeout_s=30)
    run.inbox[0].approve()
    return ended(run)


def drifted(bench: wb.Workbench) -> wb.Run:
    """Begun under another harness than it is carried on with."""
    with wb.Workbench(
        bench.journal.url, tools=bench.tools, policy=allow_all(), on_behalf_of="ada"
    ) as other:
        run_id = _held(other, "drifted").id
    run = bench.open(run_id)
    run.inbox[0].approve()
    return ended(run)


def crashed(bench: wb.Workbench) -> wb.Run:
    """Carried out in a process that dies after the effect of `sent` and before its outcome."""
    steps = [step("a"), step("sent", "post", after=["a"]), step("z", after=["sent"])]
    return ended(bench.start(plan=plan(*steps), key=CRASHED))


def _held(bench: wb.Workbench, key: str) -> wb.Run:
    run = bench.start(
        plan=plan(step("a"), step("gate", ask=True), step("z", "put", after=["gate"])), key=key
    )
    run.wait_until("waiting", timeout_s=30)
    return run


def ended(run: wb.Run) -> wb.Run:
    """Wait for its end, whatever that is."""
    run.wait_until("succeeded", "failed", "stopped", "abandoned", timeout_s=30)
    return run


STORIES: tuple[tuple[Callable[[wb.Workbench], wb.Run], bool], ...] = (
    (success, False),
    (failure, False),
    (retry, False),
    (doubt, False),
    (permission, True),
    (budget, False),
    (question, False),
    (hopeless, False),
    (edited, False),
    (stopped, False),
    (abandoned, False),
    (waiting, False),
    (paused, False),
    (many, False),
    (amended, False),
    (forked, False),
    (asked, False),
    (talked, False),
    (harness, True),
    (drifted, False),
)
"""Each story, and whether it is told under the policy that asks."""


def bench(journal: Path, folder: Path, *more: wb.Tool, ask: bool = False) -> wb.Workbench:
    """Open a journal with everything that the runs need."""
    return wb.Workbench(
        journal,
        tools=[*tools(folder), *more],
        planner=Guide(),
        verifier=ScriptedModel([{"ok": True, "why": "it is"}] * 9, label="judge"),
        policy=asking() if ask else allow_all(),
        budget=wb.Budget(usd=5),
        on_behalf_of="ada",
    )


def finish(run: wb.Run) -> wb.Run:
    """Go on with an unfinished run to its end."""
    if run.state == "paused":
        run.resume()
    while run.wait_until("waiting", timeout_s=30) == "waiting":
        for request in run.inbox:
            request.approve()
    return run
