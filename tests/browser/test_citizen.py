"""The panel among the other things of JupyterLab: found, opened, told of and put back as they."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import SETUP
from tests.browser.lab import Notebook, expect
from tests.browser.test_accessible import faults
from tests.browser.test_panel import OPEN, RUN

PANEL = "workbench-panel"
HIDDEN = "Object.defineProperty(document, 'hidden', {configurable: true, get: () => true})"
"""A page cannot be hidden in a browser without a screen, so it is told that it is."""


@pytest.fixture(scope="module")
def lab(books) -> Iterator[Notebook]:
    """One notebook whose kernel has the tools."""
    notebook: Notebook = books.open("citizen", SETUP)
    notebook.run(0)
    yield notebook
    notebook.close()


@pytest.fixture
def fresh(lab: Notebook) -> Notebook:
    """The same, loaded anew: the panel is closed, and nothing was asked yet."""
    lab.open()
    expect(lab.at(PANEL)).to_have_count(0)
    return lab


@pytest.fixture
def chosen(root: Path) -> Iterator[object]:
    """Write a person's settings of a plugin, as the settings editor does; gone afterwards."""
    written: list[Path] = []

    def choose(plugin: str, name: str, settings: dict) -> None:
        path = root / ".settings" / plugin / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(settings))
        written.append(path)

    yield choose
    for path in written:
        path.unlink()


def run_command(notebook: Notebook, command: str) -> None:
    """Execute a command of JupyterLab."""
    notebook.page.evaluate("id => window.jupyterapp.commands.execute(id)", command)


def test_the_palette_and_the_view_menu_name_the_panel(fresh: Notebook) -> None:
    """The command palette lists it under Workbench and opens it by Enter; the View menu has it with
    its shortcut. The view has Lab's translator for its words [ASYN-11]."""
    page = fresh.page
    page.get_by_role("menuitem", name="View", exact=True).click()
    item = page.locator(".lm-Menu-item", has_text="Show Runs and Open Requests")
    expect(item).to_contain_text("Ctrl+Alt+R")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    said = page.evaluate(
        """() => [globalThis.__workbenchWords.__("%1 of %2", 2, 6),
            globalThis.__workbenchWords._n("%1 step", "%1 steps", 2)]"""
    )
    assert said == ["2 of 6", "2 steps"]
    run_command(fresh, "apputils:activate-command-palette")
    page.locator(".lm-CommandPalette-input").fill("open requests")
    expect(page.locator(".lm-CommandPalette-header", has_text="Workbench")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(fresh.at(PANEL)).to_be_visible()
    assert faults(page, f"[data-testid={PANEL}]") == []


def test_the_shortcut_opens_the_panel(fresh: Notebook) -> None:
    """Ctrl+Alt+R opens it from anywhere on the page [ASYN-11]."""
    fresh.page.keyboard.press("Control+Alt+r")
    expect(fresh.at(PANEL)).to_be_visible()


def test_a_person_chooses_another_shortcut(lab: Notebook, chosen) -> None:
    """In Lab's own settings of shortcuts the keys can be changed; the old ones then do nothing
    [ASYN-11]."""
    keys = {"command": "jupyter-agent-workbench:open", "selector": "body"}
    both = [
        {**keys, "keys": ["Accel Alt R"], "disabled": True},
        {**keys, "keys": ["Accel Alt J"]},
    ]
    chosen("@jupyterlab/shortcuts-extension", "shortcuts", {"shortcuts": both})
    lab.open()
    lab.page.keyboard.press("Control+Alt+r")
    expect(lab.at("workbench-status")).to_have_text("Runs")
    expect(lab.at(PANEL)).to_have_count(0)
    lab.page.keyboard.press("Control+Alt+j")
    expect(lab.at(PANEL)).to_be_visible()


def test_the_panel_is_where_it_was_after_a_reload(fresh: Notebook) -> None:
    """An open panel is open again when the page is loaded anew, with the rest of the layout
    [ASYN-11]."""
    page = fresh.page
    page.evaluate(OPEN)
    expect(fresh.at(PANEL)).to_be_visible()
    with page.expect_response(lambda said: "/api/workspaces" in said.url and said.ok):
        run_command(fresh, "application:toggle-left-area")
    page.goto(f"{fresh.server}/lab?token=t")
    expect(fresh.at(PANEL)).to_be_visible()


@pytest.mark.parametrize("wanted", [True, False], ids=["told", "not told"])
def test_a_request_that_comes_while_the_page_is_hidden_is_told(
    fresh: Notebook, chosen, wanted: bool
) -> None:
    """A new request is a notification that leads to it, when the page is hidden and the person did
    not switch that off; the status bar counts it in any case [ASYN-11] [REL-10]."""
    if not wanted:
        chosen("jupyter-agent-workbench", "plugin", {"notify": False})
        fresh.open()
    page = fresh.page
    page.evaluate(OPEN)
    expect(fresh.at(PANEL)).to_be_visible()
    expect(fresh.at(PANEL)).not_to_contain_text("Asking")
    status = fresh.at("workbench-status")
    before = sum(int(number) for number in re.findall(r"\d+", status.inner_text()))
    page.evaluate(HIDDEN)
    fresh.add(RUN.format(key=f"hidden-{wanted}"))
    expect(status).to_have_text(f"Runs: {before + 1} open")
    page.locator(".jp-Notification-Status").click()
    told = page.locator(".jp-Notification-List-Item", has_text=f"hidden-{wanted}")
    expect(told).to_have_count(int(wanted))
    if wanted:
        told.get_by_role("button", name="Open").click()
        expect(fresh.at("request")).to_contain_text("boss@example.org")
    fresh.add("run.stop()")
