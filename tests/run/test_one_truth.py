"""One truth about effects: a stop in mid-run looks the same from every side."""

from __future__ import annotations

import re
from html import unescape

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, eventually, plan, states, step
from workbench.errors import RunStopped
from workbench.journal.snapshot import load_view
from workbench.report import header_row, run_html, run_text, step_row

WORDS = {
    "done": "done",
    "effect": "done",
    "cut": "stopped",
    "lost": "in doubt",
    "never": "stopped",
}


def stopped(lab: Lab, world: World) -> wb.Run:
    """Stop a run with four calls in flight: two can be ended, one ends well, one is lost."""
    world.faults = {"lost": [TimeoutError("no answer")]}
    names = ("effect", "cut", "lost")
    gates = [world.gate(name) for name in names]
    steps = [
        step("done"),
        step("effect", "send", after=["done"]),
        step("cut", "think", after=["done"]),
        step("lost", "send", after=["done"]),
        step("never", "send", after=["effect", "cut", "lost"]),
    ]
    run = lab.bench().start(plan=plan(*steps))
    run.bench.host._parts.stop_grace_s = 20
    for gate in gates:
        gate.wait_reached()
    eventually(run, lambda view: len(view.in_flight) == len(names))
    run.stop("enough")
    gates[0].open()
    gates[2].open()
    with pytest.raises(RunStopped, match="enough"):
        run.wait(20)
    return run


def test_all_sides_show_the_same_stop(lab: Lab, world: World) -> None:
    """View, journal, trace, audit, results, widget rows, text and static HTML agree about each
    step and each effect of a stopped run, before and after a restart [REL-19]."""
    run = stopped(lab, world)
    _agree(run)
    _agree(lab.reopen(run))
    assert sorted(world.effects) == ["effect", "lost"]


def _agree(run: wb.Run) -> None:
    view = run.view
    assert states(run) == {
        "done": "succeeded",
        "effect": "succeeded",
        "cut": "stopped",
        "lost": "in_doubt",
        "never": "stopped",
    }
    folded = load_view(run.bench.journal, run.id)
    assert folded.model_dump(mode="json") == view.model_dump(mode="json")
    remains = view.remains
    assert list(remains["happened"]) == ["done"]
    assert remains["in_flight"] == {
        "effect": "succeeded",
        "cut": "cancelled, nothing was done",
        "lost": "in doubt",
    }
    assert list(remains["not_begun"]) == ["never"]
    _frames_agree(run)
    _outputs_agree(run)
    _pages_agree(run)


def _frames_agree(run: wb.Run) -> None:
    """Trace and audit: which calls were made, and what became of each."""
    trace = run.trace()
    assert dict(zip(trace.step, trace.state, strict=True)) == {
        "done": "succeeded",
        "effect": "succeeded",
        "cut": "cancelled",
        "lost": "in_doubt",
    }
    audit = run.audit(events=True)
    outcomes = audit[audit.event.str.startswith("call.") & audit.outcome.notna()]
    assert dict(zip(outcomes.step, outcomes.outcome, strict=True)) == {
        "done": "succeeded",
        "effect": "succeeded",
        "cut": "cancelled",
        "lost": "in_doubt",
    }
    intended = set(audit[audit.event == "call.intended"].step)
    assert intended == set(trace.step)
    assert audit.iloc[-1].outcome == "stopped"
    assert audit[audit.decision == "stop"].reason.tolist() == ["enough"]
    assert len(audit) == run.view.seq


def _outputs_agree(run: wb.Run) -> None:
    """Outputs: of what succeeded, and of nothing else."""
    assert run.result is None
    for name, stands in run.view.steps.items():
        if stands.state == "succeeded":
            assert run.output(name) == name
        else:
            with pytest.raises(wb.errors.NotFound):
                run.output(name)
    assert {result.step: result.state for result in run.results} == states(run)


def _pages_agree(run: wb.Run) -> None:
    """The widget's rows, the text and the saved page show the same words for the same states."""
    view, tools = run.view, run.bench.tool_map()
    rows = {name: step_row(view, name, tools) for name in view.steps}
    assert {name: row["state"] for name, row in rows.items()} == states(run)
    header = header_row(view)
    assert (header["state"], header["reason"], header["done"]) == ("stopped", "enough", 2)
    html = run_html(view, tools)
    table = re.findall(r"<tr>(.*?)</tr>", html.split("<tbody>")[1].split("</tbody>")[0])
    cells = [[_text(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row)] for row in table]
    assert {name: state.split(" ", 1)[1] for _, name, state, _ in cells} == WORDS
    lines = [line.split(None, 1)[1] for line in run_text(view).splitlines() if line[:2] == "  "]
    found = {line.split()[0]: re.split(r"\s{2,}", line.rstrip())[1] for line in lines}
    assert found == WORDS
    for page in (_text(html), run_text(view)):
        assert "stopped by person" in page
        assert "Reason: enough" in page


def _text(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", html))
