"""Killed in a loop: it goes on at the same turn, and no turn's effect happens twice."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from tests.crash.outside import TURNS
from tests.crash.scene import Scene

pytestmark = pytest.mark.crash

TOOLS = ["grow", "grow_by_key"]


def turns_of(scene: Scene) -> list[tuple[int, int]]:
    """Give turn and attempt of each intent."""
    journal = scene.journal()
    run = journal.runs()[0].id
    intents = [r.event for r in journal.records(run) if r.kind == "call.intended"]
    journal.close()
    return [(intent.turn, intent.attempt) for intent in intents]


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_in_a_turn(scene: Scene, tool: str, when: str) -> None:
    """Killed in turn 4 of 6, before or after its effect: the loop goes on with turn 4, and each
    turn happens once [RUNT-5, RUNT-2]."""
    assert scene.child("finish", plan=[tool], shape="loop", die=[4, when]) is None
    said = scene.child("finish", plan=[tool], shape="loop")
    assert said is not None
    assert (said["state"], said["outputs"]["s1"]) == ("succeeded", list(range(1, TURNS + 1)))
    effects = scene.count()
    assert (len(effects), set(effects.values())) == (TURNS, {1})
    assert {turn for turn, _ in turns_of(scene)} == set(range(1, TURNS + 1))
    assert {turn for turn, attempt in turns_of(scene) if attempt > 1} <= {4}


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("count", [1, 3, 5])
def test_killed_between_turns(scene: Scene, tool: str, count: int) -> None:
    """Killed when a turn has ended and the next has not begun, whether or not that is on disk yet:
    no effect twice, none lost [RUNT-5, RUNT-2]."""
    assert scene.child("finish", plan=[tool], shape="loop", point=["after-turn", count]) is None
    assert len(scene.count()) == count
    said = scene.child("finish", plan=[tool], shape="loop")
    assert said is not None
    assert (said["state"], said["outputs"]["s1"]) == ("succeeded", list(range(1, TURNS + 1)))
    assert (len(scene.count()), set(scene.count().values())) == (TURNS, {1})


@pytest.mark.parametrize("tool", TOOLS)
def test_killed_again_and_again(scene: Scene, tool: str) -> None:
    """Killed at any moments, the loop ends with every turn done once [RUNT-5, RUNT-2]."""
    chance = random.Random(5)
    for _ in range(10):
        scene.child("finish", plan=[tool], shape="loop", after_s=chance.uniform(0.02, 0.3))
    said = scene.child("finish", plan=[tool], shape="loop")
    assert said is not None
    assert (said["state"], said["outputs"]["s1"]) == ("succeeded", list(range(1, TURNS + 1)))
    assert Counter(scene.count().values()) == {1: TURNS}
