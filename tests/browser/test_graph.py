"""The plan as a graph: in the cell, while it is edited, and in the side panel."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

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
