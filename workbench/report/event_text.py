"""One plain sentence for every kind of event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from workbench import events as e
from workbench.events import Record
from workbench.report import model_text
from workbench.report.values import stored_text
from workbench.report.words import (
    amount_words,
    amounts_words,
    count_words,
    duration_words,
    one_line,
    sentence,
)


def event_text(record: Record) -> str:
    """Say in one sentence, on one line, what happened; steps are named by id."""
    words = event_words(record.event)
    return sentence(words if record.step is None else f"step {record.step} {words}")


def event_words(event: e.Event) -> str:
    """Say what happened without naming the step, for a row that names it already."""
    return _WORDS[type(event)](event)


def _with(words: str, detail: str) -> str:
    detail = one_line(detail)
    return f"{words}: {detail}" if detail else words


def _by(words: str, by: str) -> str:
    return f"{words} by {one_line(by, 60)}" if by else words


def _names(steps: Iterable[str]) -> str:
    return ", ".join(steps) or "none"


def _created(event: e.RunCreated) -> str:
    whom = f" for {one_line(event.on_behalf_of, 60)}" if event.on_behalf_of else ""
    limits = amounts_words(event.limits)
    limited = f", at most {limits}" if limits else ""
    where = {"background": "", "inline": ", to be waited for", "detached": ", in its own process"}
    fork = f" as a fork of {event.fork_of} at event {event.fork_at}" if event.fork_of else ""
    return _with(f"the run was created{fork}{whom}{limited}{where[event.mode]}", event.goal)


def _paused(event: e.RunPaused) -> str:
    return _with(_by("the run was paused", event.by), event.reason)


def _resumed(event: e.RunResumed) -> str:
    words = _by("the run was resumed", event.by)
    again = event.within_s
    return words if again is None else f"{words} and given {duration_words(again)} more"


def _stopping(event: e.RunStopping) -> str:
    what = "giving the run up was ordered" if event.abandon else "a stop was ordered"
    return _with(_by(what, event.by), event.reason)


def _done(event: e.CallSucceeded) -> str:
    if event.level == "confirmed":
        words = "is done, checked and confirmed" if event.verified else "is done and confirmed"
    else:
        words = "is done and checked" if event.verified else "is done"
    return f"{words} ({event.note})" if event.note else words


def _succeeded(event: e.RunSucceeded) -> str:
    return _with("the run is done", stored_text(event.result))


def _failed(event: e.RunFailed) -> str:
    parts = (f"{step}: {error}" if step else error for step, error in event.errors.items())
    return _with("the run failed", "; ".join(parts))


def _rolled_back(event: e.RollbackEnded) -> str:
    counts = Counter(outcome.replace("_", " ") for outcome in event.effects.values())
    parts = "; ".join(f"{number} {outcome}" for outcome, number in sorted(counts.items()))
    return f"was taken back by {event.undo}: {parts or 'there was no effect'}"


def _remains(event: e.RunStopped | e.RunAbandoned) -> str:
    flight = (f"{step} ({how})" for step, how in event.in_flight.items())
    return one_line(
        f"happened: {_names(event.happened)}; in flight: {_names(flight)}; "
        f"will not happen: {_names(event.not_begun)}",
        400,
    )


def _abandoned(event: e.RunAbandoned) -> str:
    return f"{_with('the run was given up', event.reason)}; {_remains(event)}"


def _revised(event: e.PlanRevised) -> str:
    if event.plan is not None:
        size = count_words(len(event.plan.steps), "step")
    else:
        size = count_words(len(event.edits), "edit")
    words = _by(f"revision {event.number} of the plan was accepted, {size},", event.author)
    return _with(words, event.reason)


def _offered(event: e.PlannerCalled) -> str:
    """Say how many tools the planner had to choose from."""
    tools = event.context.get("tools")
    return f" with {count_words(len(tools), 'tool')}" if isinstance(tools, list) else ""


def _planner_answered(event: e.PlannerAnswered) -> str:
    outcomes = {
        "plan": "proposed a plan",
        "edits": "proposed edits",
        "keep": "keeps the plan",
        "questions": "asked the person",
        "wait": "waits",
        "abandon": "gave up",
        "error": "failed",
    }
    spent = amounts_words(event.usage)
    words = f"the planner {one_line(event.planner, 60)} {outcomes[event.outcome]}"
    return _with(f"{words} for {spent}" if spent else words, event.text)


def _unchanged(event: e.PlanUnchanged) -> str:
    taken = "a proposal changes nothing" if event.taken else "a proposal was not taken over"
    return _with(f"{taken}, of {one_line(event.author, 60)}", event.reason)


def _commented(event: e.PlanCommented) -> str:
    about = "" if event.step else "the plan "
    return _with(_by(f"{about}was commented on", event.by), event.text)


def _verdict(event: e.VerdictGiven) -> str:
    said = "was found good" if event.ok else "was found wanting"
    return _with(_by(f"{_whose(event)}{said}", event.by), event.why)


def _whose(event: e.VerdictAsked | e.VerdictGiven) -> str:
    return "" if event.step else "the result "


def _decided(event: e.DecisionMade) -> str:
    against = f", against event {event.contradicts}" if event.contradicts else ""
    subject, choice = one_line(event.subject, 80), one_line(event.choice, 80)
    return _with(_by(f"{subject}: {choice} was decided", event.by) + against, event.why)


def _intended(event: e.CallIntended) -> str:
    again = f", turn {event.turn}" if event.turn > 1 else ""
    again += f", attempt {event.attempt}" if event.attempt > 1 else ""
    return _with(f"calls {event.tool}{again}", stored_text(event.args))


def _call_failed(event: e.CallFailed) -> str:
    took_place = {True: ", its effect happened", False: ", nothing was done", None: ""}
    return _with(f"failed{took_place[event.happened]}", event.error)


def _captured(event: e.VariablesCaptured) -> str:
    size = sum(captured.size for captured in event.names.values())
    parts = [f"{len(event.names)} captured ({size:,} bytes)" if event.names else ""]
    parts.append(f"{len(event.gone)} gone" if event.gone else "")
    parts.append(f"not captured: {', '.join(sorted(event.left))}" if event.left else "")
    said = "; ".join(part for part in parts if part)
    return one_line(f"variables as of event {event.of}: {said}", 200)


def _restored(event: e.VariablesRestored) -> str:
    names = ", ".join(sorted({*event.names, *event.removed})) or "none"
    said = _by(f"variables were put back to event {event.to}", event.by)
    return one_line(_with(said, names), 200)


def _unplanned(event: e.CallUnplanned) -> str:
    times = f" {event.count} times" if event.count > 1 else ""
    if event.refused:
        return f"tried to call {event.tool}, which is not in the plan; nothing was done"
    return f"called {event.tool}{times}, which is not in the plan"


def _opened(event: e.RequestOpened) -> str:
    words = "waits for you" if event.step is not None else "a question waits for you"
    return _with(words, event.title)


def _answered(event: e.RequestAnswered) -> str:
    verdicts = {"approve": "was allowed", "deny": "was refused", "choose": "was answered"}
    reach = {"once": "", "step": ", for this step", "run": ", for this run", "always": ", always"}
    words = verdicts[event.verdict]
    if event.verdict == "approve":
        words += (" as edited" if event.args is not None else "") + reach[event.scope]
    words = _by(words, event.by)
    if event.verdict == "deny" and event.then != "continue":
        words += f", then {event.then}"
        words += f" {event.rule.tool} in every run" if event.rule is not None else ""
    subject = words if event.step is not None else f"the request {words}"
    return _with(subject, event.choice or event.reason)


def _armed(event: e.RequestArmed) -> str:
    words = _by("was armed, the first of two steps,", event.by)
    return words if event.step is not None else f"a request {words}"


def _expired(event: e.RequestExpired) -> str:
    words = "was not answered in time, which counts as a refusal"
    return words if event.step is not None else f"the request {words}"


def _voided(event: e.RequestVoided) -> str:
    words = "no longer needs an answer" if event.step is not None else "a request became moot"
    return _with(words, event.why)


def _polled(event: e.CallPolled) -> str:
    done = "" if event.progress is None else f", {event.progress:.0%} done"
    words = f"is still being done outside{done}, asked {count_words(event.polls, 'time')}"
    return _with(words, event.error)


def _reported(event: e.CallReported) -> str:
    done = "under way" if event.progress is None else f"{event.progress:.0%} done"
    return _with(f"is {done}", event.text)


def _asked(event: e.CallAsked) -> str:
    by = ", ".join(sorted({one_line(q.by, 60) for q in event.questions.values()})) or "nobody"
    return f"has {count_words(len(event.questions), 'question')} of {by} before it can go on"


def _sampled(event: e.CallSampled) -> str:
    words = {"answered": "asked", "refused": "wanted to ask", "failed": "asked in vain"}
    return _with(f"{words[event.outcome]} the model {one_line(event.model, 60)}", event.why)


def _breaker_opened(event: e.BreakerOpened) -> str:
    times = count_words(event.failures, "failure")
    how_long = (
        "until the person resumes" if event.until is None else f"until {event.until:%H:%M:%S} UTC"
    )
    return _with(f"no further call of {event.tool} starts after {times}, {how_long}", event.why)


def _revealed(event: e.ControlRevealed) -> str:
    came = "refused" if event.refused else "allowed, and nothing was done"
    came = "not answered" if event.expired else came
    return f"the request {event.request} was a control, which should be refused; it was {came}"


def _shared(event: e.StepShared) -> str:
    effect = event.effect not in (None, "pure", "read")
    words = f"was done by run {event.run} and is shared" + (
        "; what it changed can be undone there only" if effect else ""
    )
    return _with(words, stored_text(event.output))


def _amended(event: e.CheckpointAmended) -> str:
    parts = [f"output of {one_line(step, 60)}" for step in event.outputs]
    parts += [f"arguments of {one_line(step, 60)}" for step in event.args]
    parts += [f"limit of {one_line(unit, 40)}" for unit in event.limits]
    words = _by(f"the checkpoint was amended ({', '.join(parts)})", event.by)
    return _with(words, event.reason)


_WORDS: dict[type[e.Event], Callable[[Any], str]] = {
    e.RunCreated: _created,
    e.RunPlanning: lambda v: _with("a plan is being made", v.planner),
    e.RunStarted: lambda _: "the run started",
    e.RunPaused: _paused,
    e.RunResumed: _resumed,
    e.RunTimedOut: lambda v: f"the run used up its time of {duration_words(v.limit_s)}",
    e.RunWaiting: lambda _: "the run waits for you",
    e.LimitRaised: lambda v: _by(
        f"the limit of {one_line(v.unit, 40)} was changed from {amount_words(v.before, v.unit)} to "
        f"{amount_words(v.to, v.unit)}",
        v.by,
    ),
    e.RunStopping: _stopping,
    e.RunSucceeded: _succeeded,
    e.RunFailed: _failed,
    e.RunStopped: lambda v: f"the run was stopped; {_remains(v)}",
    e.RunAbandoned: _abandoned,
    e.PlanRevised: _revised,
    e.PlannerCalled: lambda v: _with(
        f"the planner {one_line(v.planner, 60)} was asked{_offered(v)}", v.why
    ),
    e.PlannerAnswered: _planner_answered,
    e.PlanUnchanged: _unchanged,
    e.PlanCommented: _commented,
    e.VerdictAsked: lambda v: _with(_by(f"{_whose(v)}is looked at", v.by), v.criterion),
    e.VerdictGiven: _verdict,
    e.DecisionMade: _decided,
    e.SpecDrifted: lambda v: _with("goes on under another specification", ", ".join(v.parts)),
    e.CallIntended: _intended,
    e.CallSucceeded: lambda v: _with(_done(v), stored_text(v.output)),
    e.CallFailed: _call_failed,
    e.CallRetrying: lambda v: _with(
        f"failed and is tried again in {duration_words(v.wait_s)}", v.error
    ),
    e.CallSubmitted: lambda v: _with("goes on outside, as", stored_text(v.handle)),
    e.CallPolled: _polled,
    e.CallReported: _reported,
    e.CallAsked: _asked,
    e.CallSampled: _sampled,
    e.CallCancelled: lambda v: _with("was cancelled before it did anything", v.why),
    e.CallDoubted: lambda v: _with("is in doubt: nobody knows whether it happened", v.why),
    e.CallConfirmed: lambda v: _with(_by("did happen, as found", v.by), stored_text(v.output)),
    e.CallRefuted: lambda v: _with(_by("may run again, as found", v.by), v.why),
    e.CallUnplanned: _unplanned,
    e.LoopTurned: lambda v: _with(
        _by(f"was not good enough in turn {v.turn} and turns once more", v.by), v.why
    ),
    e.LoopExhausted: lambda v: _by(v.error, v.by),
    e.CallTimedOut: lambda v: (
        f"attempt {v.attempt} took longer than {duration_words(v.limit_s)}, the time for one call"
    ),
    e.StepTimedOut: lambda v: (
        f"took longer than {duration_words(v.limit_s)}, the time for all its attempts"
    ),
    e.StepSkipped: lambda v: _with(_by("was skipped", v.by), v.reason),
    e.StepGiven: lambda v: _with(_by("was given its output", v.by), stored_text(v.output)),
    e.StepDenied: lambda v: _with(_by("was refused", v.by), v.reason),
    e.RequestOpened: _opened,
    e.RequestAnswered: _answered,
    e.RequestArmed: _armed,
    e.RequestExpired: _expired,
    e.RequestVoided: _voided,
    e.StepShared: _shared,
    e.CallLeft: lambda v: (
        f"a call of {one_line(v.tool, 60)} {one_line(v.why, 200)}, in run {v.run}; "
        "to make it here, too, is asked about"
    ),
    e.CheckpointAmended: _amended,
    e.CheckpointMade: lambda v: _with(_by("a checkpoint was made", v.by), v.name),
    e.VariablesCaptured: _captured,
    e.VariablesRestored: _restored,
    e.HostAttached: lambda v: f"{_host(v.host)} drives the run from here",
    e.ResourceSeen: lambda v: (
        f"has {one_line(v.key, 120)} to write, "
        + ("not there yet" if v.version is None else f"now at version {one_line(v.version, 40)}")
    ),
    e.NoticeDelivered: lambda v: f"the end was told to whoever wanted to know, as {v.event}",
    e.FaultRecorded: lambda v: _with(
        f"a fault inside the workbench, in {one_line(v.where, 60)}; the run is unharmed", v.error
    ),
    e.BreakerOpened: _breaker_opened,
    e.BreakerClosed: lambda v: _by(f"calls of {v.tool} may start again, as found", v.by),
    e.RunStalled: lambda v: _with(f"nothing has come forward since {v.since:%H:%M:%S} UTC", v.why),
    e.ControlRevealed: _revealed,
    e.GrantGiven: lambda v: _with(_by(f"the right {v.grant} was given", v.by), str(v.right)),
    e.GrantRevoked: lambda v: _with(_by(f"the right {v.grant} was revoked", v.by), v.reason),
    e.AutonomyChanged: lambda v: _by(
        f"what is asked about was changed from {v.before} to {v.to}", v.by
    ),
    e.RollbackBegun: lambda v: _with(
        _by(f"is taken back to event {v.to} by {v.undo}", v.by)
        if not v.only
        else _by(f"event {v.only} alone is taken back by {v.undo}", v.by),
        v.reason,
    ),
    e.RollbackEnded: _rolled_back,
    e.CallRefused: lambda v: _with(_by("was not called, and stays as it is", v.by), v.reason),
    e.ModelAsked: model_text.asked_words,
    e.ModelWaiting: model_text.waiting_words,
    e.ModelStreaming: model_text.streaming_words,
    e.ModelAnswered: model_text.answered_words,
    e.ModelFailed: model_text.failed_words,
    e.ContextCompacted: model_text.compacted_words,
    e.ContextCorrected: model_text.corrected_words,
    e.ToolsAccepted: lambda v: _with(_by("changed tools were accepted", v.by), ", ".join(v.tools)),
}


def _host(owner: str) -> str:
    """Name a host as people know it: by its process; see `workbench.journal.lease.this_owner`."""
    parts = owner.split(" ")
    return f"process {one_line(parts[1], 20)}" if len(parts) == 4 else one_line(owner, 80)  # noqa: PLR2004
