"""A family's budget where its runs plan at the same time, or are driven by several processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

import workbench as wb
from tests.engine.harness import Lab, World, chain, eventually, plan
from tests.engine.test_family import handing_on, opened
from tests.journal.harness import Holder
from workbench import events as e
from workbench import points
from workbench.engine import family
from workbench.journal.snapshot import load_view
from workbench.planner import Proposal
from workbench.values import Stored

ROOT = Path(__file__).resolve().parents[2]

SHED = '''
import os
import time
from pathlib import Path

import workbench as wb

HERE = Path(__file__).parent
BUDGET = wb.Budget(orders_usd=3000)


def bench(**options):
    """Open the journal of this folder."""
    options.setdefault("budget", BUDGET)
    options.setdefault("policy", wb.Policy(allow=["order", "start_apart", "start_here"]))
    options.setdefault("planner", None)
    return wb.Workbench(HERE / "runs.db", tools=tools, rule_files=(), **options)


def thinking(usd):
    """Open it with a model that plans one order, and is to be asked about, for so much."""
    def planned(request):
        PLANS.append(request)
        step = {"id": f"plan-{len(PLANS)}-{os.getpid()}", "tool": "order", "args": {"name": "x"}}
        return {"kind": "plan", "reason": "so", "steps": [step]}

    model = wb.testing.ScriptedModel([planned] * 9, cost_usd=usd)
    return bench(planner=model, budget=wb.Budget(usd=1), policy=wb.Policy(allow=["start_goal"]))


PLANS = []


@wb.tool(effect="irreversible", risk="costly", spend=lambda usd, **_: {"orders_usd": usd})
def order(name: str, usd: float = 1000.0) -> str:
    """Order; one with a gate waits until its file is there."""
    with (HERE / "orders.txt").open("a") as file:
        file.write(f"{name}\\n")
    while name.startswith("gated") and not (HERE / "go").exists():
        time.sleep(0.01)
    return name


def orders(*names, ask=False):
    """Make a plan of one order after the other."""
    steps = [wb.Step(id=n, tool="order", args={"name": n}, ask=ask,
             after=list(names[:i][-1:])) for i, n in enumerate(names)]
    return wb.Plan(goal="orders", steps=steps)


@wb.tool(effect="read")
def start_apart(names: list[str], below: bool = False) -> str:
    """Start a run in a process of its own; its first order may be that of a run below it."""
    step = wb.Step(id="here", tool="start_here", args={"names": names[:1], "wait": True})
    made = orders(*names)
    if below:
        own = orders(*names[1:]).steps[0].model_copy(update={"after": ("here",)})
        made = wb.Plan(goal="below", steps=[step, own])
    return HELD[-1].start(plan=made, mode="detached").id


@wb.tool(effect="read")
def start_here(names: list[str], wait: bool = False) -> str:
    """Start a run that this process drives."""
    if not HELD:
        HELD.append(bench())
    run = HELD[-1].start(plan=orders(*names))
    if wait:
        run.wait(30)
    return run.id


@wb.tool(effect="read")
def start_goal() -> str:
    """Start a run that is to be planned."""
    return HELD[-1].start("a goal").id


@wb.tool(effect="read")
def hold() -> str:
    """Keep a run going until the file is there."""
    while not (HERE / "end").exists():
        time.sleep(0.01)
    return "held"


HELD = []
tools = [order, start_apart, start_here, start_goal, hold]
'''


@pytest.fixture
def shed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Give a module of tools that other processes can import, too."""
    (tmp_path / "shed_of_families.py").write_text(SHED)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(tmp_path)]))
    monkeypatch.chdir(tmp_path)
    import shed_of_families as module

    yield module
    for name in ("go", "end"):
        (tmp_path / name).touch()
    while module.HELD:
        module.HELD.pop().close()
    for known in (family.MEMBERS, family.LIVE, family.BORN):
        known.clear()
    del sys.modules["shed_of_families"]


def ordered(folder: Path) -> list[str]:
    """Give what was ordered, by whatever process."""
    place = folder / "orders.txt"
    return place.read_text().split() if place.exists() else []


def wait_for(holds: Callable[[], Any]) -> Any:
    """Wait for another process."""
    end = time.monotonic() + 60
    while not (found := holds()):
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)
    return found


def elsewhere(code: str) -> str:
    """Run code in another process to its end; gives what it printed."""
    head = "import shed_of_families as shed\nfrom tests.engine.harness import eventually\n"
    command = [sys.executable, "-c", head + code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Spender:
    """A planner that takes 40 cents each time, and counts who is asked at the same time."""

    name = "spender"

    def __init__(self) -> None:
        self.asked, self.now, self.most = 0, 0, 0
        self.left: list[float] = []

    async def propose(self, context: Any) -> Proposal:
        self.asked += 1
        self.now += 1
        self.most = max(self.most, self.now)
        self.left.append(context.left["usd"])
        for _ in range(50):
            await anyio.lowlevel.checkpoint()
        self.now -= 1
        return Proposal(plan=chain("x"), usage={"usd": 0.4})


class Forewarned(Spender):
    """One that says before what it takes."""

    def reserve(self, context: Any) -> dict[str, float]:
        return {"usd": 0.4}


@pytest.mark.parametrize(("kind", "asked"), [(Spender, 3), (Forewarned, 2)])
def test_planners_beside_each_other_share_what_is_left(
    lab: Lab, world: World, kind: type[Spender], asked: int
) -> None:
    """Eight runs of one family want a plan at once, at 40 cents each under one dollar: they are
    asked one after the other, each knows what the others have left, and no more than one answer
    crosses the limit; none does where the planner says before what it takes [AUTH-5, HARN-9]."""
    planner = kind()
    bench, children, _ = opened(
        lab,
        world,
        lambda bench, name: bench.start(name),
        planner=planner,
        budget=wb.Budget(usd=1),
    )
    parent = bench.start(plan=plan(*handing_on(*(f"g{n}" for n in range(8)))))
    parent.wait(20)
    ends = [run.wait_until("paused", timeout_s=20) for run in children]
    assert (planner.asked, planner.most) == (asked, 1)
    assert sorted(ends) == ["paused"] * (8 - asked) + ["succeeded"] * asked
    assert planner.left == pytest.approx([1.0, 0.6, 0.2][:asked])
    spent = sum(run.usage.get("usd", 0) for run in [parent, *children])
    assert spent == pytest.approx(0.4 * asked)


def test_a_run_alone_waits_for_nobody(lab: Lab, world: World) -> None:
    """Runs that share no limit are planned at the same time [CONC-7]."""
    planner = Spender()
    bench = lab.bench(planner=planner, budget=wb.Budget(usd=1))
    runs = [bench.start(f"g{n}") for n in range(4)]
    for run in runs:
        run.wait(20)
    assert planner.asked == 4
    assert planner.left == [1.0] * 4


def test_who_stops_waiting_for_a_plan_keeps_nobody(lab: Lab, world: World) -> None:
    """A run that is stopped while another one's planner is asked gives up its place in the row; the
    next is asked [CONC-7]."""
    gate = world.gate("first")

    class Slow(Spender):
        async def propose(self, context: Any) -> Proposal:
            if not self.asked:
                self.asked += 1
                await gate.passing()
                return Proposal(plan=chain("x"), usage={"usd": 0.1})
            return await super().propose(context)

    planner = Slow()
    bench, children, _ = opened(
        lab, world, lambda bench, name: bench.start(name), planner=planner, budget=wb.Budget(usd=9)
    )
    parent = bench.start(plan=plan(*handing_on("a", "b", "c")))
    gate.wait_reached()
    parent.wait(20)
    first = wait_for(lambda: [run for run in children if run.view.planner_calls])[0]
    second, third = (run for run in children if run is not first)
    second.stop()
    eventually(second, lambda view: view.final)
    gate.open()
    assert [first.wait(20), third.wait(20)] == ["x", "x"]
    assert planner.asked == 2


@pytest.mark.crash
def test_a_detached_run_takes_its_whole_limit_until_it_has_ended(tmp_path: Path, shed: Any) -> None:
    """What a run in a process of its own may spend, nobody else spends meanwhile; what it has not
    spent is there again when it has ended [AUTH-5]."""
    apart = wb.Step(id="apart", tool="start_apart", args={"names": ["gated"]})
    mine = shed.orders("x", "y").steps
    steps = [apart, *(s.model_copy(update={"after": (*s.after, "apart")}) for s in mine)]
    shed.HELD.append(bench := shed.bench())
    parent = bench.start(plan=wb.Plan(goal="family", steps=steps))
    wait_for(lambda: "gated" in ordered(tmp_path))
    eventually(parent, lambda view: bool(view.open_requests))
    child = bench.look(parent.output("apart"))
    assert child.view.limits["orders_usd"] == 3000
    assert "3000 used + 1000 would cross the limit of 3000" in parent.inbox[0].why
    assert ordered(tmp_path) == ["gated"]
    (tmp_path / "go").touch()
    wait_for(lambda: child.state == "succeeded")
    parent.raise_limit("orders_usd", 3001)  # which lets it look again: 1 is not enough for one more
    assert parent.wait(60) == "y"
    assert ordered(tmp_path) == ["gated", "x", "y"]


@pytest.mark.crash
def test_what_runs_below_a_detached_one_have_spent_counts(tmp_path: Path, shed: Any) -> None:
    """When a run in a process of its own has ended, the orders of the runs that its calls have
    started there count above as well [AUTH-5]."""
    apart = wb.Step(id="apart", tool="start_apart", args={"names": ["a", "b"], "below": True})
    steps = [s.model_copy(update={"after": (*s.after, "apart")}) for s in shed.orders("x").steps]
    shed.HELD.append(bench := shed.bench())
    last = shed.orders("y").steps[0].model_copy(update={"after": ("x",)})
    steps[0] = steps[0].model_copy(update={"ask": True})
    going_on = wb.Step(id="hold", tool="hold")
    parent = bench.start(plan=wb.Plan(goal="family", steps=[going_on, apart, *steps, last]))
    eventually(parent, lambda view: bool(view.open_requests))
    child = bench.look(parent.output("apart"))
    wait_for(lambda: child.state == "succeeded")
    parent.inbox[0].approve()
    eventually(parent, lambda view: any(r.opened.step == "y" for r in view.open_requests))
    assert "3000 used + 1000 would cross the limit of 3000" in parent.inbox[0].why
    assert ordered(tmp_path) == ["a", "b", "x"]
    (tmp_path / "end").touch()


@pytest.mark.crash
def test_two_processes_do_not_spend_the_same_rest(tmp_path: Path, shed: Any) -> None:
    """After a restart a run and the one that it started are driven by two processes, and both want
    the last $1,000: the one whose intent comes second calls it off and asks [AUTH-5, RUNT-8]."""
    start = wb.Step(id="start", tool="start_here", args={"names": ["child"]})
    mine = shed.orders("mine", ask=True).steps[0].model_copy(update={"after": ("start",)})
    rules = [wb.Rule("ask", "order")]
    first = shed.bench(budget=wb.Budget(orders_usd=1000))
    shed.HELD.append(first)
    run = first.start(plan=wb.Plan(goal="family", steps=[start, mine]), rules=rules)
    eventually(run, lambda view: bool(view.open_requests))
    child = first.look(run.output("start"))
    eventually(child, lambda view: bool(view.open_requests))
    shed.HELD.pop().close()
    for known in (family.MEMBERS, family.LIVE, family.BORN):
        known.clear()  # as a new process has it
    second = shed.bench(budget=wb.Budget(orders_usd=1000))
    shed.HELD.append(second)
    parent = second.open(run.id)
    said: list[str] = []

    def meanwhile(name: str) -> None:
        if name == "before-intent-on-disk" and not said:
            said.append("")
            said[0] = elsewhere(
                f"run = shed.bench().open({child.id!r})\n"
                "run.inbox[0].approve()\nprint(run.wait(30))"
            )

    points.install(meanwhile)
    try:
        parent.inbox[0].approve()
        eventually(parent, lambda view: any(r.opened.about == "budget" for r in view.open_requests))
    finally:
        points.install(None)
    assert said == ["child\n"]
    assert ordered(tmp_path) == ["child"]
    cancelled = [r.event for r in parent.events() if r.kind == "call.cancelled"]
    assert "another process was faster: orders_usd" in cancelled[0].why


@pytest.mark.crash
@pytest.mark.parametrize("late", [False, True])
def test_two_planners_do_not_take_the_same_rest(tmp_path: Path, shed: Any, *, late: bool) -> None:
    """After a restart a run and the one that it started are driven by two processes, and the models
    of both want the last 90 cents: the one that comes second is not asked, however late it was when
    the other process took them, and its run pauses [AUTH-5, RUNT-8]."""
    shed.HELD.append(shed.thinking(0.1))
    begin = wb.Step(id="begin", tool="start_goal")
    mine = shed.orders("mine").steps[0].model_copy(update={"after": ("begin",)})
    run = shed.HELD[-1].start(plan=wb.Plan(goal="family", steps=[begin, mine]))
    eventually(run, lambda view: bool(view.open_requests))
    child = shed.HELD[-1].look(run.output("begin"))
    eventually(child, lambda view: bool(view.open_requests))
    shed.HELD.pop().close()
    for known in (family.MEMBERS, family.LIVE, family.BORN):
        known.clear()  # as a new process has it
    shed.HELD.append(shed.thinking(0.6))
    parent, asked, said = shed.HELD[-1].open(run.id), len(shed.PLANS), []
    points_passed: list[str] = []

    def meanwhile(name: str) -> None:
        points_passed.append(name)
        asks = "before-planning" in points_passed and name == "event-added"
        if not said and (asks if late else name == "before-planning"):
            said.append("")
            said[0] = elsewhere(
                f"run = shed.thinking(0.6).open({child.id!r})\n"
                "run.comment('anew')\n"
                "view = eventually(run, lambda view: view.usage['usd'] > 0.5)\n"
                "print(view.usage['usd'])"
            )

    points.install(meanwhile)
    try:
        parent.comment("anew")
        eventually(parent, lambda view: view.state == "paused")
    finally:
        points.install(None)

    assert said == ["0.7\n"]
    assert "usd" in parent.view.reason
    assert len(shed.PLANS) == asked
    assert ("model.failed" in [r.kind for r in parent.events()]) == late
    assert parent.usage.get("usd", 0) == 0


def test_a_read_that_spends_is_no_way_around(lab: Lab, world: World) -> None:
    """A call that only reads and yet spends is looked at again, too, when its intent is on disk:
    what another process has taken of the family's budget meanwhile calls it off [AUTH-5]."""

    @wb.tool(effect="read", spend=lambda **_: {"usd": 1.0})
    def look_up(name: str) -> str:
        world.calls.append(name)
        return name

    asking = wb.Step(id="mine", tool="look_up", args={"name": "mine"}, after=["to-child"], ask=True)
    below = plan(wb.Step(id="it", tool="look_up", args={"name": "it"}, ask=True))
    options = {"budget": wb.Budget(usd=1), "policy": wb.Policy()}
    bench, children, hand_on = opened(
        lab, world, lambda bench, _: bench.start(plan=below), look_up, **options
    )
    parent = bench.start(plan=plan(*handing_on("child"), asking))
    eventually(parent, lambda view: bool(view.open_requests))
    (child,) = children
    (asked,) = eventually(child, lambda view: bool(view.open_requests)).open_requests
    lab.close()
    for known in (family.MEMBERS, family.LIVE, family.BORN):
        known.clear()  # as a new process has it
    again = lab.bench(hand_on, look_up, **options).open(parent.id)
    journal = again.bench.journal

    def meanwhile(name: str) -> None:
        if name == "before-intent-on-disk" and not load_view(journal, child.id).in_flight:
            answer = e.RequestAnswered(
                request=asked.id, step="it", verdict="approve", by="person", args_digest="x"
            )
            spend = {"usd": 1.0, "calls": 1.0}
            intent = e.CallIntended(
                step="it", attempt=1, tool="look_up", effect="read", args=Stored(value={}),
                args_digest="", key="k", spend=spend,
            )  # fmt: skip
            holder = Holder.take(journal, child.id, "elsewhere")
            holder.tell(answer, e.RunResumed(by="person"), intent)

    points.install(meanwhile)
    try:
        again.inbox[0].approve()
        eventually(again, lambda view: any(r.opened.about == "budget" for r in view.open_requests))
    finally:
        points.install(None)
    assert world.calls == []
    (cancelled,) = [r.event for r in again.events() if r.kind == "call.cancelled"]
    assert isinstance(cancelled, e.CallCancelled)
    assert "another process was faster: usd" in cancelled.why
