"""The kernel goes in the middle of a run, and comes back."""

from __future__ import annotations

from tests.browser.conftest import SETUP
from tests.browser.lab import Notebook, expect, open_gate

RUN = """
run = bench.start(key="restart", plan=chain(
    step("first", "write_down", text="first"),
    step("second", "write_down", text="second", gate="restart"),
    step("third", "write_down", text="third"),
    step("mail", "send_mail", to="boss@example.org", body="done"),
))
run
"""


def written(notebook: Notebook) -> list[str]:
    """Give the lines that the effects left in the world."""
    lines = (notebook.folder / "effects.txt").read_text().splitlines()
    return [line.partition(" ")[2] for line in lines]


def test_a_run_goes_on_after_the_kernel_was_restarted(books) -> None:
    """The kernel is restarted in the middle of a call that has already had its effect: the old view
    goes on over the server, says that nobody drives the run, and offers what takes hold of it as a
    cell below; the same cells, run again, go on with the same run, and every effect is in the world
    once [ASYN-6] [RUNT-9] [ASYN-4]."""
    notebook: Notebook = books.open("restarted", SETUP, RUN)
    notebook.run(0)
    notebook.run(1)
    expect(notebook.at("step-second")).to_have_attribute("data-state", "running")
    run = notebook.widget.get_attribute("data-run")
    assert notebook.python("wait_for_lines(2)") == ["first", "second"]
    notebook.restart_kernel()
    expect(notebook.at("nobody")).to_contain_text("bench.open", timeout=20_000)
    expect(notebook.widget).to_contain_text("was running")
    notebook.picture("kernel-gone")
    notebook.press("offer-cell")
    expect(notebook.cell(2)).to_contain_text(f'bench.open("{run}")')
    open_gate(notebook, "restart")
    notebook.run(0)
    notebook.run(1)
    expect(notebook.widget).to_have_attribute("data-run", run or "")
    expect(notebook.widget).to_have_attribute("data-live", "true")
    expect(notebook.at("request")).to_have_count(1)
    notebook.picture("after-restart")
    assert written(notebook) == ["first", "second", "third"]
    notebook.press("approve")
    expect(notebook.at("confirm")).not_to_have_attribute("aria-disabled", "true")
    notebook.press("confirm")
    expect(notebook.widget).to_have_attribute("data-state", "succeeded")
    assert (notebook.folder / "mails.txt").read_text() == "boss@example.org: done\n"
    assert notebook.python("[run.verify() > 0, len(bench.runs())]") == [True, 1]
    notebook.close()
