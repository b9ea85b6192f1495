"""A run in plain text: one line, or the whole plan. For terminals and text/plain.

Nothing here depends on the clock or on chance: the same view gives the same text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from workbench.report.ahead import ahead_lines
from workbench.report.event_text import event_text
from workbench.report.explanation import explain
from workbench.report.forecast import run_forecast_words
from workbench.report.fork_text import fork_words
from workbench.report.model_text import call_words, model_lines
from workbench.report.request_text import request_text
from workbench.report.values import stored_text
from workbench.report.watch_text import watch_lines
from workbench.report.words import (
    RUN_SIGNS,
    STEP_SIGNS,
    count_words,
    duration_words,
    effect_words,
    one_line,
    plain_text,
    risk_words,
    sentence,
)
from workbench.states import StepState
from workbench.tools import Tool
from workbench.view import RunView, StepView, by_class_and_age

__all__ = [
    "done_count",
    "effect_words",
    "event_text",
    "kept_words",
    "next_step",
    "request_text",
    "risk_words",
    "run_error",
    "run_line",
    "run_text",
    "short_id",
    "shown_steps",
    "step_name",
    "step_remark",
]

_ID = re.compile(r"run-([0-9a-z]{4,})")
_NOTED: tuple[StepState, ...] = ("skipped", "denied", "failed", "in_doubt")
_STRIKING: tuple[StepState, ...] = ("running", "asking", "in_doubt", "failed", "denied")
STEPS_SHOWN = 200
"""Steps that a text or a saved page lists; striking ones further down are listed as well."""

NAMED = 5
"""Steps that a sentence names at most."""

_NAMED_BY = ("paused", "stopping", "stopped", "abandoned")


def short_id(run: str) -> str:
    """Give what people call a run: `7F2K` for `run-7f2k9qxz3m`; another id as it is."""
    match = _ID.fullmatch(run)
    return match[1][:4].upper() if match else one_line(run, 40)


def step_name(view: RunView, step_id: str) -> str:
    """Give a step's title, or its id where it has none or left the plan."""
    step = view.plan.by_id.get(step_id) if view.plan else None
    return one_line(step.name, 80) if step else step_id


def done_count(view: RunView) -> int:
    """Count the steps that need no more work: done or skipped."""
    return view.counts.get("succeeded", 0) + view.counts.get("skipped", 0)


def next_step(view: RunView) -> str | None:
    """Give the id of the step that comes next in the plan, or None when nothing is to come."""
    if view.final or view.state == "stopping":
        return None
    for state in ("ready", "pending"):
        found = next((step.id for step in view.steps.values() if step.state == state), None)
        if found is not None:
            return found
    return None


def run_error(view: RunView) -> str | None:
    """Give the errors of a failed run in one text, or None when there is none."""
    parts = (
        f"{step_name(view, step)}: {error}" if step else error
        for step, error in view.errors.items()
    )
    return plain_text("; ".join(parts)) or None


def run_line(view: RunView) -> str:
    """Say in one line where the run stands.

    `Run 7F2K paused by person: 2 of 6 steps done, 1 request open (send mail). Next: top regions.`
    """
    head = f"Run {short_id(view.run)} {RUN_SIGNS[view.state].word}"
    if view.state in _NAMED_BY and view.by:
        head += f" by {one_line(view.by, 60)}"
    facts = [_progress(view)]
    if view.open_requests:
        titles = [one_line(request.opened.title, 60) for request in view.open_requests[:3]]
        more = ["…"] if len(view.open_requests) > len(titles) else []
        count = count_words(len(view.open_requests), "request")
        facts.append(f"{count} open ({', '.join([*titles, *more])})")
    if view.state in ("paused", "stopping") and view.in_flight:
        outside, finishing = len(view.submitted), len(view.in_flight) - len(view.submitted)
        if finishing:
            facts.append(f"{count_words(finishing, 'call')} finishing")
        if outside:
            facts.append(f"{count_words(outside, 'call')} going on outside")
    return " ".join([f"{head}: {', '.join(facts)}.", *_ahead(view)])


def _progress(view: RunView) -> str:
    if not view.steps:
        return "no plan yet" if not view.final else "no plan"
    text = f"{done_count(view)} of {count_words(len(view.steps), 'step')} done"
    noted = [f"{view.counts[s]} {STEP_SIGNS[s].word}" for s in _NOTED if view.counts.get(s)]
    return f"{text} ({', '.join(noted)})" if noted else text


def _ahead(view: RunView) -> Iterator[str]:
    if view.state == "failed" and (error := run_error(view)):
        yield sentence(one_line(error, 200))
    elif view.state == "running" and view.in_flight:
        names = [step_name(view, step) for step in view.in_flight[:3]]
        more = ["…"] if len(view.in_flight) > len(names) else []
        yield sentence(f"now: {', '.join([*names, *more])}")
    elif view.models and not view.final:
        yield sentence(f"now: {call_words(next(iter(view.models.values())))}")
    elif (coming := next_step(view)) is not None:
        yield sentence(f"next: {step_name(view, coming)}")


def run_text(
    view: RunView,
    tools: Mapping[str, Tool] = MappingProxyType({}),
    *,
    times: bool = False,
    frozen: Sequence[str] = (),
) -> str:
    """Give the run as several lines: where it stands, the plan, the open requests, the result.

    Args:
        view: the run.
        tools: by name, to say of open requests whether the call can be undone.
        times: show how long each step took; such a text differs from one execution to the next.
        frozen: what holds every run of the journal, as `Freezes.lines` says it.
    """
    lines = [run_line(view)]
    if view.goal:
        lines.append(f"Goal: {one_line(view.goal, 200)}")
    lines += _origin(view)
    if view.reason and view.state in _NAMED_BY:
        lines.append(f"Reason: {one_line(view.reason, 200)}")
    lines += frozen
    lines += _end(view)
    if view.revision is not None:
        lines.append(f"Plan, revision {view.revision.number}:")
        lines += _step_lines(view, times=times)
        if forecast := run_forecast_words(view, tools):
            lines.append(f"Forecast: {forecast}")
        lines += ahead_lines(view)
    lines += [*model_lines(view), *watch_lines(view)]
    for request in by_class_and_age(view.open_requests):
        lines += ["", request_text(request, view, tools)]
    if view.unplanned:
        lines.append(f"Outside the plan: {count_words(view.unplanned, 'call')}")
    if view.drifted:
        lines.append(f"Specification changed since the start: {', '.join(sorted(view.drifted))}")
    if view.result is not None and (result := stored_text(view.result)):
        lines.append(f"Result{verified_words(view)}: {result}")
    return "\n".join(line.rstrip() for line in "\n".join(lines).split("\n"))


def verified_words(view: RunView) -> str:
    """Say whether the completion check vouches for the result; empty where there is none."""
    return {True: " (verified)", False: " (not verified)", None: ""}[view.verified]


def _origin(view: RunView) -> Iterator[str]:
    """Say of what it is a fork, and why it is carried out where it is."""
    if fork := fork_words(view):
        yield fork
    if view.mode_why:
        yield f"Mode: {view.mode}, {one_line(view.mode_why, 200)}"


def _end(view: RunView) -> Iterator[str]:
    """Say of a run that has ended early what is kept, or why it failed."""
    if kept := kept_words(view):
        yield kept
    if (why := explain(view)) is not None:
        yield "Why it failed:"
        yield from (f"  {line}" for line in why.lines())


def kept_words(view: RunView) -> str:
    """Say of a stopped run what is kept and how to go on; empty where there is nothing to say."""
    if view.state not in ("stopped", "abandoned") or view.plan is None:
        return ""
    kept = [step.id for step in view.steps.values() if step.state == "succeeded"]
    left = [step.id for step in view.steps.values() if step.state not in ("succeeded", "skipped")]
    words = f"Kept: {_some(kept, 'output')}. Not done: {_some(left, 'step')}."
    return f"{words} To go on: bench.start(plan=run.remaining_plan())." if left else words


def _some(steps: list[str], noun: str) -> str:
    if not steps:
        return "nothing"
    more = ", …" if len(steps) > NAMED else ""
    return f"{count_words(len(steps), noun)} ({', '.join(steps[:NAMED])}{more})"


def shown_steps(view: RunView) -> tuple[list[StepView], str]:
    """Give the steps to list, and how to say that others are left out; empty: none is."""
    steps = list(view.steps.values())
    striking = [step for step in steps[STEPS_SHOWN:] if step.state in _STRIKING][:STEPS_SHOWN]
    shown = [*steps[:STEPS_SHOWN], *striking]
    left_out = len(steps) - len(shown)
    return shown, f"… {count_words(left_out, 'step')} more" if left_out else ""


def _step_lines(view: RunView, *, times: bool) -> Iterator[str]:
    steps, left_out = shown_steps(view)
    names = {step.id: one_line(step_name(view, step.id), 40) for step in steps}
    signs = {step.id: STEP_SIGNS[step.state] for step in steps}
    name_width = max((len(name) for name in names.values()), default=0)
    word_width = max((len(sign.word) for sign in signs.values()), default=0)
    for step in steps:
        icon, word, _ = signs[step.id]
        took = step.duration_s if times else None
        time = f"{duration_words(took):>7}  " if took is not None else " " * 9 if times else ""
        yield (
            f"  {icon} {names[step.id]:<{name_width}}  {word:<{word_width}}  "
            f"{time}{step_remark(step)}"
        ).rstrip()
    if left_out:
        yield f"  {left_out}"


def step_remark(step: StepView) -> str:
    """Say what came of a step: its error, or its output in one line, and what vouches for it.

    Of what is undone it says nothing.
    """
    if step.state == "undone":
        return ""
    if step.error:
        return one_line(step.error)
    if step.turn and not step.final:
        return one_line(f"turn {step.turn + 1}; the last was not good enough: {step.not_yet}")
    remark = stored_text(step.output)
    if step.shared:
        return f"{remark} (shared with {short_id(step.shared_with)})".strip()
    if step.by and step.state == "succeeded":
        remark = f"{remark} (by {one_line(step.by, 40)})".strip()
    elif step.state == "succeeded" and step.level != "accepted":
        remark = f"{remark} ({step.level})".strip()
    if step.state == "succeeded" and step.unsure:
        remark = f"{remark} (repeated under the same key)".strip()
    return remark
