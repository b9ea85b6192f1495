"""Killed between the end of a run and the telling of it."""

from __future__ import annotations

import pytest

from tests.crash.conftest import Scene

pytestmark = pytest.mark.crash


@pytest.mark.parametrize(("point", "before"), [("before-notice", 0), ("after-notice", 1)])
def test_an_end_is_told_although_the_process_died(scene: Scene, point: str, before: int) -> None:
    """Killed before or behind the callback: the next opening tells it, same id [ASYN-16]."""
    assert scene.child("tell", plan=["probe", "think"], tell=True, point=[point, 1]) is None
    assert sum(scene.count("told").values()) == before
    said = scene.child("told", tell=True)
    assert said is not None
    assert (said["state"], said["verified"]) == ("succeeded", said["end"] + 1)
    assert scene.count("told") == {said["delivered"]: before + 1}
    assert scene.count() == {"probe1": 1}
    again = scene.child("told", tell=True)
    assert again is not None
    assert again["verified"] == said["verified"]
    assert scene.count("told") == {said["delivered"]: before + 1}


def test_a_kill_before_the_end_tells_it_once(scene: Scene) -> None:
    """Killed in the middle: whoever finishes the run tells its end, once [ASYN-16, RUNT-2]."""
    assert scene.child("tell", plan=["probe", "key"], tell=True, die=[2, "after"]) is None
    assert scene.count("told") == {}
    said = scene.child("tell", tell=True)
    assert said is not None
    assert said["state"] == "succeeded"
    assert list(scene.count("told").values()) == [1]
    assert sorted(scene.count().values()) == [1, 1]
