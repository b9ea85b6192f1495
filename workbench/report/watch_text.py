"""What watches over a run, in plain lines: breakers that hold calls, work outside, a stall."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.report.values import stored_text
from workbench.report.words import count_words, one_line, sentence
from workbench.view import RunView


def watch_lines(view: RunView) -> Iterator[str]:
    """Give one line for each breaker that is not closed, each work outside, and a stall."""
    if view.final:
        return
    if view.stalled:
        yield f"Stalled: {sentence(one_line(view.stalled, 200))}"
    for tool, breaker in view.breakers.items():
        failures = count_words(breaker.failures, "failure")
        error = one_line(breaker.error, 120)
        if breaker.state == "half_open":
            yield f"One call of {tool} may try again after {failures}: {sentence(error)}"
        elif breaker.state == "open" and breaker.until is not None:
            until = f"{breaker.until:%H:%M:%S} UTC"
            yield f"No further call of {tool} starts before {until}, {failures}: {sentence(error)}"
        elif breaker.state == "open":
            held = f"No further call of {tool} starts until you resume"
            yield f"{held}, {failures}: {sentence(error)}"
    for step_id in view.submitted:
        step = view.steps[step_id]
        asked = f"asked {count_words(step.polls, 'time')}"
        done = "" if step.progress is None else f", {step.progress:.0%} done"
        yield f"Outside: {step_id} goes on as {stored_text(step.handle)}, {asked}{done}."
