"""What is said during a call: its progress, questions to the person, requests to a model."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import anyio

from workbench import commands as c
from workbench import events as e
from workbench.engine import requests
from workbench.engine.call import Call
from workbench.engine.log import Log
from workbench.engine.parts import Parts
from workbench.errors import CommandRefused, LimitReached, ModelError
from workbench.models import Asking, Model, ModelReply, ModelRequest, ask
from workbench.plan import Step
from workbench.tools.masking import Mask
from workbench.tools.talking import Asked, Said, Unanswered
from workbench.view import RequestView, RunView, StepView
from workbench.view.talk import said

REPORT_EVERY_S = 1.0
"""Between two reports of one call that are kept; those in between are dropped."""
REPORTS = 1000
"""Reports of one call that are kept at most."""
SAMPLES = 50
"""Times that one call may ask a model."""
SAMPLING = "sampling"
"""What a model is asked for: by the other side of a call, for itself."""
REFUSED_S = 0.5
"""Seconds that a call waits for a refusal, from the second one on."""
TEXT = 500
"""Characters of a report that are kept."""


class LimitCrossed(ModelError):
    """A limit of the run forbids to ask a model."""


class Conversation:
    """The ear of the engine for one call; see `tools.talking.Talk`."""

    def __init__(self, parts: Parts, log: Log, call: Call) -> None:
        """Listen to a call whose intent is in the log."""
        self._parts, self._log, self._call = parts, log, call
        self._attempt = log.view.steps[call.step.id].attempt
        self._reported, self._reports, self._closed = float("-inf"), 0, False
        self._samples = self._refused = 0
        stands = log.view.steps[call.step.id]
        self.state = stands.asked.state if stands.asked is not None else ""
        self.answers: Mapping[str, Said] = _answers(stands)
        self.key = str(call.key)

    def close(self) -> None:
        """Hear nothing more: the call is over."""
        self._closed = True

    def report(self, progress: float | None, text: str) -> None:
        """Keep a report, unless the last one was a moment ago."""
        now = self._parts.clock.monotonic()
        kept = self._is_open() and self._reports < REPORTS
        if not kept or now - self._reported < REPORT_EVERY_S:
            return
        self._reported, self._reports = now, self._reports + 1
        share = None if progress is None else min(1.0, max(0.0, progress))
        text = self._call.mask.text(text)
        self._log.add(
            e.CallReported(
                step=self._call.step.id, attempt=self._attempt, progress=share, text=text[:TEXT]
            )
        )

    async def ask(self, question: Asked) -> Said:
        """Open a request and wait for what becomes of it; without a person it is declined."""
        if not self._is_open() or not self._parts.attended:
            return Said(verdict="decline")
        expires = requests.deadline(self._parts.clock.now(), self._parts.request_expires_s)
        question = _without_secrets(question, self._call.mask)
        opened = requests.elicitation(self._log.view, self._call.step, "", question, expires)
        decided, verdicts = anyio.Event(), list[Said]()

        def heard(event: e.Event) -> None:
            if isinstance(event, e.RequestAnswered):
                verdicts.append(said(event))
            elif isinstance(event, (e.RequestExpired, e.RequestVoided)):
                verdicts.append(Said(verdict="cancel"))
            if verdicts:
                decided.set()

        self._log.heard[opened.request] = heard
        try:
            self._log.add(opened)
            self._log.submit()
            await decided.wait()
            return verdicts[0]
        finally:
            del self._log.heard[opened.request]
            self._void(opened.request)

    def put_off(self, signal: Unanswered) -> None:
        """Record the questions with which the call has ended."""
        mask = self._call.mask
        self._log.add(
            e.CallAsked(
                step=self._call.step.id,
                attempt=self._attempt,
                questions={k: _without_secrets(one, mask) for k, one in signal.questions.items()},
                state=mask.text(signal.state),
            )
        )

    async def sample(self, model: Model, request: ModelRequest) -> ModelReply:
        """Ask a model when no limit forbids it; it is recorded and counted as any call of one."""
        if not self._is_open():
            raise LimitCrossed("No model is asked: the call is over.", "Ask during the call.")
        self._samples += 1
        if self._samples > SAMPLES:
            why = f"one call may ask {SAMPLES} times"
            await self._refuse(model, why)
            raise LimitCrossed(f"No model is asked: {why}.", "Make several calls of it.")
        began = self._parts.clock.monotonic()
        try:
            reply = await ask(model, request, about=Asking(model.label, request, SAMPLING))
        except LimitReached as error:
            why = str(error.fields["why"])
            await self._refuse(model, why)
            raise LimitCrossed(f"No model is asked: {why}.", "Raise the limit.") from error
        except Exception as error:
            self._sampled(model, "failed", why=self._call.describe(error))
            raise
        took_s = round(self._parts.clock.monotonic() - began, 6)
        self._sampled(model, "answered", duration_s=took_s)
        return reply

    async def _refuse(self, model: Model, why: str) -> None:
        """Note the first refusal of a call; whoever asks again and again waits for the next."""
        self._refused += 1
        if self._refused == 1:
            self._sampled(model, "refused", why=why)
        else:
            await self._parts.clock.sleep(REFUSED_S)

    def _sampled(self, model: Model, outcome: str, **fields: Any) -> None:
        if self._is_open():
            known = {"step": self._call.step.id, "attempt": self._attempt, "model": model.label}
            self._log.add(e.CallSampled.model_validate({**known, "outcome": outcome, **fields}))

    def _is_open(self) -> bool:
        stands = self._log.view.steps.get(self._call.step.id)
        alive = not self._closed and self._log.error is None and not self._log.view.final
        return alive and stands is not None and stands.state == "running"

    def _void(self, request: str) -> None:
        """Take back a question that nobody waits for any more."""
        known = self._log.view.requests.get(request)
        if known is not None and known.state == "open" and self._log.error is None:
            why = "the call is over"
            self._log.add(e.RequestVoided(request=request, step=self._call.step.id, why=why))


def next_question(view: RunView, step: Step, expires: datetime | None) -> e.RequestOpened | None:
    """Give the next open question with which the step's last call has ended; None: all answered."""
    stands = view.steps[step.id]
    if stands.asked is None:
        return None
    for key, question in stands.asked.questions.items():
        if key not in stands.said:
            return requests.elicitation(view, step, key, question, expires)
    return None


def _answers(stands: StepView) -> dict[str, Said]:
    """Give the person's answer to each question with which the last call has ended."""
    if stands.asked is None:
        return {}
    declined = Said(verdict="decline")  # without a person there is no other answer
    return {name: stands.said.get(name, declined) for name in stands.asked.questions}


def is_errand(view: RunView, request: RequestView) -> bool:
    """Whether it asks for what must be done before a call: refused, the call is not made."""
    step = view.steps[request.opened.step or ""]
    pending = step.asked.questions if step.asked is not None else {}
    return step.state == "asking" and request.opened.evidence.get("key", "") not in pending


def answered(view: RunView, request: RequestView, command: c.Answer) -> list[e.Event]:
    """Decide about an answer to the other side of a call. No I/O.

    Raises:
        CommandRefused: the values do not fit what was asked for; the request stays open.
    """
    values = {**request.opened.args, **(command.args or {})}
    schema = request.opened.evidence.get("answers")
    if command.verdict == "approve" and (faults := _faults(schema, values)):
        raise CommandRefused(
            f"The answer does not fit what was asked: {'; '.join(faults)}.",
            "request.approve(args={…}) with the values; the request is still open.",
        )
    events: list[e.Event] = [
        e.RequestAnswered(
            request=request.id,
            step=request.opened.step,
            verdict=command.verdict,
            by=command.by,
            surface=command.surface,
            args=values if command.verdict == "approve" and schema else None,
            reason=command.reason,
            then=command.then,
        )
    ]
    if command.verdict == "deny" and command.then == "stop":
        moot = [r for r in view.open_requests if r.id != request.id]
        why = "the run was stopped"
        events += [e.RequestVoided(request=r.id, step=r.opened.step, why=why) for r in moot]
        return [*events, e.RunStopping(by=command.by, reason=command.reason or "stopped")]
    if command.verdict == "deny" and command.then == "freeze" and view.state != "paused":
        return [*events, e.RunPaused(by=command.by, reason=command.reason or "frozen")]
    if view.state == "waiting":
        events.append(e.RunResumed(by=command.by))
    return events


def _without_secrets(question: Asked, mask: Mask) -> Asked:
    return Asked.model_validate(mask.json(question.model_dump())) if mask else question


def _faults(schema: Any, values: dict[str, Any]) -> list[str]:
    """Say in what way values do not fit a schema of the other side, which may be nonsense."""
    if not schema:
        return []
    from jsonschema import Draft202012Validator, SchemaError

    try:
        found = Draft202012Validator({**schema, "additionalProperties": False}).iter_errors(values)
        return [f"{error.json_path}: {error.message}"[:TEXT] for error in found][:5]
    except (SchemaError, ValueError, TypeError, AttributeError) as error:
        return [f"its schema cannot be used: {error}"[:TEXT]]
