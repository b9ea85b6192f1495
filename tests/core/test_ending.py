"""How a run ends when no call is being made, by its failure policy."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.views import asking, folded
from tests.view.story import Story, step
from workbench import events as e
from workbench.engine.ending import ending, errors_of, failing, remains, result_of
from workbench.values import Artifact, Stored

BRANCHES = (step("a"), step("b"), step("after-a", "a"), step("after-b", "b"))


def ends(story: Story) -> list[str]:
    """Give the kinds of the ending, which must be a legal history."""
    events = ending(story.view)
    folded(story, events)
    return [event.kind for event in events]


def test_a_run_with_all_steps_done_succeeds() -> None:
    """When every step is done or skipped the run succeeds, with the last step's output [RUNT-1]."""
    story = Story(step("a"), step("b", "a"), step("c")).do("a", "b")
    story.add(e.StepSkipped(step="c", by="person"))

    assert ends(story) == ["run.succeeded"]
    assert result_of(story.view) == Stored(value="b")


@pytest.mark.parametrize(
    ("policy", "first", "then"),
    [
        ("stop", ["run.failed"], ["run.failed"]),
        ("continue", [], ["run.failed"]),
        ("pause", [], ["run.paused"]),
        ("replan", [], ["run.failed"]),
    ],
)
def test_a_failure_ends_a_run_by_its_policy(policy: str, first: list[str], then: list[str]) -> None:
    """A failed step stops all, or lets the other branches go on to their end first [CONC-4]."""
    story = Story(*BRANCHES, on_failure=policy).intend("a").fail("a")

    assert failing(story.view) == (policy == "stop")
    assert ends(story) == first
    story.do("b", "after-b")
    assert ends(story) == then
    assert errors_of(story.view) == {"a": "it broke"}


def test_a_pause_after_a_failure_says_what_to_do() -> None:
    """The engine's own pause names the steps that failed and what a person can do [CONC-4]."""
    story = Story(step("a"), step("b"), on_failure="pause")
    story.intend("a").fail("a").intend("b").fail("b")

    (paused,) = ending(story.view)

    assert isinstance(paused, e.RunPaused)
    assert paused.by == "engine"
    assert "a, b failed: edit the plan" in paused.reason


def test_every_error_is_kept() -> None:
    """A run that failed in several steps names each, also those that the policy denied [CONC-3]."""
    story = Story(step("a"), step("b"), step("c"), on_failure="continue")
    story.intend("a").fail("a").do("b").add(e.StepDenied(step="c", by="policy", reason="forbidden"))

    (failed,) = ending(story.view)

    assert isinstance(failed, e.RunFailed)
    assert failed.errors == {"a": "it broke", "c": "forbidden"}


def test_a_failed_run_leaves_no_question_open() -> None:
    """Questions that are open when a run fails are moot [PLAN-10]."""
    story = Story(step("a"), step("mail")).intend("a").fail("a")
    asking(story)

    assert ends(story) == ["request.voided", "run.failed"]


@pytest.mark.parametrize("policy", ["stop", "continue", "pause", "replan"])
def test_a_doubt_is_never_passed_over(policy: str) -> None:
    """With a step in doubt the run waits for a person, whatever else failed [CONC-9, PLAN-13]."""
    story = Story(*BRANCHES, on_failure=policy).intend("a").doubt("a").intend("b").fail("b")

    assert ends(story) == ["run.waiting"]


def test_an_open_question_is_waited_for() -> None:
    """When all else is done the run waits for the answer; before that it goes on [ASYN-1]."""
    story = asking(Story(step("a"), step("mail")))

    assert ends(story) == []
    story.do("a")
    assert ends(story) == ["run.waiting"]


def test_what_needs_a_refused_step_is_skipped() -> None:
    """A refusal is no failure: what needs the step is skipped, and the run succeeds [PLAN-13]."""
    story = Story(step("a"), step("b", "a"), step("c", "b"), step("d"))
    story.add(e.StepDenied(step="a", by="expiry", reason="nobody answered")).do("d")

    events = ending(story.view)
    assert [(event.kind, getattr(event, "step", "")) for event in events] == [
        ("step.skipped", "b"), ("step.skipped", "c"),
    ]  # fmt: skip
    story.add(*events)
    assert ends(story) == ["run.succeeded"]


LIVE = Stored(artifact=Artifact(digest="ab", media="x", size=1))


@pytest.mark.parametrize(
    ("outputs", "result"),
    [
        ({"a": Stored(value=1)}, Stored(value=1)),
        ({"a": LIVE}, LIVE),
        ({}, Stored()),
        ({"a": Stored(value=1), "b": Stored(value=[2])}, {"a": 1, "b": [2]}),
        ({"a": Stored(value=1), "b": LIVE}, {"a": 1}),
    ],
    ids=["one", "live", "none", "several", "mixed"],
)
def test_the_result_is_what_nothing_else_uses(outputs: dict[str, Stored], result: Any) -> None:
    """The result is the output of the last step, or those of the last steps by id [RUNT-1]."""
    story = Story(step("first"), step("a", "first"), step("b", "first")).do("first")
    for name in ("a", "b"):
        if name in outputs:
            story.add(e.StepGiven(step=name, by="person", output=outputs[name]))
        else:
            story.add(e.StepSkipped(step=name, by="person"))

    made = result_of(story.view)

    assert made == result if isinstance(result, Stored) else made.value == result


def test_a_run_without_a_plan_has_no_result() -> None:
    """Nothing was made, so nothing is given [RUNT-1]."""
    assert result_of(Story(started=False).view) == Stored()


@pytest.mark.parametrize("abandon", [False, True])
def test_a_stop_says_what_became_of_every_step(*, abandon: bool) -> None:
    """What happened, was in flight and will not happen are together all steps [CONC-11]."""
    story = Story(*(step(name) for name in "abcde"), step("f", "a"))
    story.do("a").intend("b").fail("b").intend("c").doubt("c").add(
        e.RunStopping(by="person", reason="enough", abandon=abandon)
    )

    left = remains(story.view, {"d": "cancelled, nothing was done"}, abandon=abandon)

    assert isinstance(left, e.RunAbandoned if abandon else e.RunStopped)
    assert left.happened == ("a", "b")
    assert left.in_flight == {"d": "cancelled, nothing was done", "c": "in doubt"}
    assert left.not_begun == ("e", "f")
    assert folded(story, [left]).final
    if isinstance(left, e.RunAbandoned):
        assert left.reason == "enough"
