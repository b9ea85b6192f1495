"""A request is answered wherever the kernel stands, once, by whichever view is first."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Route

from tests.browser.conftest import SETUP, Complaints
from tests.browser.lab import Notebook, expect, open_gate
from tests.browser.test_panel import OPEN, RUN, approve, show

COMMANDS = re.compile(r"/workbench/api/journals/\w+/runs/[\w-]+/commands")


def waiting(notebook: Notebook, key: str, *, shown: bool = True) -> None:
    """Start a run that asks before it sends a mail; show it below its cell."""
    notebook.add(RUN.format(key=key) + ("run" if shown else ""))
    if shown:
        expect(notebook.at("request")).to_have_count(1)


def sent(notebook: Notebook) -> int:
    """Count the mails that went out."""
    path = notebook.folder / "mails.txt"
    return len(path.read_text().splitlines()) if path.exists() else 0


def in_panel(notebook: Notebook, test_id: str) -> Locator:
    """Find something in the side panel."""
    return notebook.page.locator("#jupyter-agent-workbench-panel").get_by_test_id(test_id)


def in_cell(notebook: Notebook, test_id: str) -> Locator:
    """Find something in the notebook."""
    return notebook.page.locator(".jp-Notebook").get_by_test_id(test_id)


@pytest.mark.parametrize("busy", ["gate('busy')", "await run"], ids=["blocking", "awaiting"])
def test_the_view_in_the_cell_is_answered_beside_a_busy_cell(notebook: Notebook, busy: str) -> None:
    """While another cell blocks the kernel, or awaits the run, a request is answered in its own
    view, and the mail is out before the blocking cell ends [ASYN-11] [CONC-13]."""
    before = sent(notebook)
    waiting(notebook, f"beside {busy}")
    cell = notebook.add(busy, wait=False)
    expect(notebook.cell(cell)).to_contain_text("[*]:")
    approve(notebook)
    expect(notebook.widget).to_have_attribute("data-state", "succeeded")
    assert sent(notebook) == before + 1
    if "gate" in busy:
        expect(notebook.cell(cell)).to_contain_text("[*]:")
        open_gate(notebook, "busy")
    notebook.finished(cell)


@pytest.mark.parametrize("winner", ["panel", "cell", "command"])
def test_the_view_that_was_not_first_says_who_was(notebook: Notebook, winner: str) -> None:
    """Panel and cell show one request: answered in one of them, the other says so, by whom and
    where; answered by a line of code, both do. The one that was first says nothing [AUTH-7]
    [ASYN-11]."""
    key = f"first is {winner}"
    waiting(notebook, key)
    notebook.page.evaluate(OPEN)
    if in_panel(notebook, "panel-back").count():
        in_panel(notebook, "panel-back").click()
    in_panel(notebook, "panel-request").filter(has_text=key).first.click()
    expect(in_panel(notebook, "request")).to_have_count(1)
    if winner == "command":
        notebook.add("run.inbox[0].deny('no')")
    else:
        find = in_panel if winner == "panel" else in_cell
        find(notebook, "refuse").click()
        find(notebook, "refuse-confirm").click()
    words = {
        "panel": "answered elsewhere: refused by you in the side panel",
        "cell": "answered elsewhere: refused by you in another view",
        "command": "answered elsewhere: refused by you in a cell",
    }[winner]
    for name, find in (("panel", in_panel), ("cell", in_cell)):
        expect(find(notebook, "request")).to_have_count(0)
        note = find(notebook, "answered-elsewhere")
        if name == winner:
            expect(note).to_have_count(0)
        else:
            expect(note).to_contain_text(words)
    notebook.shot(f"answered-elsewhere-{winner}")


def test_a_connection_that_drops_orders_nothing_twice(
    notebook: Notebook, complaints: Complaints
) -> None:
    """The server carries an order out and the connection breaks before the page hears of it: the
    page sends the same order again, and it was made once [ASYN-11] [ASYN-5]."""
    waiting(notebook, "dropped")
    given: list[str] = []

    def drop(route: Route) -> None:
        given.append(route.request.post_data or "")
        answer = route.fetch()
        if len(given) == 1:
            assert answer.ok
            route.abort("connectionreset")
        else:
            route.fulfill(response=answer)

    view = notebook.page.locator(".jp-Notebook")
    notebook.page.route(COMMANDS, drop)
    try:
        view.get_by_test_id("checkpoint").click()
        view.get_by_test_id("checkpoint-text").fill("once")
        view.get_by_test_id("checkpoint-confirm").click()
        expect(view.get_by_test_id("checkpoint-strip")).to_have_count(0)
    finally:
        notebook.page.unroute(COMMANDS)
    assert all("ERR_CONNECTION_RESET" in said for said in complaints)
    complaints.clear()
    assert len(given) == 2
    assert given[0] == given[1]
    assert notebook.python("[one.name for one in run.checkpoints].count('once')") == 1
    notebook.add("run.stop()")


def test_the_panel_answers_after_a_reload_during_a_busy_cell(books) -> None:
    """The page is loaded anew while a cell blocks the kernel, which leaves every widget dead: the
    panel shows the request, and its answer is carried out before the cell ends [ASYN-11]
    [RUNT-15]."""
    notebook: Notebook = books.open("reloadbusy", SETUP)
    notebook.run(0)
    waiting(notebook, "reload busy")
    notebook.save()
    notebook.add("gate('over')", wait=False)
    page = notebook.page
    page.goto(f"{notebook.server}/lab/tree/{notebook.name}?token=t&reset")
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    page.wait_for_function("() => window.jupyterapp !== undefined")
    page.evaluate(OPEN)
    in_panel(notebook, "panel-request").filter(has_text="reload busy").click()
    panel = in_panel(notebook, "workbench-run")
    for name in ("approve", "confirm"):
        button = in_panel(notebook, name)
        expect(button).not_to_have_attribute("aria-disabled", "true")
        button.click()
    expect(panel).to_have_attribute("data-state", "succeeded")
    assert sent(notebook) == 1
    assert not (notebook.folder / "over.open").exists()
    notebook.shot("panel-after-reload")
    open_gate(notebook, "over")
    notebook.idle()
    notebook.close()


def test_the_panel_answers_when_the_notebooks_tab_is_closed(books) -> None:
    """The tab of the notebook is closed, its kernel lives on: the panel takes the answer, and the
    call is made [ASYN-11] [RUNT-10]."""
    notebook: Notebook = books.open("closedtab", SETUP)
    notebook.run(0)
    waiting(notebook, "closed tab", shown=False)
    notebook.save()
    notebook.page.evaluate("() => window.jupyterapp.commands.execute('application:close')")
    expect(notebook.page.locator(".jp-Notebook")).to_have_count(0)
    show(notebook, "closed tab")
    approve(notebook)
    expect(notebook.widget).to_have_attribute("data-state", "succeeded")
    assert sent(notebook) == 1
    notebook.close()
