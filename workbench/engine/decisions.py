"""The decision log: what was decided, and what goes against it. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Protocol

from workbench import events as e
from workbench.view import Decided, RunView


class Decides(Protocol):
    """Anything that holds a decision."""

    @property
    def subject(self) -> str:
        """What it is about."""
        ...

    @property
    def choice(self) -> str:
        """What was chosen."""
        ...

    @property
    def why(self) -> str:
        """The reason."""
        ...


def made(view: RunView, decisions: Iterable[Decides], by: str) -> list[e.Event]:
    """Give the events of decisions; the same decision again is none."""
    events: list[e.Event] = []
    for decision in decisions:
        stands = standing(view, decision.subject)
        if stands is not None and same(stands.choice, decision.choice):
            continue
        events.append(
            e.DecisionMade(
                by=by,
                subject=decision.subject,
                choice=decision.choice,
                why=decision.why,
                contradicts=stands.seq if stands is not None else 0,
            )
        )
    return events


def standing(view: RunView, subject: str) -> Decided | None:
    """Give what was decided last about a subject; None: nothing."""
    return next((one for one in reversed(view.decisions) if same(one.subject, subject)), None)


def against(view: RunView, decisions: Iterable[Decides], planner: str) -> str | None:
    """Say which decision of somebody else a planner goes against; None when it does not."""
    for decision in decisions:
        stands = standing(view, decision.subject)
        if stands is None or stands.by == planner or same(stands.choice, decision.choice):
            continue
        return (
            f"{stands.by} decided {stands.choice!r} for {stands.subject!r}, and the proposal "
            f"decides {decision.choice!r}"
        )
    return None


def same(one: str, other: str) -> bool:
    """Compare two texts by their words: letter case, joints and spaces do not count."""
    return _bare(one) == _bare(other)


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text).casefold().strip()
