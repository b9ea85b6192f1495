"""The journal against a model of it in memory, over random histories."""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tests.journal.harness import NOW, Holder, create, later, texts
from workbench.commands import Pause
from workbench.errors import JournalError, LeaseLost
from workbench.ids import digest_bytes
from workbench.journal import Journal
from workbench.journal.lease import LEASE_S

OWNERS = st.sampled_from(["a", "b", "c"])


class Model(RuleBasedStateMachine):
    """One run, three owners that may or may not hold its lease, and a clock that only goes on."""

    journal: Journal

    @initialize()
    def begin(self) -> None:
        self.run, self.now = create(self.journal), 0.0
        self.noted: list[str] = []
        self.late = 0
        self.open: list[int] = []
        self.hosts: dict[str, Holder] = {}
        self.epoch, self.owner, self.until = 0, "", 0.0
        self.numbers = iter(range(10_000))

    @rule(seconds=st.sampled_from([1.0, LEASE_S / 2, LEASE_S + 1]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(owner=OWNERS)
    def acquire(self, owner: str) -> None:
        lease = self.journal.acquire(self.run, owner, later(self.now)).result()
        free = self.owner in ("", owner) or self.until <= self.now
        assert (lease is not None) == free
        if lease is not None:
            self.epoch, self.owner, self.until = self.epoch + 1, owner, self.now + LEASE_S
            assert (lease.epoch, lease.seq) == (self.epoch, len(self.noted) + 1)
            self.hosts[owner] = Holder(self.journal, lease)

    @rule(owner=OWNERS, size=st.integers(0, 4), release=st.booleans(), decide=st.booleans())
    def append(self, owner: str, size: int, release: bool, decide: bool) -> None:
        host = self.hosts.get(owner)
        if host is None:
            return
        new = [f"{owner} {next(self.numbers)}" for _ in range(size)]
        handled = [(number, "done", "") for number in self.open] if decide else []
        more = {"handled": handled, "release": release, "now": later(self.now)}
        if (host.lease.epoch, owner) == (self.epoch, self.owner):
            host.append(*new, **more)
            self.noted += new
            self.owner, self.until = ("", 0.0) if release else (owner, self.now + LEASE_S)
            self.open = [] if decide else self.open
            return
        del self.hosts[owner]
        self.late += size
        try:
            host.append(*new, **more)
        except LeaseLost:
            return
        raise AssertionError

    @rule(owner=OWNERS)
    def lose_a_batch(self, owner: str) -> None:
        host = self.hosts.get(owner)
        if host is not None and (host.lease.epoch, owner) == (self.epoch, self.owner):
            del self.hosts[owner]
            host.batch("never sent")
            error = host.send("behind a gap").exception()
            assert isinstance(error, JournalError)
            assert not isinstance(error, LeaseLost)
            self.late += 1

    @rule(owner=OWNERS)
    def renew(self, owner: str) -> None:
        host = self.hosts.get(owner)
        if host is None:
            return
        error = self.journal.renew(host.lease, later(self.now)).exception()
        assert (error is None) == ((host.lease.epoch, owner) == (self.epoch, self.owner))
        if error is None:
            self.until = self.now + LEASE_S

    @rule()
    def command(self) -> None:
        self.open.append(self.journal.command(self.run, Pause(), later(self.now)))

    @rule(content=st.sampled_from([b"", b"x", b"y" * 70_000]))
    def artifact(self, content: bytes) -> None:
        digest = digest_bytes(content)
        self.journal.put_artifact(digest, content)
        assert self.journal.artifact(digest) == content

    @rule(after=st.integers(0, 30), limit=st.none() | st.integers(0, 5))
    def read(self, after: int, limit: int | None) -> None:
        every = self.journal.records(self.run)
        end = None if limit is None else after + limit
        assert self.journal.records(self.run, after, limit) == every[after:end]

    @invariant()
    def agrees(self) -> None:
        row = self.journal.run(self.run)
        assert texts(self.journal, self.run) == self.noted
        assert (row.seq, row.epoch, row.owner) == (len(self.noted) + 1, self.epoch, self.owner)
        assert row.created == NOW
        assert [row.number for row in self.journal.open_commands(self.run)] == self.open
        assert len(self.journal.late_outcomes(self.run)) == self.late
        assert self.journal.verify(self.run) == row.seq


def test_the_journal_equals_its_model(journal: Journal) -> None:
    """After any history of owners, clocks, appends and orders the journal is as it must be.

    [RUNT-1, ASYN-5, RUNT-15, AUTH-14]
    """
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    options = settings(
        max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=slow
    )
    machine = type("Machine", (Model,), {"journal": journal})
    run_state_machine_as_test(machine, settings=options)
