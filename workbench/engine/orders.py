"""What people order of a running drive: taken from the journal, decided, noted."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import anyio.to_thread

from workbench import events as e
from workbench.commands import (
    Amend,
    Answer,
    Command,
    EditPlan,
    MakeCheckpoint,
    Pause,
    ProposeEdit,
    RollBack,
)
from workbench.engine.amending import refuse_unfit
from workbench.engine.commands import accept, expire
from workbench.engine.foresee import remarked
from workbench.engine.log import Log
from workbench.engine.outputs import Outputs
from workbench.engine.parts import Parts
from workbench.engine.refusals import pack
from workbench.engine.refusing import stands
from workbench.errors import CommandRefused, WorkbenchError
from workbench.points import reach


class Orders:
    """Takes the commands of one run, in the order in which they were written."""

    def __init__(self, parts: Parts, log: Log, *, waiting: bool) -> None:
        """Use these parts; `waiting` says whether there are any now."""
        self._parts, self._log = parts, log
        self._taken: set[int] = set()
        self.waiting = waiting
        """Whether the journal should be asked for commands."""
        self._has_set = False
        """Whether the command that was decided last has set a rule."""
        self.taking = False
        """Whether some are being decided: nothing new begins meanwhile."""

    async def take(self, is_whole: Callable[[], bool]) -> bool:
        """Do what is ordered; says whether anything was.

        A command about finished steps waits until `is_whole` says that the view has them.
        """
        if not self.waiting:
            return False
        self.waiting, self.taking = False, True
        try:
            return await self._take(is_whole)
        finally:
            self.taking = False

    async def _take(self, is_whole: Callable[[], bool]) -> bool:
        rows = await anyio.to_thread.run_sync(self._parts.journal.open_commands, self._log.view.run)
        # One that was decided stays open in the journal until its decision is on disk.
        rows = [row for row in rows if row.number not in self._taken]
        before = len(self._taken)
        for row in rows:
            if _looks_back(row.command) and not is_whole():
                self.waiting = True
                break
            self._taken.add(row.number)
            await self._announce(row.command)
            refused = await self._unfit(row.command) or self._do(row.command)
            if self._log.relay is not None:
                self._log.relay.over()
            self._log.handled(row.number, "refused" if refused else "done", refused)
            reach("command-taken")
            if self._has_set and not refused:
                await self._let_it_stand()
        if len(self._taken) == before:
            return False
        self._log.submit_soon()
        return True

    async def _announce(self, command: Command) -> None:
        """Let hooks know of a pause or a checkpoint before it is; nothing begins meanwhile."""
        relay, state = self._log.relay, self._log.view.state
        if relay is None or state in ("paused", "stopping") or self._log.view.final:
            return
        if isinstance(command, Pause):
            await relay.announced(e.RunPaused(by=command.by, reason=command.reason))
        elif isinstance(command, MakeCheckpoint):
            await relay.announced(e.CheckpointMade(name=command.name, by=command.by))

    async def _unfit(self, command: Command) -> str:
        """Look at the values that a command gives; gives the refusal, or nothing."""
        if isinstance(command, Amend) and command.outputs:
            try:
                outputs = Outputs(self._parts.journal.artifact)
                await refuse_unfit(self._log.view, command, self._parts, outputs)
            except Exception as error:  # noqa: BLE001 - as below
                return self._refusal(command, error)
        return ""

    def _refusal(self, command: Command, error: Exception) -> str:
        """Put a refusal into words; what is no refusal is a fault of ours, or a broken command."""
        if isinstance(error, WorkbenchError):
            return pack(error)
        fault = f"{type(error).__name__}: {error}"
        self._log.add(e.FaultRecorded(where=f"command {command.kind}", error=fault))
        return pack(CommandRefused(f"The order {command.kind!r} made no sense: {fault}."))

    def _do(self, command: Command) -> str:
        """Do what a command wants; gives the refusal, or nothing."""
        view, now = self._log.view, self._parts.clock.now()
        self._log.add(*expire(view, now))
        try:
            parts = self._parts
            events = accept(view, command, parts.tools, now, parts.policy, gates=parts.gates)
        except Exception as error:  # noqa: BLE001 - a command that cannot be read must not end the run
            return self._refusal(command, error)
        self._log.add(*remarked([self._with_rule(event) for event in events], parts, view))
        return ""

    def _with_rule(self, event: e.Event) -> e.Event:
        """Set the rule of an answer, if it has one; what is frozen already is not frozen again."""
        if not isinstance(event, e.RequestAnswered) or event.rule is None:
            return event
        if stands(event.rule, self._parts.standing.beside(event.rule_id)):
            return event.model_copy(update={"rule": None, "rule_id": ""})
        self._log.rule(event.rule_id, event.rule, event.by)
        self._has_set = True
        return event

    async def _let_it_stand(self) -> None:
        """Wait until a rule that an answer has set stands: what it covers is decided by it."""
        self._has_set = False
        with contextlib.suppress(WorkbenchError):  # the log knows, and nothing begins
            await self._log.flush()
        if self._log.rules_revision > self._parts.standing.revision:
            await anyio.to_thread.run_sync(self._parts.standing.load)


def _looks_back(command: Command) -> bool:
    """Whether a command may be about steps that are finished."""
    reaches_back = isinstance(command, Answer) and command.choice in ("use", "accept")
    return isinstance(command, (EditPlan, ProposeEdit, Amend, RollBack)) or reaches_back
