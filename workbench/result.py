"""What became of each step: one record for each, and the errors of those that failed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from workbench.errors import StepFailed
from workbench.plan import Plan
from workbench.report.provenance import verdict_words
from workbench.values import Stored, decode
from workbench.view import RunView


@dataclass(frozen=True)
class Result:
    """How one requested call stands, or ended."""

    step: str
    tool: str
    state: str
    """As in `run.view.steps`: succeeded, failed, denied, skipped, stopped …"""
    error: str | None
    """Why it has no output; None when it has one, or is still to come."""
    attempts: int
    """Attempts that were begun."""
    tries: int
    """Requests that they sent, those inside client libraries included."""
    exhausted: bool
    """For a failed step: no call failed, it repeats and its turns were used up."""
    duration_s: float | None
    """Seconds of the last attempt; None when nobody knows."""
    verified: str
    """`verified`: a check vouches for the output; `not verified`; empty: there is none."""
    stored: Stored | None = field(repr=False)
    """The output as the journal keeps it."""
    _load: Callable[[str], bytes] = field(repr=False, compare=False)

    @property
    def output(self) -> Any:
        """The output, read from the journal; None when there is none."""
        return None if self.stored is None else decode(self.stored, self._load)


def results_of(view: RunView, load: Callable[[str], bytes]) -> list[Result]:
    """Give one record for each step of the current plan, in its order."""
    plan = view.plan or Plan()
    return [
        Result(
            step=step.id,
            tool=step.tool,
            state=view.steps[step.id].state,
            error=view.steps[step.id].error,
            attempts=view.steps[step.id].attempt,
            tries=view.steps[step.id].tries,
            exhausted=view.steps[step.id].exhausted,
            duration_s=view.steps[step.id].duration_s,
            verified=verdict_words(view, step.id) or "",
            stored=view.steps[step.id].output,
            _load=load,
        )
        for step in plan.steps
    ]


def failures_of(view: RunView) -> list[StepFailed]:
    """Give one error for each step that failed the run, in the order of the plan."""
    plan = view.plan or Plan()
    order = {step.id: place for place, step in enumerate(plan.steps)}
    found = []
    for step, text in sorted(view.errors.items(), key=lambda item: order.get(item[0], -1)):
        stands = view.steps.get(step)
        found.append(
            StepFailed(
                f"{step or 'the run'}: {text}",
                step=step,
                tool=plan[step].tool if step in plan else "",
                attempt=stands.attempt if stands else 0,
                error_type=stands.error_type if stands else "",
            )
        )
    return found
