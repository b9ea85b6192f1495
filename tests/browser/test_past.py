"""Going back in the view: places, undo, variables, forks, amendments; in the cell and the panel."""

from __future__ import annotations

import pytest

from tests.browser.conftest import SETUP
from tests.browser.lab import Notebook, expect, open_gate

LOAD = "%load_ext workbench"
RUN = """
table = [1, 2, 3]
run = bench.start(key={key!r}, plan=chain(
    step("one", "write_down", "write the first line", text="one"),
    step("two", "write_down", "write the second line", text="two"),
    step("hold", "gate", "wait for the gate", name={key!r}),
    step("note", "say", "say it", text="as it was"),
    step("mail", "send_mail", "mail it", to="a@example.org", body=wb.ref("one")), goal={key!r}))
run
"""


@pytest.fixture(scope="module")
def shared(books):
    """The module's notebook: its kernel captures variables."""
    notebook: Notebook = books.open("past")
    notebook.add(LOAD)
    notebook.add(SETUP)
    yield notebook
    notebook.add(
        "for row in bench.journal.runs():\n"
        "    if row.state in ('paused', 'waiting'): bench.look(row.id).stop()"
    )
    notebook.close()


@pytest.fixture
def paused(notebook: Notebook, request) -> str:
    """A run that has done three steps, and is paused before the others; gives its id."""
    key = request.node.name
    notebook.add(RUN.format(key=key))
    expect(notebook.at("step-hold")).to_have_attribute("data-state", "running")
    notebook.press("pause")
    expect(notebook.widget).to_have_attribute("data-state", "paused")
    open_gate(notebook, key)
    expect(notebook.at("step-hold")).to_have_attribute("data-state", "succeeded")
    notebook.python("run.checkpoint_at('after hold').seq")
    return notebook.widget.get_attribute("data-run") or ""


def choose(notebook: Notebook, name: str) -> None:
    """Choose a place of the line by its name."""
    notebook.page.locator(".wb-place", has_text=name).click()
    expect(notebook.page.locator(".wb-past-heading").first).to_have_text(name)
    expect(notebook.at("place-holds")).to_be_visible()


def lines(notebook: Notebook) -> list[str]:
    """Give the texts that the effects left in the world."""
    written = (notebook.folder / "effects.txt").read_text().splitlines()
    return [line.partition(" ")[2] for line in written]


def test_an_undo_is_previewed_then_done_and_reported(notebook: Notebook, paused: str) -> None:
    """Going back shows the places, and what one holds and does not hold; before an undo each effect
    is shown with what will become of it, Enter does nothing, and nothing is called; afterwards each
    is shown with what became of it, as `run.undo_reports` has it [RUNT-6] [RUNT-8]."""
    assert lines(notebook) == ["one", "two"]
    notebook.press("go-back")
    notebook.picture("past-now")
    choose(notebook, "after write the first line")
    holds = notebook.at("place-holds")
    expect(holds).to_contain_text("1 output")
    expect(holds).to_contain_text("what was done in the world since: 1 effect")
    notebook.press("past-undo")
    expect(notebook.at("undo-preview")).to_contain_text("1 will be undone.")
    expect(notebook.at("undo-preview").locator("li")).to_have_count(1)
    notebook.at("undo-reason").fill("the second line is wrong")
    notebook.picture("past-undo")
    notebook.at("undo-confirm").press("Enter")
    assert lines(notebook) == ["one", "two"]
    notebook.press("undo-confirm")
    expect(notebook.at("undo-report")).to_contain_text("1 undone.")
    notebook.picture("past-undone")
    assert lines(notebook) == ["one"]
    assert notebook.python("[r.outcomes for r in run.undo_reports]") == [{"two": "undone"}]
    assert notebook.python("run.view.rollbacks[0].reason") == "the second line is wrong"
    expect(notebook.at("step-two")).to_have_attribute("data-state", "undone")


def test_variables_come_back_and_what_was_changed_by_hand_is_kept(
    notebook: Notebook, paused: str
) -> None:
    """Restore gives the notebook's variables back that are gone; one that the person alone has
    changed since stays as it is, and is named [RUNT-7]."""
    notebook.press("go-back")
    choose(notebook, "after wait for the gate")
    notebook.python("globals().pop('table')")
    notebook.press("past-restore")
    notebook.picture("past-restore")
    notebook.press("restore-confirm")
    expect(notebook.at("past-said")).to_contain_text("The variables have the values of here;")
    expect(notebook.at("restored")).to_contain_text("table")
    assert notebook.python("table") == [1, 2, 3]
    notebook.python("globals().update(table='by hand')")
    notebook.press("past-restore", "restore-confirm")
    expect(notebook.at("by-hand")).to_have_text("table")
    notebook.picture("past-restored")
    assert notebook.python("table") == "by hand"


def test_amend_puts_an_output_and_an_argument_right(notebook: Notebook, paused: str) -> None:
    """Where the run is paused, one field is put right at a time, by one call of `run.amend`; a
    value that the tool does not take is refused, and the form stays [RUNT-12]."""
    notebook.press("go-back", "past-amend")
    notebook.at("amend-name").select_option("one")
    notebook.at("amend-value").fill("17")
    notebook.press("amend-confirm")
    expect(notebook.at("amend").get_by_role("alert")).to_contain_text("cannot be amended so")
    notebook.at("amend-value").fill('"amended"')
    notebook.picture("past-amend")
    notebook.press("amend-confirm")
    expect(notebook.at("past-said")).to_contain_text("Amended")
    assert notebook.python("run.output('one')") == "amended"
    notebook.press("past-amend")
    notebook.at("amend-what").select_option("an argument")
    notebook.at("amend-name").select_option("note: text")
    notebook.at("amend-value").fill("put right")
    notebook.press("amend-confirm")
    expect(notebook.at("past-said")).to_contain_text("Amended")
    assert notebook.python("run.plan['note'].args['text']") == "put right"
    kinds = "[r.kind for r in run.events()].count('checkpoint.amended')"
    assert notebook.python(kinds) == 2


def test_correct_try_and_change_are_three_controls(notebook: Notebook, paused: str) -> None:
    """Correct the past begins a run with another output, try an alternative a paused one, and both
    leave this run as it is; each is compared with it side by side; change the next step opens the
    draft of this run's own plan [RUNT-11] [RUNT-12]."""
    before = notebook.python("run.view.seq")
    notebook.press("go-back")
    choose(notebook, "after write the second line")
    notebook.press("past-correct")
    notebook.at("correct-step").select_option("one")
    notebook.at("correct-value").fill('"corrected"')
    notebook.picture("past-correct")
    notebook.press("correct-confirm")
    expect(notebook.at("kin")).to_have_count(1)
    notebook.press("past-branch", "branch-confirm")
    expect(notebook.at("kin")).to_have_count(2)
    assert notebook.python("run.view.seq") == before
    corrected = notebook.at("kin").filter(has_not_text="paused")
    corrected.get_by_test_id("compare").click()
    expect(notebook.at("compare-one")).to_have_attribute("data-different", "true")
    expect(notebook.at("compare-one")).to_contain_text("corrected")
    expect(notebook.at("compare-two")).to_contain_text("two")
    notebook.picture("past-compare")
    forks = "[bench.look(r.id) for r in bench.journal.runs() if 'fork-' in (r.key or '')]"
    assert notebook.python(f"sorted(r.output('one') for r in {forks})") == ["corrected", "one"]
    notebook.press("compare-close", "place-now", "past-edit")
    expect(notebook.at("draft")).to_contain_text("Draft of revision 1, nothing runs")
    notebook.press("discard")


def test_the_panel_goes_back_while_a_cell_blocks(notebook: Notebook, paused: str) -> None:
    """In the panel the same view goes back while a cell blocks the kernel: the preview says that
    it is as far as the journal knows, an alternative begins, and opens in the panel [ASYN-11]."""
    notebook.clear()
    cell = notebook.add(
        "import time\nwhile not Path('panel.open').exists(): time.sleep(0.01)", wait=False
    )
    opened = "run => window.jupyterapp.commands.execute('jupyter-agent-workbench:open', run)"
    journal = notebook.page.evaluate(
        "async run => (await (await fetch(`/workbench/api/runs?token=t`)).json()).runs"
        ".find(one => one.run === run).journal",
        paused,
    )
    notebook.page.evaluate(opened, {"journal": journal, "run": paused})
    notebook.press("go-back")
    choose(notebook, "the start")
    notebook.press("past-undo")
    expect(notebook.at("undo-preview")).to_contain_text("2 will be undone.")
    expect(notebook.at("undo-preview")).to_contain_text("As far as the journal knows")
    notebook.shot("past-panel")
    notebook.press("undo-back", "past-branch", "branch-confirm")
    expect(notebook.at("kin")).to_have_count(1)
    fork = notebook.at("kin").get_attribute("data-run") or ""
    notebook.press("open-run")
    expect(notebook.widget).to_have_attribute("data-run", fork)
    expect(notebook.widget).to_have_attribute("data-state", "paused")
    assert "[*]" in notebook.cell(cell).locator(".jp-InputPrompt").inner_text()
    (notebook.folder / "panel.open").touch()
    notebook.finished(cell)
