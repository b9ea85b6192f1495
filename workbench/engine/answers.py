"""What an answer to a request comes to. No I/O."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from workbench import commands as c
from workbench import events as e
from workbench.engine import controls, outsiders, talks
from workbench.engine.allowances import read_limits
from workbench.engine.always import always_rule
from workbench.engine.covered import covered
from workbench.engine.digests import digests
from workbench.engine.edited import is_shown_only, only_edits
from workbench.engine.quorum import doomed
from workbench.engine.rolling import undo_doubted
from workbench.errors import CommandRefused, ToolError
from workbench.gate import Gates, gate_for, instruction, is_strict, lack
from workbench.grants import Grant
from workbench.grants.subject import has
from workbench.ids import digest, new_id
from workbench.plan import Step
from workbench.plan.graph import downstream
from workbench.tools import Registry
from workbench.values import Stored
from workbench.view import RequestView, RunView

CHOSEN = frozenset({"doubt", "question", "duplicate", "drift", "conflict", "proposal"})
"""Kinds of requests that are answered by a choice, and not by an approval."""


def answer(
    view: RunView,
    command: c.Answer,
    tools: Registry,
    now: datetime,
    gates: Gates = "by_surface",
    *,
    revise: outsiders.Edit,
) -> list[e.Event]:
    """Decide about an answer; `revise` says what an edit that it accepts comes to.

    Raises:
        CommandRefused: the request is not open, the token is not its own, the answer does not fit
            the question, or an approval lacks what its class of risk asks for.
    """
    request = open_request(view, command, now)
    opened = request.opened
    _check_verdict(request, command)
    command = only_edits(opened, command)
    if command.verdict == "approve" and is_strict(gates, command.surface):
        _check_gate(request, command, tools, now)
    if (special := _special(view, request, command, revise)) is not None:
        return special(view, request, command)
    _check_scope(request, command, tools)
    args, approved = _approved(request, command, tools)
    rule = always_rule(view, request, command, tools, {**opened.args, **(args or {})})
    answered = e.RequestAnswered(
        request=request.id,
        step=opened.step,
        verdict=command.verdict,
        by=command.by,
        surface=command.surface,
        scope=command.scope,
        args=args,
        args_digest=approved,
        limits=command.limits or None,
        rule=rule,
        rule_id=new_id("rule") if rule else "",
        confirm=command.confirm,
        choice=command.choice,
        reason=command.reason,
        then=command.then,
        review=command.review and command.verdict == "deny" and command.then == "replan",
    )
    if command.verdict == "deny":
        return _deny(view, request, command, answered)
    events: list[e.Event] = [answered, *covered(view, request, command, rule, tools=tools, now=now)]
    if opened.about == "drift" and command.choice == "stop":
        return [answered, *_stop_rest(view, request, command.by, "its tools have changed")]
    if opened.about == "drift":
        events.append(e.ToolsAccepted(by=command.by, **digests(tools)))
    elif opened.about == "doubt" and opened.step is not None:
        events += _settle(view, opened.step, command)
    elif opened.about == "duplicate" and opened.step is not None:
        events += _double(view, request, opened.step, command)
    elif opened.about == "conflict" and opened.step is not None and command.choice == "skip":
        events += _leave_alone(view, opened.step, command)
    if view.state == "waiting" and not isinstance(events[-1], e.RollbackBegun):
        events.append(e.RunResumed(by=command.by))
    return events


def _special(
    view: RunView, request: RequestView, command: c.Answer, revise: outsiders.Edit
) -> Callable[[RunView, RequestView, c.Answer], list[e.Event]] | None:
    """Say who decides about an answer that is neither an approval of a call nor a choice."""
    if controls.is_control(request.opened):
        return controls.answered
    if request.opened.about == "proposal":
        return partial(outsiders.answered, edit=revise)
    if request.opened.about != "elicitation":
        return None
    refused = command.verdict == "deny" and talks.is_errand(view, request)
    return None if refused else talks.answered


def arm(view: RunView, command: c.Arm, now: datetime) -> list[e.Event]:
    """Take the first of two steps; a second time it changes nothing.

    Raises:
        CommandRefused: the request is not open, the token is not its own, or one step is enough.
    """
    request = open_request(view, command, now)
    if request.gate.form != "two_step":
        raise CommandRefused(
            f"Request {request.id} does not take two steps.", instruction(request.gate)
        )
    if request.armed_at is not None:
        return []
    step = request.opened.step
    return [e.RequestArmed(request=request.id, step=step, by=command.by, surface=command.surface)]


def skip_dependents(view: RunView, step: str, reason: str) -> list[e.Event]:
    """Skip everything that waits for a step which will never be done."""
    if view.plan is None:
        return []
    open_states = ("pending", "ready", "asking")
    affected = doomed(view, [step]) if view.quorums else downstream(view.plan.needs, [step])
    events: list[e.Event] = []
    for later in view.plan.by_id:
        if later in affected and view.steps[later].state in open_states:
            request = view.steps[later].request
            if request is not None:
                events.append(e.RequestVoided(request=request, step=later, why=reason))
            events.append(e.StepSkipped(step=later, by="engine", reason=reason))
    return events


def open_request(view: RunView, command: c.Answer | c.Arm, now: datetime) -> RequestView:
    """Give the request that is answered, with its own token and in time.

    Raises:
        CommandRefused: there is none, it is not open any more, or the token is another.
    """
    request = view.requests.get(command.request)
    if request is None:
        raise CommandRefused(
            f"Run {view.run} has no request {command.request!r}.", "Look at its inbox."
        )
    if request.opened.expires is not None and request.opened.expires <= now:
        raise CommandRefused(
            f"Request {request.id} expired at {request.opened.expires:%H:%M:%S} UTC.",
            "It counts as refused.",
        )
    if request.state != "open":
        who = f" by {request.answer.by} through {request.answer.surface}" if request.answer else ""
        raise CommandRefused(
            f"Request {request.id} was already {request.state}{who}.",
            "The first answer counts; look at the run.",
        )
    if not hmac.compare_digest(
        command.token.encode("utf-8", "replace"), request.opened.token.encode()
    ):
        raise CommandRefused(
            f"The answer does not carry the token of request {request.id}.",
            "Answer through run.inbox, which has the current one.",
        )
    return request


def _check_verdict(request: RequestView, command: c.Answer) -> None:
    choices = request.opened.choices
    is_choice = request.opened.about in CHOSEN
    if command.verdict == "approve" and is_choice:
        raise CommandRefused(
            f"Request {request.id} asks for a choice, not for an approval.",
            f"Choose one of: {', '.join(choices) or 'any text'}.",
        )
    if command.verdict != "choose":
        return
    if not is_choice:
        raise CommandRefused(
            f"Request {request.id} asks for an approval, not for a choice.", "Approve or deny it."
        )
    if not command.choice or (choices and command.choice not in choices):
        raise CommandRefused(
            f"{command.choice!r} is no answer to request {request.id}.",
            f"Choose one of: {', '.join(choices) or 'any text'}.",
        )


def _check_scope(request: RequestView, command: c.Answer, tools: Registry) -> None:
    reaches_far = command.scope in ("run", "always") and command.verdict == "approve"
    if command.limits and not reaches_far:
        raise CommandRefused(
            "Only an approval for the whole run, or for always, has limits.",
            "approve(scope='run', limits={…}).",
        )
    if command.limits:
        _check_limits(read_limits(request.opened.tool, command.limits), tools)
    if command.scope != "once" and request.opened.objects is not None:
        raise CommandRefused(
            f"Request {request.id} lists its objects, and an approval covers only those.",
            "Approve it once; the next list is asked about again.",
        )


def _check_limits(limits: Grant, tools: Registry) -> None:
    for tool in (tool for tool in tools if limits.names(tool.name)):
        for name in limits.where:
            if not has(tool, name):
                raise CommandRefused(
                    f"{tool.name} takes no {name!r}, so this limit would cover no call.",
                    f"Its arguments are: {', '.join(tool.signature.names) or 'none'}.",
                )


def _check_gate(request: RequestView, command: c.Answer, tools: Registry, now: datetime) -> None:
    """Hold an approval to the form of its class; of edited arguments, to what they come to."""
    gate = request.opened.gate
    if gate is None:
        return  # it was opened before there were gates
    if command.args and gate.form == "type" and (tool := tools.get(request.opened.tool)):
        merged = {**request.opened.args, **command.args}
        spend = tool.planned_spend(merged)
        if spend is None or (tool.spend is not None and not spend):
            raise CommandRefused(
                f"What the edited arguments of {tool.name} would spend is not known.",
                "Refuse it, and edit the step of the plan instead.",
            )
        gate = gate_for(request.risk, spend, tool.name)
    lacks = lack(gate, command.confirm, request.opened_at, request.armed_at, now)
    if lacks is not None:
        what, cure = lacks
        raise CommandRefused(f"Request {request.id} {what}.", f"{cure} The request is still open.")


def _approved(
    request: RequestView, command: c.Answer, tools: Registry
) -> tuple[dict[str, Any] | None, str]:
    """Give the edited arguments, if there are any, and the digest that the approval covers."""
    opened = request.opened
    if command.verdict != "approve" or not command.args:
        return None, opened.args_digest
    merged = {**opened.args, **command.args}
    faults = tools[opened.tool].check_args(
        {name: value for name, value in merged.items() if not is_shown_only(value)}
    )
    wrong = [f"{path}: {message}" for code, path, message in faults if code != "missing_argument"]
    if wrong:
        raise CommandRefused(
            f"The edited arguments do not fit {opened.tool}: {'; '.join(wrong)}.",
            "Correct them; the request is still open.",
        )
    try:
        return dict(command.args), digest(merged)
    except (TypeError, ValueError) as error:
        raise ToolError(f"The edited arguments are not JSON: {error}.", "Correct them.") from error


def _deny(
    view: RunView, request: RequestView, command: c.Answer, answered: e.RequestAnswered
) -> list[e.Event]:
    step = request.opened.step
    reason = command.reason or "refused by the person"
    events: list[e.Event] = [answered]
    if step is not None and view.steps[step].state == "asking":
        events.append(e.StepDenied(step=step, by=command.by, reason=reason))
        if command.then != "replan" and view.run_kind == "work":
            events += skip_dependents(view, step, f"needs {step}, which was refused")
    elif step is not None:
        events.append(e.StepSkipped(step=step, by=command.by, reason=reason))
    if command.then == "stop" or request.opened.about in ("question", "drift"):
        return [*events, *_stop_rest(view, request, command.by, reason)]
    if command.then == "freeze":
        return (
            [*events, e.RunPaused(by=command.by, reason=reason)]
            if view.state != "paused"
            else events
        )
    if view.state == "waiting":
        events.append(e.RunResumed(by=command.by))
    return events


def _stop_rest(view: RunView, request: RequestView, by: str, reason: str) -> list[e.Event]:
    moot: list[e.Event] = [
        e.RequestVoided(request=other.id, step=other.opened.step, why="the run was stopped")
        for other in view.open_requests
        if other.id != request.id
    ]
    return [*moot, e.RunStopping(by=by, reason=reason)]


def _leave_alone(view: RunView, step: str, command: c.Answer) -> list[e.Event]:
    """Skip a step, and those that cannot go on without its output; others that wait go on."""
    reason = command.reason or "what it would have overwritten was changed by somebody else"
    events: list[e.Event] = [e.StepSkipped(step=step, by=command.by, reason=reason)]
    gone = {step}
    for later in _in_order(view):
        lost = [ref.step for ref in later.refs if ref.step in gone]
        if lost and view.steps[later.id].state in ("pending", "ready", "asking"):
            gone.add(later.id)
            why = f"needs the output of {lost[0]}, which was skipped"
            events.append(e.StepSkipped(step=later.id, by="engine", reason=why))
    return events


def _in_order(view: RunView) -> list[Step]:
    return [view.plan[step] for step in view.plan.order()] if view.plan else []


def _double(view: RunView, request: RequestView, step: str, command: c.Answer) -> list[e.Event]:
    """Take over the other step's result, skip the step, or let it go on."""
    if command.choice == "use":
        return [e.StepGiven(step=step, by=command.by, output=_result_of(view, request))]
    if command.choice == "skip":
        reason = command.reason or "already done by another step"
        return [e.StepSkipped(step=step, by=command.by, reason=reason)]
    return []


def _result_of(view: RunView, request: RequestView) -> Stored:
    """Give what the other call returned, as far as it is known; it may be one of another run."""
    evidence, opened = request.opened.evidence, request.opened
    if run := evidence.get("run"):
        same = (run, opened.tool, opened.args_digest)
        outputs = [i.output for i in view.left if (i.run, i.tool, i.args_digest) == same]
        return next((output for output in outputs if output is not None), Stored())
    other = view.steps.get(str(evidence.get("step")))
    return other.output if other is not None and other.output is not None else Stored()


def _settle(view: RunView, step: str, command: c.Answer) -> list[e.Event]:
    """Take the person's word for what became of a call, or take the call back."""
    if command.choice == "undo":
        return undo_doubted(view, step, command)
    if view.steps[step].state == "asking":  # an undo that was not called: there is no doubt
        return _unready(step, command)
    if command.choice == "done":
        evidence = {"reason": command.reason} if command.reason else {}
        return [e.CallConfirmed(step=step, by=command.by, output=Stored(), evidence=evidence)]
    if command.choice == "skip":
        return [e.StepSkipped(step=step, by=command.by, reason=command.reason or "in doubt")]
    return [e.CallRefuted(step=step, by=command.by, why=command.reason or "the person said: redo")]


def _unready(step: str, command: c.Answer) -> list[e.Event]:
    """Believe that an undo is not needed any more, leave it out, or let it be made ready again."""
    if command.choice == "done":
        return [e.StepGiven(step=step, by=command.by, output=Stored())]
    if command.choice == "skip":
        return [e.StepSkipped(step=step, by=command.by, reason=command.reason or "left")]
    return []
