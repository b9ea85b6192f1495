"""The pipeline: the one way from a ready step to its outcome.

Resolve references, validate, decide, ask, reserve, intent on disk, re-check, execute, check the
output, outcome, settle. There is no other road to a tool.
"""

from __future__ import annotations

from workbench import events as e
from workbench.engine import family, limits, requests, talks
from workbench.engine.allowances import spent
from workbench.engine.asking import Asking
from workbench.engine.authority import Authority
from workbench.engine.breakers import Breakers
from workbench.engine.call import Call
from workbench.engine.duplicates import Duplicates
from workbench.engine.entries import Entries, Entry
from workbench.engine.execution import Execution
from workbench.engine.ledger import Ledger
from workbench.engine.lines import Lines
from workbench.engine.log import Log
from workbench.engine.loops import turns_used_up
from workbench.engine.outputs import Outputs
from workbench.engine.parts import Parts
from workbench.engine.permission import Permission
from workbench.engine.readiness import Readiness
from workbench.engine.timeouts import used_up
from workbench.engine.undoing import Undoing
from workbench.engine.unmade import Unmade, is_due
from workbench.engine.versions import Versions
from workbench.plan import Step
from workbench.points import reach
from workbench.tools import Tool


class Calls:
    """Makes the calls of one drive."""

    def __init__(
        self,
        parts: Parts,
        log: Log,
        outputs: Outputs,
        *,
        authority: Authority,
        breakers: Breakers,
        versions: Versions,
        lines: Lines,
        ledger: Ledger,
    ) -> None:
        """Use these parts."""
        self._parts, self._log, self._outputs = parts, log, outputs
        self._turns, self._versions = versions.turns, versions
        self._authority, self._breakers, self._ledger = authority, breakers, ledger
        self._duplicates = Duplicates(log)
        undoing = Undoing(parts, log)
        self._unmade = Unmade(log, undoing)
        asking = Asking(parts, log, self._unmade.may_start, self._unmade.off)
        entries = Entries(parts, log, outputs, asking)
        self._ready = Readiness(
            parts, log, outputs, undoing=undoing, entries=entries, unmade=self._unmade
        )
        self._permission = Permission(
            parts,
            log,
            authority=authority,
            ledger=ledger,
            asking=asking,
            duplicates=self._duplicates,
            unmade=self._unmade,
        )
        self._execution = Execution(
            parts, log, outputs, authority=authority, breakers=breakers, lines=lines
        )
        self.outside = self._execution.polls
        """Who follows work that goes on outside."""

    def close(self) -> None:
        """Take note of nothing more: the drive has ended."""
        self._execution.unplanned.closed = True

    def ends_now(self) -> bool:
        """Whether a call in flight reaches a time limit of its own at this moment."""
        return self._execution.ends_now()

    async def make(self, step_id: str) -> None:
        """Take one ready step through the pipeline."""
        played = self._parts.played
        try:
            if played is None or await played.may_begin(step_id):
                await self._make(step_id)
        finally:
            self._permission.over(step_id)

    async def _make(self, step_id: str) -> None:
        view = self._log.view
        if view.plan is None or step_id not in view.plan or not is_due(view, view.plan[step_id]):
            return
        step = view.plan[step_id]
        tool = self._parts.tools.get(step.tool)
        if tool is None:
            reason = (
                f"the tool {step.tool!r} is not registered here: Workbench(tools=[…]), then resume"
            )
            self._log.add(e.RunPaused(by="engine", reason=reason))
            return
        if self._is_used_up(step, tool) or self._has_asked(step):
            return
        if tool.shifting and not await self._ready.is_itself(step, tool):
            return
        call = await self._ready.prepare(step, tool)
        if call is None or not await self._ready.is_there(call):
            return
        try:
            await self._take(call)
        finally:
            call.drop_secrets()

    async def _take(self, call: Call) -> None:
        """Decide about a call that is ready, and make it."""
        tool = call.tool
        if not self._unmade.may_start(call):
            return
        reach("before-decision")
        await self._authority.refresh()
        if not tool.repeatable and not await self._permission.is_first(call):
            return
        allowed_by = await self._permission.authorize(call)
        reach("after-decision")
        if allowed_by is None:
            return
        if call.tool.writes is None:
            await self._carry_out(call, allowed_by)
        else:
            await self._write(call, allowed_by)

    def _has_asked(self, step: Step) -> bool:
        """Pass on the next question with which the last call has ended; False: there is none."""
        view = self._log.view
        if view.steps[step.id].asked is None or not self._parts.attended:
            return False
        expires = requests.deadline(self._parts.clock.now(), self._parts.request_expires_s)
        question = talks.next_question(view, step, expires)
        if question is not None:
            self._log.add(question)
        return question is not None

    def _is_used_up(self, step: Step, tool: Tool) -> bool:
        """Fail a step that has no time or no turn left for another call."""
        view = self._log.view
        if (end := turns_used_up(step, view.steps[step.id])) is not None:
            self._log.add(end)
            return True
        if step.within_s is not None and used_up(step, view, self._parts.clock.now()):
            self._execution.failures.time_used_up(step, tool)
            return True
        return False

    async def _carry_out(self, call: Call, allowed_by: str, keys: tuple[str, ...] = ()) -> None:
        entry = await self._ready.entry(call)
        if entry is None or (keys and not await self._is_unchanged(call, keys)):
            return
        if self._log.captures is not None:
            await self._log.captures.secured(call)
        if not self._unmade.may_start(call) or not await self._permission.afford(call):
            return
        with family.ALONE:
            begun = self._unmade.may_start(call) and self._intend(call, allowed_by, entry)
        if not begun:
            self._ledger.give_back(call)
        else:
            await self._execution.run(call)
            if keys:
                await self._versions.remember(call, keys)

    async def _write(self, call: Call, allowed_by: str) -> None:
        """Make a call that says what it writes: alone there, and over nobody else's change."""
        try:
            keys = call.tool.written_keys(call.values)
        except Exception as error:  # noqa: BLE001 - whatever a tool's declaration raises, no call was made
            self._unmade.not_begun(call.step.id, error, call.describe(error))
            return
        if not self._turns.take(call.step.id, keys):
            return
        try:
            await self._carry_out(call, allowed_by, keys)
        finally:
            self._turns.give_back(call.step.id)

    async def _is_unchanged(self, call: Call, keys: tuple[str, ...]) -> bool:
        """Whether nobody else changed what the call writes; else the person is asked."""
        try:
            asked = await self._versions.conflict(call, keys)
        except BaseException as error:  # noqa: BLE001 - `off` lets go on what is not the tool's
            self._unmade.off(call, error)
            return False
        if asked is not None and self._unmade.may_start(call):
            self._log.add(asked)
        return asked is None

    async def follow(self, step_id: str) -> None:
        """Go on asking about work outside that an earlier drive, or a pause, has left."""
        call = self._ready.outside(step_id)
        try:
            if call is not None:
                await self.outside.follow(call)
        finally:
            if call is not None:
                call.drop_secrets()
            self._permission.over(step_id)

    async def abandon(self, step_id: str) -> None:
        """Leave work outside behind: cancel it, or say that it goes on."""
        call = self._ready.outside(step_id)
        if call is not None:
            await self.outside.abandon(call)
            call.drop_secrets()

    def _intend(self, call: Call, allowed_by: str, entry: Entry) -> bool:
        view, tool = self._log.view, call.tool
        if not self._authority.still(call):
            return False  # a right or a rule has changed meanwhile: the step is looked at again
        if view.limits and (
            self._permission.crossed(call)
            or limits.exhausted(view, self._parts.clock.now()) is not None
        ):
            return False
        if view.limited and spent(view, call, allowed_by, self._parts.clock.now()):
            return False
        if view.breakers and self._breakers.holds(call.step.id, view.in_flight):
            return False
        if not tool.repeatable:
            if self._duplicates.twin(call) is not None:
                return False  # it began meanwhile: the step is looked at again
            self._duplicates.note(call)
        args, artifacts = self._outputs.encode(call.shown)
        if args.value == call.shown:
            args.known_as(call.digest)
        stands = view.steps[call.step.id]
        self._log.add(
            e.CallIntended(
                step=call.step.id,
                attempt=stands.attempt + 1,
                turn=stands.turn + 1,
                tool=tool.name,
                effect=tool.effect,
                args=args,
                args_digest=call.digest,
                key=call.key,
                allowed_by=allowed_by,
                spend=call.spend,
                undo=_undo_name(tool) if not entry.not_undoable else None,
                undo_args=entry.args,
                before=entry.before,
                not_undoable=entry.not_undoable,
            ),
            artifacts=artifacts | entry.artifacts if entry.artifacts else artifacts,
        )
        return True


def _undo_name(tool: Tool) -> str | None:
    return getattr(tool.undo, "__name__", None) if tool.undo else None
