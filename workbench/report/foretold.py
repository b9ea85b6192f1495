"""What pause, edit and stop would do now, and what each keeps: said before it is pressed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from workbench.report.words import count_words
from workbench.states import StepState
from workbench.tools import Tool
from workbench.tools.effect import REPEATABLE
from workbench.values.said import Said
from workbench.view import RunView

Control = Literal["pause", "edit", "stop"]
CONTROLS: tuple[Control, ...] = ("pause", "edit", "stop")
TO_COME: tuple[StepState, ...] = ("pending", "ready", "asking")


@dataclass(frozen=True)
class Foretold(Said):
    """What one control would come to now."""

    control: Control
    kept: int
    """Finished steps, which stay finished, with their outputs."""
    goes_on: tuple[str, ...]
    """Calls in flight that finish; after a stop, that may still take effect."""
    broken_off: tuple[str, ...]
    """Calls in flight that are ended: they change nothing, or are made to be called anew."""
    to_come: int
    """Steps that have not begun."""
    in_doubt: int

    def __str__(self) -> str:
        """Say it in a few short sentences."""
        steps = count_words(self.to_come, "step")
        finish = ("in flight finishes", "in flight finish")
        first, goes_on, ends, last = {
            "pause": ("No step begins.", finish, "made anew", "Resume goes on from here."),
            "edit": (
                "Pauses first.",
                finish,
                "made anew",
                f"{steps} to come can be changed; the old plan stays as a revision.",
            ),
            "stop": (
                "Ends the run.",
                ("in flight may still take effect",) * 2,
                "ended",
                f"{steps} will not happen; what is left can be a new run.",
            ),
        }[self.control]
        middle = [
            f"{count_words(number, 'call')} {words[number > 1]}."
            for number, words in (
                (len(self.goes_on), goes_on),
                (len(self.broken_off), (f"in flight is {ends}", f"in flight are {ends}")),
                (self.in_doubt, ("in doubt stays so", "in doubt stay so")),
            )
            if number
        ]
        kept = f"Kept: {count_words(self.kept, 'finished step')} with the outputs."
        return " ".join([first, *middle, kept, last])


def foretell(view: RunView, tools: Mapping[str, Tool]) -> dict[Control, Foretold]:
    """Say of each control that a person has now what it would do; empty when there is none."""
    if view.final or view.state == "stopping":
        return {}
    flying = set(view.in_flight)
    kept, in_doubt = view.count("succeeded"), view.count("in_doubt")
    to_come = sum(view.count(state) for state in TO_COME)

    def foretold(control: Control) -> Foretold:
        stays = _goes_on(view, tools, control)
        ends = tuple(sorted(flying - set(stays)))
        return Foretold(control, kept, stays, ends, to_come, in_doubt)

    found = {control: foretold(control) for control in CONTROLS}
    if view.state == "paused":
        del found["pause"]
    return found


def _goes_on(view: RunView, tools: Mapping[str, Tool], control: Control) -> tuple[str, ...]:
    """Name the calls in flight that a control leaves to themselves; of an unknown tool it may."""
    found = []
    for step in view.in_flight:
        tool = tools.get(view.plan.by_id[step].tool) if view.plan is not None else None
        ends = tool is not None and _ends(tool, control)
        if not ends or step in view.submitted:
            found.append(step)
    return tuple(found)


def _ends(tool: Tool, control: Control) -> bool:
    return tool.effect in REPEATABLE if control == "stop" else tool.on_pause == "cancel"
