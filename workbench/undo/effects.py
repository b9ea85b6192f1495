"""The effects of a run, read from its events: what was done to the world and still stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from workbench import events as e
from workbench.events import Record
from workbench.tools import Effect
from workbench.tools.effect import REPEATABLE
from workbench.values import Stored

UNDONE: frozenset[str] = frozenset({"undone", "undone_with_traces"})


@dataclass(frozen=True)
class Made:
    """One effect: a call that changed the world, or may have."""

    intent: int
    """Place of its intent in the journal."""
    step: str
    tool: str
    effect: Effect
    args: Stored
    key: str
    undo: str | None
    """Name of the undo that was registered when it was called; None: there was none."""
    before: Stored | None
    at: datetime
    kept: Mapping[str, Any] = field(default_factory=dict)
    """Arguments that were left out of the call, as its entry keeps them."""
    not_undoable: str = ""
    """Why it was made without an undo although its tool has one."""
    outcome: int = 0
    """Place of the event that says that it happened; 0: nobody knows."""
    last: int = 0
    """Place of the last event about it."""
    open: bool = True
    """Whether it is being made now, or its process ended meanwhile."""

    @property
    def sure(self) -> bool:
        """Whether it did happen."""
        return self.outcome > 0


@dataclass
class _Ledger:
    """Effects by the place of their intent, and the call of each step that is under way."""

    made: dict[int, Made] = field(default_factory=dict)
    current: dict[str, int] = field(default_factory=dict)

    def update(self, step: str, record: Record, **changes: Any) -> None:
        intent = self.current.get(step)
        if intent is not None and intent in self.made:
            changes = {"last": record.seq, "open": False, **changes}
            self.made[intent] = replace(self.made[intent], **changes)

    def happened(self, step: str, record: Record) -> None:
        self.update(step, record, outcome=record.seq)
        self.current.pop(step, None)

    def not_happened(self, step: str) -> None:
        self.made.pop(self.current.pop(step, 0), None)


def effects_of(records: Iterable[Record]) -> list[Made]:
    """Give the effects that stand, or may stand, in the order in which they came to be.

    What a rollback has undone is no longer among them.
    """
    ledger = _Ledger()
    for record in records:
        take = _TAKE.get(type(record.event))
        if take is not None:
            take(ledger, record, record.event)
    return sorted(ledger.made.values(), key=lambda made: made.outcome or made.last or made.intent)


def since(effects: Iterable[Made], to: int, only: int = 0) -> list[Made]:
    """Give the effects that were not over at a place of the journal, or the one of an intent."""
    if only:
        return [made for made in effects if made.intent == only]
    return [made for made in effects if made.open or made.last > to]


def _intended(ledger: _Ledger, record: Record, event: e.CallIntended) -> None:
    if event.effect in REPEATABLE:
        return
    before = ledger.made.get(ledger.current.get(event.step, 0))
    if before is not None and before.key == event.key:
        del ledger.made[before.intent]  # the same key: it is the same action, tried again
    ledger.current[event.step] = record.seq
    ledger.made[record.seq] = Made(
        intent=record.seq,
        step=event.step,
        tool=event.tool,
        effect=event.effect,
        args=event.args,
        key=event.key,
        undo=event.undo,
        before=event.before,
        at=record.at,
        kept={name: kept.value for name, kept in event.undo_args.items() if not kept.artifact},
        not_undoable=event.not_undoable,
        last=record.seq,
    )


def _succeeded(ledger: _Ledger, record: Record, event: Any) -> None:
    ledger.happened(event.step, record)


def _failed(ledger: _Ledger, record: Record, event: e.CallFailed) -> None:
    if event.happened is False:
        ledger.not_happened(event.step)
    elif event.happened:
        ledger.happened(event.step, record)
    else:
        ledger.update(event.step, record)


def _retrying(ledger: _Ledger, record: Record, event: e.CallRetrying) -> None:
    if event.unsure:
        ledger.update(event.step, record)
    else:
        ledger.not_happened(event.step)


def _cancelled(ledger: _Ledger, _record: Record, event: e.CallCancelled) -> None:
    ledger.not_happened(event.step)


def _doubted(ledger: _Ledger, record: Record, event: Any) -> None:
    ledger.update(event.step, record)


def _refuted(ledger: _Ledger, record: Record, event: e.CallRefuted) -> None:
    if event.by == "engine":  # the same key makes it harmless, but it may have happened
        ledger.update(event.step, record)
    else:
        ledger.not_happened(event.step)


def _rolled_back(ledger: _Ledger, _record: Record, event: e.RollbackEnded) -> None:
    for intent, outcome in event.effects.items():
        if outcome in UNDONE:
            ledger.made.pop(intent, None)


_TAKE: dict[type[e.Event], Callable[[_Ledger, Record, Any], None]] = {
    e.CallIntended: _intended,
    e.CallSucceeded: _succeeded,
    e.CallConfirmed: _succeeded,
    e.LoopTurned: _succeeded,
    e.LoopExhausted: _succeeded,
    e.CallFailed: _failed,
    e.CallRetrying: _retrying,
    e.CallCancelled: _cancelled,
    e.CallDoubted: _doubted,
    e.CallAsked: _doubted,
    e.StepSkipped: _doubted,
    e.CallRefuted: _refuted,
    e.RollbackEnded: _rolled_back,
}
