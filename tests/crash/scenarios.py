"""Stories in which every named point is passed; a crash test kills their heroes at each of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.crash.scene import Scene

ALL = ["probe", "think", "key", "file", "flaky", "look", "job", "blind"]
"""One tool of each kind."""


@dataclass(frozen=True)
class Scenario:
    """One story: what came before, and the job in which the child is killed."""

    job: dict[str, Any]
    before: Callable[[Scene, dict[str, Any]], None] = field(default=lambda _scene, _job: None)

    def prepare(self, scene: Scene) -> None:
        """Bring the scene to where the story begins."""
        self.before(scene, self.job)


def _killed_in_all_calls(scene: Scene, job: dict[str, Any]) -> None:
    """Kill a child while each of its calls that change the world is being made."""
    child = scene.start(**job, hold="all")
    scene.wait_for("held", 4)
    scene.kill(*child)


def _killed_after_the_effects(scene: Scene, job: dict[str, Any]) -> None:
    """Kill a child between effects and outcomes: what it did is there, and nobody noted it."""
    assert scene.child(**job, die=[1, "after"]) is None


SCENARIOS = {
    "asking": Scenario({"do": "answer", "plan": ALL, "ask": True, "snapshots": 5}),
    "side by side": Scenario({"do": "answer", "plan": ALL * 3, "shape": "fan", "snapshots": 3}),
    "editing": Scenario({"do": "revise", "plan": ALL, "ask": True}),
    "planning": Scenario({"do": "answer", "plan": ALL, "goal": "do it all"}),
    "doubting": Scenario(
        {"do": "answer", "plan": [*ALL, "think"], "shape": "fan"}, _killed_in_all_calls
    ),
    "capped": Scenario({"do": "answer", "plan": ALL, "caps": {"calls": 1000}}),
    "going back": Scenario(
        {"do": "back", "plan": ["seen", "harmless", "unseen", "think"], "shape": "fan"}
    ),
    "telling": Scenario({"do": "tell", "plan": ["probe", "key"], "tell": True}),
    "remembering": Scenario({"do": "answer", "plan": ALL, "remember": True}),
    "believing": Scenario({"do": "answer", "plan": ["probe", *ALL]}, _killed_after_the_effects),
}
"""A new point needs a story in which it is passed."""
