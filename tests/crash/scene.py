"""Children that are killed, and the world that they leave behind, counted from outside."""

from __future__ import annotations

import itertools
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import psycopg

from tests.crash.outside import Outside
from workbench.errors import NotFound
from workbench.events import CallIntended
from workbench.journal import Journal
from workbench.journal.snapshot import load_frontier
from workbench.view import RunView, complete, fold

KILLED = -9
IN_TRANSACTION = (
    "select count(*) from pg_stat_activity where datname = current_database()"
    " and pid <> pg_backend_pid() and xact_start is not null"
)


class Nursery:
    """Starts children, and says how they ended.

    Args:
        under: the command that the nursery itself is started by; none: directly.
    """

    def __init__(self, under: tuple[str, ...] = ()) -> None:
        script = Path(__file__).with_name("nursery.py")
        self._process = subprocess.Popen(
            [*under, sys.executable, str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def _ask(self, job: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        return dict(json.loads(self._process.stdout.readline()))

    def start(self, job: dict[str, Any]) -> int:
        return int(self._ask(job)["pid"])

    def reap(self, pid: int) -> int:
        return int(self._ask({"reap": pid})["code"])

    def close(self) -> None:
        assert self._process.stdin is not None
        with self._process:
            self._process.stdin.close()


class Scene:
    """One journal with its world, in a folder of its own.

    Args:
        folder: where the world is, and what the children say.
        nursery: who raises the children.
        place: the journal; default: a SQLite file in the folder.
    """

    def __init__(self, folder: Path, nursery: Nursery, place: str = "") -> None:
        self.folder, self._nursery = folder, nursery
        self.place = place or str(folder / "runs.db")
        self.world = Outside(folder, {})
        self._jobs = itertools.count(1)
        self._journal: Journal | None = None

    def start(self, do: str, **job: Any) -> tuple[int, Path]:
        """Start a child; gives its process id, and the file in which it will say how it went."""
        says = self.folder / f"says{next(self._jobs)}"
        job |= {"do": do, "folder": str(self.folder), "place": self.place, "says": str(says)}
        return self._nursery.start(job), says

    def child(self, do: str, **job: Any) -> dict[str, Any] | None:
        """Let a child do a job; gives what it said, None when it was killed."""
        return self.end(*self.start(do, **job))

    def said(self, do: str, **job: Any) -> dict[str, Any]:
        """Let a child do a job that it survives; gives what it said."""
        said = self.child(do, **job)
        assert said is not None, "the child was killed"
        return said

    def end(self, pid: int, says: Path) -> dict[str, Any] | None:
        code = self._nursery.reap(pid)
        if code == KILLED:
            return None
        fault = says.with_suffix(".fault")
        assert code == 0, fault.read_text() if fault.exists() else f"exit code {code}"
        return dict(json.loads(says.read_text()))

    def kill(self, pid: int, says: Path) -> None:
        """Kill a child from outside."""
        os.kill(pid, 9)
        assert self.end(pid, says) is None

    def wait_for(self, name: str, count: int = 1) -> None:
        """Wait until the world's file has that many lines."""
        end = time.monotonic() + 30
        while sum(self.count(name).values()) < count:
            assert time.monotonic() < end, f"nobody wrote {name}"
            time.sleep(0.002)

    def wait_stopped(self, pid: int) -> None:
        """Wait until a child is frozen; it is a child of the nursery, not of ours."""
        end = time.monotonic() + 30
        while psutil.Process(pid).status() != psutil.STATUS_STOPPED:
            assert time.monotonic() < end, f"{pid} does not freeze"
            time.sleep(0.002)

    def freeze(self, pid: int) -> None:
        """Freeze a child from outside; never inside a transaction, which would lock the journal."""
        while True:
            os.kill(pid, signal.SIGSTOP)
            self.wait_stopped(pid)
            if not self._is_locked():
                return
            os.kill(pid, signal.SIGCONT)

    def _is_locked(self) -> bool:
        if self.place.startswith("postgresql"):
            with psycopg.connect(self.place.replace("+psycopg", ""), autocommit=True) as server:
                return server.execute(IN_TRANSACTION).fetchone() != (0,)
        try:
            with closing(sqlite3.connect(self.place, timeout=0)) as database:
                database.execute("begin immediate")
        except sqlite3.OperationalError:
            return True
        return False

    def let_go(self) -> None:
        """Open the door for calls that are held."""
        (self.folder / "let-go").touch()

    def count(self, name: str = "effects") -> Counter[str]:
        """Count the lines of the world by their first word."""
        return Counter(line[0] for line in self.world.lines(name))

    def journal(self) -> Journal:
        """Open the journal, to look at what is on disk."""
        return Journal(self.place)

    def audit(self, key: str = "the run") -> list[str]:
        """Say what is wrong with what a kill has left behind; an empty list: nothing.

        The chain holds, the fold from scratch is the one that starts at a snapshot, no effect is
        there or undone twice, and each has its intent in the journal.
        """
        journal = self.journal()
        try:
            run = _with_key(journal, key)
            wrong = [f"{word} happened {n} times" for word, n in self.count().items() if n > 1]
            undone = self.count("undone")
            wrong += [f"{word} was undone {n} times" for word, n in undone.items() if n > 1]
            if run is None:
                return [*wrong, *(f"{word} without a run" for word in self.count())]
            for row in journal.runs():
                journal.verify(row.id)
            records, view = journal.records(run), RunView(run=run)
            for record in records:
                fold(view, record)
            if (frontier := load_frontier(journal, run)) is not None:
                complete(frontier, view)
                if frontier != view:
                    wrong.append("the fold from a snapshot is another one")
            intents = {_word(r.event) for r in records if isinstance(r.event, CallIntended)}
            return [*wrong, *(f"{w} without an intent" for w in self.count() if w not in intents)]
        finally:
            journal.close()


def _with_key(journal: Journal, key: str) -> str | None:
    found = [row.id for row in journal.runs() if row.key == key]
    return found[0] if found else None


def _word(intent: CallIntended) -> str:
    args: Any = intent.args.value
    return f"{intent.tool}{args['n']}"


def events_of(scene: Scene, kind: str) -> list[Any]:
    """Read the events of one kind of the scene's newest run."""
    journal = scene.journal()
    try:
        run = journal.runs()[0].id
        return [record.event for record in journal.records(run) if record.kind == kind]
    except (IndexError, NotFound):
        return []
    finally:
        journal.close()
