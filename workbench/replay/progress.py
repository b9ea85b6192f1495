"""How far a replay has come: each event that the engine adds is held against the recorded one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import anyio

from workbench import events as e
from workbench.events import Event, Record
from workbench.ids import digest

MEASURED = frozenset(
    {"duration_s", "took_s", "since", "until", "expires", "host", "epoch", "token", "seconds"}
)
"""Fields that say how long, when or where: another machine, another number."""
FRESH = frozenset({"request", "undo", "rule_id"})
"""Fields that hold an id which is drawn by chance."""
NOTHING = "cancelled, nothing was done"
"""Of a step that was looked at when a stop came: as good as not begun."""
BESIDE = frozenset(
    {
        "variables.captured",
        "fault.recorded",
        "run.stalled",
        "notice.delivered",
        "call.unplanned",
        "control.revealed",
        "spec.drifted",
        "context.compacted",
        "model.asked",
        "model.waiting",
        "model.streaming",
        "model.answered",
        "model.failed",
        "call.reported",
        "call.sampled",
    }
)
"""What the world, the notebook or chance has said: taken over as it was recorded."""


@dataclass(frozen=True)
class Divergence:
    """Where a replay left its recording, and how."""

    seq: int
    """Place of the recorded event; one more than there are, when the replay goes on behind it."""
    recorded: Event | None
    replayed: Event | None
    why: str

    def __str__(self) -> str:
        """Say it in one sentence."""
        return f"event {self.seq}: {self.why}"


class Progress:
    """The place in the recording that a replay has come to."""

    def __init__(self, records: Sequence[Record], begin: int) -> None:
        """Stand behind the first `begin` events, which are written with the run itself."""
        self.records = records
        self.replayed: list[Record] = list(records[:begin])
        """Events of the replay, as the engine has added them."""
        self.exact = True
        """Whether their order is that of the recording, event by event."""
        self.divergence: Divergence | None = None
        self.calls = 0
        """Answers that were given in the place of a tool, a planner or the world."""
        self.told: dict[int, list[Any]] = {n: _told(r.event) for n, r in enumerate(self.replayed)}
        """What happened in the replay, by the index of the recorded event that it is."""
        self.moved = 0
        """Counts whatever happens; while it stands still nothing does."""
        self._done = [n < begin for n in range(len(records))]
        self._at = begin
        self._names: dict[str, str] = {}
        self._changed = anyio.Event()

    # -- looking -----------------------------------------------------------------------------

    @property
    def at(self) -> int:
        """How many events are replayed without a gap."""
        return self._at

    @property
    def over(self) -> bool:
        """Whether there is nothing more to come."""
        return self._at >= len(self.records) or self.divergence is not None

    @property
    def next(self) -> Record | None:
        """The first recorded event that was not replayed yet."""
        return self.records[self._at] if self._at < len(self.records) else None

    def to_come(self, step: str | None = None) -> Iterator[tuple[int, Record]]:
        """Give recorded events that were not replayed yet, of one step or all, with their index."""
        for n in range(self._at, len(self.records)):
            record = self.records[n]
            if not self._done[n] and (step is None or record.step == step):
                yield n, record

    async def reach(self, index: int) -> None:
        """Wait until every event before this one was replayed."""
        while self._at < index:
            await self.change()

    async def change(self) -> None:
        """Wait until something was replayed."""
        await self._changed.wait()

    def recorded_id(self, name: str) -> str:
        """Give the recorded id that stands for one of the replay."""
        return self._names.get(name, name)

    def replayed_id(self, name: str) -> str:
        """Give the id of the replay that stands for a recorded one."""
        return next((new for new, old in self._names.items() if old == name), name)

    def nudge(self) -> None:
        """Let everybody look again."""
        self._wake()

    # -- going on ----------------------------------------------------------------------------

    def take(self, record: Record) -> bool:
        """Hold an event that the engine has added against the recording; False: it differs."""
        self.moved += 1
        found = self._place_of(record.event)
        if found is None:
            self.diverge(self._how(record.event), record.event)
            return False
        self.exact = self.exact and found == self._at
        self._done[found] = True
        self.told[found] = [record.kind, self._plain(record.event)]
        self.replayed.append(record)
        self._step_on()
        return True

    def pass_over(self) -> None:
        """Take the next event as it was recorded."""
        self.replayed.append(self.records[self._at])
        self.told[self._at] = _told(self.records[self._at].event)
        self._done[self._at] = True
        self._step_on()

    def diverge(self, why: str, event: Event | None = None) -> None:
        """Note that it goes on otherwise from here."""
        record = self.next
        seq = record.seq if record is not None else len(self.records) + 1
        recorded = record.event if record is not None else None
        self.divergence = self.divergence or Divergence(seq, recorded, event, why)
        self._wake()

    def _step_on(self) -> None:
        while self._at < len(self.records) and self._done[self._at]:
            self._at += 1
        self.moved += 1
        self._wake()

    def _wake(self) -> None:
        changed, self._changed = self._changed, anyio.Event()
        changed.set()

    def _place_of(self, event: Event) -> int | None:
        """Find the recorded event; what other steps do at the same time may come before it."""
        step = getattr(event, "step", None)
        for n, record in self.to_come():
            if record.kind == event.kind and record.step == step and self._same(record, event):
                return n
            beside = record.kind in BESIDE or (step and record.step and record.step != step)
            if not beside:
                return None
        return None

    def _same(self, record: Record, event: Event) -> bool:
        recorded, replayed = record.event, event
        names = _fresh(recorded, replayed)
        before = dict(self._names)
        self._names.update(names)
        if self._plain(replayed) == plain(recorded):
            return True
        self._names = before
        return False

    def _plain(self, event: Event) -> dict[str, Any]:
        fields = plain(event)
        if not self._names:
            return fields
        text = json.dumps(fields)
        for new, old in self._names.items():
            text = text.replace(new, old)
        found: dict[str, Any] = json.loads(text)
        return found

    def _how(self, event: Event) -> str:
        record = self.next
        if record is None:
            return f"the recording ends, and the replay goes on with {_named(event)}"
        if record.kind != event.kind or record.step != getattr(event, "step", None):
            return f"recorded was {_named(record.event)}, the replay has {_named(event)}"
        old, new = plain(record.event), self._plain(event)
        changed = [name for name in {**old, **new} if old.get(name) != new.get(name)]
        details = "; ".join(
            f"{n} was {_short(old.get(n))}, is {_short(new.get(n))}" for n in changed
        )
        return f"{_named(event)} differs: {details}"


def plain(event: Event) -> dict[str, Any]:
    """Give an event without what was measured or drawn by chance."""
    fields = event.model_dump(mode="json", exclude_defaults=True)
    if isinstance(event, (e.RunStopped, e.RunAbandoned)):
        fields |= _remains(event)
    if isinstance(event, e.PlanRevised):  # what a person was told of it steers nothing
        fields.pop("remarks", None)
    if isinstance(event, e.ToolsAccepted):  # what they are here shows in what the run does
        fields = {name: fields[name] for name in ("kind", "by") if name in fields}
    return {name: value for name, value in fields.items() if name not in MEASURED}


def _remains(event: e.RunStopped | e.RunAbandoned) -> dict[str, Any]:
    """Say what a stop has left, however far it had come with a step at that moment."""
    flying = event.in_flight
    done = {step for step, how in flying.items() if how == "succeeded"}
    nothing = {step for step, how in flying.items() if how == NOTHING}
    return {
        "happened": sorted({*event.happened, *done}),
        "in_flight": {s: how for s, how in flying.items() if s not in done | nothing},
        "not_begun": sorted({*event.not_begun, *nothing}),
    }


def sequence_digest(told: Sequence[list[Any]]) -> str:
    """Name a sequence of events by what happened, not by when it did."""
    return digest(list(told))


def _told(event: Event) -> list[Any]:
    return [event.kind, plain(event)]


def told_by(records: Sequence[Record]) -> list[list[Any]]:
    """Say what happened in a recording, as `sequence_digest` takes it."""
    return [_told(record.event) for record in records]


def _fresh(recorded: Event, replayed: Event) -> dict[str, str]:
    if not isinstance(recorded, (e.RequestOpened, e.RollbackBegun, e.RequestAnswered)):
        return {}
    pairs = ((getattr(replayed, f, ""), getattr(recorded, f, "")) for f in FRESH)
    return {new: old for new, old in pairs if new and old and new != old}


def _named(event: Event) -> str:
    step = getattr(event, "step", None)
    return f"{event.kind} of step {step!r}" if step else event.kind


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 160 else f"{text[:157]}…"  # noqa: PLR2004 - one line each
