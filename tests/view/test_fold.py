"""The view is a fold of the journal: what was written is what is seen."""

from __future__ import annotations

from itertools import pairwise

import pytest

import workbench as wb
from tests.view.story import START, Story, step
from workbench import events as e
from workbench.errors import JournalError
from workbench.events import Event
from workbench.plan import Add, Change, Move, Remove
from workbench.values import Stored
from workbench.view import RunView, fold

DIAMOND = (step("a"), step("b", "a"), step("c", "a"), step("d", "b", "c"))


def test_a_step_is_ready_when_all_it_waits_for_is_done() -> None:
    """Steps become ready in the order in which what they wait for is done [PLAN-4]."""
    story = Story(*DIAMOND)
    assert story.view.ready == ["a"]

    story.do("a")
    assert story.view.ready == ["b", "c"]
    story.intend("c")
    assert (story.view.ready, story.view.in_flight) == (["b"], ["c"])
    story.do("b").succeed("c")
    assert story.view.ready == ["d"]
    story.do("d")

    assert story.view.counts == {"succeeded": 4}
    assert story.view.steps["d"].output == Stored(value="d")


def test_a_failure_or_a_doubt_holds_what_follows() -> None:
    """What waits for a step that failed, was denied or is in doubt is not ready [PLAN-13]."""
    for end in ("fail", "doubt"):
        story = Story(*DIAMOND).intend("a")
        getattr(story, end)("a")
        assert story.view.ready == []
        assert story.view.counts["pending"] == 3
    denied = Story(*DIAMOND).add(e.StepDenied(step="a", by="policy", reason="no"))
    assert denied.view.ready == []
    assert denied.view.steps["a"].error == "no"


def test_a_skip_or_a_given_output_lets_what_follows_go_on() -> None:
    """A skipped step and one whose output a person gave count as done [PLAN-9]."""
    skipped = Story(*DIAMOND).add(e.StepSkipped(step="a", by="person"))
    given = Story(*DIAMOND).add(e.StepGiven(step="a", by="person", output=Stored(value=7)))

    assert skipped.view.ready == given.view.ready == ["b", "c"]
    assert skipped.view.steps["a"].output is None
    assert given.view.steps["a"].output == Stored(value=7)
    assert given.view.steps["a"].by == "person"


def test_a_settled_doubt_goes_on() -> None:
    """A confirmed call is done with its output; a refuted one may be made again [CONC-9]."""
    confirmed = Story(*DIAMOND).intend("a").doubt("a")
    confirmed.add(e.CallConfirmed(step="a", by="probe", output=Stored(value=1)))
    refuted = Story(*DIAMOND).intend("a").doubt("a").add(e.CallRefuted(step="a", by="person"))

    assert confirmed.view.steps["a"].state == "succeeded"
    assert confirmed.view.steps["a"].by == "probe"
    assert refuted.view.ready == ["a"]
    assert refuted.view.steps["a"].attempt == 1


def test_attempts_times_and_places_are_kept() -> None:
    """A step knows its attempts, when it began and ended, and where in the journal [CONC-14]."""
    story = Story(step("a")).intend("a")
    story.add(e.CallRetrying(step="a", attempt=1, error="busy", wait_s=30))
    retried = story.view.steps["a"]
    assert retried.not_before is not None
    assert (retried.not_before - START).total_seconds() == 34
    assert retried.error == "busy"

    story.do("a")
    done = story.view.steps["a"]
    assert (done.attempt, done.intent_seq, done.outcome_seq, done.epoch) == (2, 6, 7, 1)
    assert done.not_before is None
    assert done.error is None
    assert done.started is not None
    assert done.ended is not None
    assert (done.ended - done.started).total_seconds() == 1


def test_money_is_set_aside_and_given_back() -> None:
    """What an intent reserves counts at once; what did not happen is given back [CONC-14]."""
    story = Story(step("a"), step("b"))
    spend = {"usd": 2.0, "calls": 1}

    story.intend("a", spend=spend)
    assert story.view.usage == spend
    story.add(e.CallRetrying(step="a", attempt=1, error="busy", wait_s=0))
    assert story.view.usage == {"usd": 0, "calls": 1}
    story.intend("a", spend=spend).fail("a", happened=False)
    assert story.view.usage == {"usd": 0, "calls": 2}
    story.intend("b", spend=spend).add(e.CallCancelled(step="b", attempt=1, why="pause"))
    assert story.view.usage == {"usd": 0, "calls": 2}
    story.intend("b", spend=spend).fail("b")
    assert story.view.usage == {"usd": 2, "calls": 3}
    story.add(e.PlannerAnswered(planner="p", outcome="plan", usage={"usd": 0.5, "tokens": 9}))
    assert story.view.usage == {"usd": 2.5, "calls": 3, "tokens": 9}


def test_a_request_stops_only_its_step() -> None:
    """A step that asks is not ready and the others go on, until an approval comes [PLAN-9]."""
    story = Story(step("a"), step("b")).ask("a")
    assert story.view.ready == ["b"]
    assert [request.id for request in story.view.open_requests] == ["req-a"]

    story.answer("a", "approve", args_digest="d", args={"n": 2})
    assert story.view.ready == ["b", "a"]
    assert story.view.open_requests == []
    asked = story.view.steps["a"]
    assert (asked.approved_digest, asked.approved_args, asked.approved_by) == (
        "d",
        {"n": 2},
        "person",
    )
    assert story.view.requests["req-a"].state == "answered"
    assert story.view.allowances == {}


@pytest.mark.parametrize(("scope", "lasts"), [("once", False), ("step", False), ("run", True)])
def test_only_an_answer_for_the_run_lasts(scope: str, *, lasts: bool) -> None:
    """An approval reaches as far as its scope says [PLAN-10]."""
    story = Story(step("a")).ask("a").answer("a", "approve", scope=scope)

    assert story.view.allowances == ({"work": "person"} if lasts else {})


def test_a_request_about_a_doubt_leaves_the_doubt() -> None:
    """A question about a doubt comes and goes; the doubt stays until it is settled [CONC-9]."""
    story = Story(step("a")).intend("a").doubt("a")
    for number, end in enumerate((e.RequestExpired, e.RequestVoided)):
        request = f"r{number}"
        story.ask("a", request, about="doubt")
        assert story.view.steps["a"].request == request
        story.add(
            end(request=request, step="a", **({"why": "x"} if end is e.RequestVoided else {}))
        )
        assert story.view.steps["a"].state == "in_doubt"
        assert story.view.steps["a"].request is None
    story.ask("a", "r2", about="doubt").answer("a", "choose", "r2", choice="redo")
    assert story.view.steps["a"].state == "in_doubt"
    assert [request.state for request in story.view.requests.values()] == [
        "expired", "voided", "answered",
    ]  # fmt: skip


def test_an_edit_keeps_what_is_done() -> None:
    """A revision keeps what is known of the steps it keeps, and begins the new ones [PLAN-7]."""
    story = Story(*DIAMOND).do("a")
    before = story.view.steps["a"]
    story.edit(
        Remove(step="c"),
        Change(step="d", changes={"after": ["b", "e"]}),
        Add(step=step("e", "a"), before="b"),
        Move(step="b", after=("e",)),
    )

    assert story.view.steps["a"] == before
    assert list(story.view.steps) == ["a", "e", "b", "d"]
    assert story.view.retired == ["c"]
    assert story.view.ready == ["e"]
    assert story.view.steps["b"].state == "pending"
    assert [(r.number, r.author, r.seq) for r in story.view.revisions] == [
        (1, "person", 2), (2, "person", 6),
    ]  # fmt: skip
    assert story.view.revision is not None
    assert story.view.revision.base == story.view.revisions[0].digest
    story.do("e", "b", "d")
    assert story.view.counts == {"succeeded": 4}


def test_the_end_of_a_run_ends_its_steps() -> None:
    """What was not begun when the run ended is `stopped`; what is in doubt stays so [CONC-11]."""
    story = Story(step("a"), step("b"), step("c", "a"), step("d")).ask("b").intend("d").doubt("d")
    story.add(e.RunStopping(by="person", reason="enough"))
    story.add(e.RunStopped(in_flight={"d": "in doubt"}, not_begun=("a", "b", "c")))

    assert story.view.final
    assert (story.view.by, story.view.reason) == ("person", "enough")
    assert story.view.counts == {"stopped": 3, "in_doubt": 1}
    assert story.view.remains["not_begun"] == ["a", "b", "c"]
    assert story.view == RunView.model_validate_json(story.view.model_dump_json())
    assert story.view.ready == []


def test_places_to_go_back_to() -> None:
    """The start, each finished step and each named place are places to go back to [RUNT-6]."""
    story = Story(step("a"), step("b")).do("b").add(e.CheckpointMade(name="here")).do("a")

    assert [(mark.name, mark.seq, mark.step) for mark in story.view.marks] == [
        ("start", 1, None), ("after b", 5, "b"), ("here", 6, None), ("after a", 8, "a"),
    ]  # fmt: skip


ILLEGAL: list[tuple[str, Event]] = [
    ("twice made", e.RunCreated(goal="again")),
    ("not paused", e.RunResumed(by="person")),
    ("not stopping", e.RunStopped()),
    ("no such step", e.StepSkipped(step="z", by="person")),
    ("no intent", e.CallSucceeded(step="b", attempt=1, output=Stored(), duration_s=0)),
    ("not in doubt", e.CallConfirmed(step="b", by="probe", output=Stored())),
    ("not running", e.CallRetrying(step="b", attempt=1, error="x", wait_s=0)),
    ("nothing to cancel", e.CallCancelled(step="done", attempt=1, why="x")),
    ("nothing to refute", e.CallRefuted(step="done", by="person")),
    ("waits", e.CallIntended(
        step="c", attempt=1, tool="work", effect="pure", args=Stored(), args_digest="", key="k",
        spend={"usd": 5}
    )),
    ("finished", e.CallIntended(
        step="done", attempt=2, tool="work", effect="pure", args=Stored(), args_digest="", key="k",
        spend={"usd": 5}
    )),
    ("finished", e.CallFailed(step="done", attempt=1, error="x", happened=False)),
    ("finished", e.StepGiven(step="done", by="person", output=Stored(value=2))),
    ("finished", e.StepDenied(step="done", by="policy", reason="x")),
    ("asks already", e.RequestOpened(
        request="r9", token="t", about="permission", step="asks", title="x"
    )),
    ("no such request", e.RequestAnswered(request="r7", verdict="approve", by="person")),
    ("no such request", e.RequestExpired(request="r7", step="asks")),
    ("no such request", e.RequestVoided(request="r7", step="asks", why="x")),
    ("not its step", e.RequestAnswered(
        request="req-asks", step="b", verdict="approve", by="person", scope="run"
    )),
    ("another digest", e.PlanRevised(
        number=2, digest="0" * 64, author="person", edits=(Remove(step="b"),)
    )),
]  # fmt: skip


@pytest.mark.parametrize(("why", "event"), ILLEGAL, ids=[f"{n}" for n in range(len(ILLEGAL))])
def test_a_refused_event_leaves_no_trace(why: str, event: Event) -> None:
    """An event that cannot follow raises, and the view is exactly as it was [RUNT-1]."""
    story = Story(step("done"), step("b"), step("c", "b"), step("asks"))
    story.intend("done", spend={"usd": 1, "calls": 1}).succeed("done").ask("asks")
    before = story.view.model_dump_json()

    with pytest.raises(JournalError):
        fold(story.view, story.record(event))

    assert story.view.model_dump_json() == before, why
    assert story.view == RunView.model_validate_json(before)


def test_events_must_follow_without_gaps() -> None:
    """A record that is missing or comes twice is refused [RUNT-6]."""
    story = Story(step("a"))
    record = story.records[-1]

    with pytest.raises(JournalError, match=r"Event 3 of run-1 cannot follow event 3"):
        fold(story.view, record)


def test_edits_without_a_plan_are_refused() -> None:
    """A revision by edits needs a plan to edit [PLAN-10]."""
    story = Story(started=False)

    with pytest.raises(JournalError, match="does not exist"):
        story.add(e.PlanRevised(number=1, digest="d", author="person", edits=(Remove(step="a"),)))


def test_fixed_steps_say_why() -> None:
    """Steps that are finished, being done or in doubt cannot be edited, and say why [PLAN-10]."""
    story = Story(*(step(name) for name in "abcdef")).do("a").intend("b").intend("c").doubt("c")
    story.add(e.StepSkipped(step="d", by="person")).ask("e")

    assert story.view.fixed() == {
        "a": "finished (succeeded)",
        "b": "being done",
        "c": "in doubt",
        "d": "finished (skipped)",
    }


def test_a_snapshot_stays_as_it_was() -> None:
    """A snapshot is not changed by later events, and can be folded on by itself [RUNT-15]."""
    story = Story(*DIAMOND, limits={"usd": 1}).do("a").ask("b")
    copy, before = story.view.snapshot(), story.view.model_dump_json()
    at = len(story.records)

    story.answer("b", "approve", scope="run", args_digest="d").intend("b", spend={"usd": 1})
    story.add(e.CheckpointMade(name="x")).edit(Remove(step="d"), Add(step=step("n")))
    story.add(e.RunPaused(by="person"))

    assert copy.model_dump_json() == before
    assert copy == RunView.model_validate_json(before)
    assert (copy.ready, copy.in_flight) == (["c"], [])
    for record in story.records[at:]:
        fold(copy, record)
    assert copy == story.view
    assert copy.model_dump_json() == story.view.model_dump_json()


def test_a_run_can_be_read_as_a_document() -> None:
    """The view is JSON with a schema in which every part is named [RUNT-6]."""
    schema = RunView.model_json_schema()

    assert {"StepView", "RequestView", "Revision", "Mark", "Plan", "Stored"} <= set(schema["$defs"])
    assert schema["properties"]["steps"]["additionalProperties"]["$ref"].endswith("/StepView")


def test_a_long_chain_folds_with_work_that_grows_with_its_length(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A chain of 2,000 steps takes three moves a step, and no event reads it all again [RUNT-7]."""
    moves = 0
    put_step = RunView.put_step

    def counted(view: RunView, *args: object, **changes: object) -> None:
        nonlocal moves
        moves += 1
        put_step(view, *args, **changes)  # type: ignore[arg-type]

    monkeypatch.setattr(RunView, "put_step", counted)
    monkeypatch.setattr(wb.Plan, "order", None)
    size = 2000
    names = [f"s{number}" for number in range(size)]
    story = Story(step("s0"), *(step(later, earlier) for earlier, later in pairwise(names)))
    monkeypatch.setattr(RunView, "reindex", None)
    moves = 0

    story.do(*names)

    assert story.view.counts == {"succeeded": size}
    assert moves == 2 * size + (size - 1)
