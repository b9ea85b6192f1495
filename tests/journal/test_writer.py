"""The writer's thread: many jobs in one commit, and nobody pays for another's fault."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.journal.harness import Holder, create, held_up, later, texts
from workbench.commands import Pause
from workbench.errors import JournalError, LeaseLost
from workbench.journal import Journal

Hook = Callable[[Callable[[str], None]], None]


class TestGroups:
    def test_one_append_is_one_commit(self, journal: Journal, holder: Holder) -> None:
        """A sequential append costs one commit, whatever it carries [ASYN-5]."""
        number = journal.command(holder.run, Pause(), later(0))
        before = journal.commits
        for _ in range(10):
            done = [(number, "done", "")]
            holder.append("a", "b", handled=done, artifacts={"x": b"y"}, snapshot="{}")
        assert journal.commits - before == 10

    def test_what_waits_goes_together(self, journal: Journal) -> None:
        """A hundred appends that arrive during one commit cost one more."""
        holders = [Holder.take(journal, create(journal)) for _ in range(100)]
        with held_up(journal):
            before = journal.commits
            futures = [holder.send("a") for holder in holders]
        for future in futures:
            future.result(20)
        assert journal.commits - before == 1
        assert all(journal.verify(holder.run) == 2 for holder in holders)

    def test_a_refusal_harms_nobody(self, journal: Journal, holder: Holder) -> None:
        """A fenced host in a group fails alone, in the same commit."""
        fenced = Holder.take(journal, create(journal))
        Holder.take(journal, fenced.run, "b", later(100))
        with held_up(journal):
            before = journal.commits
            good, bad, number = holder.send("a"), fenced.send("b"), holder.send("c")
        assert good.result(20) == number.result(20) == 0
        assert isinstance(bad.exception(20), LeaseLost)
        assert journal.commits - before == 1
        assert texts(journal, holder.run) == ["a", "c"]
        assert len(journal.late_outcomes(fenced.run)) == 1

    def test_a_failure_harms_nobody(self, journal: Journal, holder: Holder) -> None:
        """A job that the database refuses fails alone; its neighbours are written once [ASYN-5]."""
        broken = Holder.take(journal, create(journal))
        batch = broken.batch("bad")
        batch.lines[0].seq = 1
        with held_up(journal):
            first, bad, last = holder.send("a"), journal.append(batch), holder.send("b")
        assert first.result(20) == last.result(20) == 0
        error = bad.exception(20)
        assert isinstance(error, JournalError)
        assert "report it" in str(error)
        assert texts(journal, holder.run) == ["a", "b"]
        assert journal.verify(broken.run) == 1

    def test_any_error_of_a_job_is_its_own(self, journal: Journal, holder: Holder) -> None:
        """Whatever a job raises comes out of its future, and the writer goes on."""
        batch = holder.batch("a", state=object())
        with held_up(journal):
            bad, number = journal.append(batch), journal.append(batch)
        assert bad.exception(20) is not None
        assert number.exception(20) is not None
        assert journal.command(holder.run, Pause(), later(0)) > 0

    def test_a_cancelled_job_is_left_out(self, journal: Journal, holder: Holder) -> None:
        """An append that was cancelled before its turn is not written."""
        with held_up(journal):
            future = holder.send("a")
            assert future.cancel()
        Holder.take(journal, holder.run).append("b")
        assert texts(journal, holder.run) == ["b"]

    def test_threads_may_append_at_once(self, journal: Journal) -> None:
        """Many threads that append at once get one sound chain each [CONC-1]."""
        holders = [Holder.take(journal, create(journal)) for _ in range(8)]

        def work(holder: Holder) -> int:
            for number in range(25):
                holder.append(str(number))
            return journal.verify(holder.run)

        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(work, holders)) == [26] * 8


class TestNotice:
    def test_listeners_hear_of_each_commit(self, journal: Journal, holder: Holder) -> None:
        """A listener is called after a commit, until it is switched off [RUNT-15]."""
        heard = threading.Event()
        seen: list[int] = []
        stop = journal.subscribe(lambda: (seen.append(journal.run(holder.run).seq), heard.set()))
        holder.append("a")
        assert heard.wait(20)
        stop()
        stop()
        holder.append("b")
        holder.append("c")
        assert set(seen) == {2}

    def test_a_listener_that_fails_harms_nobody(
        self, journal: Journal, holder: Holder, caplog: pytest.LogCaptureFixture
    ) -> None:
        """An error in a listener is logged and stops neither the commit nor the next one."""
        stop = journal.subscribe(lambda: 1 / 0)
        holder.append("a")
        holder.append("b")
        stop()
        holder.append("c")
        assert "ZeroDivisionError" in caplog.text
        assert texts(journal, holder.run) == ["a", "b", "c"]

    def test_no_notice_is_missed(self, journal: Journal, holder: Holder) -> None:
        """Who counted the notices before looking does not wait for one that came meanwhile."""
        seen = journal.committed.count
        journal.notify()
        journal.committed.wait(100, seen)
        waiter = threading.Thread(
            target=journal.committed.wait, args=(100, journal.committed.count)
        )
        waiter.start()
        holder.append("a")
        waiter.join(20)
        assert not waiter.is_alive()

    def test_waiting_ends_in_time(self, journal: Journal) -> None:
        """Where nothing happens a wait ends when its time is up."""
        journal.committed.wait(0.01)
        journal.committed.wait(0.01, journal.committed.count)


class TestClosing:
    def test_what_is_queued_is_written(self, place: str, journal: Journal) -> None:
        """Closing finishes what was submitted; afterwards nothing is accepted [ASYN-5]."""
        holder = Holder.take(journal, create(journal))
        with held_up(journal):
            futures = [holder.send(str(number)) for number in range(20)]
            closing = threading.Thread(target=journal.close)
            closing.start()
        closing.join(20)
        assert [future.result(0) for future in futures] == [0] * 20
        for use in (lambda: holder.send("late"), journal.runs, lambda: journal.verify(holder.run)):
            with pytest.raises(JournalError, match="is closed"):
                use()
        journal.close()
        again = Journal(place)
        assert again.verify(holder.run) == 21
        again.close()

    def test_a_listener_may_close(self, journal: Journal, holder: Holder) -> None:
        """Closing from inside the writer's thread does not block it."""
        journal.subscribe(journal.close)
        holder.append("a")
        journal.close()
        with pytest.raises(JournalError, match="is closed"):
            journal.runs()


class TestTogether:
    def test_readers_see_what_was_committed(
        self, journal: Journal, holder: Holder, at_point: Hook
    ) -> None:
        """While a transaction is open readers are not held up, and see what was before it."""
        inside, go_on = threading.Event(), threading.Event()

        def stop(name: str) -> None:
            if name == "before-commit":
                inside.set()
                go_on.wait(20)

        at_point(stop)
        future = holder.send("a")
        assert inside.wait(20)
        assert texts(journal, holder.run) == []
        assert not future.done()
        go_on.set()
        future.result(20)
        assert texts(journal, holder.run) == ["a"]

    def test_many_journals_of_one_place_agree(self, place: str, journal: Journal) -> None:
        """Many journals opened on one place in a process write and read together [RUNT-1]."""
        others = [Journal(place) for _ in range(12)]
        holders = [Holder.take(other, create(other)) for other in others]
        for holder in holders:
            holder.append("a")
        for other in others[::2]:
            other.close()
        for holder in holders[1::2]:
            holder.append("b")
        assert [journal.verify(holder.run) for holder in holders] == [2, 3] * 6
        for other in others:
            other.close()
