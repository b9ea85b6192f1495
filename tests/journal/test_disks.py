"""Disks that are full, read-only or damaged: nothing acknowledged is lost, and the error helps."""

from __future__ import annotations

import json
import random
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest

from tests.journal.harness import ROOT, Child, content_of, create, execute, fill_up
from workbench.errors import JournalError, NotFound
from workbench.journal import Journal

NAMESPACE = ("unshare", "--map-root-user", "--mount", "sh", "-c")


@pytest.mark.crash
class TestDisks:
    def check(self, child: Child, says: str) -> None:
        error, summary = child.rest().splitlines()
        counts = json.loads(summary)
        assert says in error
        assert "nothing that was committed is lost" in error
        assert counts["acknowledged"] == counts["kept"] > 10
        assert counts["then"] == counts["kept"] + 1

    def test_a_full_disk(self, tmp_path: Path) -> None:
        """On a full file system nothing acknowledged is lost, and with room it goes on [ASYN-5]."""
        script = f"mount -t tmpfs -o size=2m tmpfs '{tmp_path}' && exec \"$@\""
        with mounted(script, "fill", f"{tmp_path}/runs.db", "disk") as child:
            self.check(child, "disk is full")

    def test_a_file_at_its_limit(self, tmp_path: Path) -> None:
        """A file that may not grow is as harmless as a full disk [ASYN-5]."""
        with Child("fill", str(tmp_path / "runs.db"), "limit") as child:
            self.check(child, "Check the disk and its free space")

    @pytest.mark.parametrize("there", [True, False], ids=["journal there", "empty"])
    def test_a_read_only_folder(self, tmp_path: Path, there: bool) -> None:
        """A place that cannot be written to gets one clear error, and stays as it is."""
        if there:
            fill_up(tmp_path / "runs.db")
        before = content_of(tmp_path)
        script = f"mount --bind '{tmp_path}' '{tmp_path}' && mount -o remount,ro,bind '{tmp_path}'"
        with mounted(f'{script} && exec "$@"', "open_it", f"{tmp_path}/runs.db") as child:
            said = child.rest()
        assert said.startswith("JournalError")
        assert "you may write" in said
        assert content_of(tmp_path) == before


@pytest.mark.crash
@pytest.mark.parametrize(
    ("mode", "says"), [(0o000, "Choose a place of your own"), (0o555, "you may write to it")]
)
def test_a_folder_of_somebody_else(mode: int, says: str) -> None:
    """A folder that may not be looked into, or not be written to, gets one clear error."""
    with tempfile.TemporaryDirectory() as folder:
        with Child("open_as_a_guest", f"{folder}/runs.db", str(mode)) as child:
            said = child.rest()
        Path(folder).chmod(0o755)
    assert said.startswith("JournalError")
    assert says in said


def mounted(script: str, *what: str) -> Child:
    """Start a child that sees a mount of its own; root or not, it vanishes with the child."""
    if subprocess.run([*NAMESPACE, "true"], check=False, capture_output=True, cwd=ROOT).returncode:
        pytest.skip("this system lets nobody mount in a namespace of his own")
    return Child(*what, under=(*NAMESPACE, script, "sh"))


@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_file_gives_errors_of_ours(tmp_path: Path, seed: int) -> None:
    """Whatever bytes are damaged, a journal is read right or refused in our words [RUNT-17]."""
    fill_up(tmp_path / "sound.db")
    sound = (tmp_path / "sound.db").read_bytes()
    chance = random.Random(seed)
    for number in range(25):
        path = tmp_path / f"{number}.db"
        damaged = bytearray(sound)
        start = chance.randrange(len(damaged))
        damaged[start : start + 40] = chance.randbytes(len(damaged[start : start + 40]))
        path.write_bytes(damaged)
        try:
            journal = Journal(path)
        except JournalError:
            assert path.read_bytes() == damaged
            continue
        for use in (Journal.runs, Journal.runs_with_commands, read_all):
            with suppress(JournalError, NotFound):
                use(journal)
        journal.close()


def read_all(journal: Journal) -> None:
    journal.records("run-a")
    journal.verify("run-a")


def test_tables_that_are_gone_are_named(tmp_path: Path) -> None:
    """A journal that lost a table gets an error, not an empty answer."""
    journal = Journal(tmp_path / "runs.db")
    run = create(journal)
    execute(journal, "drop table wb_events")
    with pytest.raises(JournalError, match="no such table"):
        journal.records(run)
    journal.close()
