"""An answer counts once, for the question that was asked, and for exactly what was shown."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.core.views import ARGS, NOW, answer, asking, decide, refused, story_in
from workbench import commands as c
from workbench import events as e
from workbench.errors import CommandRefused
from workbench.ids import digest


def test_an_approval_lets_the_step_go_on() -> None:
    """An approval covers exactly the arguments that were shown, and ends the waiting [PLAN-10]."""
    kinds, view = decide(story_in("waiting"), answer("approve", by="ada", surface="widget"))

    assert kinds == ["request.answered", "run.resumed"]
    assert view.state == "running"
    assert view.ready == ["mail"]
    assert view.steps["mail"].approved_digest == digest(ARGS)
    assert view.steps["mail"].approved_by == "ada"
    assert view.requests["req"].answer is not None
    assert view.requests["req"].answer.surface == "widget"


def test_an_answer_does_not_end_a_pause() -> None:
    """A paused run takes answers and stays paused [RUNT-13]."""
    story = asking(story_in("running")).add(e.RunPaused(by="person"))

    for verdict in ("approve", "deny"):
        assert decide(story, answer(verdict))[1].state == "paused"


def test_edited_arguments_are_what_is_approved() -> None:
    """Arguments that the person changed are checked, kept, and covered by the approval [PLAN-9]."""
    _, view = decide(story_in("waiting"), answer("approve", args={"copies": 5}))

    assert view.steps["mail"].approved_args == {"copies": 5}
    assert view.steps["mail"].approved_digest == digest({**ARGS, "copies": 5})


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({"copies": "many"}, "args.copies: "),
        ({"cc": "x"}, "no argument 'cc'"),
        ({"to": 5}, "args.to"),
    ],
)
def test_edited_arguments_must_fit(args: dict[str, object], words: str) -> None:
    """Arguments that don't fit the tool are refused, and the request stays open [PLAN-9]."""
    error = refused(story_in("waiting"), answer("approve", args=args))

    assert words in error.what
    assert "still open" in error.next_step


@pytest.mark.parametrize("token", ["", "T", "t ", "tt", "ü"])
def test_a_wrong_token_is_refused(token: str) -> None:
    """An answer without the request's own token is refused, whatever it has instead [PLAN-10]."""
    error = refused(story_in("waiting"), answer("approve", token=token))

    assert isinstance(error, CommandRefused)
    assert "token" in error.what
    assert "'t'" not in str(error)


def test_the_first_answer_counts() -> None:
    """A second answer is refused, with who gave the first and where [PLAN-10]."""
    story = asking(story_in("running")).answer("mail", "approve", "req", surface="cli")

    assert "already answered by person through cli" in refused(story, answer("deny")).what


def test_what_is_not_open_cannot_be_answered() -> None:
    """A request that is unknown, voided or expired takes no answer [PLAN-10]."""
    story = story_in("waiting")
    assert "no request 'other'" in refused(story, answer("approve", request="other")).what
    voided = asking(story_in("running"))
    voided.add(e.RequestVoided(request="req", step="mail", why="edited"))
    assert "already voided" in refused(voided, answer("approve")).what
    late = asking(story_in("running"), expires=NOW)
    assert "expired at" in refused(late, answer("approve")).what
    in_time = asking(story_in("running"), expires=NOW + timedelta(seconds=1))
    assert decide(in_time, answer("approve"))[0] == ["request.answered"]


@pytest.mark.parametrize(
    ("then", "kinds", "state"),
    [
        ("continue", ["run.resumed"], "running"),
        ("freeze", ["run.paused"], "paused"),
        ("stop", ["run.stopping"], "stopping"),
    ],
)
def test_a_refusal_leads_where_the_person_says(then: str, kinds: list[str], state: str) -> None:
    """A refused step and what needs it are not done; the run goes on, pauses or stops [PLAN-13]."""
    made, view = decide(story_in("waiting"), answer("deny", reason="too early", then=then))

    assert made == ["request.answered", "step.denied", "step.skipped", *kinds]
    assert view.state == state
    assert view.steps["mail"].state == "denied"
    assert view.steps["mail"].error == "too early"
    assert view.steps["note"].state == "skipped"


def test_a_refusal_may_ask_for_another_plan() -> None:
    """With `replan` the steps behind are kept for the planner to use, and it hears why [PLAN-7]."""
    kinds, view = decide(story_in("waiting"), answer("deny", reason="too early", then="replan"))

    assert kinds == ["request.answered", "step.denied", "run.resumed"]
    assert view.steps["note"].state == "pending"
    assert "too early" in view.replan


def test_a_refusal_that_stops_voids_the_other_questions() -> None:
    """Nothing stays open in a run that was stopped by an answer [CONC-12]."""
    story = asking(story_in("running")).ask("other", "req-2")
    _, view = decide(story, answer("deny", then="stop"))

    assert view.open_requests == []
    assert view.requests["req-2"].state == "voided"


def test_a_second_freeze_is_no_fault() -> None:
    """Refusing with `freeze` in a paused run leaves it paused [RUNT-13]."""
    story = asking(story_in("running")).add(e.RunPaused(by="person"))

    assert decide(story, answer("deny", then="freeze"))[1].state == "paused"


@pytest.mark.parametrize("then", ["continue", "freeze", "stop", "replan"])
@pytest.mark.parametrize("verdict", ["approve", "deny"])
def test_an_answer_next_to_an_expired_question(verdict: str, then: str) -> None:
    """An answer to one question while another has expired is decided like any other [RUNT-9]."""
    story = asking(story_in("running")).ask("other", "late", expires=NOW).add(e.RunWaiting())

    _, view = decide(story, answer(verdict, then=then))

    assert view.requests["req"].state == "answered"


@pytest.mark.parametrize(
    ("choice", "kind", "state"),
    [
        ("done", "call.confirmed", "succeeded"),
        ("redo", "call.refuted", "ready"),
        ("skip", "step.skipped", "skipped"),
    ],
)
def test_a_person_settles_a_doubt(choice: str, kind: str, state: str) -> None:
    """A doubt is settled by what the person knows: it happened, redo it, leave it [CONC-9]."""
    kinds, view = decide(story_in("doubted"), answer("choose", choice=choice, by="ada"))

    assert kinds == ["request.answered", kind, "run.resumed"]
    assert view.steps["mail"].state == state


def test_refusing_a_doubt_does_nothing_again() -> None:
    """Denying a question about a doubt skips the step; the call is not repeated [CONC-9]."""
    kinds, view = decide(story_in("doubted"), answer("deny"))

    assert "step.skipped" in kinds
    assert view.steps["mail"].state == "skipped"


def test_a_choice_must_be_one_of_the_choices() -> None:
    """An answer that was not offered is refused with those that were [CONC-9]."""
    for wrong in ("perhaps", "", None):
        error = refused(story_in("doubted"), answer("choose", choice=wrong))
        assert "done, redo, skip" in error.next_step


def test_questions_and_permissions_are_not_confused() -> None:
    """A doubt or a question cannot be approved, and a permission cannot be chosen [CONC-9]."""
    for state in ("doubted", "questioned"):
        assert "asks for a choice" in refused(story_in(state), answer("approve")).what
    assert isinstance(refused(story_in("waiting"), answer("choose", choice="x")), CommandRefused)


def test_a_question_takes_any_text() -> None:
    """A question without choices is answered with words, and planning goes on [PLAN-1]."""
    kinds, view = decide(story_in("questioned"), answer("choose", choice="rows"))
    assert kinds == ["request.answered", "run.resumed"]
    assert view.requests["req"].answer is not None
    assert view.requests["req"].answer.choice == "rows"
    assert "''" in refused(story_in("questioned"), answer("choose", choice="")).what


def test_refusing_a_question_stops_the_run() -> None:
    """Without the answer there is no plan: nothing was done, and the run stops [PLAN-1]."""
    assert decide(story_in("questioned"), answer("deny"))[1].state == "stopping"


def test_nobody_answers_in_a_run_that_is_over() -> None:
    """A stopping or finished run has no open question [RUNT-1]."""
    for state in ("stopping", "succeeded"):
        refused(story_in(state), answer("approve"))


def test_an_answer_for_always_allows_nothing_more_in_its_run() -> None:
    """It is a rule about these arguments, and no allowance of the tool for the run [PLAN-10]."""
    events, view = decide(story_in("waiting"), answer("approve", scope="always"))
    assert view.allowances == {}
    assert "request.answered" in events


def test_an_answer_for_the_run_allows_its_tool() -> None:
    """An approval for the run reaches the tool for the rest of it [PLAN-10]."""
    _, view = decide(story_in("waiting"), answer("approve", scope="run", by="ada"))
    assert view.allowances == {"send": "ada"}


def test_answers_are_told_apart_as_data() -> None:
    """An answer read from a row is the answer that was written [HARN-4]."""
    given = answer("approve", args={"copies": 3})

    assert c.AnyCommand.validate_json(given.model_dump_json()) == given
