"""What the variables were at a place of the journal: a fold of captures and restorations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from workbench.capture.capturer import Look
from workbench.events import Event, Record
from workbench.events.variables import CapturedVariable, VariablesCaptured, VariablesRestored

KINDS = ("variables.captured", "variables.restored")


@dataclass
class Variables:
    """The variables of a run at one place."""

    of: int = 0
    """The place that the last capture belongs to; 0: there is none."""
    names: dict[str, CapturedVariable] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)
    """Those that were not captured, with the reason."""
    passed: list[tuple[int, int]] = field(default_factory=list)
    """Places without captures of their own: from the first of each pair to before the second."""

    def move(self, event: Event) -> None:
        """Move on by one event; others than captures and restorations change nothing."""
        if isinstance(event, VariablesCaptured):
            self.of = max(self.of, event.of)
            for name in event.gone:
                self.names.pop(name, None)
                self.left.pop(name, None)
            for name, why in event.left.items():
                self.names.pop(name, None)
                self.left[name] = why
        elif isinstance(event, VariablesRestored):
            for name in event.removed:
                self.names.pop(name, None)
                self.left.pop(name, None)
        else:
            return
        self.names |= event.names
        for name in event.names:
            self.left.pop(name, None)

    def changes(self, look: Look, of: int, since: int = 0) -> VariablesCaptured | None:
        """Give the event that makes these what a look has found; None when they are so already."""
        names = {n: c for n, c in look.names.items() if self.names.get(n) != c}
        left = {n: why for n, why in look.left.items() if self.left.get(n) != why}
        there = look.names.keys() | look.left.keys()
        gone = tuple(sorted((self.names.keys() | self.left.keys()) - there))
        if not (names or left or gone):
            return None
        return VariablesCaptured(
            of=of, since=since, names=names, gone=gone, left=left, seconds=look.seconds
        )


def place_of(record: Record) -> int:
    """Give the place that the variables of a record belong to."""
    event = record.event
    return event.of if isinstance(event, VariablesCaptured) else record.seq


def variables_at(records: Iterable[Record], seq: int | None = None) -> Variables:
    """Fold the variables up to a place, the last one by default.

    A capture is written a little later than the place that it belongs to.
    """
    found = Variables()
    for record in records:
        event = record.event
        if isinstance(event, VariablesCaptured) and event.since:
            found.passed.append((event.since, event.of))
        if record.kind in KINDS and (seq is None or place_of(record) <= seq):
            found.move(record.event)
    return found
