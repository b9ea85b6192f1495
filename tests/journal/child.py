"""What the journal's tests do in other processes: `python -m tests.journal.child WHAT ARGS`."""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from pathlib import Path

from tests.journal.harness import NOW, Holder, create
from workbench import points
from workbench.errors import JournalError, LeaseLost
from workbench.ids import digest_bytes
from workbench.journal import Journal
from workbench.journal.lease import this_owner
from workbench.testing.crash import CrashPoint


def found(*places: str) -> None:
    """Open journals that other processes open at the same moment."""
    say("ready")
    hear()
    for place in places:
        Journal(place).close()
    say("done")


def migrate(place: str, then: str) -> None:
    """Open an old journal, which another process may open now, too; die in the middle, or work."""

    def reached(name: str) -> None:
        if name == "migrated":
            say("migrating")
            if then == "die":
                os.kill(os.getpid(), signal.SIGKILL)

    points.install(reached)
    say("ready")
    hear()
    journal = Journal(place)
    Holder.take(journal, create(journal, f"run-{os.getpid()}")).append("a")
    say("works")
    journal.close()


def start(place: str, count: str) -> None:
    """Start runs and store artifacts that other processes start and store at the same moment."""
    journal = Journal(place)
    say("ready")
    hear()
    ids = []
    for number in range(int(count)):
        ids.append(create(journal, f"run-{os.getpid()}-{number}", key=f"key {number}"))
        content = f"content {number}".encode()
        journal.put_artifact(digest_bytes(content), content)
    say(json.dumps(ids))
    journal.close()


def compete(place: str, run: str, turns: str) -> None:
    """Take the lease of one run again and again; write one's name while one has it."""
    journal, me = Journal(place), str(os.getpid())
    say("ready")
    hear()
    done = 0
    while done < int(turns):
        lease = journal.acquire(run, this_owner("host"), NOW).result()
        if lease is not None:
            holder = Holder(journal, lease)
            holder.append(me)
            holder.append(me, release=True)
            done += 1
    journal.close()


def hold(place: str, run: str) -> None:
    """Take the lease, wait to be told, then write; says what came of it."""
    journal = Journal(place)
    holder = Holder.take(journal, run, this_owner("host"))
    say("held")
    hear()
    try:
        holder.append("written late")
        say("written")
    except LeaseLost as error:
        say(f"LeaseLost {error}")
    journal.close()


def freeze_in_commit(place: str, run: str) -> None:
    """Stop like a frozen process inside a transaction; says what came of it when thawed."""
    journal = Journal(place)
    holder = Holder.take(journal, run, this_owner("host"))
    frozen = []

    def freeze(name: str) -> None:
        if name == "before-commit" and not frozen:
            frozen.append(name)
            say("freezing")
            os.kill(os.getpid(), signal.SIGSTOP)
            hear()

    points.install(freeze)
    try:
        holder.append("written late")
        say("written")
    except LeaseLost as error:
        say(f"LeaseLost {error}")
    journal.close()


def die(place: str, run: str, point: str, count: str) -> None:
    """Append until the process is killed at a named point."""
    journal = Journal(place)
    holder = Holder.take(journal, run, this_owner("host"))
    CrashPoint(point, int(count))
    for number in range(100):
        holder.append(f"{number} a", f"{number} b")
        say(str(number))


def fork(place: str) -> None:
    """Use a journal in a forked process."""
    journal = Journal(place)
    run = create(journal)
    child = os.fork()
    if child == 0:
        for use in (journal.runs, lambda: create(journal), lambda: Journal(place)):
            try:
                use()
                say("worked")
            except JournalError as error:
                say(f"JournalError {error}")
        journal.close()
        os._exit(0)
    os.waitpid(child, 0)
    Holder.take(journal, run).append("after the fork")
    say(str(journal.verify(run)))
    journal.close()


def fill(place: str, how: str) -> None:
    """Append until the disk is full, make room, go on; says what came of it."""
    ballast = Path(place).with_name("ballast")
    if how == "disk":
        ballast.write_bytes(b"\0" * 400_000)
    journal = Journal(place)
    run = create(journal)
    holder, written, limit = Holder.take(journal, run), 0, resource.getrlimit(resource.RLIMIT_FSIZE)
    if how == "limit":
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_200_000, limit[1]))
    try:
        while True:
            holder.append("x" * 4000)
            written += 1
    except JournalError as error:
        say(str(error))
    before = len(journal.records(run))
    ballast.unlink(missing_ok=True)
    resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    Holder.take(journal, run).append("and on")
    say(json.dumps({"acknowledged": written + 1, "kept": before, "then": journal.verify(run)}))
    journal.close()


def open_it(place: str) -> None:
    """Open a journal; says what came of it."""
    try:
        Journal(place).close()
        say("opened")
    except JournalError as error:
        say(f"{type(error).__name__} {error}")


def open_as_a_guest(place: str, mode: str) -> None:
    """Open a journal in a folder of somebody else, with this mode; says what came of it."""
    Journal(f"{place}.mine").close()
    Path(place).parent.chmod(int(mode))
    if os.getuid() == 0:
        os.seteuid(65534)
    open_it(place)


def say(line: str) -> None:
    print(line, flush=True)


def hear() -> None:
    sys.stdin.readline()


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
