"""What goes into the journal and what comes out of it, as plain records."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from workbench.commands import Command
from workbench.grants import Rule
from workbench.journal.lease import Lease


@dataclass(frozen=True)
class RunRow:
    """What the list of runs shows of one."""

    id: str
    key: str | None
    goal: str
    state: str
    created: datetime
    updated: datetime
    seq: int
    head: str
    epoch: int
    owner: str
    lease_until: datetime
    done: int
    total: int
    open_requests: int


@dataclass(frozen=True)
class CommandRow:
    """A command and what became of it."""

    number: int
    run: str
    at: datetime
    command: Command
    state: str
    """`open`, or of an errand `errand` and `taken`; then `done` or `refused`."""
    error: str

    @property
    def undecided(self) -> bool:
        """Whether it is still to be seen what becomes of it."""
        return self.state not in ("done", "refused")


@dataclass
class Line:
    """One event, ready to be written."""

    seq: int
    at_us: int
    kind: str
    body: str
    hash: str


@dataclass(frozen=True)
class Move:
    """What became of an amount that was set aside in the ledger."""

    step: str
    """Empty: of the planner."""
    unit: str
    state: Literal["settled", "returned"]
    amount: float | None = None
    """What it really was; None: what was set aside."""


@dataclass
class Batch:
    """What one holder of a lease appends in one transaction."""

    lease: Lease
    expected_seq: int
    now: datetime
    lines: list[Line] = field(default_factory=list)
    handled: list[tuple[int, str, str]] = field(default_factory=list)
    """Commands decided by these events: (number, `done` or `refused`, error)."""
    artifacts: dict[str, bytes] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)
    """Amounts of the ledger that these events settle or give back."""
    state: str = ""
    done: int = 0
    total: int = 0
    open_requests: int = 0
    snapshot: str | None = None
    """JSON of the frontier after the last line."""
    rules: list[tuple[str, Rule, str]] = field(default_factory=list)
    """Standing rules that an answer sets: (id, rule, who)."""
    release: bool = False
    """Give the lease back with this append."""
