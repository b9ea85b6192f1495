"""After a write the world is asked, and not only the tool believed."""

from __future__ import annotations

from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Lab, plan, states
from workbench.errors import RunFailed
from workbench.events import CallFailed, CallSucceeded


class Shelf:
    """What is put there, by a tool that may lie."""

    def __init__(self) -> None:
        self.there: set[str] = set()
        self.lies = False
        self.asked: list[dict[str, Any]] = []
        self.verdict: Any = None

    def tool(self, **declared: Any) -> wb.Tool:
        def take(name: str) -> None:
            if not self.lies:
                self.there.discard(name)

        def is_there(name: str, result: Any, key: str, before: Any) -> Any:
            self.asked.append({"result": result, "key": key, "before": before})
            if isinstance(self.verdict, Exception):
                raise self.verdict
            return name in self.there if self.verdict is None else self.verdict

        def old(name: str) -> list[str]:
            return sorted(self.there)

        @wb.tool(effect="reversible", undo=take, probe=is_there, before=old, **declared)
        def lay(name: str, key: wb.Key) -> str:
            if not self.lies:
                self.there.add(name)
            return f"laid {name}"

        return lay


def started(lab: Lab, shelf: Shelf, **step: Any) -> wb.Run:
    """Start a run of one step."""
    one = wb.Step(id="a", tool="lay", args={"name": "x"}, **step)
    return lab.bench(shelf.tool()).start(plan=plan(one))


def outcome(run: wb.Run) -> CallSucceeded:
    """Read the outcome of its call."""
    (event,) = [r.event for r in run.events() if isinstance(r.event, CallSucceeded)]
    return event


def test_a_probe_that_says_yes_confirms(lab: Lab) -> None:
    """The probe is asked once, with the result, the key and the image of the call; the step is
    confirmed [COMP-15, REL-22]."""
    shelf = Shelf()
    run = started(lab, shelf)
    run.wait(20)

    ((asked,),) = [shelf.asked]
    assert (asked["result"], asked["before"]) == ("laid x", [])
    assert asked["key"] == run.view.steps["a"].key
    assert (outcome(run).level, run.view.steps["a"].level) == ("confirmed", "confirmed")


def test_a_tool_that_lies_is_found_out(lab: Lab) -> None:
    """A step of which the world knows nothing has failed, although its tool said that it was done;
    nothing is there to be undone [COMP-15]."""
    shelf = Shelf()
    shelf.lies = True
    run = started(lab, shelf)

    with pytest.raises(RunFailed, match="said that it was done, and its probe finds no trace"):
        run.wait(20)

    (failed,) = [r.event for r in run.events() if isinstance(r.event, CallFailed)]
    assert (failed.happened, failed.error_type) == (False, "NotConfirmed")
    assert failed.output is not None
    assert failed.output.value == "laid x"
    assert len(run.undo_preview()) == 0


@pytest.mark.parametrize(
    ("verdict", "note"), [(ValueError("no line"), "no line"), ("perhaps", "cannot tell")]
)
def test_a_probe_that_cannot_tell_leaves_the_level(lab: Lab, verdict: Any, note: str) -> None:
    """What is not known is noted, and neither confirmed nor failed [COMP-15]."""
    shelf = Shelf()
    shelf.verdict = verdict
    run = started(lab, shelf)
    run.wait(20)

    assert outcome(run).level == "accepted"
    assert note in outcome(run).note
    assert states(run)["a"] == "succeeded"


def test_the_levels(lab: Lab) -> None:
    """Without a probe a step is accepted, with a check that passed it is performed [REL-22]."""
    check = wb.Check(not_empty=True)
    steps = [
        wb.Step(id="a", tool="put", args={"name": "a"}),
        wb.Step(id="b", tool="put", args={"name": "b"}, check=check),
    ]
    run = lab.bench().start(plan=plan(*steps))
    run.wait(20)

    levels = [run.view.steps[step.id].level for step in steps]
    assert levels == ["accepted", "performed"]


def test_an_undo_that_lies_is_parked(lab: Lab) -> None:
    """An undo is confirmed by the same probe, asked the other way round; one that did nothing is
    put before the person, and not reported as undone [COMP-15, COMP-9]."""
    shelf = Shelf()
    run = started(lab, shelf)
    run.wait(20)
    shelf.lies = True

    report = run.rollback(timeout_s=20)

    assert report.counts["undone"] == 0
    (request,) = run.bench.inbox
    assert request.kind == "doubt"
    assert "no trace" in request.why or "still there" in request.why
    shelf.lies = False
    request.choose("redo")
    report = run.rollback(timeout_s=20)
    assert report.counts["undone"] == 1
    assert shelf.there == set()
    undo = run.bench.open(report.undo)
    assert [step.level for step in undo.view.steps.values()] == ["confirmed"]
