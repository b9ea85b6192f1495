"""The side panel: runs and requests, whatever the kernel does, in JupyterLab and in Notebook 7."""

from __future__ import annotations

from tests.browser.conftest import SETUP
from tests.browser.lab import Notebook, expect

RUN = """
run = bench.start(key="{key}", plan=chain(
    step("first", "write_down", text="first"),
    step("mail", "send_mail", to="boss@example.org", body="done"), goal="{key}"))
"""
OPEN = "() => window.jupyterapp.commands.execute('jupyter-agent-workbench:open')"


def show(notebook: Notebook, goal: str) -> None:
    """Open the panel and the run in it."""
    notebook.page.evaluate(OPEN)
    if notebook.at("panel-back").count():
        notebook.press("panel-back")
    notebook.at("panel-request").filter(has_text=goal).first.click()
    expect(notebook.at("request")).to_have_count(1)


def approve(notebook: Notebook) -> None:
    """Allow what is asked, in both steps."""
    expect(notebook.at("approve")).not_to_have_attribute("aria-disabled", "true")
    notebook.press("approve")
    expect(notebook.at("confirm")).not_to_have_attribute("aria-disabled", "true")
    notebook.press("confirm")


def test_nothing_is_asked_before_the_panel_is_used(books) -> None:
    """A page whose panel nobody has opened sends nothing to the extension and loads no view; the
    command, the menu, the toolbar button and the status item are there; opening the panel shows
    the runs, and the status item counts what waits [RUNT-10] [REL-9]."""
    asked: list[str] = []
    notebook: Notebook = books.open("panel", SETUP)
    notebook.page.on("request", lambda request: asked.append(request.url))
    notebook.open()
    notebook.run(0)
    notebook.add(RUN.format(key="quiet"))
    ours = [url for url in asked if "workbench/api" in url or "/static/view.js" in url]
    assert ours == []
    expect(notebook.at("workbench-status")).to_have_text("Runs")
    notebook.page.locator(".jp-NotebookPanel-toolbar [data-jp-item-name=workbench] *").first.click()
    expect(notebook.at("panel-request").filter(has_text="quiet")).to_have_count(1)
    expect(notebook.at("panel-run").first).to_contain_text("quiet")
    waiting = notebook.at("panel-request").count()  # other modules may have left some open
    expect(notebook.at("workbench-status")).to_have_text(f"Runs: {waiting} open")
    notebook.shot("panel-lists")


def test_a_request_is_answered_from_the_panel_while_a_cell_blocks(books) -> None:
    """While a cell blocks the kernel, the same view in the panel takes the answer, and the run ends
    before the cell does [ASYN-11] [RUNT-10]."""
    notebook: Notebook = books.open("panelbusy", SETUP)
    notebook.run(0)
    notebook.add(RUN.format(key="busy"))
    show(notebook, "busy")
    notebook.shot("panel-run")
    cell = notebook.add(
        "import time\nwhile not Path('over.open').exists(): time.sleep(0.01)", wait=False
    )
    approve(notebook)
    expect(notebook.widget).to_have_attribute("data-state", "succeeded")
    assert (notebook.folder / "mails.txt").read_text() == "boss@example.org: done\n"
    assert "[*]" in notebook.cell(cell).locator(".jp-InputPrompt").inner_text()
    (notebook.folder / "over.open").touch()
    notebook.finished(cell)
    notebook.close()


def test_a_request_is_answered_when_the_kernel_is_gone(books) -> None:
    """The kernel is gone: the panel still shows the run, says that nobody drives it, and writes the
    answer down; it offers the line that opens the run again as a cell, and that carries the answer
    out [ASYN-11] [ASYN-6]."""
    notebook: Notebook = books.open("panelgone", SETUP)
    notebook.run(0)
    notebook.add(RUN.format(key="gone"))
    show(notebook, "gone")
    notebook.restart_kernel()
    expect(notebook.at("nobody")).to_contain_text("bench.open")
    approve(notebook)
    expect(notebook.at("request")).to_contain_text("written down")
    notebook.shot("panel-kernel-gone")
    notebook.press("offer-cell")
    notebook.run(0)
    notebook.run(2)
    assert "bench.open" in notebook.cell(2).inner_text()
    for view in (notebook.widget.first, notebook.widget.last):
        expect(view).to_have_attribute("data-state", "succeeded")
    assert (notebook.folder / "mails.txt").read_text() == "boss@example.org: done\n"
    notebook.close()


def test_the_panel_cuts_no_label_off_and_its_list_follows_a_run(books) -> None:
    """In the width in which the panel opens, each label of a button can be read to its end, and in
    the trace what happened as well as to which step; the list shows how a run stands when that
    changes, without being asked again [RUNT-10]."""
    notebook: Notebook = books.open("panelwords", SETUP)
    notebook.run(0)
    notebook.add(RUN.format(key="words"))
    show(notebook, "words")
    cut = notebook.page.locator("#jp-right-stack .wb-button").evaluate_all(
        "all => all.filter(one => one.scrollWidth > one.clientWidth).map(one => one.innerText)"
    )
    assert cut == []
    narrow = notebook.page.locator("#jp-right-stack .wb-row-text").evaluate_all(
        "all => all.filter(one => one.clientWidth < 80).map(one => one.innerText)"
    )
    times = notebook.page.locator("#jp-right-stack .wb-row > time").evaluate_all(
        "all => all.filter(one => one.scrollWidth > one.clientWidth).map(one => one.innerText)"
    )
    assert (narrow, times) == ([], [])
    notebook.shot("panel-trace")
    notebook.press("panel-back")
    listed = notebook.at("panel-run").filter(has_text="words")
    expect(listed).to_contain_text("waits for you")
    notebook.add("run.stop('enough')")
    expect(listed).to_contain_text("stopped")
    notebook.add(
        "run = bench.start(key='calm', goal='calm', plan=chain(step('first', 'add', a=1, b=2),"
        " goal='calm'))\nrun.wait(30)"
    )
    expect(notebook.at("panel-run").filter(has_text="calm")).to_contain_text("done")
    notebook.close()


def test_the_panel_works_in_notebook_7(books) -> None:
    """The same extension works in Notebook 7: the panel opens beside the notebook, and shows the
    run [REL-9]."""
    notebook: Notebook = books.open("seven", SETUP)
    notebook.run(0)
    notebook.add(RUN.format(key="seven"))
    page = notebook.page
    page.goto(f"{notebook.server}/notebooks/{notebook.name}?token=t")
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    page.wait_for_function("() => window.jupyterapp !== undefined")
    page.evaluate(OPEN)
    expect(notebook.at("panel-request").filter(has_text="seven")).to_have_count(1)
    notebook.shot("panel-notebook-7")
    notebook.at("panel-request").filter(has_text="seven").click()
    expect(notebook.at("request")).to_have_count(1)


def test_orders_of_the_cells_view_go_over_the_server(books) -> None:
    """Where the panel is installed, a button of the view in a cell orders over the server, once,
    and the view says that it is live while the kernel is busy [ASYN-11]."""
    ordered: list[str] = []
    notebook: Notebook = books.open("roads", SETUP)
    notebook.page.on("request", lambda request: ordered.append(f"{request.method} {request.url}"))
    notebook.run(0)
    notebook.add(f"{RUN.format(key='roads')}run")
    expect(notebook.at("while-busy")).to_contain_text("yes")
    notebook.press("pause")
    expect(notebook.widget).to_have_attribute("data-state", "paused")
    over = [one for one in ordered if one.startswith("POST") and "/commands" in one]
    assert len(over) == 1, ordered
    assert notebook.python("run.view.by") == "person"
    notebook.close()
