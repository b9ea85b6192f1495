"""Killed while work goes on outside: it is neither lost nor begun twice."""

from __future__ import annotations

import pytest

from tests.crash.conftest import Scene

pytestmark = pytest.mark.crash

PLAN = ["think", "job", "probe"]


@pytest.mark.parametrize("when", ["poll 1", "poll 2", "poll 3"])
def test_killed_in_a_poll(scene: Scene, when: str) -> None:
    """Killed in a poll and reopened: one submission, no doubt, the polls go on [ASYN-9, RUNT-2]."""
    assert scene.child("finish", plan=PLAN, die=[2, when]) is None
    said = scene.child("finish")
    assert said is not None
    assert (said["state"], said["requests"]) == ("succeeded", [])
    assert scene.count("calls") == {"1": 1, "2": 1, "3": 1}
    assert scene.count() == {"job2": 1, "probe3": 1}
    assert scene.count("polls")["job2"] <= 4


def test_killed_when_the_handle_is_on_disk(scene: Scene) -> None:
    """As soon as the handle is on disk, the work is followed and not begun again [ASYN-9]."""
    assert scene.child("finish", plan=PLAN, point=["submitted", 1]) is None
    assert scene.count("polls") == {}
    said = scene.child("finish")
    assert said is not None
    assert said["state"] == "succeeded"
    assert scene.count() == {"job2": 1, "probe3": 1}


def test_killed_before_the_handle_is_on_disk(scene: Scene) -> None:
    """Work that was begun without a handle on disk is in doubt: nobody begins it twice [RUNT-2]."""
    assert scene.child("finish", plan=PLAN, die=[2, "after"]) is None
    said = scene.child("finish")
    assert said is not None
    assert (said["state"], said["requests"]) == ("waiting", ["doubt"])
    assert scene.count() == {"job2": 1}
