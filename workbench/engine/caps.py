"""The caps of a workbench, from outside: how they stand, and how a person sets one anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import partial

from sqlalchemy import Connection

from workbench.budget import Cap, by_name, is_amount
from workbench.clock import Clock
from workbench.engine.limits import CROSSES
from workbench.errors import CommandRefused, WorkbenchError
from workbench.ids import new_id
from workbench.journal import Journal, ledger
from workbench.journal.ledger import CapState, Claim
from workbench.journal.snapshot import load_view


def checked(caps: Iterable[Cap]) -> tuple[Cap, ...]:
    """Give the caps of a workbench.

    Raises:
        WorkbenchError: one of them is none, or is there twice.
    """
    found = tuple(caps)
    for cap in found:
        if not isinstance(cap, Cap):
            raise WorkbenchError(f"{cap!r} is no cap.", 'Write wb.Cap("usd", 5, per="day").')
    if twice := [name for name, count in Counter(cap.name for cap in found).items() if count > 1]:
        raise WorkbenchError(f"The cap of {twice[0]} is there twice.", "Take one of them out.")
    return found


def states_of(
    journal: Journal, caps: Iterable[Cap], clock: Clock, *, agent: str, person: str
) -> list[CapState]:
    """Say how caps stand; of those of each agent or person, for these two."""
    look = partial(_standing, caps=caps, claim=Claim("", "", 0, agent, person, {}, clock.now()))
    return journal.read(look)


def _standing(connection: Connection, caps: Iterable[Cap], claim: Claim) -> list[CapState]:
    return [ledger.standing(connection, cap, claim) for cap in caps]


def raise_cap(
    journal: Journal, caps: Iterable[Cap], cap: Cap | str, to: float, *, by: str, clock: Clock
) -> tuple[Cap, list[str]]:
    """Set a cap anew, on disk; gives it, and the runs that wait because of it.

    Raises:
        CommandRefused: each run has this limit as its own.
        WorkbenchError: there is no such cap, or `to` is no amount.
    """
    found = by_name(caps, cap)
    if not is_amount(to):
        raise WorkbenchError(f"{to!r} is no limit.", "Give a number of at least 0.")
    if found.per == "run":
        raise CommandRefused(
            f"The cap of {found.name} is a limit that each run has as its own.",
            f"For a run: run.raise_limit({found.unit!r}, {to:g}).",
        )
    journal.refuse_writing()
    change = partial(
        ledger.raise_cap, cap=found, to=float(to), by=by, at=clock.now(), order=new_id("order")
    )
    journal.write(change).result()
    waiting = [row.id for row in journal.runs() if row.open_requests]
    return found, [run for run in waiting if _waits_for(journal, run, found)]


def _waits_for(journal: Journal, run: str, cap: Cap) -> bool:
    asked = (request.opened for request in load_view(journal, run).open_requests)
    return any(o.about == "budget" and cap.name in o.evidence.get(CROSSES, ()) for o in asked)
