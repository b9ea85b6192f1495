"""What a replay came to."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from typing import Any, Self

from workbench.engine import Parts
from workbench.errors import ReplayDiverged
from workbench.events import Record
from workbench.replay.course import Course
from workbench.replay.progress import Divergence, sequence_digest, told_by
from workbench.replay.stage import PATIENCE_S, Stage
from workbench.view import RunView


@dataclass(frozen=True)
class Replay:
    """A run that was played again: by the real engine, with everything from outside recorded."""

    run: str
    events: tuple[Record, ...]
    """Events of the replay, in the order in which the engine added them."""
    recorded: tuple[Record, ...]
    divergence: Divergence | None
    """Where and why it went otherwise than it was recorded; None: nowhere."""
    exact: bool
    """Whether the order of all events is the recorded one; else some of steps that were done at
    the same time stand the other way round."""
    view: RunView
    """The run as the replay left it."""
    told: tuple[Any, ...]
    """What happened, as `digest` names it."""
    answers: int
    """Answers that the recording gave in the place of tools, planner and world."""
    stand_ins: tuple[str, ...]
    """Tools that are not here: what they declared stands in the recording."""
    calls: int = 0
    """Calls of tools, planners and models that were really made: always 0."""

    @property
    def same(self) -> bool:
        """Whether every event is as it was recorded."""
        return self.divergence is None

    @property
    def digest(self) -> str:
        """Names what happened in the replay; equal to `recorded_digest` when it is the same.

        What was done at the same time counts in the recorded order.
        """
        return sequence_digest(self.told)

    @property
    def recorded_digest(self) -> str:
        """Names what happened in the recording, whenever and wherever it did."""
        return sequence_digest(told_by(self.recorded))

    def check(self) -> Self:
        """Give itself when it is the same.

        Raises:
            ReplayDiverged: it went otherwise; the event is named.
        """
        if self.divergence is not None:
            raise ReplayDiverged(
                f"The replay of run {self.run} leaves its recording at {self.divergence}.",
                "If that is meant, record it anew; else undo what changed the course.",
                run=self.run,
                seq=self.divergence.seq,
            )
        return self

    def __str__(self) -> str:
        """Say in a few lines what came of it."""
        kinds = Counter(record.kind for record in self.events)
        most = ", ".join(f"{n} {kind}" for kind, n in kinds.most_common(4))
        head = f"replay of {self.run}: {len(self.events)} of {len(self.recorded)} events ({most})"
        if self.divergence is not None:
            return f"{head}; diverges at {self.divergence}"
        order = "" if self.exact else ", steps done at the same time in another order"
        return f"{head}; the same{order}, and nothing was called"

    def __repr__(self) -> str:
        """Say it on one line."""
        return f"<Replay {self}>"


def replay_of(course: Course, parts: Parts, *, patience_s: float = PATIENCE_S) -> Replay:
    """Play a course again, in a thread and loop of its own.

    Raises:
        JournalError: the journal of the replay cannot be written.
    """
    stage = Stage(course, parts, patience_s)
    failed: list[BaseException] = []

    def work() -> None:
        try:
            stage.play()
        except BaseException as error:  # noqa: BLE001 - it belongs to who waits
            failed.append(error)

    thread = threading.Thread(target=work, name="workbench-replay")
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    progress = stage.progress
    return Replay(
        run=course.run,
        events=tuple(progress.replayed),
        recorded=course.records,
        divergence=progress.divergence,
        exact=progress.exact,
        view=stage.view,
        told=tuple(told for _, told in sorted(progress.told.items())),
        answers=progress.calls,
        stand_ins=tuple(stage.missing),
    )
