"""Killed with an amount set aside: it is settled or given back once, and never lost."""

from __future__ import annotations

import pytest

from tests.crash.scenarios import ALL
from tests.crash.scene import Scene
from workbench.journal.snapshot import load_view

JOB = {"do": "answer", "plan": ALL, "caps": {"calls": 1000}}
MOMENTS = (
    "reserved",
    "before-intent-on-disk",
    "after-intent-on-disk",
    "after-effect",
    "after-outcome",
    "after-retrying",
    "before-commit",
    "after-commit",
)

pytestmark = pytest.mark.crash


def ledger(scene: Scene) -> dict[str, float]:
    """Give the calls in the ledger, by what became of them."""
    journal = scene.journal()
    try:
        sums = "select state, sum(amount) from wb_ledger where unit = 'calls' group by state"
        return {row[0]: float(row[1]) for row in journal.read(lambda c: c.exec_driver_sql(sums))}
    finally:
        journal.close()


@pytest.mark.parametrize("point", MOMENTS)
def test_what_was_set_aside_is_accounted_for_once(scene: Scene, point: str) -> None:
    """Killed at a point around a capped call, again and again: in the end nothing is set aside, and
    what is settled is what the journal says was called [AUTH-5, RUNT-2]."""
    for count in (1, 3, 2):
        if scene.child(**JOB, point=[point, count]) is not None:
            break
        assert scene.audit() == []
    said = scene.said(**JOB)
    assert (said["state"], scene.audit()) == ("succeeded", [])
    journal = scene.journal()
    called = load_view(journal, journal.runs()[0].id).usage["calls"]
    journal.close()
    found = ledger(scene)
    assert "reserved" not in found
    assert found["settled"] == called


def test_an_amount_without_a_call_is_given_back(scene: Scene) -> None:
    """Killed between reservation and intent, no call was made: the amount is free again, also
    when the run never goes on [AUTH-5]."""
    assert scene.child(**JOB, point=["reserved", 1]) is None
    assert ledger(scene) == {"reserved": 1}
    assert scene.count() == {}
    journal = scene.journal()
    run = journal.runs()[0].id
    journal.close()
    scene.said("order", order="stop", run=run)
    assert scene.said(**JOB | {"do": "finish"})["state"] == "stopped"
    assert ledger(scene) == {"returned": 1}
