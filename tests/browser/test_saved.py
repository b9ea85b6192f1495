"""What stays: the page after a reload, the saved notebook, and text that means harm."""

from __future__ import annotations

import json
import re

import pytest

from tests.browser.lab import Notebook, expect, open_gate

ADDRESS = re.compile(r"0x[0-9a-f]{6,}|at 0x")
EVIL = (
    '<img src=x onerror="window.hacked=1"><script>window.hacked=2</script>'
    "**bold** [a](javascript:hacked) \x1b[31mred\x1b[0m \u202eesrever"
)


def output_forms(saved: dict, cell: int) -> dict:
    """Give the forms of a saved output that shows a run."""
    (form,) = [o["data"] for o in saved["cells"][cell]["outputs"] if "data" in o]
    return {name: "".join(text) if isinstance(text, list) else text for name, text in form.items()}


def test_a_saved_notebook_tells_the_plan_without_a_kernel(
    notebook: Notebook, start, journal
) -> None:
    """The saved output holds plan and open question as text and as HTML; there is no memory address
    in it, and nowhere in the file the token that answers, with the widgets' state saved too
    [PLAN-17 begun] [ASYN-15]."""
    run = start(
        "step('sum', 'add', 'add them up', a=1, b=2), "
        "step('mail', 'send_mail', 'mail the report', to='boss@example.org', body='3')"
    )
    expect(notebook.at("request")).to_have_count(1)
    shown = notebook.add("run")
    saver = "@jupyter-widgets/jupyterlab-manager:saveWidgetState"
    notebook.page.evaluate("async id => window.jupyterapp.commands.execute(id)", saver)
    saved = notebook.save()
    text = json.dumps(saved)
    for form in ("text/plain", "text/html"):
        written = output_forms(saved, shown)[form]
        for wanted in ("add them up", "mail the report", "boss@example.org", "nanswered"):
            assert wanted in written
    assert not ADDRESS.search(output_forms(saved, shown)["text/plain"])
    assert not ADDRESS.search(output_forms(saved, shown)["text/html"])
    with journal(notebook) as bench:
        (request,) = bench.look(run).view.open_requests
    assert len(request.opened.token) > 20
    assert request.opened.token not in text
    state = saved["metadata"]["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]
    snapshots = [
        model["state"]["snapshot"] for model in state.values() if "snapshot" in model["state"]
    ]
    assert run in [snapshot["run"] for snapshot in snapshots]
    notebook.page.evaluate("async id => window.jupyterapp.commands.execute(id)", saver)
    notebook.add("run.stop()")


def test_the_view_comes_back_after_a_reload(notebook: Notebook, start) -> None:
    """After the page of a saved notebook is loaded anew, the view is there again without running a
    cell: live, with the whole plan and trace, and its buttons work [ASYN-15] [RUNT-15]."""
    start("step('hold', 'gate', 'hold it', name='reload'), step('sum', 'add', a=1, b=2)")
    expect(notebook.at("step-hold")).to_have_attribute("data-state", "running")
    rows = notebook.widget.locator(".wb-trace button[data-testid]")
    before = rows.count()
    notebook.save()
    notebook.open()
    expect(notebook.at("step-hold")).to_have_attribute("data-state", "running")
    expect(notebook.widget).to_have_attribute("data-live", "true")
    expect(notebook.at("not-live")).to_have_count(0)
    expect(rows).to_have_count(before)
    notebook.picture("reloaded")
    notebook.press("pause")
    expect(notebook.widget).to_have_attribute("data-state", "paused")
    open_gate(notebook, "reload")
    expect(notebook.at("step-hold")).to_have_attribute("data-state", "succeeded")
    notebook.press("resume")
    expect(notebook.widget).to_have_attribute("data-state", "succeeded")


@pytest.mark.parametrize("tool", ["say", "fail", "send_mail"])
def test_text_from_outside_stays_text(notebook: Notebook, start, tool: str) -> None:
    """HTML, script, Markdown, terminal codes and turned text in goal, title, arguments, outputs,
    errors and questions are shown letter by letter, live and saved; no script runs
    [PLAN-17 begun]."""
    notebook.add(f"EVIL = {EVIL!r}")
    args = "to=EVIL, body=EVIL" if tool == "send_mail" else "text=EVIL"
    notebook.add(
        f"run = bench.start(plan=chain(step('evil', {tool!r}, EVIL, {args}), goal=EVIL))\nrun"
    )
    ends = {"say": "succeeded", "fail": "failed", "send_mail": "waiting"}
    expect(notebook.widget).to_have_attribute("data-state", ends[tool])
    notebook.press("step-evil")
    trace = notebook.widget.locator(".wb-trace button[data-testid]")
    for row in range(trace.count()):
        trace.nth(row).click()
    if tool == "send_mail":
        notebook.press("refuse", "refuse-back", "edit-request")
        expect(notebook.at("arg-to")).to_have_value(re.compile("<img src=x"))
    expect(notebook.widget).to_contain_text('<img src=x onerror="window.hacked=1">')
    expect(notebook.widget.locator(".wb-goal")).to_contain_text("<script>")
    notebook.picture(f"hostile-{tool}")
    assert "\x1b" not in notebook.widget.inner_text()
    assert "\u202e" not in notebook.widget.inner_text()
    assert notebook.widget.locator("img, script, a").count() == 0
    notebook.add("from IPython.display import HTML\nHTML(run._repr_mimebundle_()[0]['text/html'])")
    expect(notebook.page.locator(".jp-OutputArea-output section table").last).to_be_visible()
    assert notebook.page.locator(".jp-OutputArea-output section img").count() == 0
    assert notebook.page.evaluate("window.hacked ?? null") is None
    if tool == "send_mail":
        notebook.add("run.stop()")
