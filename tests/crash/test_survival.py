"""What a person has said survives the process to which it was said."""

from __future__ import annotations

import pytest

from tests.crash.scene import Scene

pytestmark = pytest.mark.crash


def test_a_pause_survives_the_kill(scene: Scene) -> None:
    """Paused, then killed: reopened it is still paused, and goes on when resumed [RUNT-9]."""
    assert scene.child("pause", plan=["look", "probe", "think"]) is None
    before = scene.count("calls")
    said = scene.child("finish")
    assert said is not None
    assert said["state"] == "paused"
    assert scene.count("calls") == before
    said = scene.child("resume")
    assert said is not None
    assert said["state"] == "succeeded"
    assert scene.count() == {"probe2": 1}


def test_an_edit_survives_the_kill(scene: Scene) -> None:
    """Edited, then killed: the edited plan is what is done [RUNT-9, PLAN-9]."""
    assert scene.child("edit", plan=["think", "look", "probe", "probe", "probe"]) is None
    said = scene.child("resume")
    assert said is not None
    assert said["state"] == "succeeded"
    assert scene.count() == {"probe33": 1, "probe5": 1}


def test_an_open_request_survives_the_kill(scene: Scene) -> None:
    """Killed while it asks: the same question is there, and its approval counts [ASYN-6]."""
    assert scene.child("finish", plan=["probe"], ask=True, point=["request-opened", 1]) is None
    assert scene.child("finish", ask=True, point=["released", 1]) is None
    asked = _opened(scene)
    said = scene.child("finish", ask=True)
    assert said is not None
    assert (said["state"], said["requests"]) == ("waiting", ["permission"])
    said = scene.child("approve", ask=True)
    assert said is not None
    assert said["state"] == "succeeded"
    assert scene.count() == {"probe1": 1}
    assert _opened(scene) == asked


def test_an_approval_survives_the_kill(scene: Scene) -> None:
    """Approved, then killed before the call: it is made after, without asking again [RUNT-9]."""
    said = scene.child("answer", plan=["probe"], ask=True, point=["before-intent-on-disk", 1])
    assert said is None
    said = scene.child("through", ask=True)
    assert said is not None
    assert said["state"] == "succeeded"
    assert scene.count() == {"probe1": 1}
    assert len(_opened(scene)) == 1


def _opened(scene: Scene) -> list[str]:
    journal = scene.journal()
    run = journal.runs()[0].id
    found = [r.event.request for r in journal.records(run) if r.kind == "request.opened"]
    journal.close()
    return found
