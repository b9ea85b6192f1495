"""A disk that is full in the middle of a run: a real, small file system."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.scene import Nursery, Scene

pytestmark = pytest.mark.crash

NAMESPACE = ("unshare", "--map-root-user", "--mount", "sh", "-c")
PLAN = ["probe", "key", "think", "blind", "flaky", "probe"] * 12
"""Long enough that it does not fit into what the journal has taken of the disk before."""


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Scene]:
    """Give a scene whose children see two megabytes of disk for the journal, and no more."""
    if subprocess.run([*NAMESPACE, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this system lets nobody mount in a namespace of his own")
    disk = tmp_path / "disk"
    disk.mkdir()
    script = f"mount -t tmpfs -o size=2m tmpfs '{disk}' && exec \"$@\""
    nursery = Nursery(under=(*NAMESPACE, script, "sh"))
    yield Scene(tmp_path, nursery, str(disk / "runs.db"))
    nursery.close()


@pytest.mark.parametrize("held", [1, 2, 4])
@pytest.mark.parametrize("goes_on", ["here", "elsewhere"])
def test_the_disk_fills_up_in_a_call(tiny: Scene, held: int, goes_on: str) -> None:
    """Full in mid-call, the run breaks off and says what to do; with room again it goes on, in the
    same process or in another: no effect twice, none lost [ASYN-5, RUNT-2]."""
    child = tiny.start("despair", plan=PLAN, hold=held, patient=goes_on == "here")
    tiny.wait_for("held")
    tiny.said("fill", plan=PLAN)
    tiny.let_go()
    tiny.wait_for("despaired")
    assert tiny.count().total() < len(PLAN) / 2
    tiny.said("make_room", plan=PLAN)
    tiny.world.append("room", 1)
    said = tiny.end(*child)
    assert said is not None
    assert "full" in said["error"]
    assert "nothing that was committed is lost" in said["error"]
    if goes_on == "elsewhere":
        assert said["state"] == "running"
        said = tiny.said("answer", plan=PLAN)
    assert said["state"] == "succeeded"
    assert set(tiny.count().values()) == {1}
    assert len(tiny.count()) == PLAN.count("think") * 5
