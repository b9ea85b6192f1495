"""Calls that take back an effect: their values come from the journal of the run that made it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import anyio.to_thread

from workbench import events as e
from workbench.credentials import lookup
from workbench.engine import requests
from workbench.engine.call import Call, inject, seeds, sound_spend
from workbench.engine.evidence import Evidence
from workbench.engine.log import Log
from workbench.engine.parts import Parts
from workbench.errors import JournalError
from workbench.ids import digest, idempotency_key
from workbench.plan import Step
from workbench.tools import Key, Tool, UndoTool
from workbench.undo import entry_values
from workbench.values import Stored, decode
from workbench.view import RunView

PROBE_TIMEOUT_S = 30.0


@dataclass(frozen=True)
class UndoCall(Call):
    """An undo, made ready."""

    available: Mapping[str, Any] = field(default_factory=dict)
    """All that the undo and its probe may ask for, by name."""

    @property
    def kwargs(self) -> dict[str, Any]:
        """What the function is called with: what it asks for."""
        return self.tool.companion_args(self.tool.function, self.available)


def prepare_undo(step: Step, tool: UndoTool, view: RunView, parts: Parts) -> UndoCall:
    """Read the undo entry and make the call ready; whatever is raised, nothing has been called.

    Raises:
        WorkbenchError: the entry cannot be read, or does not fit the tool as it is now.
    """
    assert step.undoes is not None  # noqa: S101 - the caller has looked
    intent = _event(parts, view.undoes, step.undoes.intent)
    if not isinstance(intent, e.CallIntended) or intent.tool != tool.of.name:
        raise JournalError(
            f"Step {step.id!r} takes back event {step.undoes.intent} of {view.undoes}, which is no "
            f"call of {tool.of.name}.",
            "The journal was changed by hand: run `workbench verify`.",
        )
    load, key = parts.journal.artifact, Key(intent.key)
    values = entry_values(intent, tool.of, load)
    injected: dict[str, Any] = dict.fromkeys(tool.of.signature.keys, key)
    if tool.of.signature.secrets:
        injected = inject(tool.of, key, lookup(parts.secrets, view.on_behalf_of, tool.of.name))
    if tool.of.signature.seeds:
        injected |= seeds(tool.of, view, step.id)
    result = _result(parts, view.undoes, step.undoes.outcome)
    known = {
        "key": key,
        "result": None if result is None else decode(result, load),
        "before": None if intent.before is None else decode(intent.before, load),
    }
    available = {**known, **values, **injected}
    stands = view.steps[step.id]
    shown, turns = dict(step.args), stands.turns_before + stands.turn
    own = idempotency_key(view.run, step.id, tool.name, digest(shown), turns)
    return UndoCall(
        step=step,
        tool=tool,
        values=values,
        shown=shown,
        digest=digest(shown),
        key=Key(own),
        spend=sound_spend(tool, tool.takes({**known, **values})),
        injected=injected,
        available=available,
    )


class Undoing:
    """Looks, before an undo, whether there is anything to undo."""

    def __init__(self, parts: Parts, log: Log) -> None:
        """Use these parts."""
        self._parts, self._log = parts, log

    async def prepare(self, step: Step, tool: Tool) -> UndoCall:
        """Make an undo ready, off the engine's loop; see `prepare_undo`."""
        assert isinstance(tool, UndoTool)  # noqa: S101 - only these are steps of a rollback
        if self._parts.played is not None:
            self._parts.played.look_ready(step.id)
        view = self._log.view
        return await anyio.to_thread.run_sync(prepare_undo, step, tool, view, self._parts)

    def unready(self, step: Step, why: str) -> e.RequestOpened:
        """Ask what to do about an undo that could not even be called; `why` says what was wrong."""
        known, tool = Evidence(args=step.args), self._parts.tools.get(step.tool)
        expires = requests.deadline(self._parts.clock.now(), self._parts.request_expires_s)
        return requests.stuck_undo(self._log.view, step, tool, known, expires, why=why)

    async def stands(self, call: UndoCall) -> bool:
        """Whether the effect is there; one that may not have happened is looked for in the world.

        Raises:
            Exception: whatever the probe raised.
        """
        undoes, probe = call.step.undoes, call.tool.probe
        if undoes is None or undoes.outcome or probe is None:
            return True
        args = call.tool.companion_args(probe, call.available)
        gone = await self._parts.executor.run(
            probe, args, step=call.step.id, timeout_s=PROBE_TIMEOUT_S
        )
        return gone is not True


def _event(parts: Parts, run: str, seq: int) -> e.Event | None:
    found = parts.journal.records(run, after=seq - 1, limit=1)
    return found[0].event if found and found[0].seq == seq else None


def _result(parts: Parts, run: str, seq: int) -> Stored | None:
    event = _event(parts, run, seq) if seq else None
    return getattr(event, "output", None)
