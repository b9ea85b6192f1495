"""A call is made ready: its tool is what it was, its inputs are there, its undo is known."""

from __future__ import annotations

from functools import partial

import anyio.to_thread

from workbench import events as e
from workbench.engine import requests
from workbench.engine.bridge import is_our_cancellation
from workbench.engine.call import Call, describe, prepare
from workbench.engine.classes import classify
from workbench.engine.entries import Entries, Entry
from workbench.engine.log import Log
from workbench.engine.outputs import Outputs
from workbench.engine.parts import Parts
from workbench.engine.setbacks import PAUSING, pause_for
from workbench.engine.undoing import UndoCall, Undoing
from workbench.engine.unmade import Unmade, is_due
from workbench.plan import Step
from workbench.tools import Tool
from workbench.tools.talking import Unanswered
from workbench.view import RunView


class Readiness:
    """Makes the calls of one drive ready; what it cannot make ready is not begun."""

    def __init__(
        self,
        parts: Parts,
        log: Log,
        outputs: Outputs,
        *,
        undoing: Undoing,
        entries: Entries,
        unmade: Unmade,
    ) -> None:
        """Use these parts."""
        self._parts, self._log, self._outputs = parts, log, outputs
        self._undoing, self._entries, self._unmade = undoing, entries, unmade

    async def is_itself(self, step: Step, tool: Tool) -> bool:
        """Whether a tool that somebody else describes is still what the run knew.

        When it is not, the drive asks about the drift before anything is decided.
        """
        before = tool.changes
        try:
            await tool.refresh()
        except Unanswered as signal:
            if is_due(self._log.view, step):
                self._log.add(*self._first(step, signal))
            return False
        except BaseException as error:
            if is_our_cancellation(error):
                raise
            if is_due(self._log.view, step):
                self._unmade.not_begun(step.id, error, describe(error))
            return False
        return tool.changes == before

    def _first(self, step: Step, signal: Unanswered) -> list[e.Event]:
        """Ask for what the person must do before a tool can be called at all."""
        question, view = next(iter(signal.questions.values())), self._log.view
        if not self._parts.attended:
            return pause_for(view, f"step {step.id} cannot be done here: {question.text}")
        expires = requests.deadline(self._parts.clock.now(), self._parts.request_expires_s)
        return [requests.errand(view, step, question, expires)]

    async def prepare(self, step: Step, tool: Tool) -> Call | None:
        """Resolve and validate the arguments; None when the step cannot begin."""
        view = self._log.view
        ready = partial(prepare, step, tool, view, self._outputs, self._parts.secrets)
        try:
            if step.undoes is not None:
                return await self._undoing.prepare(step, tool)
            if _uses_artifacts(view, step):
                return await anyio.to_thread.run_sync(ready)
            return ready()
        except Exception as error:  # noqa: BLE001 - whatever a tool's declaration raises, no call was made
            if is_due(self._log.view, step):
                self._unmade.not_begun(step.id, error, describe(error))
            return None

    async def is_there(self, call: Call) -> bool:
        """Whether an undo has something to take back; an effect that never came to be is left."""
        if not isinstance(call, UndoCall):
            return True
        try:
            stands = await self._undoing.stands(call)
        except BaseException as error:  # noqa: BLE001 - `off` lets go on what is not the tool's
            self._unmade.off(call, error)
            return False
        if not stands and self._unmade.may_start(call):
            why = "it had not happened: there is nothing to undo"
            self._log.add(e.StepSkipped(step=call.step.id, by="probe", reason=why))
        return stands

    async def entry(self, call: Call) -> Entry | None:
        """Read what an undo will need; None when it cannot be had, so the call is off for now."""
        try:
            return await self._entries.make(call)
        except BaseException as error:  # noqa: BLE001 - `off` lets go on what is not the tool's
            self._unmade.off(call, error)
            return None

    def outside(self, step_id: str) -> Call | None:
        """Make the call of a submitted step ready; without it nobody can ask about the work."""
        view = self._log.view
        assert view.plan is not None  # noqa: S101 - what is submitted is a step of a plan
        step, why = view.plan[step_id], "nobody here can ask about the work outside"
        tool = self._parts.tools.get(step.tool)
        if tool is None and view.state == "running":
            reason = f"{why}: the tool {step.tool!r} is not registered"
            self._log.add(e.RunPaused(by="engine", reason=reason))
            return None
        if tool is not None and tool.poll is not None:
            try:
                return prepare(step, tool, view, self._outputs, self._parts.secrets)
            except Exception as error:  # noqa: BLE001 - whatever a tool's declaration raises
                if classify(error) in PAUSING and view.state == "running":
                    self._log.add(*pause_for(view, f"{why}: {describe(error)}"))
                    return None
                why = f"{why}: {describe(error)}"
        attempt = view.steps[step_id].attempt
        self._log.add(e.CallDoubted(step=step_id, attempt=attempt, why=why))
        return None


def _uses_artifacts(view: RunView, step: Step) -> bool:
    """Whether an input is so large that the loop must not read it."""
    if not step.needs:
        return False
    outputs = (view.steps[earlier].output for earlier in step.needs if earlier in view.steps)
    return any(output is not None and output.artifact is not None for output in outputs)
