import json

import pandas as pd
import pytest

import workbench as wb
from workbench import events as e
from workbench.events import Record
from workbench.plan import Change
from workbench.report import (
    AUDIT_COLUMNS,
    RUNS_COLUMNS,
    TRACE_COLUMNS,
    audit_frame,
    run_html,
    run_text,
    runs_frame,
    trace_frame,
)
from workbench.values import Artifact, Stored


def dtypes(frame: pd.DataFrame) -> dict[str, str]:
    return {name: str(dtype) for name, dtype in frame.dtypes.items()}


def test_trace_has_stated_columns(eventful):
    """The trace has exactly the stated columns and dtypes, in their order [AUTH-2]."""
    frame = trace_frame(eventful.records, eventful.view)
    assert dtypes(frame) == TRACE_COLUMNS
    assert frame[["run", "agent", "on_behalf_of"]].notna().all(axis=None)


def test_trace_without_rows_keeps_its_columns(story):
    """No journal gives an empty frame with the same columns and dtypes [AUTH-2]."""
    assert dtypes(trace_frame([], story.view)) == TRACE_COLUMNS
    assert dtypes(audit_frame([], story.view)) == AUDIT_COLUMNS
    assert dtypes(runs_frame([])) == RUNS_COLUMNS


def test_one_row_for_each_attempt_and_each_end_without_a_call(eventful):
    """Attempts are counted, not only steps; a step ended without a call has attempt 0 [CONC-14]."""
    frame = trace_frame(eventful.records, eventful.view)
    assert list(zip(frame["step"], frame["attempt"], frame["state"], strict=True)) == [
        ("load", 1, "retrying"),
        ("load", 2, "succeeded"),
        ("columns", 1, "succeeded"),
        ("top", 0, "given"),
        ("chart", 0, "skipped"),
        ("report", 1, "succeeded"),
        ("mail", 0, "denied"),
    ]
    assert frame["key"].iloc[0] == frame["key"].iloc[1]
    assert frame["seq"].is_monotonic_increasing


def test_a_row_says_when_how_long_and_by_whom(eventful):
    """A row has times in UTC, seconds, and who brought it about [REL-16]."""
    frame = trace_frame(eventful.records, eventful.view).set_index(["step", "attempt"])
    load = frame.loc["load", 2]
    assert load["started"] == pd.Timestamp("2026-06-03T14:00:08Z")
    assert load["ended"] - load["started"] == pd.Timedelta(seconds=4)
    assert load["duration_s"] == 4.0
    assert load["by"] == "planner builtin"
    assert json.loads(load["args"]) == {"path": "sales.csv"}
    assert frame.loc[("columns", 1), "by"] == "person"
    assert pd.isna(frame.loc[("columns", 1), "duration_s"])
    assert frame.loc[("mail", 0), "error"] == "no grant covers send_mail"
    assert frame.loc[("mail", 0), "tool"] == "send_mail"
    assert pd.isna(frame.loc[("mail", 0), "effect"])


def test_a_doubt_and_a_call_in_flight_show_as_such(story):
    """What nobody knows is missing, not zero [CONC-9]."""
    story.create().plan(*wb_steps("a", "b"))
    story.add(e.RunStarted())
    story.intend("a").intend("b")
    story.add(e.CallDoubted(step="a", attempt=1, why="timeout"), 5)
    frame = trace_frame(story.records, story.view)
    assert list(frame["state"]) == ["in_doubt", "running"]
    assert frame["duration_s"].isna().all()
    assert frame["ended"].isna().tolist() == [False, True]


def test_spend_adds_up_to_the_usage(eventful):
    """What attempts and planning spent is the run's usage, without what was given back [REL-31]."""
    view = eventful.view
    frame = trace_frame(eventful.records, view)
    assert frame["spend_usd"].sum() + 0.25 == pytest.approx(view.usage["usd"])
    calls = sum(json.loads(text).get("calls", 0) for text in frame["spend"].dropna())
    assert calls == view.usage["calls"]


def test_long_arguments_stay_short_json(story):
    """The args column is JSON whatever was passed, and short [HARN-8]."""
    story.create().plan(*wb_steps("a", "b"))
    story.add(e.RunStarted())
    story.intend("a", args=Stored(value={"text": "x" * 9000, "n": list(range(500)), "ok": True}))
    artifact = Artifact(digest="d" * 64, media="application/json", size=900_000)
    story.intend("b", args=Stored(artifact=artifact, summary="900 fields"))
    texts = trace_frame(story.records, story.view)["args"]
    short = json.loads(texts[0])
    assert short["ok"] is True
    assert short["n"][-1] == "… 492 more"
    assert len(texts[0]) < 200
    assert texts[1] == "900 fields"


def test_titles_of_retired_steps_are_kept(story):
    """A step that left the plan keeps its title and tool in the trace [PLAN-10]."""
    from workbench.plan import Remove

    story.create().plan(*wb_steps("a", "b"))
    story.edit(Change(step="a", changes={"title": "first"}))
    story.add(e.RunStarted())
    story.add(e.StepSkipped(step="a", by="person"))
    story.edit(Remove(step="a"))
    row = trace_frame(story.records, story.view).iloc[0]
    assert (row["title"], row["tool"]) == ("first", "read_table")


def test_audit_has_a_row_for_every_event(eventful):
    """The audit is complete and in order: every event with its place and hash [AUTH-14]."""
    frame = audit_frame(eventful.records, eventful.view)
    assert dtypes(frame) == AUDIT_COLUMNS
    assert frame["seq"].tolist() == list(range(1, len(eventful.records) + 1))
    assert frame["hash"].tolist() == [record.hash for record in eventful.records]
    assert frame[["run", "agent", "on_behalf_of", "actor", "by", "event"]].notna().all(axis=None)


def test_audit_says_who_decided_what(eventful):
    """A decision names who decided, where, how far, and the exact arguments [AUTH-14]."""
    frame = audit_frame(eventful.records, eventful.view)
    decisions = frame[frame["decision"].notna()]
    found = list(
        zip(decisions["event"], decisions["decision"], decisions["decided_by"], strict=True)
    )
    assert ("call.intended", "allow", "rule reads") in found
    assert ("call.intended", "allow", "answer req-r") in found
    assert ("request.answered", "approve", "person") in found
    assert ("step.denied", "deny", "policy") in found
    approval = frame[frame["decision"] == "approve"].iloc[0]
    assert (approval["surface"], approval["scope"]) == ("cli", "run")
    assert approval["args_digest"] == "d"
    assert approval["tool"] == "write_file"
    outcomes = frame.loc[frame["outcome"].notna(), "outcome"].tolist()
    assert outcomes.count("succeeded") == 3
    assert {"retrying", "in_doubt", "confirmed", "given", "skipped", "denied"} <= set(outcomes)


def test_the_agents_own_acts_can_be_told_apart(eventful):
    """Rows of the agent and rows of the person have different actors [REL-16]."""
    frame = audit_frame(eventful.records, eventful.view)
    agent = frame[frame["actor"] == "agent"]
    assert {"call.intended", "call.succeeded"} <= set(agent["event"])
    assert set(frame[frame["actor"] == "person"]["event"]) >= {"step.given", "request.answered"}


def test_audit_amounts_add_up(eventful):
    """Amounts of the audit, given-back ones negative, are the run's usage [AUTH-14, REL-31]."""
    totals: dict[str, float] = {}
    for text in audit_frame(eventful.records, eventful.view)["spend"].dropna():
        for unit, amount in json.loads(text).items():
            totals[unit] = totals.get(unit, 0) + amount
    assert totals == pytest.approx(eventful.view.usage)


def test_runs_take_mappings_and_objects(paused):
    """Runs are a frame with stated columns, from mappings, objects and ISO times [RUNT-1]."""

    class Summary:
        run, goal, state, key = "run-b", "g", "paused", None
        created = updated = "2026-06-03T16:00:00+02:00"
        seq, done, total, open_requests = 4, 1, 2, 1

    mapping = {name: getattr(Summary, name) for name in RUNS_COLUMNS}
    mapping |= {"created": paused.view.created, "key": "k"}
    frame = runs_frame([mapping, Summary()])
    assert dtypes(frame) == RUNS_COLUMNS
    assert frame["created"].tolist() == [pd.Timestamp("2026-06-03T14:00:00Z")] * 2
    assert frame["key"].isna().tolist() == [False, True]


def test_frames_read_any_iterable(eventful):
    """Records may come from an iterator: they are read once [AUTH-14]."""

    def stream() -> Record:
        yield from eventful.records

    assert len(trace_frame(stream(), eventful.view)) == 7
    assert len(audit_frame(stream(), eventful.view)) == len(eventful.records)


def wb_steps(*ids: str):
    import workbench as wb

    return [wb.Step(id=name, tool="read_table") for name in ids]


def test_the_level_of_a_call_is_shown(story):
    """The trace, the text and the page say how sure it is that a call did its work: it
    returned, its output passed a check, or the world was asked; also of older events [REL-22]."""
    story.create().plan(*(wb.Step(id=name, tool="read_table") for name in "abcd"))
    story.add(e.RunStarted())
    story.intend("a").succeed("a")
    story.intend("b").succeed("b", verified=True, level="performed")
    story.intend("c").succeed("c", verified=True)
    story.intend("d").succeed("d", level="confirmed")
    levels = trace_frame(story.records, story.view).set_index("step")["level"]
    assert list(levels.items()) == [
        ("a", "accepted"),
        ("b", "performed"),
        ("c", "performed"),
        ("d", "confirmed"),
    ]
    for shown in (run_text(story.view), run_html(story.view)):
        assert (shown.count("(performed)"), shown.count("(confirmed)")) == (2, 1)
        assert "(accepted)" not in shown
