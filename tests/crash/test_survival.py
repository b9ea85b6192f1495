"""What a person has said survives the process to which it was said."""

from __future__ import annotations

import pytest

from tests.crash.scene import Scene
from workbench.journal.snapshot import FOLD_VERSION

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
    plan = ["think", "look", "probe", "probe", "probe"]
    assert scene.child("edit", plan=plan, ask=["look"]) is None
    said = scene.child("answer", ask=["look"])
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


@pytest.mark.parametrize("point", ["request-opened", "before-release", "released"])
def test_an_answer_from_elsewhere_before_and_after_the_kill(scene: Scene, point: str) -> None:
    """While a request is open its process dies; another one answers the first request before that
    and the second after it, with nobody there: both count, nothing is asked twice [ASYN-6]."""
    plan = ["probe", "key"]
    said = scene.said("finish", plan=plan, ask=True)
    run = said["run"]
    assert (said["state"], said["requests"]) == ("waiting", ["permission"])
    assert scene.said("order", run=run, order="approve", ask=True)["state"] == "waiting"
    assert scene.child("through", plan=plan, ask=True, point=[point, 1]) is None
    said = scene.said("asked", plan=plan, ask=True, step="s2")
    assert (said["state"], said["requests"]) == ("waiting", ["permission"])
    assert scene.said("order", run=run, order="approve", ask=True)["state"] == "waiting"
    assert scene.said("through", plan=plan, ask=True)["state"] == "succeeded"
    assert scene.count() == {"probe1": 1, "key2": 1}
    assert len(_opened(scene)) == 2
    assert scene.audit() == []


@pytest.mark.parametrize("count", [1, 2])
def test_a_kill_while_a_snapshot_is_written(scene: Scene, count: int) -> None:
    """Killed with a snapshot half written, the next one starts from the one before [RUNT-6]."""
    plan = ["think", "probe", "key"] * 3
    kill = {"point": ["snapshot-written", count]}
    assert scene.child("finish", plan=plan, snapshots=3, **kill) is None
    assert scene.audit() == []
    journal = scene.journal()
    run = journal.runs()[0].id
    assert len(journal.snapshots(run, FOLD_VERSION)) == count - 1
    journal.close()
    assert scene.said("finish", plan=plan, snapshots=3)["state"] == "succeeded"
    assert scene.audit() == []
    assert set(scene.count().values()) == {1}


@pytest.mark.parametrize("point", ["before-commit", "after-commit"])
@pytest.mark.parametrize("count", [3, 4, 5, 6])
def test_a_kill_in_a_group_commit(scene: Scene, point: str, count: int) -> None:
    """With 24 effects side by side, killed around a commit of many: each once [RUNT-2, CONC-10]."""
    names = ["probe", "key", "blind", "file"] * 6
    job = {"plan": names, "shape": "fan"}
    assert scene.child("answer", **job, point=[point, count]) is None
    assert scene.audit() == []
    assert scene.said("answer", **job)["state"] == "succeeded"
    assert sorted(scene.count().values()) == [1] * 24
    assert scene.audit() == []


def _opened(scene: Scene) -> list[str]:
    journal = scene.journal()
    run = journal.runs()[0].id
    found = [r.event.request for r in journal.records(run) if r.kind == "request.opened"]
    journal.close()
    return found
