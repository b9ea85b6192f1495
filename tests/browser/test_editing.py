"""Editing the plan of a run that is under way, by the draft's form."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.lab import Notebook, expect, open_gate

PLAN = """
    step('one', 'add', 'add the numbers', a=1, b=2),
    step('hold', 'gate', 'wait', name={gate!r}),
    step('two', 'add', 'add ten', a=wb.ref('one'), b=10),
    step('greet', 'say', 'greet', text='hello'),
    step('note', 'write_down', 'note it', text='not wanted'),
    step('extra', 'say', text='not wanted either'),
    step('last', 'say', 'the end', text=wb.ref('greet'))
"""


@pytest.fixture
def draft(notebook: Notebook, start, request) -> Iterator[str]:
    """Start a run that is held in its second step, and open its draft; gives the run's id."""
    gate = request.node.name
    run = start(PLAN.format(gate=gate))
    expect(notebook.at("step-hold")).to_have_attribute("data-state", "running")
    notebook.press("edit-plan")
    expect(notebook.at("draft")).to_contain_text("Draft of revision 1, no step begins")
    yield run
    open_gate(notebook, gate)


def calls(bench, run: str) -> list[tuple[str, dict]]:
    """Give the calls that a run made: step and arguments."""
    made = [r.event for r in bench.look(run).events() if r.kind == "call.intended"]
    return [(event.step, event.args.value) for event in made]


def go_on(notebook: Notebook, gate: str) -> None:
    """Resume and wait for the end."""
    open_gate(notebook, gate)
    notebook.press("resume")
    expect(notebook.widget).to_have_attribute("data-state", "succeeded")


def test_the_run_follows_the_edited_plan(notebook: Notebook, draft: str, journal, request) -> None:
    """Add, change, reorder, skip and remove in one draft: after Resume exactly the edited plan is
    carried out, with the edited arguments and the outputs named in the form [PLAN-9] [PLAN-10]."""
    notebook.press("draft-open-two", "add-step")
    notebook.at("new-tool").select_option("add")
    notebook.at("new-id").fill("sum")
    notebook.at("step-title").fill("add a hundred")
    notebook.at("source-a").select_option("two")
    notebook.at("arg-b").fill("100")
    notebook.picture("draft-add")
    notebook.press("draft-open-greet")
    notebook.at("arg-text").fill("good morning")
    notebook.press("skip-note", "remove-extra", "up-greet")
    expect(notebook.at("draft-greet")).to_contain_text("hello")
    expect(notebook.at("draft-hold")).to_have_attribute("data-editable", "false")
    notebook.at("edit-reason").fill("greet first")
    notebook.picture("draft")
    notebook.press("apply")
    expect(notebook.at("draft")).to_have_count(0)
    expect(notebook.at("step-sum")).to_be_visible()
    expect(notebook.at("step-note")).to_have_attribute("data-state", "skipped")
    expect(notebook.at("step-extra")).to_have_count(0)
    expect(notebook.widget).to_have_attribute("data-state", "paused")
    notebook.picture("edited")
    go_on(notebook, request.node.name)
    with journal(notebook) as bench:
        made = calls(bench, draft)
        revision = bench.look(draft).view.revision
    assert made[2:] == [
        ("two", {"a": 3, "b": 10}),
        ("greet", {"text": "good morning"}),
        ("sum", {"a": 13, "b": 100}),
        ("last", {"text": "good morning"}),
    ]
    assert (revision.number, revision.author, revision.reason) == (2, "person", "greet first")
    assert not (notebook.folder / "effects.txt").exists()
    listed = "[s.id for s in run.plan.steps]"
    assert notebook.python(listed) == ["one", "hold", "two", "greet", "sum", "note", "last"]


def test_two_independent_steps_change_places(notebook: Notebook, draft: str, journal, request):
    """Down moves a step below the next one, and they are carried out in that order [PLAN-9]."""
    notebook.press("down-two", "apply")
    expect(notebook.at("draft")).to_have_count(0)
    shown = notebook.widget.locator(".wb-step-title")
    expect(shown.nth(2)).to_have_text("greet")
    expect(shown.nth(3)).to_have_text("add ten")
    go_on(notebook, request.node.name)
    with journal(notebook) as bench:
        assert [step for step, _ in calls(bench, draft)][2:4] == ["greet", "two"]


def test_faults_stand_at_the_foot_and_nothing_typed_is_lost(notebook: Notebook, draft: str) -> None:
    """What cannot be, is said before applying; what the run refuses, with all its faults; the draft
    stays as it was typed, and can be corrected and applied [PLAN-3] [PLAN-9]."""
    notebook.press("draft-open-two")
    notebook.at("arg-b").fill("many")
    expect(notebook.at("draft-two")).to_contain_text("b needs a number")
    expect(notebook.at("draft")).to_contain_text("1 finding to settle first")
    expect(notebook.at("apply")).to_have_attribute("aria-disabled", "true")
    notebook.picture("draft-finding")
    notebook.at("arg-b").fill("20")
    notebook.press("add-step")
    notebook.at("new-tool").select_option("add")
    notebook.at("new-id").fill("sum")
    notebook.at("source-a").select_option("hold")
    notebook.press("apply")
    error = notebook.at("edit-error")
    expect(error).to_contain_text("fault")
    expect(error).to_contain_text("'b'")
    notebook.picture("draft-refused")
    expect(notebook.at("new-id")).to_have_value("sum")
    expect(notebook.at("draft-two")).to_contain_text("20")
    assert notebook.python("len(run.view.revisions)") == 1
    notebook.at("source-a").select_option("one")
    notebook.at("arg-b").fill("5")
    notebook.press("apply")
    expect(notebook.at("draft")).to_have_count(0)
    assert notebook.python("[run.plan['sum'].args['b'], run.plan['two'].args['b']]") == [5, 20]


def test_an_optional_argument_can_be_emptied(notebook: Notebook, draft: str) -> None:
    """A field that is emptied takes its argument out of the step [PLAN-9]."""
    notebook.press("draft-open-greet")
    notebook.at("arg-loud").select_option("true")
    notebook.press("apply")
    expect(notebook.at("draft")).to_have_count(0)
    assert notebook.python("run.plan['greet'].args") == {"text": "hello", "loud": True}
    notebook.press("edit-plan", "draft-open-greet")
    notebook.at("arg-loud").select_option("")
    notebook.press("apply")
    expect(notebook.at("draft")).to_have_count(0)
    assert notebook.python("run.plan['greet'].args") == {"text": "hello"}


def test_discard_leaves_the_plan_as_it_was(notebook: Notebook, draft: str) -> None:
    """Discard throws the draft away; the run stays paused on the same revision, or goes on where
    that is asked for and it was paused for the draft alone [PLAN-9]."""
    notebook.press("remove-last", "skip-two")
    expect(notebook.at("apply")).to_have_text("Apply (1 skipped, 1 removed)")
    notebook.press("keep-two")
    expect(notebook.at("apply")).to_have_text("Apply (1 removed)")
    notebook.press("discard")
    expect(notebook.at("draft")).to_have_count(0)
    expect(notebook.at("step-last")).to_be_visible()
    expect(notebook.widget).to_have_attribute("data-state", "paused")
    assert notebook.python("len(run.view.revisions)") == 1
    notebook.press("edit-plan", "discard-resume")
    expect(notebook.at("draft")).to_have_count(0)
    expect(notebook.widget).to_have_attribute("data-state", "running")


def test_a_stale_draft_is_refused_and_names_both_revisions(
    notebook: Notebook, draft: str, journal
) -> None:
    """When the plan was edited from a cell meanwhile, the draft says that it is old, and is
    refused with both revisions named; the plan is the cell's [PLAN-11]."""
    notebook.press("draft-open-two")
    notebook.at("arg-b").fill("11")
    with journal(notebook) as bench:
        base = bench.look(draft).plan.digest
    notebook.add("with run.editing('from a cell') as plan:\n    plan.change('two', args={'b': 12})")
    expect(notebook.at("draft-stale")).to_contain_text("revision 2")
    notebook.press("apply")
    with journal(notebook) as bench:
        current = bench.look(draft).plan
    expect(notebook.at("edit-error")).to_contain_text(base[:12])
    expect(notebook.at("edit-error")).to_contain_text(current.digest[:12])
    notebook.picture("draft-stale")
    expect(notebook.at("arg-b")).to_have_value("11")
    assert current["two"].args["b"] == 12
    notebook.press("discard", "edit-plan", "draft-open-two")
    expect(notebook.at("arg-b")).to_have_value("12")
