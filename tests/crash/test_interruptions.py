"""However a run was interrupted, it goes on through one door, to the same end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.crash.scene import Nursery, Scene, events_of

pytestmark = pytest.mark.crash

PLAN = ["think", "probe", "key", "blind", "look", "flaky"]
STOPPED_AT = 3


def _paused(scene: Scene) -> dict[str, Any]:
    """Pause in the middle of a call, let it finish, and go away."""
    child = scene.start("finish", plan=PLAN, hold=STOPPED_AT)
    scene.wait_for("held")
    run = _run(scene)
    assert scene.said("order", run=run, order="pause")["state"] == "paused"
    scene.let_go()
    assert scene.end(*child) is not None
    scene.said("order", run=run, order="resume")
    return {}


def _restarted(scene: Scene) -> dict[str, Any]:
    """Close the workbench while a call is being made, as a kernel does that is shut down."""
    child = scene.start("leave", plan=PLAN, hold=STOPPED_AT)
    scene.wait_for("held")
    scene.let_go()
    assert scene.end(*child) is not None
    return {}


def _killed(scene: Scene) -> dict[str, Any]:
    """Kill it while a call is being made."""
    child = scene.start("finish", plan=PLAN, hold=STOPPED_AT)
    scene.wait_for("held")
    scene.kill(*child)
    scene.let_go()
    return {}


def _asking(scene: Scene) -> dict[str, Any]:
    """Let it ask before the call, go away, and answer from elsewhere while nobody is there."""
    said = scene.said("finish", plan=PLAN, ask=["key"])
    assert (said["state"], said["requests"]) == ("waiting", ["permission"])
    scene.said("order", run=said["run"], order="approve", ask=["key"])
    return {"ask": ["key"]}


WAYS: dict[str, Callable[[Scene], dict[str, Any]]] = {
    "pause": _paused,
    "restart": _restarted,
    "crash": _killed,
    "approval": _asking,
}


def test_four_ways_of_interruption_come_to_the_same_end(
    tmp_path: Path, nursery: Nursery, places: Callable[[], str]
) -> None:
    """Pause, restart, crash and a wait for approval, each continued by opening the run: the same
    states, outputs and effects as without any of them [RUNT-9, RUNT-2]."""
    ends = {}
    for name, interrupt in {"undisturbed": lambda _: {}, **WAYS}.items():
        folder = tmp_path / name
        folder.mkdir()
        scene = Scene(folder, nursery, places())
        more = interrupt(scene)
        said = scene.said("through", plan=PLAN, **more)
        assert scene.audit() == []
        ends[name] = (said["state"], said["steps"], said["outputs"], scene.count())
        hosts = events_of(scene, "host.attached")
        assert len(hosts) == 1 + (name != "undisturbed"), name
    assert all(end == ends["undisturbed"] for end in ends.values()), ends


@pytest.mark.parametrize("point", ["after-intent-on-disk", "after-outcome", "after-commit"])
def test_the_model_is_asked_once(scene: Scene, point: str) -> None:
    """Killed after the plan was made and reopened, again and again: one call of the model in all,
    and no finished step is called again [RUNT-8]."""
    job = {"goal": "do it all", "plan": PLAN}
    for count in (2, 1, 1):
        number = count + 4 * (point == "after-commit")
        assert scene.child("answer", **job, point=[point, number]) is None
    assert scene.said("answer", **job)["state"] == "succeeded"
    assert scene.count("asked") == {"1": 1}
    assert len(events_of(scene, "planner.called")) == 1
    assert set(scene.count().values()) == {1}
    done = [event.step for event in events_of(scene, "call.succeeded")]
    assert len(done) == len(set(done))


def test_a_kill_while_the_model_thinks_costs_one_more_call(scene: Scene) -> None:
    """Killed before its answer is on disk, the model is asked once more, only then [RUNT-8]."""
    job = {"goal": "do it all", "plan": PLAN}
    assert scene.child("answer", **job, point=["before-planning", 1]) is None
    assert scene.child("answer", **job, point=["after-planning", 1]) is None
    assert scene.said("answer", **job)["state"] == "succeeded"
    assert scene.count("asked") == {"1": 2}
    assert scene.audit() == []


def test_a_call_that_was_lost_counts_as_what_it_may_have_taken(scene: Scene) -> None:
    """Killed while a model is being asked, the call ends as lost when the run is opened again: what
    was set aside for it counts, and it is not left open [RUNT-8, HARN-9]."""
    job = {"goal": "do it all", "plan": PLAN}
    assert scene.child("answer", **job, point=["model-asked", 1]) is None
    assert scene.said("answer", **job)["state"] == "succeeded"
    (failed,) = events_of(scene, "model.failed")
    asked = events_of(scene, "model.asked")
    assert (failed.number, failed.fault) == (1, "lost")
    assert failed.usage == asked[0].reserved
    assert [event.number for event in asked] == [1, 2]
    assert len(events_of(scene, "model.answered")) == 1
    assert scene.audit() == []


def _run(scene: Scene) -> str:
    journal = scene.journal()
    run = journal.runs()[0].id
    journal.close()
    return run
