"""What a page is told of a run's past is what Python says of it, and errands are a person's."""

from __future__ import annotations

from pathlib import Path

import pytest

import workbench as wb
from workbench.commands import Fork, Restore
from workbench.errors import CommandRefused, NotFound
from workbench.lookback import Lookback

FILE = Path("lines.txt")


def _rub_out(key: wb.Key) -> None:
    kept = [line for line in FILE.read_text().splitlines() if not line.startswith(f"{key} ")]
    FILE.write_text("".join(f"{line}\n" for line in kept))


@wb.tool(effect="reversible", undo=_rub_out)
def write(text: str, key: wb.Key) -> str:
    """Add a line to a file."""
    with FILE.open("a") as file:
        file.write(f"{key} {text}\n")
    return text


@wb.tool(effect="irreversible", risk="local")
def send(text: str) -> str:
    """Send a text."""
    return text


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    policy = wb.Policy(allow=["send"])
    with wb.Workbench(tools=[write, send], planner=None, policy=policy) as bench:
        yield bench


def run_of(bench: wb.Workbench) -> wb.Run:
    """Run three effects, the last of which cannot be undone."""
    steps = [
        wb.Step(id="one", tool="write", args={"text": "one"}),
        wb.Step(id="two", tool="write", args={"text": "two"}, after=("one",)),
        wb.Step(id="sent", tool="send", args={"text": "x"}, after=("two",)),
    ]
    run = bench.start(plan=wb.Plan(goal="A test", steps=steps))
    run.wait(30)
    return run


def test_answers_are_what_python_says(bench: wb.Workbench) -> None:
    """Places, preview, report and comparison have the same rows as `run.checkpoints`,
    `run.undo_preview`, `run.undo_reports` and `run.compare` [RUNT-6] [RUNT-8] [RUNT-11]."""
    run = run_of(bench)
    past = Lookback(bench.journal, run.id, bench.tool_map())
    listed = past.places()["places"]
    assert [(one["seq"], one["name"]) for one in listed] == [
        (m.seq, m.name) for m in run.checkpoints
    ]
    place = next(mark.seq for mark in run.checkpoints if mark.name == "after one")
    preview, expected = past.undo(place), run.undo_preview(place)
    assert [(r["step"], r["outcome"], r["why"]) for r in preview["rows"]] == [
        (r.step, r.outcome, r.why) for r in expected.rows
    ]
    assert preview["counts"] == {name: n for name, n in expected.counts.items() if n}
    fork = run.fork(place, outputs={"one": "other"})
    fork.wait(30)
    assert past.compare(fork.id)["different"] == len(run.compare(fork).different)
    assert [kin["run"] for kin in past.places()["family"]] == [fork.id]
    assert Lookback(bench.journal, fork.id, None).places()["family"][0]["kin"] == "origin"
    report = run.rollback(place)
    (told,) = past.places()["undone"]
    assert {r["step"]: r["outcome"] for r in told["rows"]} == report.outcomes
    assert [one["step"] for one in past.place(place)["outputs"]] == ["one"]


def test_changes_and_terms_are_what_python_says(bench: wb.Workbench) -> None:
    """What a revision changed is told step by step and argument by argument, as `run.changes` has
    it; the terms have autonomy, limits, rights, decisions and notes of the run [PLAN-10]."""
    steps = [
        wb.Step(id="one", tool="write", args={"text": "one"}, title="First"),
        wb.Step(id="two", tool="write", args={"text": wb.ref("one")}),
    ]
    run = bench.start(plan=wb.Plan(goal="A test", steps=steps), limits={"calls": 9}, autonomy="ask")
    grant = run.grant(wb.Grant("write", uses=2))
    run.decide("year", "2007", "the last one")
    run.comment("shorter", step="one", replan=False)
    with run.editing(reason="less of it") as draft:
        draft.change("one", title="The first", args={"text": "1"})
        draft.remove("two")
        draft.add(wb.Step(id="three", tool="send", args={"text": "x"}))
    past = Lookback(bench.journal, run.id, None)
    told = past.answer({"about": "changes", "number": 2})
    diff = run.changes()
    assert {one["step"]: one["how"] for one in told["steps"]} == {
        **dict.fromkeys(diff.added, "added"),
        **dict.fromkeys(diff.changed, "changed"),
        **dict.fromkeys(diff.removed, "removed"),
    }
    assert (told["number"], told["author"], told["reason"]) == (2, "person", "less of it")
    (one,) = [row for row in told["steps"] if row["how"] == "changed"]
    assert one["fields"] == [
        {"name": "title", "before": "First", "after": "The first"},
        {"name": "text", "before": "one", "after": "1"},
    ]
    terms = past.answer({"about": "terms"})
    assert terms["autonomy"] == run.view.autonomy
    assert {"unit": "calls", "limit": 9.0, "used": 0.0} in terms["limits"]
    assert [(r["id"], r["text"]) for r in terms["rights"]] == [(grant, "write, 2 times")]
    (decided,) = terms["decisions"]
    assert (decided["by"], decided["subject"], decided["choice"]) == ("person", "year", "2007")
    assert [(n["step"], n["text"]) for n in terms["notes"]] == [("one", "shorter")]
    run.stop()


def test_without_tools_an_answer_says_so(bench: wb.Workbench) -> None:
    """Where nobody has the tools the preview goes by the journal and says that the tools were not
    asked; what was declared to have no undo is not promised one [RUNT-8]."""
    run = run_of(bench)
    found = Lookback(bench.journal, run.id, None).undo(1)
    assert found["told_known"] is False
    outcomes = {row["step"]: row["outcome"] for row in found["rows"]}
    assert outcomes == {"sent": "not_undoable", "two": "undone", "one": "undone"}


def test_what_is_no_question_and_no_place_is_refused(bench: wb.Workbench) -> None:
    """A place that is not there and a question that is none are refused in words [RUNT-6]."""
    run = run_of(bench)
    past = Lookback(bench.journal, run.id, None)
    with pytest.raises(NotFound, match="no event 0"):
        past.place(0)
    with pytest.raises(NotFound):
        past.compare("run-nowhere")
    for number in (0, 1, 2):
        with pytest.raises(NotFound, match=f"no revision {number} with one before"):
            past.changes(number)
    for asked in ({}, {"about": "place", "seq": "1"}, {"about": "secrets"}):
        with pytest.raises(CommandRefused, match="no question"):
            past.answer(asked)


@pytest.mark.parametrize("errand", [Fork(key="k"), Restore(to=1)], ids=["fork", "restore"])
def test_a_call_orders_no_errand(tmp_path: Path, errand: Fork | Restore) -> None:
    """The code of a tool cannot have a run forked or variables restored in a person's name: its
    order is refused, and no run begins [AUTH-7]."""
    refusals: list[str] = []

    @wb.tool(effect="pure")
    def sly(run: str) -> str:
        try:
            bench.look(run).send(errand)
        except CommandRefused as refusal:
            refusals.append(str(refusal))
        return "done"

    with wb.Workbench(tmp_path / "runs.db", tools=[sly, send], planner=None) as bench:
        asks = wb.Step(id="asks", tool="send", args={"text": "x"})
        other = bench.start(plan=wb.Plan(goal="x", steps=[asks]))
        other.wait_until("waiting")
        steps = [wb.Step(id="sly", tool="sly", args={"run": other.id})]
        bench.start(plan=wb.Plan(goal="x", steps=steps)).wait(30)
        assert len(refusals) == 1
        assert errand.kind in refusals[0]
        assert bench.journal.errands() == []
        assert len(bench.journal.runs()) == 2
