"""A run, and the runs that its calls start, spend from one budget.

What a run may spend holds for it and all runs below it together. Those of this process are looked
at as they stand; of others counts what the journal says, and it is looked at once more when the
intent of a call is on disk: of two processes, at least one sees the other's. A run that was started
to be driven by a process of its own takes its whole limit out of the budget above it until it has
ended.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field

import anyio.to_thread

from workbench.budget import COUNTED, crossed
from workbench.engine.call import Call
from workbench.engine.limits import approved
from workbench.errors import JournalError, NotFound
from workbench.journal import Journal, parentage
from workbench.journal.snapshot import load_view
from workbench.view import RunView, used

OWN = frozenset(COUNTED) - {"steps"}
"""Units that are counted within one run: the time of a run holds that of the runs below it."""
PLANNED = ("usd", "tokens", "tokens_in", "tokens_out")
"""Units that a planner may use."""


@dataclass
class Member:
    """One run of a family."""

    parent: str = ""
    apart: bool = False
    """Whether a process of its own drives it."""
    view: Callable[[], RunView] | None = None
    """The run as it stands now, while it is driven here."""
    seq: int = -1
    """Up to which event the rest was read; it counts while the run is not driven here."""
    limits: dict[str, float] = field(default_factory=dict)
    spent: dict[str, float] = field(default_factory=dict)
    asking: dict[str, float] = field(default_factory=dict)
    final: bool = False

    def note(self, view: RunView) -> None:
        """Keep how it stands."""
        self.seq, self.final = view.seq, view.final
        self.limits, self.spent = dict(view.limits), dict(used(view))
        self.asking = _asking(view)

    def look(self) -> Mapping[str, float]:
        """Give what it has spent, or may spend without anybody here knowing."""
        if self.view is not None:
            return dict(used(self.view()))
        if self.apart and not self.final:
            most = self.limits
            return {u: max(n, most.get(u, 0)) for u, n in {**most, **self.spent}.items()}
        return self.spent

    def asks(self) -> Mapping[str, float]:
        """Give what is set aside for its calls of models that have no answer yet."""
        return self.asking if self.view is None else _asking(self.view())

    def limited(self) -> Mapping[str, float]:
        """Give its limits as they stand."""
        return self.limits if self.view is None else self.view().limits


MEMBERS: dict[str, Member] = {}
"""By run: only runs with others above or below them."""
LIVE: dict[str, Callable[[], RunView]] = {}
"""By run: those that are driven in this process."""
BORN: set[str] = set()
"""Runs that this process has made and not driven yet: who is above them is known."""
APART: ContextVar[bool] = ContextVar("workbench_family_apart", default=False)
"""Whether the runs driven here are only replayed: what they take, nobody spends."""
ALONE = threading.RLock()
"""Held from the look at what a family has left until what takes of it is counted."""


# -- who belongs together --------------------------------------------------------------------


def adopt(run: str, parent: str, limits: Mapping[str, float], *, apart: bool) -> None:
    """Take note of a run that a call of `parent` starts."""
    MEMBERS.setdefault(parent, Member()).view = LIVE.get(parent)
    MEMBERS[run] = Member(parent, apart, limits=dict(limits))


def drop(run: str) -> None:
    """Forget a run that was not made after all."""
    BORN.discard(run)
    MEMBERS.pop(run, None)


def enter(run: str, view: Callable[[], RunView]) -> None:
    """Take note that a run is driven here from now on."""
    if APART.get():
        return
    LIVE[run] = view
    if (member := MEMBERS.get(run)) is not None:
        member.view = view


def leave(run: str, view: RunView) -> None:
    """Take note of how a run stands that is not driven here any more."""
    if APART.get():
        return
    LIVE.pop(run, None)
    if (member := MEMBERS.get(run)) is not None:
        member.note(view)
        member.view = None
        _forget(run)


async def find(journal: Journal, run: str) -> None:
    """Read from the journal who is above and below a run that another process has begun."""
    if APART.get():
        return
    if run in BORN:
        BORN.discard(run)
        return
    await _meet(journal, run)
    await refresh(journal, run)


async def refresh(journal: Journal, run: str) -> None:
    """Read again how those members stand that are not driven here and have not ended.

    One that has gone on elsewhere may have started runs: they are looked for.
    """
    while run in MEMBERS and not APART.get():
        moved = False
        for one in _below(_top(run)):
            member = MEMBERS[one]
            if member.view is None and not member.final:
                view = await anyio.to_thread.run_sync(_newer, journal, one, member.seq)
                if view is not None and member.view is None:
                    member.note(view)
                    moved = moved or view.final or not member.apart
        if not moved:
            return
        await _meet(journal, run)


async def _meet(journal: Journal, run: str) -> None:
    known = await anyio.to_thread.run_sync(journal.read, lambda c: parentage.family(c, run))
    for one, of in known.items():
        if one not in MEMBERS:
            MEMBERS[one] = Member(of.parent, of.apart, LIVE.get(one))


def is_scattered(run: str) -> bool:
    """Whether a member that has not ended may be driven by another process."""
    if run not in MEMBERS or APART.get():
        return False
    members = (MEMBERS[one] for one in _below(_top(run)))
    return any(member.view is None and not member.final for member in members)


def _newer(journal: Journal, run: str, seq: int) -> RunView | None:
    try:
        return load_view(journal, run) if journal.run(run).seq > seq else None
    except (NotFound, JournalError):
        return None  # it is in a journal of its own: what was known of it counts


# -- what is left ----------------------------------------------------------------------------


def over(view: RunView, call: Call, *, begun: bool = False) -> list[str]:
    """Say which limits of the runs above, or of the run with those below, a call would cross.

    One that has `begun`, which has its intent, is counted already.
    """
    if view.run not in MEMBERS or APART.get():
        return []
    spend = {**call.spend, "steps": 1}
    return [
        text
        for text in crossings(view.run, dict.fromkeys(spend, 0) if begun else spend)
        if not approved(view, call.step.id, call.digest, text.partition(":")[0])
    ]


def crossings(run: str, spend: Mapping[str, float], *, models: bool = False) -> list[str]:
    """Say which limits this further spend of a run would cross, its own as well.

    With `models` counts, too, what is set aside for calls of models that have no answer yet.
    """
    found = []
    for top in _above(run):
        limits = {u: most for u, most in MEMBERS[top].limited().items() if u not in OWN}
        total = spent(top)
        for one in _below(top) if models else ():
            total = _sum(total, MEMBERS[one].asks())
        for text in crossed(limits, total, spend):
            unit, _, rest = text.partition(": ")
            name = unit if top == run else f"{unit} of {top}"
            found.append(f"{name}: {rest}, which it shares with the runs that it starts")
    return found


def planning(run: str, least: Mapping[str, float]) -> str | None:
    """Say what forbids to ask the planner, who takes at least so much; None: nothing does.

    What is set aside for calls of models, those of this run as well, is taken already.
    """
    if run not in MEMBERS or APART.get():
        return None
    found = crossings(run, least, models=True)
    found += [
        f"{unit}: nothing is left of what it shares with the run above it"
        for unit, amount in left(run).items()
        if unit in PLANNED and not amount
    ]
    return next(iter(found), None)


def faster(run: str, units: Iterable[str]) -> str | None:
    """Say which limit is crossed by a call of a model that is on disk; None: none of these units.

    Of two processes that wanted the same rest, at least one finds what the other has taken.
    """
    return next(iter(crossings(run, dict.fromkeys(units, 0.0), models=True)), None)


def shares_planning(run: str) -> str:
    """Name the family in which planners take from one limit; empty: nobody else takes from it."""
    if run not in MEMBERS or len(_below(_top(run))) == 1:
        return ""
    limited = {unit for top in _above(run) for unit in MEMBERS[top].limited()}
    return "" if limited.isdisjoint(PLANNED) else _top(run)


def spent(run: str) -> dict[str, float]:
    """Add up what a run and all runs below it have spent."""
    total: dict[str, float] = {}
    for one in _below(run):
        total = _sum(total, MEMBERS[one].look())
    return total


def left(run: str) -> dict[str, float]:
    """Give what a run may still spend, by unit, of its own limits and of those above it."""
    found: dict[str, float] = {}
    for top in _above(run):
        total = spent(top)
        for unit, most in MEMBERS[top].limited().items():
            if unit not in OWN:
                has = max(0.0, most - total.get(unit, 0))
                found[unit] = min(found.get(unit, has), has)
    return found


def _asking(view: RunView) -> dict[str, float]:
    total: dict[str, float] = {}
    for call in view.models.values():
        total = _sum(total, call.reserved)
    return total


def _sum(one: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    return {unit: one.get(unit, 0) + other.get(unit, 0) for unit in {**one, **other}}


def _above(run: str) -> list[str]:
    """Name the run and those above it, up to one that a process of its own drives."""
    found: list[str] = []
    while run in MEMBERS and run not in found:
        found.append(run)
        member = MEMBERS[run]
        run = "" if member.apart else member.parent
    return found


def _top(run: str) -> str:
    return _above(run)[-1]


def _below(run: str) -> list[str]:
    """Name the run and all below it; what is below one driven elsewhere is part of its limit."""
    found = [run]
    for one in found:
        member = MEMBERS[one]
        if one == run or member.view is not None or member.final or not member.apart:
            found += [n for n, m in list(MEMBERS.items()) if m.parent == one and n not in found]
    return found


def _forget(run: str) -> None:
    """Let a family go when all of it has ended."""
    root = run
    while MEMBERS[root].parent in MEMBERS:
        root = MEMBERS[root].parent
    family = _below(root)
    if all(MEMBERS[one].final and MEMBERS[one].view is None for one in family):
        for one in family:
            del MEMBERS[one]
