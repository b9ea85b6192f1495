"""A disk that is full in the middle of a run: a real, small file system."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.crash.scene import Nursery, Scene
from tests.postgres import small_database

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


@pytest.fixture
def small_place(postgres_server: str) -> Iterator[tuple[str, Path]]:
    """Give a database on a small disk of its own, and a file on that disk that can fill it."""
    disk = Path(tempfile.mkdtemp(prefix="workbench-small-"))
    mounting = ["mount", "-t", "tmpfs", "-o", "size=16m,mode=755", "tmpfs", str(disk)]
    if subprocess.run(mounting, check=False, capture_output=True).returncode:
        disk.rmdir()
        pytest.skip("only root may mount a small disk where the server sees it")
    try:
        with small_database(postgres_server, disk / "space") as place:
            yield place, disk / "ballast"
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)
        disk.rmdir()


@pytest.mark.parametrize("held", [1, 2, 4])
@pytest.mark.parametrize("goes_on", ["here", "elsewhere"])
def test_the_disk_fills_up_in_a_call(tiny: Scene, held: int, goes_on: str) -> None:
    """Full in mid-call, the run breaks off and says what to do; with room again it goes on, in the
    same process or in another: no effect twice, none lost [ASYN-5, RUNT-2]."""

    def fill(full: bool) -> None:
        tiny.said("fill" if full else "make_room", plan=PLAN)

    breaks_off_and_goes_on(tiny, held, goes_on, fill, "disk is full")


@pytest.mark.postgres
@pytest.mark.parametrize("goes_on", ["here", "elsewhere"])
def test_the_servers_disk_fills_up_in_a_call(
    tmp_path: Path, nursery: Nursery, small_place: tuple[str, Path], goes_on: str
) -> None:
    """The same on PostgreSQL, where the server's disk is full: nothing twice, nothing lost, and the
    error says so [ASYN-5, RUNT-2]."""
    place, ballast = small_place

    def fill(full: bool) -> None:
        if not full:
            ballast.unlink()
            return
        with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)

    scene = Scene(tmp_path, nursery, place)
    breaks_off_and_goes_on(scene, 2, goes_on, fill, "No space left on device")


def breaks_off_and_goes_on(
    scene: Scene, held: int, goes_on: str, fill: Callable[[bool], None], says: str
) -> None:
    child = scene.start("despair", plan=PLAN, hold=held, patient=goes_on == "here")
    scene.wait_for("held")
    fill(True)
    scene.let_go()
    scene.wait_for("despaired")
    assert scene.count().total() < len(PLAN) / 2
    fill(False)
    scene.world.append("room", 1)
    said = scene.end(*child)
    assert said is not None
    assert says in said["error"]
    assert "nothing that was committed is lost" in said["error"]
    if goes_on == "elsewhere":
        assert said["state"] == "running"
        said = scene.said("answer", plan=PLAN)
    assert said["state"] == "succeeded"
    assert set(scene.count().values()) == {1}
    assert len(scene.count()) == PLAN.count("think") * 5
