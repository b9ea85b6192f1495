"""Killed at any moment, again and again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crash.scene import Nursery
from tests.crash.storm import Storm

pytestmark = pytest.mark.crash

KILLS = 150
"""On each database; `make soak` makes ten thousand of it."""
SEED = 20260601


@pytest.mark.timeout(240)
def test_random_kills(
    tmp_path: Path,
    nursery: Nursery,
    place: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """After 300 kills at any moment, of one process or of two that fight for a run: effects twice
    0, lost 0, without intent 0, unreadable journals 0 [RUNT-2, ASYN-5, CONC-10]."""
    server = place if "://" in place else ""
    storm = Storm(SEED, nursery, tmp_path, lambda: server)
    for toll in storm.rage(KILLS):
        assert toll.harmless, str(toll)
    with capsys.disabled():
        print(f"\n{'PostgreSQL' if server else 'SQLite'}, {storm.toll}")
    assert storm.toll.kills >= KILLS
