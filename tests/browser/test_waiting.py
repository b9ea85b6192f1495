"""Buttons and cells together: a cell that waits for the run, and one that lets nobody in."""

from __future__ import annotations

import pytest
from packaging.version import Version

from tests.browser.lab import KERNEL, Notebook, expect, open_gate


def test_buttons_work_while_a_cell_awaits_the_run(notebook: Notebook, start) -> None:
    """While a cell awaits the run its buttons are answered; the cell then has the result
    [ASYN-1] [RUNT-13]."""
    start("step('hold', 'gate', name='await'), step('sum', 'add', a=20, b=22)")
    cell = notebook.add("answer = await run\nanswer", wait=False)
    expect(notebook.at("step-hold")).to_have_attribute("data-state", "running")
    notebook.press("pause")
    expect(notebook.widget).to_have_attribute("data-state", "paused")
    expect(notebook.cell(cell)).to_contain_text("[*]:")
    open_gate(notebook, "await")
    expect(notebook.at("step-hold")).to_have_attribute("data-state", "succeeded")
    notebook.press("resume")
    expect(notebook.widget).to_have_attribute("data-state", "succeeded")
    notebook.finished(cell)
    assert notebook.output(cell) == "42"


@pytest.mark.parametrize("waiting", ["await run", "run.wait()"])
def test_interrupting_the_waiting_cell_pauses_the_run(
    notebook: Notebook, start, waiting: str
) -> None:
    """The kernel's interrupt ends the wait and pauses the run; nothing is lost and it can go on
    [CONC-1] [RUNT-13]."""
    name = "interrupt-" + waiting[:5].strip()
    start(f"step('hold', 'gate', name={name!r}), step('sum', 'add', a=1, b=2)")
    cell = notebook.add(waiting, wait=False)
    expect(notebook.at("step-hold")).to_have_attribute("data-state", "running")
    expect(notebook.cell(cell)).to_contain_text("[*]:")
    notebook.interrupt()
    expect(notebook.widget).to_have_attribute("data-state", "paused")
    notebook.finished(cell)
    assert "Interrupt" in notebook.output(cell) or "Cancelled" in notebook.output(cell)
    expect(notebook.at("outcome")).to_contain_text("interrupted")
    open_gate(notebook, name)
    expect(notebook.at("step-hold")).to_have_attribute("data-state", "succeeded")
    expect(notebook.at("step-sum")).to_have_attribute("data-state", "ready")
    notebook.press("resume")
    expect(notebook.widget).to_have_attribute("data-state", "succeeded")
    assert notebook.python("run.result") == 3


def test_a_blocking_cell_holds_up_neither_updates_nor_buttons(notebook: Notebook, start) -> None:
    """While a cell blocks the kernel the view goes on, and a button is answered at once
    [RUNT-15] [CONC-13]."""
    start(
        "step('first', 'gate', name='busy-1'), step('second', 'gate', name='busy-2'), "
        "step('sum', 'add', a=1, b=2)"
    )
    cell = notebook.add("gate('cell')", wait=False)
    expect(notebook.cell(cell)).to_contain_text("[*]:")
    open_gate(notebook, "busy-1")
    expect(notebook.at("step-second")).to_have_attribute("data-state", "running")
    notebook.press("pause")
    expect(notebook.widget).to_have_attribute("data-state", "paused")
    expect(notebook.at("resume")).not_to_have_attribute("aria-busy", "true")
    notebook.press("resume")
    expect(notebook.widget).to_have_attribute("data-state", "running")
    open_gate(notebook, "busy-2")
    expect(notebook.widget).to_have_attribute("data-state", "succeeded")
    expect(notebook.cell(cell)).to_contain_text("[*]:")
    open_gate(notebook, "cell")
    notebook.finished(cell)


def test_a_view_made_in_a_cell_that_goes_on_blocking_is_alive(notebook: Notebook) -> None:
    """A cell starts a run, shows it and then blocks the kernel: the view loads, and its buttons are
    answered meanwhile; over the server where the kernel hears nothing [RUNT-15] [CONC-13]."""
    cell = notebook.add(
        "plan = chain(step('hold', 'gate', name='shown'), step('x', 'say', text='x'))\n"
        "run = bench.start(plan=plan)\ndisplay(run)\ngate('shown-cell')",
        wait=False,
    )
    expect(notebook.at("step-hold")).to_have_attribute("data-state", "running")
    notebook.press("pause")
    expect(notebook.widget).to_have_attribute("data-state", "paused")
    expect(notebook.at("resume")).not_to_have_attribute("aria-busy", "true")
    expect(notebook.cell(cell)).to_contain_text("[*]:")
    open_gate(notebook, "shown")
    notebook.press("resume")
    expect(notebook.widget).to_have_attribute("data-state", "succeeded")
    expect(notebook.cell(cell)).to_contain_text("[*]:")
    open_gate(notebook, "shown-cell")
    notebook.finished(cell)


@pytest.mark.skipif(Version("7.4") > KERNEL, reason="there the page decides which thread answers")
def test_one_thread_of_its_own_answers_for_all_widgets_of_a_kernel(notebook: Notebook) -> None:
    """All runs of a kernel share one subshell, and other people's widgets are left alone."""
    notebook.add(
        "import ipywidgets\nfrom workbench.widgets.subshell import answer_while_busy\n"
        "pressed = []\n"
        "button = ipywidgets.Button(description='Other')\n"
        "button.on_click(lambda _: pressed.append(1))\nbutton"
    )
    notebook.page.get_by_role("button", name="Other").click()
    notebook.idle()
    shells = "get_ipython().kernel.shell_channel_thread.manager.list_subshell()"
    before = notebook.python(f"len({shells})")
    for number in (1, 2):
        notebook.add(f"bench.start(plan=chain(step('s', 'add', a=1, b={number})))")
    expect(notebook.widget).to_have_count(2)
    for number in (0, 1):
        expect(notebook.widget.nth(number)).to_have_attribute("data-state", "succeeded")
    assert notebook.python(f"len({shells})") == before
    assert notebook.python("pressed") == [1]


def test_where_the_kernel_has_no_such_thread_nothing_changes(notebook: Notebook) -> None:
    """A comm of another kernel, older or newer, keeps its own way."""
    tried = (
        "(lambda answer, Comm: [answer(Comm()), answer(None)])"
        "(__import__('workbench.widgets.subshell', fromlist=['x']).answer_while_busy,"
        " type('Comm', (), {'_reply_subshell_for': None}))"
    )
    assert notebook.python(tried) == [False, False]
