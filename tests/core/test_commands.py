"""What each command comes to in each state of a run: events, or a refusal."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.core.views import ARGS, NOW, PLAN, TOOLS, asking, decide, refused, story_in
from tests.view.story import Story, step
from workbench import commands as c
from workbench import events as e
from workbench.engine.commands import accept
from workbench.errors import CommandRefused, PlanError, RunFinished, StaleRevision
from workbench.plan import Add, Change, Edit, Move, Remove, SetOutput, Skip
from workbench.values import Stored

OPEN = ("queued", "unplanned", "planning", "running", "asked", "paused", "waiting", "stopping")
FINAL = ("succeeded", "failed", "stopped", "abandoned")
VOID = "request.voided"

TABLE: dict[str, dict[str, list[str] | type[Exception]]] = {
    "pause": {"paused": [], "stopping": CommandRefused, "": ["run.paused"]},
    "resume": {"paused": ["run.resumed"], "": []},
    "stop": {
        "asked": [VOID, "run.stopping"],
        "waiting": [VOID, "run.stopping"],
        "stopping": [],
        "": ["run.stopping"],
    },
    "edit": {
        "unplanned": CommandRefused,
        "waiting": ["plan.revised", "run.resumed"],
        "stopping": CommandRefused,
        "": ["plan.revised"],
    },
    "checkpoint": {"": ["checkpoint.made"]},
    "raise": {"": CommandRefused},
    "wake": {"": [], **{state: [] for state in FINAL}},
}
TABLE["abandon"] = TABLE["stop"]
"""Command and state to what comes of it; the empty state stands for all others that are open."""


def expected_of(word: str, state: str) -> list[str] | type[Exception]:
    row = TABLE[word]
    return row.get(state, RunFinished if state in FINAL else row[""])


def command_for(story: Story, word: str) -> c.Command:
    base = story.view.revision.digest if story.view.revision else "none"
    commands: dict[str, c.Command] = {
        "pause": c.Pause(reason="look"),
        "resume": c.Resume(),
        "stop": c.Stop(reason="enough"),
        "abandon": c.Abandon(reason="pointless"),
        "edit": c.EditPlan(base=base, edits=(Change(step="note", changes={"title": "x"}),)),
        "checkpoint": c.MakeCheckpoint(name="here"),
        "raise": c.RaiseLimit(unit="usd", to=1),
        "wake": c.Wake(),
    }
    return commands[word]


@pytest.mark.parametrize("word", TABLE)
@pytest.mark.parametrize("state", [*OPEN, *FINAL])
def test_every_command_in_every_state(word: str, state: str) -> None:
    """Each command has one meaning in each state, and what is accepted is legal [RUNT-1]."""
    story, expected = story_in(state), expected_of(word, state)
    command = command_for(story, word)

    if isinstance(expected, list):
        assert decide(story, command)[0] == expected
    else:
        error = refused(story, command)
        assert type(error) is expected
        assert "run-1" in error.what


def test_who_ordered_it_is_in_the_events() -> None:
    """A pause, a resume and a stop keep who wanted it and why [PLAN-10]."""
    _, paused = decide(story_in("running"), c.Pause(by="ada", reason="look"))
    _, stopping = decide(story_in("running"), c.Abandon(by="ada", reason="pointless"))

    assert (paused.state, paused.by, paused.reason) == ("paused", "ada", "look")
    assert (stopping.state, stopping.abandoning, stopping.reason) == ("stopping", True, "pointless")


def revise(story: Story, *edits: Edit, base: str | None = None, **fields: Any) -> c.EditPlan:
    assert story.view.revision is not None
    return c.EditPlan(base=base or story.view.revision.digest, edits=edits, **fields)


def test_a_stale_edit_is_refused() -> None:
    """An edit based on an older revision is refused, and the refusal names both [PLAN-11]."""
    story = story_in("paused")
    old = story.view.revisions[-1].digest
    story.edit(Change(step="note", changes={"title": "first"}))
    new = story.view.revisions[-1].digest

    error = refused(story, revise(story, Remove(step="note"), base=old))

    assert isinstance(error, StaleRevision)
    assert error.fields == {"base": old, "current": new}
    assert old[:12] in error.what
    assert new[:12] in error.what


def test_a_revision_has_author_and_reason() -> None:
    """An accepted edit is the next revision, with base, author and reason [PLAN-10]."""
    story = story_in("paused")
    events = accept(
        story.view, revise(story, Remove(step="note"), by="ada", reason="no need"), TOOLS, NOW
    )

    (revised,) = events
    assert isinstance(revised, e.PlanRevised)
    assert (revised.number, revised.author, revised.reason) == (2, "ada", "no need")
    assert revised.base == story.view.revisions[-1].digest


@pytest.mark.parametrize(
    "edit",
    [
        Remove(step="load"),
        Change(step="load", changes={"title": "x"}),
        Move(step="load", before="mail"),
        Skip(step="load"),
        SetOutput(step="load", output=Stored(value=1)),
    ],
    ids=lambda edit: edit.op,
)
def test_finished_steps_are_read_only(edit: Edit) -> None:
    """A finished step can't be edited in any way, and the refusal says what can be [PLAN-10]."""
    story = story_in("paused")

    error = refused(story, revise(story, edit))

    assert isinstance(error, PlanError)
    assert "'load' is finished (succeeded)" in error.what
    assert "fork" in error.next_step


def test_steps_in_flight_are_read_only() -> None:
    """A step that is being done or in doubt can't be edited [PLAN-10, PLAN-11]."""
    story = Story(*PLAN).intend("other").intend("load").doubt("load")

    assert "being done" in refused(story, revise(story, Skip(step="other"))).what
    assert "in doubt" in refused(story, revise(story, Skip(step="load"))).what


def test_an_id_is_used_once() -> None:
    """A step that was removed does not come back under its id [PLAN-10]."""
    story = story_in("paused").edit(Remove(step="note"))

    assert "was in this plan before" in refused(story, revise(story, Add(step=step("note")))).what
    assert decide(story, revise(story, Add(step=step("note-2"))))[0] == ["plan.revised"]


def test_an_edited_plan_is_checked_before_it_is_accepted() -> None:
    """An edit that makes an unsound plan is refused with every fault [PLAN-9]."""
    story = story_in("paused")
    edits = (
        Change(step="note", changes={"tool": "nothing", "after": ["ghost"]}),
        Change(step="mail", changes={"args": {"copies": "many"}, "after": ["other"]}),
        Change(step="other", changes={"after": ["mail"]}),
    )

    error = refused(story, revise(story, *edits))

    assert isinstance(error, PlanError)
    codes = sorted(finding.code for finding in error.findings)
    assert codes == ["bad_argument", "cycle", "dangling_after", "unknown_tool"]
    assert "mail→other→mail" in error.what
    assert "4 faults" in error.what


def test_an_edit_voids_only_the_question_about_its_step() -> None:
    """A question about a changed or removed step is moot; other questions stay open [PLAN-10]."""
    story = asking(story_in("running")).ask("other", "req-2")

    for edit in (Change(step="mail", changes={"args": {"copies": 3}}), Skip(step="mail")):
        kinds, view = decide(story, revise(story, edit))
        assert kinds[:2] == ["request.voided", "plan.revised"]
        assert [request.id for request in view.open_requests] == ["req-2"]
    kinds, view = decide(story, revise(story, Change(step="note", changes={"title": "x"})))
    assert kinds == ["plan.revised"]
    assert len(view.open_requests) == 2


def test_an_approval_does_not_outlive_an_edit() -> None:
    """An approved step that is edited then is no longer approved [PLAN-10]."""
    story = asking(story_in("running")).answer("mail", "approve", "req", args_digest="approved")
    _, view = decide(story, revise(story, Change(step="mail", changes={"args": {"copies": 3}})))

    assert view.plan is not None
    assert view.plan["mail"].args == {**ARGS, "copies": 3}
    assert view.steps["mail"].state == "ready"
    assert view.steps["mail"].approved_digest == ""
    assert view.steps["mail"].approved_args is None


def test_skipping_and_giving_an_output_take_effect_at_once() -> None:
    """A skipped step is done without output, a given one with it; what waits goes on [PLAN-9]."""
    story = story_in("paused")
    kinds, view = decide(story, revise(story, Skip(step="mail"), reason="not now", by="ada"))
    assert kinds == ["plan.revised", "step.skipped"]
    assert view.steps["mail"].state == "skipped"
    assert view.ready == ["other", "note"]

    given = SetOutput(step="mail", output=Stored(value="sent by hand"))
    kinds, view = decide(story, revise(story, given, by="ada"))
    assert kinds == ["plan.revised", "step.given"]
    assert view.steps["mail"].output == Stored(value="sent by hand")
    assert view.steps["mail"].by == "ada"


@pytest.mark.parametrize(
    "edits",
    [
        (Skip(step="note"), Skip(step="note")),
        (Skip(step="note"), Remove(step="note")),
        (Skip(step="note"), SetOutput(step="note", output=Stored(value=1))),
        (Add(step=step("new")), Skip(step="new")),
        (Add(step=step("new", skip=True)),),
        (Change(step="note", changes={"skip": True}),),
        (Change(step="note", changes={"output": {"value": 1}}),),
        (Skip(step="mail"), Skip(step="note"), Skip(step="other")),
    ],
    ids=str,
)
def test_edits_may_be_combined(edits: tuple[Edit, ...]) -> None:
    """However a skip or an output gets into the plan, the step follows it [PLAN-9]."""
    story = story_in("paused")

    _, view = decide(story, revise(story, *edits))

    assert view.plan is not None
    for planned in view.plan.steps:
        state = view.steps[planned.id].state
        assert (state == "skipped") == (planned.skip and planned.output is None)
        assert planned.output is None or state == "succeeded"


def unhappy(end: str) -> Story:
    story = Story(*PLAN).do("load")
    if end == "failed":
        story.intend("mail").fail("mail")
    else:
        story.add(e.StepDenied(step="mail", by="policy", reason="no"))
    return story.add(e.RunPaused(by="engine"))


@pytest.mark.parametrize("end", ["failed", "denied"])
def test_a_failed_step_is_replaced(end: str) -> None:
    """A failed or denied step can be removed and another one put in its place [PLAN-7]."""
    story = unhappy(end)
    replaced = (
        Remove(step="mail"),
        Add(step=step("mail-2", "load"), before="note"),
        Move(step="note", after=("mail-2",)),
    )

    _, view = decide(story, revise(story, *replaced))

    assert view.ready == ["other", "mail-2"]
    assert view.retired == ["mail"]


@pytest.mark.parametrize("end", ["failed", "denied"])
def test_a_failed_step_is_retried_or_accepted(end: str) -> None:
    """A failed step that is changed begins anew; skipped or given, what waits goes on [PLAN-13]."""
    story = unhappy(end)
    attempt = story.view.steps["mail"].attempt
    assert story.view.ready == ["other"]

    _, changed = decide(story, revise(story, Change(step="mail", changes={"args": {"copies": 3}})))
    assert changed.ready == ["other", "mail"]
    assert changed.steps["mail"].attempt == attempt
    assert changed.steps["mail"].error is None
    _, skipped = decide(story, revise(story, Skip(step="mail")))
    assert skipped.ready == ["other", "note"]
    given = SetOutput(step="mail", output=Stored(value="by hand"))
    _, accepted = decide(story, revise(story, given))
    assert accepted.ready == ["other", "note"]
    assert accepted.steps["mail"].output == Stored(value="by hand")
    _, elsewhere = decide(story, revise(story, Change(step="note", changes={"title": "x"})))
    assert elsewhere.steps["mail"] == story.view.steps["mail"]


def test_an_unanswered_question_expires() -> None:
    """A request that was not answered in time counts as refused, and the run pauses [PLAN-13]."""
    story = asking(story_in("running"), expires=NOW)
    kinds, view = decide(story, c.Wake())

    assert kinds == ["request.expired", "step.denied", "run.paused"]
    assert view.steps["mail"].state == "denied"
    assert view.steps["mail"].by == "expiry"
    later = asking(story_in("running"), expires=NOW + timedelta(seconds=1))
    assert decide(later, c.Wake())[0] == []


def test_expiry_works_in_every_state() -> None:
    """Whatever the run is doing when a request expires, what follows is legal [RUNT-9]."""
    for end in (e.RunPaused(by="person"), e.RunWaiting(), e.RunStopping(by="person")):
        story = asking(story_in("running"), expires=NOW).add(end)
        kinds, view = decide(story, c.Wake())
        assert kinds[0] == "request.expired"
        assert view.state == ("stopping" if end.kind == "run.stopping" else "paused")
    question = story_in("unplanned").ask(None, "q", about="question", expires=NOW)
    assert decide(question, c.Wake())[0] == ["request.expired", "run.paused"]
