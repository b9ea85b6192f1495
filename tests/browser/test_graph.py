"""The plan as a graph: in the cell, while it is edited, and in the side panel."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.browser.conftest import SETUP
from tests.browser.lab import Notebook, expect, open_gate

PLAN = """
    step('one', 'add', 'add the numbers', a=1, b=2),
    step('hold', 'gate', 'wait', name={gate!r}),
    step('left', 'say', 'to the left', text='left', after=('hold',)),
    step('right', 'say', 'to the right', text='right', after=('hold',)),
    step('last', 'say', 'the end', text=wb.ref('left'), after=('left',))
"""


@pytest.fixture
def graph(notebook: Notebook, start, request) -> Iterator[Notebook]:
    """A run that is held in its second step, seen as a graph."""
    start(PLAN.format(gate=request.node.name), goal=request.node.name)
    if not notebook.at("graph").count():
        notebook.press("look-graph")
    expect(notebook.at("node-hold")).to_have_attribute("data-state", "running")
    yield notebook
    open_gate(notebook, request.node.name)


def top(notebook: Notebook, step: str) -> float:
    """Say how far down the page a card stands."""
    box = notebook.at(f"node-{step}").bounding_box()
    assert box is not None
    return box["y"]


def draw(notebook: Notebook, first: str, then: str) -> None:
    """Pull a line with the mouse, from the dot below one card to another card."""
    card = notebook.at(f"node-{then}")
    notebook.widget.locator(f".react-flow__handle.source[data-nodeid={first}]").hover()
    notebook.page.mouse.down()
    for x in (20, 40):
        card.hover(position={"x": x, "y": 20}, force=True)
    notebook.page.mouse.up()


def test_what_is_chosen_in_the_graph_is_chosen_everywhere(graph: Notebook) -> None:
    """The cards stand in layers, below what they wait for; a card that is pressed, or reached by
    arrow keys and Enter, is what Python sees as chosen, what the detail shows, and what the list
    has pressed [PLAN-17] [REL-22]."""
    assert top(graph, "one") < top(graph, "hold") < top(graph, "left") < top(graph, "last")
    assert top(graph, "left") == top(graph, "right")
    graph.press("node-right")
    expect(graph.at("step-detail")).to_contain_text("to the right")
    assert graph.python("run.widget.selection") == "right"
    for key in ("ArrowLeft", "ArrowDown", "Enter"):
        graph.page.keyboard.press(key)
    expect(graph.at("step-detail")).to_contain_text("the end")
    assert graph.python("run.widget.selection") == "last"
    graph.picture("graph")
    graph.press("look-list")
    expect(graph.at("step-last")).to_have_attribute("aria-pressed", "true")
    graph.press("look-graph")


def test_a_line_that_is_drawn_becomes_part_of_the_plan(graph: Notebook) -> None:
    """In the draft a line is drawn with the mouse and another one taken away; applied, the plan
    has the one and not the other; a line that cannot be says why [PLAN-9] [PLAN-17]."""
    graph.press("edit-plan")
    draw(graph, "last", "left")
    expect(graph.at("graph-said")).to_contain_text("would wait for each other")
    draw(graph, "left", "right")
    expect(graph.at("node-right")).to_have_attribute("data-mark", "moved")
    expect(graph.at("graph-said")).to_contain_text("right waits for left")
    graph.picture("graph-draft")
    graph.at('line-["hold","right"]').dispatch_event("click")
    graph.press("part", "apply")
    expect(graph.at("draft")).to_have_count(0)
    expect(graph.at("node-right")).to_have_attribute("data-state", "pending")
    assert graph.python("list(run.plan['right'].after)") == ["left"]
    assert top(graph, "left") < top(graph, "right")


def test_the_panel_has_the_graph_too(graph: Notebook, request) -> None:
    """What was chosen, list or graph, is remembered: the panel begins with the graph of the run,
    in which a card can be chosen [PLAN-17] [RUNT-10]."""
    graph.page.evaluate("() => window.jupyterapp.commands.execute('jupyter-agent-workbench:open')")
    graph.at("panel-run").filter(has_text=request.node.name).first.click()
    panel = graph.page.locator(".wb-side")
    panel.get_by_test_id("node-left").click()
    expect(panel.get_by_test_id("step-detail")).to_contain_text("to the left")
    graph.shot("graph-panel")


def test_the_graph_by_keyboard_and_screen_reader_in_notebook_7(books) -> None:
    """In Notebook 7, which hears keys before the page's parts do, the graph is one stop of Tab with
    a name and a hint; its keys walk and choose, and neither they nor those in the list do anything
    to the notebook around; a screen reader is told each card with its state [PLAN-17] [REL-22]."""
    notebook: Notebook = books.open("seven-graph", SETUP)
    notebook.run(0)
    notebook.add(f"run = bench.start(plan=wb.Plan(steps=[{PLAN.format(gate='seven')}]))\nrun")
    notebook.save()
    page = notebook.page
    page.goto(f"{notebook.server}/notebooks/{notebook.name}?token=t")
    page.wait_for_function(
        "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status"
        " === 'idle'"
    )
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
    expect(notebook.at("look-list")).to_be_visible()
    notebook.press("look-list")  # what an earlier test has chosen is remembered
    expect(notebook.at("step-hold")).to_have_attribute("data-state", "running")
    cells = page.locator(".jp-Notebook .jp-Cell").count()
    notebook.press("step-one")
    for key in ("x", "b", "d", "d", "ArrowDown"):
        page.keyboard.press(key)
    expect(notebook.at("step-hold")).to_be_focused()
    notebook.press("look-graph")
    page.keyboard.press("Tab")
    graph = page.get_by_role("application")
    expect(graph).to_be_focused()
    expect(graph).to_have_accessible_name("Plan as a graph")
    expect(graph).to_have_accessible_description(re.compile("Arrow keys walk .*Enter chooses"))
    for key in ("ArrowDown", "ArrowRight", "Enter", "a", "x"):
        page.keyboard.press(key)
    expect(graph).to_be_focused()
    chosen = graph.get_by_role("button", pressed=True)
    expect(chosen).to_have_accessible_name(re.compile("to come to the right say .*after wait"))
    expect(graph).to_have_attribute("aria-activedescendant", chosen.get_attribute("id") or "")
    expect(notebook.at("step-detail")).to_contain_text("to the right")
    assert page.locator(".jp-Notebook .jp-Cell").count() == cells
    notebook.shot("graph-notebook-7")
    open_gate(notebook, "seven")
