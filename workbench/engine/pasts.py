"""The calls of a run up to a place that have happened, or may have. No I/O."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from workbench import events as e
from workbench.events import Record
from workbench.tools import Effect
from workbench.undo.effects import UNDONE
from workbench.values import Stored

BEGUN = "was being made, and may have happened"
DONE = "is done"


@dataclass(frozen=True)
class Made:
    """One intended call that was not found to have done nothing."""

    intent: int
    """Place of its intent in the journal; 0: another run has made it."""
    tool: str
    effect: Effect
    args_digest: str
    words: str = BEGUN
    """What became of it."""
    output: Stored | None = None
    run: str = ""
    """Another run that has made it; empty: the run itself."""
    unsure: bool = False
    """Whether an attempt before this one, of the same call, may have happened."""

    @property
    def done(self) -> bool:
        """Whether it surely happened."""
        return self.words == DONE


def made_in(records: Iterable[Record]) -> dict[str, list[Made]]:
    """Give the calls of each step, in their order; attempts of one intended call count once."""
    found: dict[str, list[Made]] = {}
    for record in records:
        step, event = record.step, record.event
        if isinstance(event, e.RollbackEnded):
            _take_back(found, event)
        elif step is None:
            continue
        elif isinstance(event, e.CallIntended):
            _begin(found.setdefault(step, []), record.seq, event)
        elif isinstance(event, e.StepShared):
            _share(found.setdefault(step, []), event)
        elif found.get(step) and not found[step][-1].done:
            _end(found[step], event)
    return found


def _take_back(found: dict[str, list[Made]], event: e.RollbackEnded) -> None:
    """Leave out what a rollback has undone."""
    gone = {intent for intent, outcome in event.effects.items() if outcome in UNDONE}
    for calls in found.values():
        calls[:] = [call for call in calls if call.intent not in gone]


def _begin(calls: list[Made], seq: int, event: e.CallIntended) -> None:
    again = bool(calls) and not calls[-1].done and calls[-1].args_digest == event.args_digest
    if again:
        calls.pop()
    calls.append(Made(seq, event.tool, event.effect, event.args_digest, unsure=again))


def _share(calls: list[Made], event: e.StepShared) -> None:
    if event.effect is not None:
        call = Made(0, event.tool, event.effect, event.args_digest, DONE, event.output, event.run)
        calls.append(call)


def _end(calls: list[Made], event: e.Event) -> None:
    """Note what became of the last call; one that surely did nothing is none."""
    match event:
        case e.CallSucceeded() | e.CallConfirmed() | e.LoopTurned() | e.LoopExhausted():
            calls[-1] = replace(calls[-1], words=DONE, output=event.output)
        case e.CallFailed(happened=False) | e.CallCancelled() | e.CallRetrying(unsure=False):
            if not calls[-1].unsure:
                calls.pop()
        case e.CallFailed():
            words = "failed, and may have happened all the same"
            calls[-1] = replace(calls[-1], words=words)
        case e.CallDoubted():
            calls[-1] = replace(calls[-1], words="is in doubt: nobody knows whether it happened")
        case e.CallRefuted() if event.by != "engine":
            calls.pop()
        case _:
            pass
