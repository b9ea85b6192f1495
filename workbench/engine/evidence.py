"""What is known of a call in doubt: its intent, and what came of it too late to be written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import anyio.to_thread

from workbench import events as e
from workbench.errors import WorkbenchError
from workbench.events import Record, load
from workbench.journal import Journal
from workbench.tools import Tool
from workbench.undo import effects_of, shown_args, why_not
from workbench.values.summary import summarize
from workbench.view import RunView

Late = tuple[int, str, str]
"""A late outcome as the journal keeps it: lease, kind, body."""


@dataclass(frozen=True)
class Evidence:
    """What the journal knows of one call."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    """In words, by name."""
    args: Mapping[str, Any] = field(default_factory=dict)
    """Its arguments as JSON; live values by summary."""
    undoable: bool = False
    """Whether it had an undo registered, which can be called now."""


async def evidence_of(
    view: RunView, step: str, journal: Journal, tools: Mapping[str, Tool]
) -> Evidence:
    """Read what is known of the last call of a step, off the engine's loop."""
    return await anyio.to_thread.run_sync(
        _read, view.run, view.steps[step].intent_seq, journal, tools
    )


LATE = "late outcome"
"""What the evidence calls it."""


def waits_for_word(view: RunView) -> bool:
    """Whether a person is asked about a call in doubt, of which word may still come."""
    return any(request.opened.about == "doubt" for request in view.open_requests)


def as_known_now(view: RunView, journal: Journal) -> RunView:
    """Give a view whose open doubts show what was reported after they were asked, too.

    The report is beside the run's events: whoever asked has let go of the run, and only the holder
    of its lease adds events. So it is read whenever a doubt is shown.
    """
    if not waits_for_word(view) or not (late := journal.late_outcomes(view.run)):
        return view
    known = view.snapshot()
    for request in view.open_requests:
        step = view.steps.get(request.opened.step or "")
        if request.opened.about != "doubt" or step is None or not step.intent_seq:
            continue
        records = journal.records(view.run, after=step.intent_seq - 1, limit=1)
        if words := late_words(records[0], late) if records else []:
            evidence = {**request.opened.evidence, LATE: "; ".join(words)}
            opened = request.opened.model_copy(update={"evidence": evidence})
            known.put_request(request.model_copy(update={"opened": opened}))
    return known


def _read(run: str, seq: int, journal: Journal, tools: Mapping[str, Tool]) -> Evidence:
    records = journal.records(run, after=seq - 1, limit=1) if seq else []
    intent = records[0].event if records else None
    if not isinstance(intent, e.CallIntended):
        return Evidence()
    facts = {"intent": f"event {seq}, at {records[0].at:%Y-%m-%d %H:%M:%S} UTC"}
    if late := late_words(records[0], journal.late_outcomes(run)):
        facts[LATE] = "; ".join(late)
    made = effects_of(records)
    undoable = bool(made) and why_not(made[0], tools) is None
    return Evidence(facts, shown_args(intent.args), undoable)


def late_words(intent: Record, late: Iterable[Late]) -> list[str]:
    """Say what a process that was taken over from reports of a call that it had made.

    Its report is of the same lease as the intent, and of the same attempt.
    """
    assert isinstance(intent.event, e.CallIntended)  # noqa: S101 - the caller has looked
    found = []
    for epoch, kind, body in late:
        if epoch != intent.epoch:
            continue
        try:
            event = load(kind, body)
        except WorkbenchError:
            continue  # of a newer version: what it says cannot be told
        if _is_about(event, intent.event):
            found.append(f"the process that made the call reports: {_said(event)} ({kind})")
    return found


def _is_about(event: e.Event, intent: e.CallIntended) -> bool:
    same = getattr(event, "step", None) == intent.step
    return same and isinstance(event, _OUTCOMES) and event.attempt == intent.attempt


_OUTCOMES = (e.CallSucceeded, e.CallFailed, e.CallRetrying, e.LoopTurned, e.LoopExhausted)


def _said(event: e.Event) -> str:
    if isinstance(event, e.CallSucceeded):
        output = event.output
        return f"it happened, and returned {output.summary or summarize(output.value)}"
    if isinstance(event, (e.LoopTurned, e.LoopExhausted)):
        return f"it happened, and was not good enough: {event.why}"
    if isinstance(event, e.CallFailed):
        words = {True: "it happened, and failed all the same", False: "it did not happen"}
        unsure = "it failed, and may have happened"
        return f"{unsure if event.happened is None else words[event.happened]}: {event.error}"
    assert isinstance(event, e.CallRetrying)  # noqa: S101 - no other is an outcome
    known = "it may have happened" if event.unsure else "it did not happen"
    return f"{known}: {event.error}"
