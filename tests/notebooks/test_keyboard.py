"""The first notebook by keyboard alone: no mouse from the first cell to the last."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Locator

from tests.browser.lab import Notebook, browser_page, expect, lab_server
from workbench.demo import World

NAME = "00-first-run.ipynb"
NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
FAR = 80
"""Presses of Tab after which something counts as out of reach."""
ACTIVE = "window.jupyterapp.shell.currentWidget.content"

pytestmark = [pytest.mark.notebook, pytest.mark.browser, pytest.mark.timeout(400)]


class Typist:
    """A person without a mouse; what is on the page is looked at, and never set."""

    def __init__(self, notebook: Notebook, names: dict[str, int]) -> None:
        self.notebook, self.page, self.names = notebook, notebook.page, names

    def key(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def run_to(self, name: str, *, wait: bool = True) -> str:
        """Run cells up to this one; gives its text."""
        target = self.names[name]
        while (at := int(self.page.evaluate(f"{ACTIVE}.activeCellIndex"))) <= target:
            code = at in self.names.values()
            self.key("Shift+Enter")
            if code and (wait or at != target):
                self.notebook.finished(at)
                assert not (error := self.notebook.error(at)), error
            self.page.wait_for_function(f"at => {ACTIVE}.activeCellIndex > at", arg=at)
        return self.notebook.output(target) if wait else ""

    def view(self, name: str) -> Locator:
        """Find the view of the run below a cell."""
        return self.notebook.cell(self.names[name]).get_by_test_id("workbench-run")

    def climb(self, name: str, test_id: str) -> None:
        """Go by arrow keys to the cell whose view it is, out of the view before it, and by Tab to
        a button in it."""
        target = self.names[name]
        while (at := int(self.page.evaluate(f"{ACTIVE}.activeCellIndex"))) != target + 1:
            self.key("ArrowUp" if at > target + 1 else "ArrowDown")
        self.tab(test_id, "Shift+Tab")

    def tab(self, test_id: str, key: str = "Tab") -> None:
        """Press Tab until a button has the focus."""
        for _ in range(FAR):
            self.key(key)
            if self.page.evaluate("document.activeElement.dataset.testid") == test_id:
                return
        pytest.fail(f"{key} does not lead to {test_id}")

    def leave(self, to: str) -> None:
        """Go back from a view to its cell, and down to another cell."""
        self.key("Escape")
        while int(self.page.evaluate(f"{ACTIVE}.activeCellIndex")) < self.names[to]:
            self.key("ArrowDown")

    def allow(self, view: Locator, *, in_two_steps: bool) -> None:
        """Allow what is asked: Tab to the button, and the space bar; Enter must not do."""
        self.tab("approve", "Shift+Tab")
        expect(view.get_by_test_id("approve")).not_to_have_attribute("aria-disabled", "true")
        self.key("Enter")
        expect(view.get_by_test_id("confirm")).to_have_count(0)
        self.key("Space")
        if in_two_steps:
            confirm = view.get_by_test_id("confirm")
            expect(confirm).not_to_have_attribute("aria-disabled", "true")
            self.tab("confirm")
            self.key("Space")


@pytest.fixture
def typist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Typist]:
    monkeypatch.setenv("WORKBENCH_SCRIPTED", "")
    path = tmp_path / NAME
    shutil.copy(NOTEBOOKS / NAME, path)
    cells = nbformat.read(path, as_version=4).cells
    names = {cell.id: at for at, cell in enumerate(cells) if cell.cell_type == "code"}
    with lab_server(tmp_path) as server, browser_page() as page:
        expect.set_options(timeout=15_000)
        yield Typist(Notebook(page, server, path, tmp_path), names)


def test_the_whole_story_is_told_by_keyboard_alone(typist: Typist, tmp_path: Path) -> None:
    """Cells, Pause, Resume, both answers, the restart of the kernel: all by keys, with one mail and
    each row once in the end; Enter allows nothing on the way [PLAN-17] [REL-3] [ASYN-6]."""
    typist.run_to("start")
    view = typist.view("start")
    expect(view).to_have_attribute("data-state", "waiting")
    typist.climb("start", "pause")
    typist.key("Space")
    expect(view).to_have_attribute("data-state", "paused")
    typist.leave("pause")
    assert "2 of 8 steps done" in typist.run_to("pause")
    assert "new: richest" in typist.run_to("edit")
    typist.climb("start", "resume")
    typist.key("Space")
    expect(view).to_have_attribute("data-state", "waiting")
    typist.leave("resume")
    typist.climb("start", "trace-filter")
    typist.allow(view, in_two_steps=False)
    expect(view.get_by_test_id("step-mail")).to_have_attribute("data-state", "asking")
    typist.leave("resume")
    assert "8 of 9 steps done" in typist.run_to("resume")

    typist.key("0", "0")
    expect(typist.page.locator(".jp-Dialog")).to_contain_text("Restart Kernel")
    typist.key("Enter")
    expect(typist.page.locator(".jp-Dialog")).to_have_count(0)
    typist.notebook.idle()
    typist.run_to("key")
    view = typist.view("open")
    expect(view).to_have_attribute("data-state", "waiting")
    typist.run_to("mail", wait=False)
    typist.climb("open", "trace-filter")
    typist.allow(view, in_two_steps=True)
    expect(view).to_have_attribute("data-state", "succeeded")
    typist.notebook.finished(typist.names["mail"])
    assert typist.notebook.output(typist.names["mail"]) == "['boss@example.org']"
    typist.leave("report")
    assert typist.run_to("verify") == "True"
    assert typist.notebook.output(typist.names["twice"]) == "{'mails': 1, 'rows': 1704}"
    assert len(World(tmp_path / "first-run").mails) == 1
