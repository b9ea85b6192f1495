"""The plan as a figure: a graph in layers, from what comes first to what comes last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.plan import Plan
from workbench.plan.graph import dependents
from workbench.report.doors import is_one_way
from workbench.report.text import short_id, step_name
from workbench.report.words import NEUTRAL, STEP_SIGNS
from workbench.tools import Tool
from workbench.view import RunView

if TYPE_CHECKING:
    from workbench.report.offline import OfflineFigure

DOOR = "◇ one-way door"
MAX_WIDTH, MAX_HEIGHT = 2400, 1600
"""Pixels; a larger plan is drawn closer and read by zooming in."""
SWEEPS = 4
"""Passes that order each layer by its neighbours, so that fewer lines cross."""


def layers_of(plan: Plan) -> list[list[str]]:
    """Sort steps into layers: a step stands one after the last of those that it needs.

    Steps of a cycle are left out; a plan with one is never accepted.
    """
    depth: dict[str, int] = {}
    for step in plan.order():
        depth[step] = 1 + max((depth.get(n, -1) for n in plan.needs.get(step, ())), default=-1)
    layers: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for listed in plan.steps:
        if listed.id in depth:
            layers[depth[listed.id]].append(listed.id)
    return layers


def positions_of(plan: Plan) -> dict[str, tuple[float, float]]:
    """Give each step its place: x is its layer, y its row, centred around 0."""
    layers = layers_of(plan)
    later = dependents(plan.needs)
    row = {step: _centred(i, len(layer)) for layer in layers for i, step in enumerate(layer)}
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        near: Mapping[str, Any] = plan.needs if forward else later
        for layer in layers if forward else reversed(layers):
            means = {step: _mean(row, near.get(step, ()), row[step]) for step in layer}
            layer.sort(key=means.__getitem__)
            row |= {step: _centred(i, len(layer)) for i, step in enumerate(layer)}
    return {step: (float(x), row[step]) for x, layer in enumerate(layers) for step in layer}


def _centred(index: int, size: int) -> float:
    return index - (size - 1) / 2


def _mean(row: Mapping[str, float], near: Any, own: float) -> float:
    known = [row[step] for step in near if step in row]
    return sum(known) / len(known) if known else own


def graph_figure(view: RunView, tools: Mapping[str, Tool] | None = None) -> OfflineFigure:
    """Draw the current plan as a graph; each step with id, title and state.

    Args:
        view: the run.
        tools: by name, to mark one-way doors; a tool that is missing counts as irreversible.
            Without it no door is marked, and the figure says so.
    """
    from workbench.report.offline import CALM, OfflineFigure, label

    plan = view.plan or Plan()
    places = positions_of(plan)
    doors = {s for s in places if tools is not None and is_one_way(view, s, tools)}
    figure = OfflineFigure()
    figure.add_scatter(**_edges(plan, places))
    for state in dict.fromkeys(view.steps[step].state for step in places):
        steps = [step for step in places if view.steps[step].state == state]
        figure.add_scatter(**_nodes(view, steps, places, doors))
    if doors:
        figure.add_scatter(**_doors(places, doors))
    unknown = (
        "" if tools is not None else "<br><sub>one-way doors are not marked: tools not given</sub>"
    )
    width = max((x for x, _ in places.values()), default=0.0)
    height = max((y for _, y in places.values()), default=0.0)
    hidden = {"visible": False, "showgrid": False}
    figure.update_layout(
        template=CALM,
        title={"text": f"Plan of run {label(short_id(view.run))}{unknown}"},
        width=min(MAX_WIDTH, max(500, 180 * int(width + 1) + 100)),
        height=min(MAX_HEIGHT, int(200 + 110 * (2 * height + 1))),
        xaxis={**hidden, "range": [-0.6, width + 0.6]},
        yaxis={**hidden, "range": [height + 0.7, -height - 0.5]},
        showlegend=True,
    )
    rows = []
    for step in view.steps:
        icon, word, _ = STEP_SIGNS[view.steps[step].state]
        needs = ", ".join(plan.needs.get(step, ()))
        rows.append(
            (step, step_name(view, step), f"{icon} {word}", needs, DOOR if step in doors else "")
        )
    return figure.describe(("step", "title", "state", "needs", ""), rows)


def _nodes(
    view: RunView, steps: list[str], places: Mapping[str, tuple[float, float]], doors: set[str]
) -> dict[str, Any]:
    from workbench.report.offline import label

    icon, word, color = STEP_SIGNS[view.steps[steps[0]].state]
    texts, hovers = [], []
    for step in steps:
        name = step_name(view, step)
        lines = [f"{icon} <b>{label(step, 22)}</b>", label(name, 24) if name != step else "", word]
        lines.append(DOOR if step in doors else "")
        texts.append("<br>".join(filter(None, lines)))
        hovers.append("<br>".join([label(name, 120), word, *([DOOR] if step in doors else [])]))
    return {
        "name": f"{icon} {word}",
        "mode": "markers+text",
        "x": [places[step][0] for step in steps],
        "y": [places[step][1] for step in steps],
        "text": texts,
        "textposition": "bottom center",
        "hovertext": hovers,
        "hoverinfo": "text",
        "marker": {"size": 18, "color": color},
    }


def _doors(places: Mapping[str, tuple[float, float]], doors: set[str]) -> dict[str, Any]:
    from workbench.report.offline import INK

    steps = [step for step in places if step in doors]
    return {
        "name": DOOR,
        "mode": "markers",
        "x": [places[step][0] for step in steps],
        "y": [places[step][1] for step in steps],
        "hoverinfo": "skip",
        "marker": {"size": 24, "color": INK, "symbol": "diamond-open", "line": {"width": 2}},
    }


def _edges(plan: Plan, places: Mapping[str, tuple[float, float]]) -> dict[str, Any]:
    x: list[float | None] = []
    y: list[float | None] = []
    for step, needs in plan.needs.items():
        for before in needs:
            if before in places and step in places:
                x += [places[before][0], places[step][0], None]
                y += [places[before][1], places[step][1], None]
    return {
        "name": "needs",
        "mode": "lines+markers",
        "x": x,
        "y": y,
        "line": {"color": NEUTRAL, "width": 1},
        # The arrowhead stands at the end of each line, turned along it, clear of the node.
        "marker": {
            "symbol": "arrow",
            "color": NEUTRAL,
            "angleref": "previous",
            "standoff": 10,
            "size": [size for _ in range(len(x) // 3) for size in (0, 9, 0)],
        },
        "hoverinfo": "skip",
        "showlegend": False,
    }
