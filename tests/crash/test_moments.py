"""Killed at any moment, again and again."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.crash.child import mixed
from tests.crash.conftest import Nursery, Scene

pytestmark = pytest.mark.crash

KILLS = 50
SEED = 20260601
STEPS = 24


def test_random_kills(tmp_path: Path, nursery: Nursery) -> None:
    """After 50 kills at any moment: effects twice 0, lost 0, unreadable journals 0 [RUNT-2]."""
    chance = random.Random(SEED)
    kills = runs = 0
    while kills < KILLS:
        folder = tmp_path / f"run{runs}"
        folder.mkdir()
        scene, names = Scene(folder, nursery), mixed(STEPS, SEED + runs)
        while True:
            said = scene.child("answer", plan=names, after_s=chance.uniform(0.005, 0.25))
            if said is not None:
                break
            kills += 1
        runs += 1
        assert said["state"] == "succeeded", said
        assert set(said["steps"].values()) == {"succeeded"}
        effects = scene.count()
        assert set(effects.values()) <= {1}, effects
        assert len(effects) == sum(name not in ("think", "look") for name in names)
        journal = scene.journal()
        assert journal.verify(journal.runs()[0].id) == said["verified"]
        journal.close()
    assert runs > 0
