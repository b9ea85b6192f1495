"""Killed in the middle of 25 effects: what a person finds afterwards."""

from __future__ import annotations

import pytest

from tests.crash.scene import Scene

pytestmark = pytest.mark.crash


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("tool", ["probe", "key", "file"])
def test_every_effect_happens_once(scene: Scene, tool: str, when: str) -> None:
    """Killed in call 18 of 25 and reopened: 25 effects, each once, and no question [RUNT-2]."""
    assert scene.child("finish", plan=[tool] * 25, die=[18, when]) is None
    assert sum(scene.count().values()) == (17 if when == "before" else 18)
    said = scene.child("finish")
    assert said is not None
    assert said["state"] == "succeeded"
    effects = scene.count()
    assert len(effects) == 25
    assert set(effects.values()) == {1}
    calls = scene.count("calls")
    assert sorted(map(int, calls)) == list(range(1, 26))
    assert {n for n, count in calls.items() if count > 1} <= {"18"}


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_person_is_asked_where_nothing_else_can_tell(scene: Scene, when: str) -> None:
    """With neither probe nor key the run waits, asks "did it happen?", does nothing [RUNT-2]."""
    assert scene.child("finish", plan=["blind"] * 25, die=[18, when]) is None
    before = scene.count()
    said = scene.child("finish")
    assert said is not None
    assert (said["state"], said["requests"]) == ("waiting", ["doubt"])
    assert said["steps"]["s18"] == "in_doubt"
    assert scene.count() == before
    said = scene.child("answer")
    assert said is not None
    assert (said["state"], said["asked"]) == ("succeeded", 1)
    assert len(scene.count()) == 25
    assert set(scene.count().values()) == {1}


def test_finished_steps_are_not_done_again(scene: Scene) -> None:
    """After a crash only what was not finished is called; outputs of the rest stand [RUNT-8]."""
    names = ["think", "look", "probe", "think", "key", "look", "probe"]
    assert scene.child("finish", plan=names, die=[7, "before"]) is None
    said = scene.child("finish")
    assert said is not None
    assert said["state"] == "succeeded"
    calls = scene.count("calls")
    assert {n: calls[n] for n in "1234567"} == {**dict.fromkeys("12345", 1), "6": 1, "7": 2}


def test_the_undo_entry_is_on_disk_before_the_call(scene: Scene) -> None:
    """Killed inside the call, the journal has all that its undo needs: args and before [COMP-3]."""
    (scene.folder / "file2.txt").write_text("old words")
    assert scene.child("finish", plan=["think", "file"], die=[2, "after"]) is None
    journal = scene.journal()
    run = journal.runs()[0].id
    intent = next(
        r.event for r in journal.records(run) if r.kind == "call.intended" and r.step == "s2"
    )
    assert intent.undo == "put_back"
    assert intent.args.value == {"n": 2}
    assert intent.before.value == "old words"
    journal.close()
