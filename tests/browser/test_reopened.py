"""A saved notebook opened again: without a kernel, and after the kernel was restarted."""

from __future__ import annotations

import json

from tests.browser.conftest import SETUP
from tests.browser.lab import Notebook, expect, open_gate

SAVED_RUN = "application/vnd.workbench.run+json"
RUN = """
run = bench.start(key="{key}", plan=chain(
    step("first", "write_down", "write it down", text="first"),
    step("second", "write_down", text="second", gate="{key}"),
    step("mail", "send_mail", "mail the <b>report</b>", to="boss@example.org", body="done"),
    goal="{key} <img src=x onerror='window.hacked=1'>"))
run
"""


def opened_without_kernel(notebook: Notebook) -> None:
    """Load the page anew; the notebook names a kernel that is not there, and none is wanted."""
    notebook.close()
    saved = json.loads(notebook.path.read_text())
    saved["metadata"]["kernelspec"] = {"name": "nowhere", "display_name": "Nowhere"}
    saved["metadata"]["language_info"] = {"name": "nowhere"}
    notebook.path.write_text(json.dumps(saved))
    notebook.page.goto(f"{notebook.server}/lab/tree/{notebook.name}?token=t&reset")
    notebook.page.locator(".jp-Dialog").get_by_role("button", name="No Kernel").click()
    notebook.page.wait_for_selector(".jp-Notebook .jp-Cell")


def test_a_saved_run_is_shown_without_a_kernel(books) -> None:
    """Without a kernel the cell shows the run as it was saved, in the same view: plan, trace and
    what waited, with the time and no button that orders; what the notebook says stays text. One
    press shows the run as its journal has it [ASYN-15] [RUNT-10]."""
    notebook: Notebook = books.open("nokernel", SETUP, RUN.format(key="nokernel"))
    notebook.run(0)
    notebook.run(1)
    expect(notebook.at("step-second")).to_have_attribute("data-state", "running")
    open_gate(notebook, "nokernel")
    expect(notebook.at("request")).to_have_count(1)
    notebook.run(1)
    notebook.save()
    opened_without_kernel(notebook)
    expect(notebook.at("saved")).to_contain_text("no kernel: it may have gone on since")
    expect(notebook.at("step-first")).to_have_attribute("data-state", "succeeded")
    expect(notebook.at("step-mail")).to_have_attribute("data-state", "asking")
    expect(notebook.at("saved-request")).to_contain_text("boss@example.org")
    expect(notebook.at("request")).to_have_count(0)
    expect(notebook.widget.locator("button:not(.wb-step, .wb-row)")).to_have_count(1)
    expect(notebook.widget).to_contain_text("<img src=x")
    assert notebook.widget.locator("img, b").count() == 0
    assert notebook.page.evaluate("window.hacked ?? null") is None
    notebook.press("look-graph")
    expect(notebook.at("node-mail")).to_have_attribute("data-state", "asking")
    notebook.press("node-first")
    expect(notebook.at("step-detail")).to_contain_text("write it down")
    notebook.picture("saved-no-kernel")
    notebook.press("look-list")
    notebook.press("follow")
    expect(notebook.at("request")).to_have_count(1)
    expect(notebook.at("nobody")).to_contain_text("bench.open")
    notebook.picture("saved-followed")


def test_a_saved_run_whose_journal_is_elsewhere_stays_a_picture(books) -> None:
    """Where the server does not have the journal, the picture is all there is, and nothing offers
    more [ASYN-15]."""
    notebook: Notebook = books.open("elsewhere", SETUP, "run = bench.start(plan=chain("
        "step('one', 'add', 'add them', a=1, b=2)))\nrun.wait()\nrun")  # fmt: skip
    notebook.run(0)
    notebook.run(1)
    expect(notebook.widget).to_have_attribute("data-state", "succeeded")
    saved = notebook.save()
    (output,) = [o for o in saved["cells"][1]["outputs"] if SAVED_RUN in o.get("data", {})]
    assert output["data"][SAVED_RUN] == {"version": 1}
    for name in ("runs.db", "runs.db-wal", "runs.db-shm"):
        (notebook.folder / name).unlink(missing_ok=True)
    opened_without_kernel(notebook)
    expect(notebook.at("step-one")).to_have_attribute("data-state", "succeeded")
    expect(notebook.at("saved")).to_be_visible()
    expect(notebook.at("follow")).to_have_count(0)
    notebook.picture("saved-elsewhere")


def test_the_view_comes_back_from_the_journal_after_a_restart(books) -> None:
    """Kernel restarted, then the page loaded anew: the cell shows the run from its journal, follows
    it, says that nobody drives it, and offers the line that takes hold of it; once that has run,
    the very same view goes on with the run [ASYN-6] [ASYN-15] [RUNT-15]."""
    notebook: Notebook = books.open("reattached", SETUP, RUN.format(key="reattached"))
    notebook.run(0)
    notebook.run(1)
    expect(notebook.at("step-second")).to_have_attribute("data-state", "running")
    run = notebook.widget.get_attribute("data-run") or ""
    notebook.save()
    notebook.restart_kernel()
    notebook.open()
    expect(notebook.widget).to_have_attribute("data-run", run)
    expect(notebook.widget).to_have_attribute("data-live", "true")
    expect(notebook.at("nobody")).to_contain_text("its kernel is gone")
    expect(notebook.at("step-first")).to_have_attribute("data-state", "succeeded")
    notebook.picture("reattach-offered")
    notebook.press("offer-cell")
    open_gate(notebook, "reattached")
    notebook.run(0)
    assert notebook.output(2) == ""
    notebook.run(2)
    first = notebook.widget.first
    expect(first.get_by_test_id("request")).to_have_count(1)
    expect(first.get_by_test_id("nobody")).to_have_count(0)
    notebook.shot("reattached")
    assert notebook.python("wait_for_lines(2)") == ["first", "second"]
    notebook.close()
