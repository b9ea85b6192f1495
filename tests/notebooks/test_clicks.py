"""The first notebook in a real browser: a person clicks where the text says so."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Locator

from tests.browser.lab import SHOTS, Notebook, browser_page, expect, lab_server
from workbench.demo import World

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"

pytestmark = [pytest.mark.notebook, pytest.mark.browser, pytest.mark.timeout(400)]


class Reader:
    """Goes through the notebook from the top, cell by cell."""

    def __init__(self, notebook: Notebook, names: dict[str, int]) -> None:
        self.notebook, self.names = notebook, names

    def run(self, name: str, *, wait: bool = True) -> str:
        """Run a cell; gives its text."""
        self.notebook.run(self.names[name], wait=wait)
        if not wait:
            return ""
        assert not (error := self.notebook.error(self.names[name])), error
        return self.notebook.output(self.names[name])

    def view(self, name: str) -> Locator:
        """Give the view of the run below a cell."""
        return self.notebook.cell(self.names[name]).get_by_test_id("workbench-run")

    def picture(self, cell: str, name: str) -> None:
        """Keep a picture of the view below a cell."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.view(cell).screenshot(path=str(SHOTS / f"{name}.png"))

    def run_between(self, first: str, last: str) -> None:
        """Run the cells from one to the other, both included."""
        names = list(self.names)
        for name in names[names.index(first) : names.index(last) + 1]:
            self.run(name)


@pytest.fixture
def reader(request, tmp_path, monkeypatch) -> Iterator[Reader]:
    monkeypatch.setenv("WORKBENCH_SCRIPTED", "")
    path = tmp_path / request.param
    shutil.copy(NOTEBOOKS / request.param, path)
    cells = nbformat.read(path, as_version=4).cells
    names = {cell.id: at for at, cell in enumerate(cells) if cell.cell_type == "code"}
    with lab_server(tmp_path) as server, browser_page() as page:
        expect.set_options(timeout=15_000)
        yield Reader(Notebook(page, server, path, tmp_path), names)


def allow(view: Locator, *, in_two_steps: bool) -> None:
    """Allow what is asked: one press, and a second one where it cannot be taken back."""
    view.get_by_test_id("approve").click()
    if in_two_steps:
        confirm = view.get_by_test_id("confirm")
        expect(confirm).not_to_have_attribute("aria-disabled", "true")
        confirm.click()


@pytest.mark.parametrize("reader", ["00-first-run.ipynb"], indirect=True)
def test_a_person_clicks_through_the_first_notebook_with_a_restart_in_the_middle(reader, tmp_path):
    """Real buttons and a restarted kernel: one mail, each row once [ASYN-6] [RUNT-13] [HARN-15]."""
    reader.run_between("world", "start")
    view = reader.view("start")
    expect(view).to_have_attribute("data-state", "waiting")
    reader.picture("start", "first-run-waiting")
    view.get_by_test_id("pause").click()
    expect(view).to_have_attribute("data-state", "paused")
    assert "2 of 8 steps done" in reader.run("pause")

    assert "new: richest" in reader.run("edit")
    view = reader.view("start")
    view.get_by_test_id("resume").click()
    expect(view).to_have_attribute("data-state", "waiting")
    allow(view, in_two_steps=False)
    expect(view.get_by_test_id("step-mail")).to_have_attribute("data-state", "asking")
    assert "8 of 9 steps done" in reader.run("resume")

    reader.notebook.restart_kernel()
    reader.run_between("again", "key")
    view = reader.view("open")
    expect(view).to_have_attribute("data-state", "waiting")
    reader.run("mail", wait=False)
    view = reader.view("open")
    view.scroll_into_view_if_needed()
    reader.picture("open", "first-run-mail")
    allow(view, in_two_steps=True)
    expect(view).to_have_attribute("data-state", "succeeded")
    reader.notebook.finished(reader.names["mail"])
    assert reader.notebook.output(reader.names["mail"]) == "['boss@example.org']"
    reader.run_between("report", "verify")
    assert reader.notebook.output(reader.names["twice"]) == "{'mails': 1, 'rows': 1704}"
    assert reader.notebook.output(reader.names["verify"]) == "True"
    assert len(World(tmp_path / "first-run").mails) == 1


def order(reader: Reader, name: str) -> None:
    """Allow an order in the view below a cell: press, type the amount, confirm."""
    view = reader.view(name)
    view.scroll_into_view_if_needed()
    expect(view).to_have_attribute("data-state", "waiting")
    reader.picture(name, f"authority-{name}")
    view.get_by_test_id("approve").click()
    amount = view.get_by_test_id("confirm-amount")
    amount.fill(amount.get_attribute("placeholder") or "")
    confirm = view.get_by_test_id("confirm")
    expect(confirm).not_to_have_attribute("aria-disabled", "true")
    confirm.click()


@pytest.mark.parametrize("reader", ["03-authority.ipynb"], indirect=True)
def test_a_person_clicks_through_the_notebook_about_rights(reader):
    """Three real answers, and the totals of both days as the suppliers counted [AUTH-8]."""
    reader.run_between("shop", "question")
    last = reader.notebook.output
    assert last(reader.names["unlimited"]) == "{'orders': 38, 'suppliers': 14, 'total_usd': 47000}"
    assert "{'orders': 3, 'suppliers': 1, 'total_usd': 900}" in last(reader.names["limited"])
    order(reader, "ask")
    reader.run_between("answer", "dial")
    reader.run("dial-turned", wait=False)
    order(reader, "dial")
    reader.notebook.finished(reader.names["dial-turned"])
    reader.run_between("read-only", "revoked")
    order(reader, "revoke")
    reader.run_between("paused", "end")
    assert "revoked by person: the supplier has changed" in last(reader.names["paused"])
    assert "{'orders': 12, 'suppliers': 3, 'total_usd': 4700}" in last(reader.names["end"])
