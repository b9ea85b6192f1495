"""The lease: one process drives a run, and another may take over from a dead or frozen one."""

from __future__ import annotations

import itertools
import os
import signal
from concurrent.futures import Future
from functools import partial
from pathlib import Path

import pytest

import workbench as wb
from tests.journal.harness import NOW, Child, Holder, create, later, texts
from workbench.commands import Pause
from workbench.errors import LeaseLost
from workbench.journal import Journal, Lease, lease
from workbench.journal.lease import LEASE_S, is_dead, machine, this_owner
from workbench.journal.ledger import Claim, reserve


class TestRules:
    def test_one_owner_at_a_time(self, journal: Journal, holder: Holder) -> None:
        """While one holds the lease no other gets it; then the next epoch begins [RUNT-1]."""
        assert journal.acquire(holder.run, "b", later(LEASE_S - 0.1)).result() is None
        taken = journal.acquire(holder.run, "b", later(LEASE_S + 0.1)).result()
        assert taken is not None
        assert (taken.epoch, taken.owner, taken.seq) == (2, "b", 1)

    def test_an_owner_may_take_its_own(self, journal: Journal, holder: Holder) -> None:
        """Taking it again fences what the same owner had before."""
        again = Holder.take(journal, holder.run)
        with pytest.raises(LeaseLost):
            holder.append("before")
        again.append("now")

    def test_renewing_keeps_it(self, journal: Journal, holder: Holder) -> None:
        """A renewed lease, or one that is appended under, lasts from then on."""
        journal.renew(holder.lease, later(10)).result()
        assert journal.acquire(holder.run, "b", later(LEASE_S + 9)).result() is None
        holder.append("a", now=later(20))
        assert journal.acquire(holder.run, "b", later(LEASE_S + 19)).result() is None

    def test_a_lease_lasts_as_long_as_was_asked(self, journal: Journal) -> None:
        """The owner says how long its lease lasts; appends keep it for as long."""
        taken = journal.acquire(create(journal), "a", later(0), ttl_s=2).result()
        assert taken is not None
        holder = Holder(journal, taken)
        holder.append("a", now=later(10))
        assert journal.acquire(holder.run, "b", later(11.9)).result() is None
        assert journal.acquire(holder.run, "b", later(12.1)).result() is not None

    def test_it_says_what_waits_for_its_owner(self, journal: Journal) -> None:
        """A lease says whether commands wait and what earlier owners have set aside, as of its
        commit; `coming` knows it as soon as it is written, and that somebody else has it.
        """
        run = create(journal)
        first = Holder.take(journal, run)
        assert not first.lease.ordered
        claim = Claim(run, "s", 1, "agent", "ada", {"usd": 2.0}, NOW)
        caps = [wb.Cap("usd", 5, per="day")]
        journal.write(partial(reserve, caps=caps, claim=claim, lease=first.lease)).result()
        journal.command(run, Pause(by="ada"), NOW)
        coming: Future[Lease | None] = Future()
        journal.acquire(run, "b", NOW, coming=coming).result()
        assert coming.result() is None
        journal.release(first.lease).result()
        second = Holder.take(journal, run, "b")
        assert second.lease.ordered
        assert second.lease.held == (("s", 1, "usd"),)

    def test_giving_back_frees_it(self, journal: Journal, holder: Holder) -> None:
        """A lease that was given back can be taken at once, however that was done."""
        holder.append("a", release=True)
        second = Holder.take(journal, holder.run, "b")
        journal.release(second.lease).result()
        third = Holder.take(journal, holder.run, "c")
        assert (third.lease.epoch, third.lease.seq) == (3, 2)
        third.append("b")
        assert journal.verify(holder.run) == 3

    def test_a_fenced_owner_is_told(self, journal: Journal, holder: Holder) -> None:
        """Renewing or giving back a lease that another took is an error."""
        Holder.take(journal, holder.run, "b", later(LEASE_S + 1))
        for late in (journal.renew(holder.lease, later(20)), journal.release(holder.lease)):
            with pytest.raises(LeaseLost, match=holder.run):
                late.result()


class TestOwners:
    def test_this_process_lives(self) -> None:
        """A process knows itself as alive."""
        assert not is_dead(this_owner("host-1"))

    def test_a_reused_process_id_is_no_life(self) -> None:
        """Another process under the same id does not keep a lease alive."""
        place, pid, _started, instance = this_owner("host-1").split(" ")
        assert is_dead(f"{place} {pid} 1 {instance}")

    def test_it_works_without_proc(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """Where there is no /proc, a process is still told from the one before."""
        monkeypatch.setattr(lease, "PROC", tmp_path)
        me = this_owner("host-1")
        assert not is_dead(me)
        assert is_dead(me.replace(f" {os.getpid()} ", " 999999999 "))

    @pytest.mark.parametrize(
        "owner",
        [
            f"elsewhere/boot/space {os.getpid()} 1 host",
            f"{machine()}x 999999999 1 host",
            "a",
            "",
            "four words but none",
        ],
        ids=["elsewhere", "another machine", "one word", "nothing", "four words"],
    )
    def test_of_others_nothing_is_known(self, owner: str) -> None:
        """Of another machine, container or boot nobody is called dead: the lease must expire."""
        assert not is_dead(owner)


@pytest.mark.crash
class TestProcesses:
    def test_two_that_compete_take_turns(self, place: str, journal: Journal) -> None:
        """Of processes that compete, each turn belongs to one of them [RUNT-1]."""
        run = create(journal)
        with Child("compete", place, run, "20") as one, Child("compete", place, run, "20") as other:
            for child in (one, other):
                assert child.hear() == "ready"
            for child in (one, other):
                child.tell()
            assert [one.rest(), other.rest()] == ["", ""]
        records = journal.records(run)[1:]
        turns = [list(group) for _, group in itertools.groupby(records, lambda r: r.epoch)]
        assert [turn[0].epoch for turn in turns] == list(range(1, 41))
        assert all(len({record.event for record in turn}) == 1 for turn in turns)
        assert sorted(texts(journal, run)) == sorted([str(one.pid), str(other.pid)] * 40)
        assert journal.verify(run) == 81

    @pytest.mark.parametrize("reaped", [True, False], ids=["reaped", "zombie"])
    def test_a_killed_owner_is_replaced_at_once(
        self, place: str, journal: Journal, reaped: bool
    ) -> None:
        """After SIGKILL of the holder on this machine nobody waits for its lease [ASYN-6]."""
        run = create(journal)
        with Child("hold", place, run) as child:
            assert child.hear() == "held"
            assert journal.acquire(run, "b", later(1)).result() is None
            child.process.kill()
            os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
            if reaped:
                child.process.wait()
            holder = Holder.take(journal, run, "b", later(1))
        holder.append("b")
        assert journal.verify(run) == 2

    def test_a_frozen_owner_is_replaced_after_expiry(self, place: str, journal: Journal) -> None:
        """A frozen holder keeps its lease until it expires; thawed, it is fenced [ASYN-5]."""
        run = create(journal)
        with Child("hold", place, run) as child:
            assert child.hear() == "held"
            os.kill(child.pid, signal.SIGSTOP)
            os.waitid(os.P_PID, child.pid, os.WSTOPPED | os.WNOWAIT)
            assert journal.acquire(run, "b", later(LEASE_S - 1)).result() is None
            holder = Holder.take(journal, run, "b", later(LEASE_S + 1))
            holder.append("b")
            os.kill(child.pid, signal.SIGCONT)
            child.tell()
            assert child.hear().startswith("LeaseLost")
        assert texts(journal, run) == ["b"]
        ((epoch, _, body),) = journal.late_outcomes(run)
        assert (epoch, "written late" in body) == (1, True)
