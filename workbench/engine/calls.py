"""The pipeline: the one way from a ready step to its outcome.

Resolve references, validate, decide, ask, reserve, intent on disk, re-check, execute, check the
output, outcome, settle. There is no other road to a tool.
"""

from __future__ import annotations

from functools import partial

import anyio
import anyio.to_thread

from workbench import events as e
from workbench.engine import family, limits, requests, talks
from workbench.engine.allowances import allowed, spent
from workbench.engine.asking import Asking
from workbench.engine.authority import Authority
from workbench.engine.breakers import Breakers
from workbench.engine.bridge import is_our_cancellation
from workbench.engine.call import Call, describe, prepare
from workbench.engine.classes import argument_faults, classify
from workbench.engine.duplicates import Duplicates
from workbench.engine.entries import Entries, Entry
from workbench.engine.execution import Execution
from workbench.engine.ledger import Ledger
from workbench.engine.lines import Lines
from workbench.engine.log import Log
from workbench.engine.loops import turns_used_up
from workbench.engine.outputs import Outputs
from workbench.engine.parts import Parts
from workbench.engine.setbacks import PAUSING, pause_for
from workbench.engine.timeouts import used_up
from workbench.engine.undoing import UndoCall, Undoing
from workbench.engine.versions import Versions
from workbench.plan import Step
from workbench.points import reach
from workbench.policy import Ask, Deny
from workbench.tools import Tool
from workbench.tools.talking import Unanswered
from workbench.view import RunView


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
        self._undoing = Undoing(parts, log)
        self._asking = Asking(parts, log, self._may_start, self._off)
        self._entries = Entries(parts, log, outputs, self._asking)
        self._awaited: dict[str, anyio.Event] = {}
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
            self._over(step_id)

    async def _make(self, step_id: str) -> None:
        view = self._log.view
        if view.plan is None or step_id not in view.plan or not _is_due(view, view.plan[step_id]):
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
        if tool.shifting and not await self._is_itself(step, tool):
            return
        call = await self._prepare(step, tool)
        if call is None or not await self._is_there(call):
            return
        try:
            await self._take(call)
        finally:
            call.drop_secrets()

    async def _take(self, call: Call) -> None:
        """Decide about a call that is ready, and make it."""
        tool = call.tool
        if not self._may_start(call):
            return
        reach("before-decision")
        await self._authority.refresh()
        if not tool.repeatable and not await self._is_first(call):
            return
        allowed_by = await self._authorize(call)
        reach("after-decision")
        if allowed_by is None:
            return
        if call.tool.writes is None:
            await self._carry_out(call, allowed_by)
        else:
            await self._write(call, allowed_by)

    async def _is_itself(self, step: Step, tool: Tool) -> bool:
        """Whether a tool that somebody else describes is still what the run knew.

        When it is not, the drive asks about the drift before anything is decided.
        """
        before = tool.changes
        try:
            await tool.refresh()
        except Unanswered as signal:
            if _is_due(self._log.view, step):
                self._log.add(*self._first(step, signal))
            return False
        except BaseException as error:
            if is_our_cancellation(error):
                raise
            if _is_due(self._log.view, step):
                self._not_begun(step.id, error, describe(error))
            return False
        return tool.changes == before

    def _first(self, step: Step, signal: Unanswered) -> list[e.Event]:
        """Ask for what the person must do before a tool can be called at all."""
        question, view = next(iter(signal.questions.values())), self._log.view
        if not self._parts.attended:
            return pause_for(view, f"step {step.id} cannot be done here: {question.text}")
        expires = requests.deadline(self._parts.clock.now(), self._parts.request_expires_s)
        return [requests.errand(view, step, question, expires)]

    def _has_asked(self, step: Step) -> bool:
        """Pass on the next question with which the last call has ended; False: there is none."""
        view = self._log.view
        if not self._parts.attended:
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
            self._execution.time_used_up(step, tool)
            return True
        return False

    async def _carry_out(self, call: Call, allowed_by: str, keys: tuple[str, ...] = ()) -> None:
        entry = await self._entry(call)
        if entry is None or (keys and not await self._is_unchanged(call, keys)):
            return
        if self._log.captures is not None:
            await self._log.captures.secured(call)
        if not self._may_start(call) or not await self._afford(call):
            return
        with family.ALONE:
            begun = self._may_start(call) and self._intend(call, allowed_by, entry)
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
            self._not_begun(call.step.id, error, call.describe(error))
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
        except BaseException as error:  # noqa: BLE001 - `_off` lets go on what is not the tool's
            self._off(call, error)
            return False
        if asked is not None and self._may_start(call):
            self._log.add(asked)
        return asked is None

    async def follow(self, step_id: str) -> None:
        """Go on asking about work outside that an earlier drive, or a pause, has left."""
        call = self._outside(step_id)
        try:
            if call is not None:
                await self.outside.follow(call)
        finally:
            if call is not None:
                call.drop_secrets()
            self._over(step_id)

    async def abandon(self, step_id: str) -> None:
        """Leave work outside behind: cancel it, or say that it goes on."""
        call = self._outside(step_id)
        if call is not None:
            await self.outside.abandon(call)
            call.drop_secrets()

    def _outside(self, step_id: str) -> Call | None:
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

    # -- deciding ----------------------------------------------------------------------------

    async def _prepare(self, step: Step, tool: Tool) -> Call | None:
        view = self._log.view
        ready = partial(prepare, step, tool, view, self._outputs, self._parts.secrets)
        try:
            if step.undoes is not None:
                return await self._undoing.prepare(step, tool)
            if _uses_artifacts(view, step):
                return await anyio.to_thread.run_sync(ready)
            return ready()
        except Exception as error:  # noqa: BLE001 - whatever a tool's declaration raises, no call was made
            if _is_due(self._log.view, step):
                self._not_begun(step.id, error, describe(error))
            return None

    async def _is_there(self, call: Call) -> bool:
        """Whether an undo has something to take back; an effect that never came to be is left."""
        if not isinstance(call, UndoCall):
            return True
        try:
            stands = await self._undoing.stands(call)
        except BaseException as error:  # noqa: BLE001 - `_off` lets go on what is not the tool's
            self._off(call, error)
            return False
        if not stands and self._may_start(call):
            why = "it had not happened: there is nothing to undo"
            self._log.add(e.StepSkipped(step=call.step.id, by="probe", reason=why))
        return stands

    async def _authorize(self, call: Call) -> str | None:
        """Say what allows the call; None when it was denied or the person is being asked."""
        view, step = self._log.view, self._log.view.steps[call.step.id]
        decision = self._authority.decide(call)
        if isinstance(decision, Deny):
            self._log.add(*self._authority.refused(call, decision))
            return None
        if over := [*self._crossed(call), *await self._ledger.over(call)]:
            await self._ask_to_cross(call, over)
            return None
        if step.approved_digest == call.digest or (step.approved_turns and step.turn):
            return await self._asking.still_as_shown(call)
        if isinstance(decision, Ask):
            if (answer := allowed(view, call, self._parts.clock.now())) is not None:
                return answer
            await self._asking.ask(call, "permission", decision.reason, by_rule=decision.by_rule)
            return None
        return decision.reason

    def _crossed(self, call: Call) -> list[str]:
        """Name limits that the call would cross, unless the person allowed exactly that."""
        view = self._log.view
        return [*limits.over(view, call), *family.over(view, call)] if view.limits else []

    async def _afford(self, call: Call) -> bool:
        """Set aside what the call takes; where a cap stands against it, the person is asked."""
        await family.refresh(self._parts.journal, self._log.view.run)
        over = await self._ledger.reserve(call)
        if over and self._may_start(call):
            await self._ask_to_cross(call, over)
        return not over

    async def _ask_to_cross(self, call: Call, over: list[str]) -> None:
        names = [limits.name_of(text) for text in over]
        why = f"it would cross a limit ({'; '.join(over)})"
        await self._asking.ask(call, "budget", why, evidence={limits.CROSSES: names})

    async def _is_first(self, call: Call) -> bool:
        """Whether no other step has done the same; a planner's step that has a twin asks."""
        if not self._duplicates.concerns(call):
            return True
        await self._log.complete()
        twin = self._duplicates.twin(call)
        while twin is not None and twin.running and self._may_start(call):
            await self._awaited.setdefault(twin.step, anyio.Event()).wait()
            twin = self._duplicates.twin(call)
        if twin is None or isinstance(self._authority.decide(call), Deny):
            return True
        if self._may_start(call):
            self._log.add(
                requests.duplicate(
                    self._log.view,
                    call.step,
                    call.tool,
                    call.shown,
                    args_digest=call.digest,
                    evidence=twin.evidence(),
                    expires=requests.deadline(
                        self._parts.clock.now(), self._parts.request_expires_s
                    ),
                )
            )
        return False

    def _over(self, step_id: str) -> None:
        """Wake those that wait for the end of this call."""
        if self._awaited and (ended := self._awaited.pop(step_id, None)) is not None:
            ended.set()

    async def _entry(self, call: Call) -> Entry | None:
        """Read what an undo will need; None when it cannot be had, so the call is off for now."""
        try:
            return await self._entries.make(call)
        except BaseException as error:  # noqa: BLE001 - `_off` lets go on what is not the tool's
            self._off(call, error)
            return None

    # -- the intent --------------------------------------------------------------------------

    def _may_start(self, call: Call) -> bool:
        """Re-check at dispatch: still running, the same step, still ready."""
        return _is_due(self._log.view, call.step) and self._log.error is None

    def _intend(self, call: Call, allowed_by: str, entry: Entry) -> bool:
        view, tool = self._log.view, call.tool
        if not self._authority.still(call):
            return False  # a right or a rule has changed meanwhile: the step is looked at again
        if view.limits and (
            self._crossed(call) or limits.exhausted(view, self._parts.clock.now()) is not None
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

    def _off(self, call: Call, error: BaseException) -> None:
        """Fail what could not be made ready; a cancellation of our own goes on."""
        if is_our_cancellation(error):
            raise error
        if self._may_start(call):
            self._not_begun(call.step.id, error, call.describe(error))

    def _not_begun(self, step_id: str, error: BaseException, text: str) -> None:
        """Fail a step before its intent, or pause for what is missing: nothing happened.

        An undo is put to the person instead, and the other undos go on.
        """
        view = self._log.view
        if view.run_kind == "undo" and view.plan is not None:
            self._log.add(self._undoing.unready(view.plan[step_id], text))
            return
        kind = classify(error)
        if kind in PAUSING:
            reason = f"step {step_id} cannot be done here: {text}"
            self._log.add(*pause_for(view, reason))
            return
        self._log.add(
            e.CallFailed(
                step=step_id,
                attempt=view.steps[step_id].attempt + 1,
                error=text,
                error_type=type(error).__name__,
                error_class=kind,
                happened=False,
                faults=argument_faults(error),
            )
        )


def _undo_name(tool: Tool) -> str | None:
    return getattr(tool.undo, "__name__", None) if tool.undo else None


def _uses_artifacts(view: RunView, step: Step) -> bool:
    """Whether an input is so large that the loop must not read it."""
    if not step.needs:
        return False
    outputs = (view.steps[earlier].output for earlier in step.needs if earlier in view.steps)
    return any(output is not None and output.artifact is not None for output in outputs)


def _is_due(view: RunView, step: Step) -> bool:
    return (
        view.state == "running"
        and view.plan is not None
        and view.plan.by_id.get(step.id) == step
        and view.steps[step.id].state == "ready"
    )
