"""Watching a run, and pause, resume, stop and checkpoint by their buttons."""

from __future__ import annotations

from tests.browser.lab import Notebook, expect, names_of, open_gate
from tests.browser.test_panel import OPEN


def test_the_view_follows_the_run_without_a_cell(notebook: Notebook, start, journal) -> None:
    """States change on the page while no cell runs; the trace has every event once, in order
    [PLAN-17 begun] [RUNT-15] [ASYN-1]."""
    run = start("step('one', 'add', a=1, b=2), step('hold', 'gate', 'wait', name='live')")
    expect(notebook.at("step-one")).to_have_attribute("data-state", "succeeded")
    expect(notebook.at("step-hold")).to_have_attribute("data-state", "running")
    expect(notebook.widget).to_have_attribute("data-state", "running")
    notebook.idle()
    notebook.picture("running")
    open_gate(notebook, "live")
    expect(notebook.at("step-hold")).to_have_attribute("data-state", "succeeded")
    expect(notebook.widget).to_have_attribute("data-state", "succeeded")
    notebook.picture("succeeded")
    assert notebook.python("[run.state, run.result]") == ["succeeded", "through live"]
    with journal(notebook) as bench:
        written = [record.seq for record in bench.look(run).events()]
    rows = notebook.widget.locator(".wb-trace button[data-testid]")
    assert names_of(rows) == [f"trace-{seq}" for seq in written]


def test_a_step_is_opened_by_mouse_and_by_keys(notebook: Notebook, start) -> None:
    """Choosing a step opens its detail and narrows the trace; the arrow keys go through the plan,
    and keys pressed in the view never reach the notebook around it [PLAN-17 begun]."""
    start("step('one', 'add', a=1, b=2), step('two', 'add', 'and then', a=3, b=4)")
    expect(notebook.widget).to_have_attribute("data-state", "succeeded")
    notebook.press("step-one")
    expect(notebook.at("step-detail")).to_contain_text("output3")
    notebook.page.keyboard.press("ArrowDown")
    expect(notebook.at("step-detail")).to_contain_text("and then")
    expect(notebook.at("step-two")).to_be_focused()
    notebook.picture("detail")
    assert notebook.python("run.widget.selection") == "two"
    cells = notebook.page.locator(".jp-Notebook .jp-Cell").count()
    for key in ("b", "a", "d", "d", "x"):
        notebook.page.keyboard.press(key)
    assert notebook.page.locator(".jp-Notebook .jp-Cell").count() == cells


def test_pause_starts_nothing_and_lets_the_call_in_flight_finish(
    notebook: Notebook, start, journal
) -> None:
    """After a press on Pause the call in flight finishes, the page says so, and none starts until
    Resume [RUNT-13]."""
    run = start(
        "step('hold', 'gate', name='pause'), step('next', 'add', a=1, b=2), "
        "step('last', 'write_down', text='after the pause')"
    )
    expect(notebook.at("step-hold")).to_have_attribute("data-state", "running")
    notebook.press("pause")
    expect(notebook.widget).to_have_attribute("data-state", "paused")
    header = notebook.widget.locator(".wb-header")
    expect(header).to_contain_text("paused by you, finishing 1 call")
    notebook.picture("paused")
    open_gate(notebook, "pause")
    expect(notebook.at("step-hold")).to_have_attribute("data-state", "succeeded")
    expect(header).not_to_contain_text("finishing")
    expect(notebook.at("step-next")).to_have_attribute("data-state", "ready")
    notebook.press("resume")
    expect(notebook.widget).to_have_attribute("data-state", "succeeded")
    with journal(notebook) as bench:
        kinds = [record.kind for record in bench.look(run).events()]
    paused, resumed = kinds.index("run.paused"), kinds.index("run.resumed")
    assert "call.intended" not in kinds[paused:resumed]
    assert notebook.python("run.view.steps['last'].attempt") == 1


def test_a_call_begun_by_resume_is_shown_as_running(notebook: Notebook, start) -> None:
    """The first call after Resume is on the page and in the journal while it is being made, also
    when it only reads [RUNT-13] [CONC-10]."""
    start("step('hold', 'gate', name='held'), step('next', 'gate', name='next')")
    expect(notebook.at("step-hold")).to_have_attribute("data-state", "running")
    notebook.press("pause")
    expect(notebook.widget).to_have_attribute("data-state", "paused")
    open_gate(notebook, "held")
    expect(notebook.at("step-hold")).to_have_attribute("data-state", "succeeded")
    notebook.press("resume")
    expect(notebook.widget).to_have_attribute("data-state", "running")
    try:
        expect(notebook.at("step-next")).to_have_attribute("data-state", "running", timeout=3_000)
    finally:
        open_gate(notebook, "next")


def test_stop_takes_two_presses_and_says_what_became_of_each_step(
    notebook: Notebook, start, journal
) -> None:
    """The first press on Stop only says what it would do; after the second the run ends, and its
    three lists (happened, in flight, not begun) hold every step once [CONC-11]."""
    run = start(
        "step('one', 'write_down', text='before the stop'), step('hold', 'gate', name='stop'), "
        "step('two', 'add', a=1, b=2), step('three', 'write_down', text='never')"
    )
    expect(notebook.at("step-hold")).to_have_attribute("data-state", "running")
    notebook.press("stop")
    expect(notebook.at("stop-strip")).to_contain_text(
        "1 call in flight is broken off, 2 steps will not happen"
    )
    notebook.picture("stop-asked")
    expect(notebook.widget).to_have_attribute("data-state", "running")
    notebook.at("stop-text").press("Escape")
    expect(notebook.at("stop-strip")).to_have_count(0)
    notebook.press("stop")
    notebook.at("stop-text").fill("no longer needed")
    notebook.at("stop-confirm").press("Enter")
    expect(notebook.widget).to_have_attribute("data-state", "running")
    notebook.press("stop-confirm")
    expect(notebook.widget).to_have_attribute("data-state", "stopped")
    open_gate(notebook, "stop")
    expect(notebook.at("outcome")).to_contain_text("no longer needed")
    expect(notebook.at("outcome")).to_contain_text("happened: one; in flight: hold")
    notebook.picture("stopped")
    states = {"one": "succeeded", "hold": "stopped", "two": "stopped", "three": "stopped"}
    for step, state in states.items():
        expect(notebook.at(f"step-{step}")).to_have_attribute("data-state", state)
    expect(notebook.at("pause")).to_have_count(0)
    with journal(notebook) as bench:
        end = [record.event for record in bench.look(run).events()][-1]
    assert (end.happened, set(end.in_flight)) == (("one",), {"hold"})
    assert end.not_begun == ("two", "three")
    assert notebook.python("run.live_tasks()") == []
    written = (notebook.folder / "effects.txt").read_text()
    assert "before the stop" in written
    assert "never" not in written


def test_freeze_holds_a_run_that_would_delete_until_it_is_lifted(notebook: Notebook, start) -> None:
    """Pressed while a run is on its way to a call that deletes, Freeze says beforehand what it
    does; the call is not made and the run is paused with the reason; lifted by two presses and
    resumed, it makes the call, once [COMP-10]."""
    (notebook.folder / "things.txt").write_text("frozen goods\n")
    notebook.python("bench.rules.add(wb.Rule('allow', 'drop'))")
    start("step('hold', 'gate', name='freeze'), step('rid', 'drop', text='frozen')")
    expect(notebook.at("step-hold")).to_have_attribute("data-state", "running")
    notebook.at("freeze").locator("summary").click()
    notebook.press("freeze-deletes")
    expect(notebook.at("freeze-does")).to_contain_text("no call is made that deletes")
    notebook.at("freeze-reason").fill("an audit")
    notebook.picture("freeze-asked")
    notebook.press("freeze-confirm")
    expect(notebook.at("frozen")).to_contain_text("no deletes. an audit by you")
    open_gate(notebook, "freeze")
    expect(notebook.widget).to_have_attribute("data-state", "paused")
    expect(notebook.at("outcome")).to_contain_text("forbids drop (an audit)")
    expect(notebook.at("step-rid")).to_have_attribute("data-state", "ready")
    assert dropped(notebook) == 0
    notebook.press("lift")
    notebook.picture("frozen")
    notebook.press("lift-confirm")
    expect(notebook.at("frozen")).to_have_count(0)
    expect(notebook.widget).to_have_attribute("data-state", "paused")
    notebook.press("resume")
    expect(notebook.widget).to_have_attribute("data-state", "succeeded")
    assert dropped(notebook) == 1


def test_what_is_frozen_is_seen_where_no_run_is_left(notebook: Notebook, start) -> None:
    """A freeze stands above a run that is over, and above the lists of the panel; it is set from
    the one and lifted from the other, as from a run that goes on [COMP-10]."""
    start("step('one', 'add', a=1, b=2)")
    expect(notebook.widget).to_have_attribute("data-state", "succeeded")
    notebook.at("freeze").locator("summary").click()
    notebook.press("freeze-confirm")
    expect(notebook.at("frozen")).to_contain_text("no writes")
    notebook.picture("frozen-over")
    notebook.page.evaluate(OPEN)
    panel = notebook.page.get_by_test_id("workbench-panel")
    banner = panel.get_by_test_id("frozen")
    expect(banner).to_contain_text("no writes")
    notebook.shot("frozen-panel")
    banner.get_by_test_id("lift").click()
    banner.get_by_test_id("lift-confirm").click()
    expect(banner).to_have_count(0)
    expect(notebook.at("frozen")).to_have_count(0)
    assert notebook.python("[one for one in bench.rules if one.rule.freeze]") == []


def dropped(notebook: Notebook) -> int:
    """Count what calls of this notebook have deleted."""
    effects = notebook.folder / "effects.txt"
    return effects.read_text().count("dropped frozen") if effects.exists() else 0


def test_a_checkpoint_has_the_name_that_was_typed(notebook: Notebook, start) -> None:
    """A checkpoint gets its name in the view, and is found by it in Python [RUNT-6 begun]."""
    start("step('hold', 'gate', name='mark')")
    notebook.press("checkpoint")
    notebook.at("checkpoint-text").fill("before the mail")
    notebook.press("checkpoint-confirm")
    expect(notebook.at("checkpoint-strip")).to_have_count(0)
    open_gate(notebook, "mark")
    expect(notebook.widget).to_have_attribute("data-state", "succeeded")
    assert "before the mail" in notebook.python("[mark.name for mark in run.checkpoints]")


def test_two_cells_that_show_one_run_stay_in_step(notebook: Notebook, start) -> None:
    """A run shown twice is one run: a button in one view moves both [RUNT-15]."""
    start("step('hold', 'gate', name='twice'), step('next', 'add', a=1, b=2)")
    notebook.add("bench.open(run.id)")
    expect(notebook.widget).to_have_count(2)
    first, second = notebook.widget.nth(0), notebook.widget.nth(1)
    expect(second).to_have_attribute("data-state", "running")
    first.get_by_test_id("pause").click()
    expect(second).to_have_attribute("data-state", "paused")
    open_gate(notebook, "twice")
    expect(first.get_by_test_id("step-hold")).to_have_attribute("data-state", "succeeded")
    second.get_by_test_id("resume").click()
    for view in (first, second):
        expect(view).to_have_attribute("data-state", "succeeded")
        expect(view.get_by_test_id("step-next")).to_have_attribute("data-state", "succeeded")
    rows = ".wb-trace button[data-testid]"
    assert names_of(first.locator(rows)) == names_of(second.locator(rows))
