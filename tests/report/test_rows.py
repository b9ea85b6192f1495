import json
from datetime import timedelta
from pathlib import Path

import pytest

import workbench as wb
from workbench import events as e
from workbench.oversight.terms import declared_row
from workbench.report import authors_of, header_row, request_row, step_row, tool_row, trace_row
from workbench.report.rows import TRACE_STATES
from workbench.states import RUN_FINAL
from workbench.whereabouts import Note

FIELDS = {
    "header": "run goal state text by reason fork done total in_flight open_requests revision "
    "digest seq elapsed_s usage limits error at result controls held",
    "step": "id order title tool effect risk state needs why args attempt estimate_s started "
    "duration_s summary error author one_way",
    "trace": "seq at step kind text tool effect state duration_s detail",
    "request": "id token step kind title tool effect risk schema reversibility arguments args cost "
    "why preview evidence if_refused verb choices opened expires gate armed objects count",
    "tool": "name description effect risk schema on_pause",
}


def test_rows_have_exactly_the_fields_of_the_protocol(paused, tools):
    """Every row has the fields that the page reads, in JSON [RUNT-15]."""
    view = paused.view
    rows = {
        "header": header_row(view),
        "step": step_row(view, "top", tools),
        "trace": trace_row(paused.records[3], view, tools),
        "request": request_row(view.open_requests[0], view, tools),
        "tool": tool_row(tools["send_mail"]),
    }
    for name, row in rows.items():
        assert list(row) == FIELDS[name].split(), name
        json.dumps(row, allow_nan=False).encode()


def test_the_header(paused):
    """The header says where the run stands, and counts time up to now [ASYN-2]."""
    view = paused.view
    row = header_row(view, now=view.at + timedelta(seconds=1))
    assert (row["state"], row["by"], row["reason"]) == ("paused", "person", "look first")
    assert (row["done"], row["total"], row["open_requests"], row["revision"]) == (2, 6, 1, 2)
    assert row["elapsed_s"] == 3.26
    assert row["at"] == "2026-06-03T14:00:03.260+00:00"
    assert row["limits"] == {"usd": 1.0}
    assert (row["error"], row["result"]) == (None, None)


def test_a_step(paused, tools):
    """A step has its references as data, its times, its author and its estimate [PLAN-2]."""
    authors = authors_of(paused.records)
    top = step_row(paused.view, "top", tools, authors)
    assert top["args"] == {"table": {"$ref": "load", "path": ["rows", 0]}, "n": 3}
    assert (top["order"], top["needs"]) == (2, ["columns", "load"])
    assert (top["estimate_s"], top["started"], top["duration_s"]) == (1.0, None, None)
    load = step_row(paused.view, "load", tools, authors)
    assert load["started"] == "2026-06-03T14:00:00.000+00:00"
    assert (load["duration_s"], load["summary"]) == (0.25, "1,204 rows x 6 columns")
    assert (load["author"], load["effect"], load["one_way"]) == ("planner builtin", "read", False)
    assert step_row(paused.view, "mail", tools, authors)["author"] == "person"
    assert step_row(paused.view, "mail", tools)["author"] == "", "two authors and no journal"


def test_a_step_shows_the_estimate_of_its_tool(story):
    """In the cell, and in the panel, where only what a note says of the tool is known [PLAN-15]."""

    @wb.tool(effect="read", estimate=wb.Estimate(seconds=30))
    def look() -> str:
        raise NotImplementedError

    @wb.tool(effect="read")
    def see() -> str:
        raise NotImplementedError

    own = wb.Estimate(seconds=5)
    story.create().plan(
        wb.Step(id="a", tool="look"),
        wb.Step(id="b", tool="look", estimate=own),
        wb.Step(id="c", tool="see"),
    )
    tools = {"look": look, "see": see}
    note = Note("j", Path("runs.db"), tuple(declared_row(tool) for tool in tools.values()))
    older = Note("j", Path("runs.db"), tuple(tool_row(tool) for tool in tools.values()))
    for known, expected in ((tools, 30), (note.tool_map(), 30), (older.tool_map(), None)):
        rows = [step_row(story.view, step, known)["estimate_s"] for step in "abc"]
        assert rows == [expected, 5, None]


def test_every_state_of_a_trace_row_has_a_word_in_the_view():
    """So that each can be said in the reader's language [REL-22]."""
    words = (Path(__file__).parents[2] / "extensions" / "src" / "words.ts").read_text()
    missing = {
        state
        for state in TRACE_STATES.values()
        if f'mark("{state}")' not in words and f"  {state}: sign(" not in words
    }
    assert missing == set()


def test_a_tool_that_is_not_known_counts_as_irreversible(paused, tools):
    """After a restart without its tools a step is shown at its worst [COMP-1]."""
    row = step_row(paused.view, "report", tools)
    assert (row["effect"], row["risk"], row["one_way"]) == ("irreversible", "irreversible", True)
    request = request_row(paused.view.open_requests[0], paused.view, {})
    assert (request["effect"], request["risk"]) == ("irreversible", "irreversible")
    assert request["reversibility"] == "cannot be undone, as far as is known here"


def test_one_way_doors(eventful, tools):
    """Only a call that was made or may be made is a one-way door [REL-20]."""
    doors = {s: step_row(eventful.view, s, {})["one_way"] for s in eventful.view.steps}
    assert doors == {
        "load": True,
        "columns": True,
        "top": False,
        "chart": False,
        "report": True,
        "mail": False,
    }


def test_a_request(paused, tools):
    """A request has all nine things that a person must know, and the verb is the act [REL-2]."""
    row = request_row(paused.view.open_requests[0], paused.view, tools)
    assert (row["kind"], row["title"], row["verb"]) == ("permission", "send mail", "Send mail once")
    assert row["arguments"] == [["to", "boss@example.org"], ["copies", "2"]]
    assert row["args"] == {"to": "boss@example.org", "copies": 2}
    assert (row["effect"], row["risk"]) == ("irreversible", "public")
    assert (row["reversibility"], row["cost"]) == ("cannot be undone", "$0.50")
    assert row["if_refused"] == "Nothing is done by this step. No other step waits for it."
    assert (row["preview"], row["evidence"], row["expires"]) == (None, None, None)


@pytest.mark.parametrize(
    ("changes", "verb"),
    [
        ({"tool": "files.write_text"}, "Write text once"),
        ({"about": "budget", "spend": {"usd": 12.4, "calls": 1}}, "Spend $12.40, 1 call"),
        ({"about": "budget"}, "Allow once"),
        ({"about": "question", "tool": ""}, "Answer"),
    ],
)
def test_the_verb_names_the_act(story, changes, verb):
    """The button says what it lets happen, never "OK" [REL-3]."""
    story.create().ask(None, **changes)
    assert request_row(story.view.open_requests[0], story.view, {})["verb"] == verb


def test_questions_and_doubts_carry_choices(story):
    """A question has no effect; choices keep their value and label; evidence is text [CONC-9]."""
    story.create()
    story.ask(None, about="question", tool="", args={}, request="q", choices={"q1": "Quarter 1"})
    story.ask(None, about="doubt", request="d", evidence={"gap": "0.4 s", "n": 2})
    question, doubt = (request_row(r, story.view, {}) for r in story.view.open_requests)
    assert (question["effect"], question["args"], question["risk"]) == (None, None, "read")
    assert question["choices"] == [{"value": "q1", "label": "Quarter 1"}]
    assert question["reversibility"] == ""
    assert doubt["evidence"] == "gap: 0.4 s\nn: 2"


def test_trace_rows(eventful, tools):
    """A line of the journal has text, state, tool and effect; tokens stay out [AUTH-13]."""
    rows = [trace_row(record, eventful.view, tools) for record in eventful.records]
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
    done = next(row for row in rows if row["kind"] == "call.succeeded")
    assert done["text"] == 'is done: {"rows": [1, 2]}'
    assert (done["tool"], done["effect"], done["duration_s"]) == ("read_table", "read", 4.0)
    assert json.loads(done["detail"])["output"] == {"value": {"rows": [1, 2]}}
    assert all("secret-token" not in row["detail"] for row in rows)
    assert (rows[0]["step"], rows[0]["tool"], rows[0]["effect"]) == (None, None, None)


def test_every_kind_of_event_has_a_state():
    """Each kind of event shows a state; those of a run are the run's own [RUNT-15]."""
    assert set(TRACE_STATES) == set(e.KINDS)
    assert set(TRACE_STATES.values()) >= RUN_FINAL


def test_long_details_are_cut(story):
    """The detail of a large plan does not flood the page, and says what is missing [RUNT-15]."""
    story.create().plan(*(wb.Step(id=f"s{n}", tool="t", why="x" * 50) for n in range(2000)))
    detail = trace_row(story.records[1], story.view, {})["detail"]
    assert len(detail) < 21_000
    assert detail.endswith("characters more)")


def test_rows_survive_hostile_values(story):
    """Broken characters never stop a message; arguments otherwise stay exact [REL-18]."""
    evil = "a\ud800\x1b\u202e"
    story.create(goal=evil).plan(
        wb.Step(id="a", tool="t", title=evil, args={"x": "\x1b\r\n\u202e"})
    )
    story.add(e.RunStarted())
    story.ask("a", title=evil, args={"x": "\r\n\u202e", "y": [evil, float("nan")]})
    row = request_row(story.view.open_requests[0], story.view, {})
    sent = json.dumps([row, header_row(story.view), step_row(story.view, "a", {})], allow_nan=False)
    json.dumps(row, ensure_ascii=False).encode()
    assert "\\u001b" not in json.dumps(row["title"])
    assert row["args"]["x"] == "\r\n\u202e"
    assert row["args"]["y"] == ["a?\x1b\u202e", "nan"]
    assert row["arguments"][0] == ["x", "\n�"]
    assert "\\ud800" not in sent
