"""Appending, reading and checking the events of a run."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.journal.harness import NOW, Holder, create, execute, lines, note, texts
from workbench.errors import JournalError, JournalTampered, LeaseLost, NotFound
from workbench.ids import digest_bytes
from workbench.journal import Chain, Journal
from workbench.journal.times import to_us


class TestAppending:
    def test_what_was_appended_is_read_back(self, journal: Journal, holder: Holder) -> None:
        """Events come back in order, without gaps, with time, epoch and hash [RUNT-15]."""
        holder.append("a", "b")
        holder.append("ü \u2028 \0 😀")
        records = journal.records(holder.run)
        assert [record.seq for record in records] == [1, 2, 3, 4]
        assert [record.epoch for record in records] == [0, 1, 1, 1]
        assert {record.at for record in records} == {NOW}
        assert texts(journal, holder.run) == ["a", "b", "ü \u2028 \0 😀"]
        assert journal.run(holder.run).head == records[-1].hash

    def test_a_late_subscriber_reads_the_rest(self, journal: Journal, holder: Holder) -> None:
        """Reading behind any position gives what follows it: no gap, no duplicate [RUNT-15]."""
        holder.append("a", "b", "c")
        every = journal.records(holder.run)
        for after in range(5):
            assert journal.records(holder.run, after=after) == every[after:]
            assert journal.records(holder.run, after=after, limit=2) == every[after : after + 2]

    def test_a_batch_changes_all_or_nothing(self, journal: Journal, holder: Holder) -> None:
        """Events, state, counters and command decisions of a batch are one change [ASYN-5]."""
        counters = {"done": 2, "total": 5, "open_requests": 1}
        holder.append("a", state="waiting", **counters)
        row = journal.run(holder.run)
        assert (row.state, row.done, row.total, row.open_requests) == ("waiting", 2, 5, 1)
        doubled = holder.batch("b", state="failed")
        doubled.lines[0].seq = 1
        with pytest.raises(JournalError):
            journal.append(doubled).result()
        assert journal.run(holder.run) == row
        assert texts(journal, holder.run) == ["a"]

    def test_a_batch_written_twice_is_there_once(self, journal: Journal, holder: Holder) -> None:
        """Repeating a batch whose fate was unknown does no harm, even after a takeover [ASYN-5]."""
        batch = holder.batch("a", "b")
        for _ in range(2):
            journal.append(batch).result()
        holder.append("c")
        Holder.take(journal, holder.run, "b", NOW + timedelta(days=1)).append("d")
        journal.append(batch).result()
        assert texts(journal, holder.run) == ["a", "b", "c", "d"]
        assert journal.late_outcomes(holder.run) == []

    def test_runs_do_not_mix(self, journal: Journal) -> None:
        """Each run has its own positions and its own chain [RUNT-1]."""
        first, second = (Holder.take(journal, create(journal)) for _ in range(2))
        for number in range(3):
            first.append(f"first {number}")
            second.append(f"second {number}")
        assert texts(journal, second.run) == ["second 0", "second 1", "second 2"]
        assert [journal.verify(holder.run) for holder in (first, second)] == [4, 4]

    def test_an_unknown_run_is_named(self, journal: Journal) -> None:
        """A run that does not exist is an error that names it."""
        with pytest.raises(NotFound, match="'run-none'"):
            journal.run("run-none")
        with pytest.raises(NotFound, match="'run-none'"):
            journal.acquire("run-none", "a", NOW).result()


class TestFencing:
    def test_an_old_epoch_writes_nothing(self, journal: Journal, holder: Holder) -> None:
        """A host that was replaced cannot write; its events are kept as evidence [RUNT-1]."""
        holder.append("mine")
        other = Holder.take(journal, holder.run)
        content = b"output of the effect"
        late = {digest_bytes(content): content}
        with pytest.raises(LeaseLost, match=holder.run):
            holder.append("too late", "and again", artifacts=late, state="failed")
        other.append("theirs")
        assert texts(journal, holder.run) == ["mine", "theirs"]
        assert journal.run(holder.run).state == "running"
        kept = journal.late_outcomes(holder.run)
        assert [(epoch, kind) for epoch, kind, _ in kept] == [(1, "fault.recorded")] * 2
        assert "too late" in kept[0][2]
        assert journal.artifact(digest_bytes(content)) == content
        assert journal.verify(holder.run) == 3

    def test_a_lease_given_back_writes_nothing(self, journal: Journal, holder: Holder) -> None:
        """After its lease was given back, a host is fenced too."""
        holder.append("last", release=True)
        with pytest.raises(LeaseLost):
            holder.append("more")
        assert texts(journal, holder.run) == ["last"]

    def test_a_gap_is_refused(self, journal: Journal, holder: Holder) -> None:
        """What stands behind a batch that was not written is refused, but not lost [ASYN-5]."""
        bad, after = holder.batch("bad"), holder.batch("outcome of something that happened")
        bad.lines[0].seq = 1
        failed, refused = journal.append(bad), journal.append(after)
        assert isinstance(failed.exception(), JournalError)
        error = refused.exception()
        assert isinstance(error, JournalError)
        assert not isinstance(error, LeaseLost)
        assert "behind event 2" in str(error)
        assert [kind for _, kind, _ in journal.late_outcomes(holder.run)] == ["fault.recorded"]
        assert journal.verify(holder.run) == 1


class TestChain:
    @pytest.mark.parametrize(
        ("statement", "broken"),
        [
            ("update wb_events set body = '{}' where seq = 3", 3),
            ("update wb_events set at_us = at_us + 1 where seq = 3", 3),
            ("update wb_events set epoch = 7 where seq = 3", 3),
            ("update wb_events set kind = 'run.started' where seq = 3", 3),
            ("update wb_events set hash = 'x' where seq = 6", 6),
            ("delete from wb_events where seq = 3", 3),
            ("delete from wb_events where seq = 6", 6),
            ("delete from wb_events where seq > 1", 2),
            ("delete from wb_events where seq = 3; update wb_events set seq = 3 where seq = 6", 3),
            ("update wb_runs set head = 'x'", 6),
            ("update wb_runs set seq = 7", 7),
            ("update wb_runs set seq = 5", 5),
        ],
    )
    def test_tampering_is_found(
        self, journal: Journal, holder: Holder, statement: str, broken: int
    ) -> None:
        """A change, a removal or a truncation is found, and the first bad event named [AUTH-14]."""
        holder.append("a", "b", "c", "d", "e")
        assert journal.verify(holder.run) == 6
        execute(journal, *statement.split("; "))
        with pytest.raises(JournalTampered, match=f"at event {broken}:") as caught:
            journal.verify(holder.run)
        assert caught.value.fields["seq"] == broken

    def test_an_added_event_is_found(self, journal: Journal, holder: Holder) -> None:
        """Even an event that extends the chain rightly is found, if no host wrote it [AUTH-14]."""
        holder.append("a")
        head = journal.run(holder.run).head
        (forged,) = lines(Chain(holder.run, 2, head), 1, note("forged"))
        values = f"'{holder.run}', 3, {to_us(NOW)}, 1, '{forged.kind}', '{forged.body}'"
        columns = "run, seq, at_us, epoch, kind, body, hash"
        execute(journal, f"insert into wb_events ({columns}) values ({values}, '{forged.hash}')")
        with pytest.raises(JournalTampered, match="at event 3:"):
            journal.verify(holder.run)

    def test_a_swap_is_found(self, journal: Journal, holder: Holder) -> None:
        """Two events that changed places are found [AUTH-14]."""
        holder.append("a", "b")
        move = "update wb_events set seq = {} where seq = {}"
        execute(journal, move.format(9, 2), move.format(2, 3), move.format(3, 9))
        with pytest.raises(JournalTampered, match="at event 2:"):
            journal.verify(holder.run)

    def test_a_long_chain_is_checked_to_its_end(self, journal: Journal, holder: Holder) -> None:
        """A chain of several thousand events is checked as a whole [AUTH-14]."""
        holder.append(*map(str, range(2600)))
        assert journal.verify(holder.run) == 2601
        execute(journal, "delete from wb_events where seq > 900 and seq < 2300")
        with pytest.raises(JournalTampered, match="at event 901:"):
            journal.verify(holder.run)

    def test_an_unreadable_event_is_an_error_that_says_so(
        self, journal: Journal, holder: Holder
    ) -> None:
        """An event of another version or a damaged one is an error with advice [RUNT-17]."""
        holder.append("a", "b")
        execute(journal, "update wb_events set kind = 'from.the.future' where seq = 3")
        with pytest.raises(JournalError, match="upgrade"):
            journal.records(holder.run)
        execute(journal, "update wb_events set body = 'no json' where seq = 2")
        with pytest.raises(JournalError, match="damaged or changed by hand"):
            journal.records(holder.run, limit=2)
