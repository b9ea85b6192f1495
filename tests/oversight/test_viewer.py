"""What a plain viewer is shown, and what a run leaves behind."""

from __future__ import annotations

import json
import re
from typing import Any

import workbench as wb
from tests.engine.harness import Lab, World, chain, eventually, plan, step
from workbench.policy import Rights
from workbench.report.leftovers import LEFTOVER_COLUMNS


def test_a_plain_viewer_reads_no_hidden_name(lab: Lab, world: World) -> None:
    """The same run as user and as operator: the operator reads everything, the user's trace and
    audits never name the hidden tool, nor in refusals and errors [REL-13]."""

    @wb.tool(effect="irreversible", risk="costly")
    def wire_transfer(usd: float) -> str:
        raise ValueError("wire_transfer of account 17 refused; ask wire_transfer2")

    first = lab.bench(wire_transfer)
    steps = [step("a"), wb.Step(id="pay", tool="wire_transfer", args={"usd": 9.0}, after=["a"])]
    run = first.start(plan=plan(*steps))
    eventually(run, lambda view: view.final)
    lab.close()
    rights = Rights(person=(wb.Grant("think"),))
    run = lab.bench(wire_transfer, rights=rights).look(run.id)
    for frame in (run.trace(), run.audit(), run.audit(events=True)):
        assert "wire_transfer" in frame.to_csv()
    for frame in (
        run.trace(viewer="plain"),
        run.audit(viewer="plain"),
        run.audit(events=True, viewer="plain"),
    ):
        text = frame.to_csv()
        assert "wire_transfer" not in text.replace("wire_transfer2", "")
        assert "think" in text
        assert "a tool that is not shown" in text
    plain = run.trace(viewer="plain").set_index("step")
    assert plain.loc["pay", "error"] == "(a tool that is not shown)"
    assert plain.loc["a", "tool"] == "think"
    assert dict(run.trace(viewer="plain").dtypes) == dict(run.trace().dtypes)


def test_a_plain_viewer_is_told_nothing_of_a_hidden_tool_on_any_surface(
    lab: Lab, world: World
) -> None:
    """Text, HTML, questions and reports of a run say that there is a tool that is not shown, and
    neither its name nor an argument, preview, error or output of it; the operator reads all
    [REL-13]."""

    @wb.tool(effect="irreversible", risk="costly", preview=lambda account, **_: f"pays {account}")
    def wire_transfer(account: str, usd: float) -> str:
        raise ValueError(f"no room on {account}")

    args = {"account": "AT-611904", "usd": 9.0}
    pay = wb.Step(id="pay", tool="wire_transfer", title="Pay AT-611904", args=args, after=["a"])
    fails = wb.Step(id="early", tool="wire_transfer", args=args)
    bench = lab.bench(wire_transfer, policy=wb.Policy())
    goal = wb.Plan(goal="use wire_transfer once", steps=[fails, step("a"), pay])
    run = bench.start(plan=goal, on_failure="continue", grants=None)
    eventually(run, lambda view: len(view.open_requests) == 2)
    next(r for r in run.inbox if r.step == "early").approve()
    eventually(run, lambda view: view.steps["early"].state == "failed")
    lab.close()
    rights = Rights(person=(wb.Grant("think"),))
    run = lab.bench(wire_transfer, rights=rights).look(run.id)
    both = {
        viewer: [
            run.text(viewer=viewer),
            run.html(viewer=viewer),
            *run.questions(viewer=viewer),
            run.rights_report(viewer=viewer).to_csv(),
            run.leftovers_report(viewer=viewer).to_csv(),
        ]
        for viewer in ("operator", "plain")
    }
    assert [len(texts) for texts in both.values()] == [5, 5]
    assert "AT-611904" in both["operator"][0]
    for text in both["operator"][:3]:
        assert "wire_transfer" in text
    assert run.text() == str(run)
    for text in both["plain"]:
        assert "wire_transfer" not in text
        assert "AT-611904" not in text
    for text in both["plain"][:3]:
        assert "a tool that is not shown" in text


def test_frames_and_figures_tell_a_plain_viewer_nothing_of_a_hidden_call(
    lab: Lab, world: World
) -> None:
    """The workbench of a plain viewer draws and lists no name, title, argument or error of a call
    of a hidden tool, however its name is written; that there is a step is shown [REL-13]."""

    @wb.tool(effect="irreversible", name="überweisen")
    def pay(account: str) -> str:
        raise ValueError(f"no room on {account}")

    first = lab.bench(pay, policy=wb.Policy())
    steps = [
        step("a"),
        wb.Step(id="p", tool="überweisen", title="Pay AT-611904", args={"account": "AT-611904"}),
    ]
    rights = [wb.Grant("überweisen", where={"account": "AT-611904"}), wb.Grant("think")]
    run = first.start(plan=plan(*steps), grants=rights, on_failure="continue")
    eventually(run, lambda view: view.final)
    lab.close()

    def shown(**options: Any) -> dict[str, str]:
        looking = lab.bench(pay, **options).look(run.id)
        frames = {
            "audit": looking.audit(events=True),
            "rights": looking.rights_report(),
            "forecast": looking.forecast(),
        }
        figures = {
            "timeline": looking.timeline(),
            "graph": looking.graph(),
            "scope": looking.scope_meter(),
        }
        drawn = {
            name: f"{json.dumps(figure.to_plotly_json(), ensure_ascii=False, default=str)}{figure}"
            for name, figure in figures.items()
        }
        return {name: frame.to_csv() for name, frame in frames.items()} | drawn

    hidden = re.compile("überweisen|AT-611904|fcberweisen")
    whole = shown()
    assert all(hidden.search(text) for text in whole.values())
    plain = shown(rights=Rights(person=(wb.Grant("think"),)), viewer="plain")
    assert [name for name, text in plain.items() if hidden.search(text)] == []
    assert ",p," in plain["forecast"]


def test_without_limits_both_see_the_same(lab: Lab, world: World) -> None:
    """Where the principal may know everything, the plain view is the whole one [REL-13]."""
    run = lab.bench().start(plan=chain("a", "b", tool="send"))
    run.wait(20)
    assert run.trace(viewer="plain").equals(run.trace())
    assert run.audit(viewer="plain").equals(run.audit())


def test_a_run_that_ended_well_leaves_nothing(lab: Lab, world: World) -> None:
    """After a run nothing is live: no right, no work, no question [REL-17]."""
    bench = lab.bench(policy=wb.Policy())
    run = bench.start(plan=plan(step("a", "send")), grants=[wb.Grant("send")])
    run.wait(20)
    frame = run.leftovers_report()
    assert frame.empty
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == LEFTOVER_COLUMNS
    assert run.live_grants == {}


def test_what_is_left_is_listed_with_what_to_do(lab: Lab, world: World) -> None:
    """A right in use while its call is made, then the effect that nobody knows of after a stop,
    are rows that say what to do [REL-17, ASYN-14]."""
    gate = world.gate("a")
    bench = lab.bench(policy=wb.Policy())
    run = bench.start(
        plan=plan(step("a", "send"), step("b", after=["a"])), grants=[wb.Grant("send")]
    )
    gate.wait_reached()
    assert run.leftovers_report().kind.tolist() == ["live right"]
    world.faults = {"a": [TimeoutError("no answer")]}
    gate.open()
    eventually(run, lambda view: bool(view.open_requests))
    frame = run.leftovers_report().set_index("kind")
    assert frame.loc["in doubt", "next"] == "look whether it happened"
    assert "no answer" in frame.loc["in doubt", "what"]
    run.stop()
    eventually(run, lambda view: view.final)
    kinds = run.leftovers_report().kind.tolist()
    assert "in doubt" in kinds
    assert "open question" not in kinds


def test_a_stopped_run_goes_on_from_there(lab: Lab, world: World) -> None:
    """Stop keeps the work and says so; what is left goes on as another run, with the earlier
    outputs present [ASYN-14]."""
    gate = world.gate("b")
    bench = lab.bench()
    run = bench.start(plan=chain("a", "b", "c"))
    gate.wait_reached()
    run.stop("enough for today")
    eventually(run, lambda view: view.final)
    assert "Kept: 1 output (a)" in str(run)
    world.open_all()
    rest = bench.start(plan=run.remaining_plan())
    assert rest.wait(20) == "c"
    assert rest.output("a") == "a"
    assert world.calls.count("a") == 1


def test_a_run_that_goes_on_below_is_left_over(lab: Lab, world: World) -> None:
    """A run that a call has started and that goes on when its parent has ended is listed with what
    ends it, for the parent and all above; once it has ended nothing is left [REL-17]."""
    made: list[wb.Workbench] = []

    @wb.tool(effect="read")
    def hand_on(depth: int) -> str:
        below = wb.Step(id="on", tool="hand_on", args={"depth": depth - 1})
        return made[0].start(plan=plan(below if depth else step("last"))).id

    gate = world.gate("last")
    made.append(lab.bench(hand_on))
    run = made[0].start(plan=plan(wb.Step(id="on", tool="hand_on", args={"depth": 1})))
    middle = made[0].look(run.wait(20))
    last = made[0].look(middle.wait(20))
    gate.wait_reached()
    for above in (run, middle):
        frame = above.leftovers_report()
        assert frame.kind.tolist() == ["run below"]
        assert frame.what[0].startswith(f"{last.id} (")
        assert frame.next[0] == f"stop {last.id}"
    assert last.leftovers_report().empty
    gate.open()
    last.wait(20)
    assert run.leftovers_report().empty
