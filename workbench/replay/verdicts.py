"""What queries and verifying models have said, in a replay: each verdict at its place."""

from __future__ import annotations

from collections.abc import Callable

import anyio

from workbench import events as e
from workbench.engine import limits
from workbench.engine.checks import FAILED
from workbench.engine.completion import BY
from workbench.engine.verifying import MODEL, NO_VERDICT, finding
from workbench.errors import LimitReached, ModelError
from workbench.events import Event, Record
from workbench.replay.errors import raised_as
from workbench.replay.progress import BESIDE, Progress

Tell = Callable[[Event], None]


class RecordedVerdicts:
    """Finds again what was found wrong with outputs, without asking anybody."""

    def __init__(self, progress: Progress) -> None:
        """Follow a replay."""
        self._progress = progress

    async def find(self, step: str | None, by: str, tell: Tell) -> str | None:
        """Say again what was found wrong; see `Played.verdict`.

        Args:
            step: whose output it is; None: the result of the run.
            by: who looks, as verdicts in the journal begin: `model`, or `query` and its tool.
            tell: takes what is to be recorded.

        Raises:
            Exception: nobody could say it then.
        """
        event = await self._next(step)
        if isinstance(event, e.VerdictAsked):
            if not event.by.startswith(by):
                return None  # what looked before the model was content
            tell(event)
            event = await self._next(step)
        if not isinstance(event, e.VerdictGiven):
            raise _failed(event)
        return _of_result(event, by, tell) if step is None else _of_step(event, tell)

    async def _next(self, step: str | None) -> Event:
        """Wait until it is the turn of what came next of this check."""
        for index, record in self._progress.to_come():
            if isinstance(record.event, e.HostAttached):
                break  # its process ended before
            if _is_about(record, step):
                await self._progress.reach(index)
                return record.event
        await anyio.sleep_forever()
        raise AssertionError("nobody gets here")


def next_of_result(progress: Progress) -> Event | None:
    """Give what comes next of the check of the run's result."""
    return next((r.event for _, r in progress.to_come() if _is_about(r, None)), None)


def _is_about(record: Record, step: str | None) -> bool:
    """Whether an event came of looking at an output of this step, or at the result."""
    if record.step != step or record.kind in BESIDE:
        return False
    paused = isinstance(record.event, e.RunPaused) and record.event.by == limits.BY
    return step is not None or paused or isinstance(record.event, (e.VerdictAsked, e.VerdictGiven))


def _of_result(event: e.VerdictGiven, by: str, tell: Tell) -> str | None:
    """Read the one verdict about a result, which several may have had a part in."""
    failed = event.why.startswith(FAILED)
    if event.by != BY and not event.by.startswith(by):
        return None  # somebody else decided; this one was content
    if event.by != BY:
        tell(event)
    if failed:
        raise raised_as(event.why.removeprefix(FAILED))
    return None if event.ok else event.why


def _of_step(event: e.VerdictGiven, tell: Tell) -> str | None:
    tell(event)
    if event.ok or not event.by.startswith(MODEL):
        return None if event.ok else event.why
    if event.why.startswith(NO_VERDICT):
        raise ModelError(event.why.removeprefix(NO_VERDICT))
    return finding(event.by, event.why)


def _failed(event: Event) -> Exception:
    """Make the error with which nobody looked: a limit, or what a query has raised."""
    if isinstance(event, e.RunPaused):
        why, _, hint = event.reason.rpartition(limits.TO_GO_ON)
        return LimitReached(why, hint, why=why)
    text = str(getattr(event, "error", "") or getattr(event, "why", ""))
    if isinstance(event, e.CallCancelled) or getattr(event, "error_class", "") == "budget":
        return LimitReached(text, why=text)
    return raised_as(text.removeprefix(FAILED))
