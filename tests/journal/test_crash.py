"""Killed, frozen and forked processes: what was committed stays, what was not leaves no trace."""

from __future__ import annotations

import os
import signal

import pytest

from tests.journal.harness import Child, Holder, create, later, texts
from workbench.journal import Journal
from workbench.journal.lease import LEASE_S

pytestmark = pytest.mark.crash


@pytest.mark.parametrize("count", [1, 7])
@pytest.mark.parametrize(("point", "committed"), [("before-commit", 0), ("after-commit", 1)])
def test_a_kill_around_a_commit(
    place: str, journal: Journal, point: str, committed: int, count: int
) -> None:
    """SIGKILL before a commit leaves none of it, after it all of it; the run goes on [ASYN-5]."""
    run = create(journal)
    with Child("die", place, run, point, str(count)) as child:
        acknowledged = len(child.rest().split())
        assert child.process.returncode == -signal.SIGKILL
    assert acknowledged == count - 1
    written = [f"{n} {part}" for n in range(count - 1 + committed) for part in "ab"]
    assert texts(journal, run) == written
    again = Journal(place)
    Holder.take(again, run).append("and on")
    assert again.verify(run) == len(written) + 2
    again.close()


def test_a_process_frozen_inside_a_transaction(place: str, journal: Journal) -> None:
    """A server ends the transaction of a frozen process; a file stays locked until it is thawed.

    Either way nothing is written twice, and who was replaced is fenced [ASYN-5].
    """
    run = create(journal)
    with Child("freeze_in_commit", place, run) as child:
        assert child.hear() == "freezing"
        os.waitid(os.P_PID, child.pid, os.WSTOPPED | os.WNOWAIT)
        taking = journal.acquire(run, "b", later(LEASE_S + 1))
        is_file = journal.url.get_backend_name() == "sqlite"
        if is_file:
            thaw(child)
        lease = taking.result(30)
        assert lease is not None
        Holder(journal, lease).append("b")
        if not is_file:
            thaw(child)
        said = child.hear()
    late = [body for _, _, body in journal.late_outcomes(run)]
    if is_file:
        assert (said, texts(journal, run), late) == ("written", ["written late", "b"], [])
    else:
        assert said.startswith("LeaseLost")
        assert (texts(journal, run), len(late)) == (["b"], 1)
    assert journal.verify(run) == len(texts(journal, run)) + 1


def thaw(child: Child) -> None:
    os.kill(child.pid, signal.SIGCONT)
    child.tell()


def test_a_fork_is_refused(place: str, journal: Journal) -> None:
    """A forked process is told what to do, and the journal of its parent is unharmed."""
    create(journal)
    with Child("fork", place) as child:
        said = child.rest().splitlines()
    is_file = journal.url.get_backend_name() == "sqlite"
    assert all("`spawn`" in line for line in said[: 3 if is_file else 2])
    assert said[2:] == ["worked", "2"] or (is_file and said[3:] == ["2"])


@pytest.mark.parametrize("processes", [4])
def test_processes_that_make_one_journal_at_once(
    place: str, processes: int, request: pytest.FixtureRequest
) -> None:
    """Processes that open the same new place at the same moment all find a journal there."""
    places = [place] if "://" in place else [f"{place}.{number}" for number in range(25)]
    children = [Child("found", *places) for _ in range(processes)]
    for child in children:
        request.addfinalizer(child.process.kill)
        assert child.hear() == "ready"
    for child in children:
        child.tell()
    assert [child.rest() for child in children] == ["done"] * processes
    for each in places:
        journal = Journal(each)
        assert journal.verify(create(journal)) == 1
        journal.close()
