"""Frozen in the middle of its work, replaced, and thawed: it may not go on as if nothing was."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.crash.scene import Scene, events_of

pytestmark = pytest.mark.crash

LEASE_S = 0.5
PLAN = ["think", "probe", "blind", "key", "look", "probe"]


@contextmanager
def frozen(scene: Scene, point: str, count: int) -> Iterator[None]:
    """Freeze a child at a point; at the end thaw it, and let it find out what has become of it."""
    pid, says = scene.start("through", plan=PLAN, hold_at=[point, count], lease_s=LEASE_S)
    scene.wait_for("held")
    scene.freeze(pid)
    try:
        yield
    finally:
        scene.let_go()
        os.kill(pid, signal.SIGCONT)
        said = scene.end(pid, says)
    assert said is not None
    assert said["state"] == "succeeded"


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("point", ["after-intent-on-disk", "after-effect", "after-outcome"])
def test_frozen_and_replaced(scene: Scene, point: str, count: int) -> None:
    """Frozen past its lease before or after an effect, a process is replaced; thawed, it calls
    nothing and writes nothing any more: each effect is there once [RUNT-2, CONC-10]."""
    with frozen(scene, point, count):
        said = scene.said("answer", lease_s=LEASE_S)
        assert said["state"] == "succeeded"
        assert scene.audit() == []
        ended = scene.count("calls"), scene.count()
    assert (scene.count("calls"), scene.count()) == ended
    assert sorted(scene.count()) == ["blind3", "key4", "probe2", "probe6"]
    assert scene.audit() == []


def test_what_a_fenced_process_knew_is_kept_as_evidence(scene: Scene) -> None:
    """The outcome of a call that a frozen process had made goes to `late_outcomes` [RUNT-2]."""
    with frozen(scene, "after-effect", 3):
        said = scene.said("answer", lease_s=LEASE_S)
    journal = scene.journal()
    late = journal.late_outcomes(said["run"])
    journal.close()
    assert [kind for _, kind, body in late if '"s3"' in body] == ["call.succeeded"]
    assert [event.by for event in events_of(scene, "call.confirmed")] == ["person"]
    assert scene.count()["blind3"] == 1
