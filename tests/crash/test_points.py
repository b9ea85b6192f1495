"""Killed at every named point of the pipeline and the journal."""

from __future__ import annotations

import pytest

from tests.crash.conftest import Scene
from workbench.testing.crash import POINTS

pytestmark = pytest.mark.crash

PLAN = ["probe", "think", "key", "file", "look", "blind"]
EFFECTS = 4


@pytest.mark.parametrize("count", [1, 2, 4])
@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_point(scene: Scene, point: str, count: int) -> None:
    """Killed where it hurts, the run goes on: no effect twice, none lost [RUNT-2, CONC-10]."""
    said = scene.child("answer", plan=PLAN, ask=True, point=[point, count])
    killed = said is None
    said = said or scene.child("answer", plan=PLAN, ask=True)
    assert said is not None
    assert said["state"] == "succeeded"
    assert sorted(scene.count().values()) == [1] * EFFECTS
    calls = scene.count("calls")
    assert sorted(calls) == ["1", "2", "3", "4", "5", "6"]
    assert sum(calls.values()) <= 6 + killed
    assert killed or (point, count) in NOT_REACHED or point in OF_NOTICES


OF_NOTICES = ("before-notice", "after-notice")
"""Points that only a run passes whose end is told; see `test_delivery`."""
NOT_REACHED = {
    *(("submitted", count) for count in (1, 2, 4)),
    ("command-taken", 4),
    ("released", 2),
    ("released", 4),
    ("request-opened", 4),
}
"""Points that such a run does not pass so often; none of its tools works outside."""
