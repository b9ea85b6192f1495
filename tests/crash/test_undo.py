"""Killed while a run is taken back: the undo is finished, none is made twice, and none is lost."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import closing

import pytest

from tests.crash.scene import Scene, events_of
from workbench.values import decode

pytestmark = pytest.mark.crash

TOOLS = ["seen", "harmless", "unseen"]
"""Effects whose undo can be looked for, is harmless twice, and can tell nothing."""
WORDS = Counter({f"un{n}": 1 for n in range(1, 10)})


@pytest.mark.parametrize("tool", [1, 2, 3], ids=TOOLS)
@pytest.mark.parametrize("when", ["before undo", "after undo"])
def test_killed_in_an_undo(scene: Scene, tool: int, when: str) -> None:
    """Killed inside an undo, before or after it did its work: opened again the rollback goes on,
    and every effect is undone once; only what can tell nothing is asked about [COMP-9, CONC-9]."""
    job = {"plan": [*TOOLS, "think"]}

    assert scene.child("back", **job, die=[tool, when]) is None
    assert scene.audit() == []
    said = scene.said("back", **job)

    assert scene.count("undone") == Counter({"un1": 1, "un2": 1, "un3": 1})
    assert said["counts"] == {
        "undone": 3, "undone_with_traces": 0, "not_undoable": 0, "unknown": 0
    }  # fmt: skip
    assert said["asked_back"] == (1 if tool == 3 else 0)
    assert scene.audit() == []


def test_the_undo_entry_is_there(scene: Scene) -> None:
    """Killed inside the forward call, its undo entry is on disk: another process finds the effect
    and takes it back [COMP-3, COMP-12]."""
    assert scene.child("back", plan=["seen"], die=[1, "after"]) is None
    assert (scene.count(), scene.count("undone")) == (Counter({"seen1": 1}), Counter())

    said = scene.said("back", plan=["seen"])

    assert said["counts"]["undone"] == 1
    assert scene.count("undone") == Counter({"un1": 1})


@pytest.mark.parametrize("when", ["before", "after"])
def test_the_undo_entry_has_the_very_value(scene: Scene, when: str) -> None:
    """Killed inside a call with a live argument, the exact bytes are in the entry on disk, and the
    undo is given them by another process [COMP-3]."""
    job = {"plan": ["raw", "filled"], "shape": "live"}
    assert scene.child("back", **job, die=[2, when]) is None

    (intent,) = [one for one in events_of(scene, "call.intended") if one.step == "s2"]
    with closing(scene.journal()) as journal:
        assert decode(intent.undo_args["content"], journal.artifact) == b"\x01\x00\xff"
    scene.said("back", **job)

    assert [line[:2] for line in scene.world.lines("undone")] == [["un2", "0100ff"]]


@pytest.mark.parametrize("seed", range(3))
def test_killed_again_and_again(scene: Scene, seed: int) -> None:
    """Killed at any moments while it works and while it is taken back, a run of nine effects ends
    with each done once and undone once [COMP-9, RUNT-2]."""
    chance = random.Random(seed)
    job = {"plan": TOOLS * 3, "shape": f"web:{seed}"}
    for _ in range(12):
        scene.child("back", **job, after_s=chance.uniform(0.02, 0.5))
        assert scene.audit() == []
    said = scene.said("back", **job)

    assert said["counts"]["undone"] == 9
    assert scene.count("undone") == WORDS
    assert set(scene.count().values()) == {1}
    assert set(said["steps"].values()) == {"undone"}


@pytest.mark.parametrize("undo", [None, "before undo", "after undo"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_doubt_is_settled_by_an_undo(scene: Scene, when: str, undo: str | None) -> None:
    """Killed in a call that can tell nothing, answered `undo`: that call alone is taken back, once,
    also when the undo is killed; what was done before it stands, and nothing is done again before
    the run is resumed [CONC-9, COMP-9, REL-19]."""
    job = {"plan": ["harmless", "unseen", "think"]}
    assert scene.child("undo_doubt", **job, die=[2, when]) is None
    assert scene.audit() == []
    if undo is not None:
        assert scene.child("undo_doubt", **job, die=[2, undo]) is None
        assert scene.audit() == []

    said = scene.said("undo_doubt", **job)

    assert said["asked"] == (0 if undo else 1)
    assert said["state"] == "paused"
    assert said["steps"] == {"s1": "succeeded", "s2": "undone", "s3": "pending"}
    assert [counts["undone"] for counts in said["counts"]] == [1]
    assert scene.count("undone") == Counter({"un2": 1})
    with closing(scene.journal()) as journal:
        (begun,) = journal.records(said["run"], kinds=["rollback.begun"])
        (intent,) = [
            record.seq
            for record in journal.records(said["run"], kinds=["call.intended"])
            if record.event.step == "s2"
        ]
    assert begun.event.only == intent
    assert scene.audit() == []
