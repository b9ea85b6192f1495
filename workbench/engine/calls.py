"""The pipeline: the one way from a ready step to its outcome.

Resolve references, validate, decide, ask, reserve, intent on disk, re-check, execute, check the
output, outcome, settle. There is no other road to a tool.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import anyio
import anyio.to_thread

from workbench import events as e
from workbench.budget import crossed
from workbench.engine import requests
from workbench.engine.checks import check_output
from workbench.engine.log import Log
from workbench.engine.outputs import Outputs
from workbench.engine.parts import Parts
from workbench.errors import NotFound, ToolError, ValueNotStorable, WorkbenchError
from workbench.executor import TimedOut
from workbench.ids import digest, idempotency_key
from workbench.plan import Step
from workbench.points import reach
from workbench.policy import Ask, CallFacts, Decision, Deny
from workbench.tools import Key, SecretValue, Tool
from workbench.values import Stored
from workbench.values.codec import to_json
from workbench.values.kinds import kind_of
from workbench.view import StepView


@dataclass(frozen=True)
class Call:
    """One call with its arguments resolved and validated."""

    step: Step
    tool: Tool
    values: dict[str, Any]
    """Typed arguments for the function."""
    shown: dict[str, Any]
    """Their JSON form."""
    digest: str
    key: Key
    spend: dict[str, float]


class Calls:
    """Makes the calls of one drive."""

    def __init__(self, parts: Parts, log: Log, outputs: Outputs) -> None:
        """Use these parts."""
        self._parts, self._log, self._outputs = parts, log, outputs

    async def make(self, step_id: str) -> None:
        """Take one ready step through the pipeline."""
        view = self._log.view
        assert view.plan is not None  # noqa: S101 - only steps of a plan are ready
        step = view.plan[step_id]
        tool = self._parts.tools.get(step.tool)
        if tool is None:
            if view.state != "running":
                return
            reason = (
                f"the tool {step.tool!r} is not registered here: Workbench(tools=[…]), then resume"
            )
            self._log.add(e.RunPaused(by="engine", reason=reason))
            return
        try:
            call = await self._prepare(step, tool)
        except (WorkbenchError, ValueError) as error:
            self._fail(step_id, view.steps[step_id].attempt + 1, error, happened=False)
            return
        allowed_by = await self._authorize(call)
        if allowed_by is None:
            return
        before = await self._read_before(call)
        if before is not None and self._may_start(call) and self._intend(call, allowed_by, before):
            await self._execute(call)

    # -- before the intent -------------------------------------------------------------------

    async def _prepare(self, step: Step, tool: Tool) -> Call:
        view = self._log.view
        values, shown = self._outputs.resolve(step.args, view)
        edited = view.steps[step.id].approved_args or {}
        values, shown = {**values, **edited}, {**shown, **edited}
        bound = tool.bind(values)
        shown = to_json(shown)
        args_digest = digest(shown)
        key = Key(idempotency_key(view.run, step.id, tool.name, args_digest))
        spend = dict(tool.spend(**bound)) if tool.spend else {}
        for unit, amount in spend.items():
            if not 0 <= amount < math.inf:
                raise ToolError(
                    f"{tool.name} declares a spend of {amount!r} {unit}.",
                    "An amount is a number of at least 0: correct the arguments or the tool.",
                )
        if not tool.repeatable:
            spend["calls"] = spend.get("calls", 0) + 1
        return Call(step, tool, bound, shown, args_digest, key, spend)

    async def _authorize(self, call: Call) -> str | None:
        """Say what allows the call; None when it was denied or the person is being asked."""
        view, step = self._log.view, self._log.view.steps[call.step.id]
        decision = self._decide(call)
        if isinstance(decision, Deny):
            self._log.add(e.StepDenied(step=call.step.id, by="policy", reason=decision.reason))
            return None
        over = crossed(view.limits, view.usage, call.spend)
        approved = step.approved_digest == call.digest
        if approved:
            return f"answer of {step.approved_by}"
        if over:
            await self._ask(call, "budget", f"it would cross a limit ({'; '.join(over)})")
            return None
        if isinstance(decision, Ask):
            if call.tool.name in view.allowances and not call.step.ask:
                return f"answer of {view.allowances[call.tool.name]}, for the whole run"
            await self._ask(call, "permission", decision.reason)
            return None
        return decision.reason

    def _decide(self, call: Call) -> Decision:
        view = self._log.view
        facts = CallFacts(view.run, view.agent, view.on_behalf_of, call.step, call.tool, call.shown)
        try:
            return self._parts.policy.decide(facts)
        except Exception as error:  # noqa: BLE001 - a policy that fails must not let anything pass
            return Deny(f"the policy failed: {type(error).__name__}: {error}")

    async def _ask(self, call: Call, about: e.RequestKind, why: str) -> None:
        preview = await self._preview(call)
        view, now = self._log.view, self._parts.clock.now()
        if not self._may_start(call):
            return
        self._log.add(
            requests.permission(
                view,
                call.step,
                call.tool,
                call.shown,
                args_digest=call.digest,
                why=why,
                about=about,
                preview=preview,
                spend=call.spend,
                expires=requests.deadline(now, self._parts.request_expires_s),
            )
        )
        reach("request-opened")

    async def _preview(self, call: Call) -> str | None:
        tool = call.tool
        if tool.preview is None:
            return None
        kwargs = tool.companion_args(tool.preview, call.values)
        try:
            seen = await self._parts.executor.run(
                tool.preview, kwargs, step=call.step.id, timeout_s=30
            )
        except Exception as error:  # noqa: BLE001 - the person should know that there is none
            return f"No preview: {type(error).__name__}: {error}"
        return seen if isinstance(seen, str) else str(seen)

    async def _read_before(self, call: Call) -> tuple[Stored, dict[str, bytes]] | None:
        """Read what the call will overwrite; None when it could not be read, so the call is off."""
        tool = call.tool
        if tool.before is None:
            return Stored(), {}
        try:
            kwargs = tool.companion_args(tool.before, {**call.values, **self._injected(call)})
            image = await self._parts.executor.run(
                tool.before, kwargs, step=call.step.id, timeout_s=self._timeout(call)
            )
            return self._outputs.encode(image)
        except (Exception, TimedOut) as error:  # noqa: BLE001 - without the image no undo: no call
            attempt = self._log.view.steps[call.step.id].attempt + 1
            self._fail(call.step.id, attempt, error, happened=False)
            return None

    # -- intent, execution, outcome ----------------------------------------------------------

    def _may_start(self, call: Call) -> bool:
        """Re-check at dispatch: still running, the same step, still ready."""
        view = self._log.view
        return (
            view.state == "running"
            and view.plan is not None
            and view.plan.by_id.get(call.step.id) == call.step
            and view.steps[call.step.id].state == "ready"
            and self._log.error is None
        )

    def _intend(self, call: Call, allowed_by: str, before: tuple[Stored, dict[str, bytes]]) -> bool:
        view, tool = self._log.view, call.tool
        if not allowed_by.startswith("answer of") and crossed(view.limits, view.usage, call.spend):
            return False
        args, artifacts = self._outputs.encode(call.shown)
        self._log.add(
            e.CallIntended(
                step=call.step.id,
                attempt=view.steps[call.step.id].attempt + 1,
                tool=tool.name,
                effect=tool.effect,
                args=args,
                args_digest=call.digest,
                key=call.key,
                allowed_by=allowed_by,
                spend=call.spend,
                undo=getattr(tool.undo, "__name__", None) if tool.undo else None,
                before=before[0] if tool.before else None,
            ),
            artifacts={**artifacts, **before[1]},
        )
        return True

    async def _execute(self, call: Call) -> None:
        tool, step_id = call.tool, call.step.id
        if not tool.repeatable:
            reach("before-intent-on-disk")
            await self._log.flush()
            reach("after-intent-on-disk")
            if self._log.view.state not in ("running", "waiting"):
                why = "paused or stopped before the call was made"
                attempt = self._log.view.steps[step_id].attempt
                self._log.add(e.CallCancelled(step=step_id, attempt=attempt, why=why))
                return
        began = self._parts.clock.monotonic()
        attempt = self._log.view.steps[step_id].attempt
        try:
            kwargs = {**call.values, **self._injected(call)}
            output = await self._parts.executor.run(
                tool.function, kwargs, step=step_id, timeout_s=self._timeout(call)
            )
        except TimedOut as error:
            self._timed_out(call, attempt, error, self._since(began))
            return
        except anyio.get_cancelled_exc_class():
            self._interrupted(call, attempt)
            raise
        except BaseException as error:  # noqa: BLE001 - a tool may raise anything, even SystemExit
            self._raised(call, attempt, error, self._since(began))
            return
        reach("after-effect")
        with anyio.CancelScope(shield=True):
            await self._record_output(call, attempt, output, self._since(began))

    async def _record_output(self, call: Call, attempt: int, output: Any, duration: float) -> None:
        step = call.step
        try:
            if kind_of(output) is None:
                stored, artifacts = self._outputs.encode(output)
            else:
                stored, artifacts = await anyio.to_thread.run_sync(self._outputs.encode, output)
            fault = None
            if step.check is not None:
                fault = await check_output(
                    step.check, output, step.id, self._parts.tools, self._parts.executor
                )
        except ValueNotStorable as error:
            self._fail(step.id, attempt, error, happened=True, duration=duration)
            return
        except Exception as error:  # noqa: BLE001 - a check that fails is a failed check
            stored, artifacts, fault = Stored(), {}, f"the check failed: {error}"
        if fault is not None:
            happened = None if call.tool.repeatable else True
            self._retry_or_fail(call, attempt, ToolError(fault), duration, happened=happened)
            return
        verified = True if step.check is not None else None
        self._log.add(
            e.CallSucceeded(
                step=step.id, attempt=attempt, output=stored, duration_s=duration, verified=verified
            ),
            artifacts=artifacts,
        )
        reach("after-outcome")

    def _timed_out(self, call: Call, attempt: int, error: TimedOut, duration: float) -> None:
        if call.tool.idempotent:
            self._retry_or_fail(call, attempt, error, duration, happened=None)
        else:
            self._log.add(e.CallDoubted(step=call.step.id, attempt=attempt, why=str(error)))

    def _interrupted(self, call: Call, attempt: int) -> None:
        step = call.step.id
        if self._log.view.steps[step].state != "running":
            return
        if call.tool.repeatable:
            why = "cancelled by a pause or a stop"
            self._log.add(e.CallCancelled(step=step, attempt=attempt, why=why))
        else:
            why = "cancelled while it was being done"
            self._log.add(e.CallDoubted(step=step, attempt=attempt, why=why))

    def _raised(self, call: Call, attempt: int, error: BaseException, duration: float) -> None:
        happened = False if call.tool.repeatable else None
        self._retry_or_fail(call, attempt, error, duration, happened=happened)

    def _retry_or_fail(
        self,
        call: Call,
        attempt: int,
        error: BaseException,
        duration: float,
        *,
        happened: bool | None,
    ) -> None:
        retry = call.step.retry or call.tool.retry
        if attempt >= retry.attempts or not call.tool.idempotent or happened:
            if isinstance(error, TimedOut) and not call.tool.repeatable:
                self._log.add(e.CallDoubted(step=call.step.id, attempt=attempt, why=str(error)))
                return
            self._fail(call.step.id, attempt, error, happened=happened, duration=duration)
            return
        self._log.add(
            e.CallRetrying(
                step=call.step.id,
                attempt=attempt,
                error=_text(error),
                error_type=type(error).__name__,
                wait_s=retry.wait_before(attempt + 1),
                duration_s=duration,
            )
        )

    def _fail(
        self,
        step: str,
        attempt: int,
        error: BaseException,
        *,
        happened: bool | None,
        duration: float = 0.0,
    ) -> None:
        state: StepView = self._log.view.steps[step]
        if state.state not in ("ready", "running"):
            return
        self._log.add(
            e.CallFailed(
                step=step,
                attempt=attempt,
                error=_text(error),
                error_type=type(error).__name__,
                happened=happened,
                duration_s=duration,
            )
        )

    def _injected(self, call: Call) -> dict[str, Any]:
        signature = call.tool.signature
        values: dict[str, Any] = dict.fromkeys(signature.keys, call.key)
        for parameter, name in signature.secrets.items():
            secret = self._parts.secrets(name)
            if secret is None:
                raise NotFound(
                    f"{call.tool.name} needs the secret {name!r}, which is not set.",
                    f"Set the environment variable {name.upper()}, or pass Workbench(secrets=…).",
                    secret=name,
                )
            values[parameter] = SecretValue(name, secret)
        return values

    def _timeout(self, call: Call) -> float | None:
        return call.step.timeout_s or call.tool.timeout_s

    def _since(self, began: float) -> float:
        return round(self._parts.clock.monotonic() - began, 6)


def _text(error: BaseException) -> str:
    text = str(error) or type(error).__name__
    return text if isinstance(error, WorkbenchError) else f"{type(error).__name__}: {text}"[:4000]
