"""Why a run failed, in one view: first cause, evidence, what was done, what is open, what next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.report.values import stored_text
from workbench.report.words import count_words, one_line
from workbench.values.said import Said
from workbench.view import RunView, StepView

NAMED = 5
"""Steps that a sentence names at most."""
HAPPENED = {
    True: "its effect took place all the same",
    False: "it had no effect",
    None: "nobody knows whether it had an effect",
}


@dataclass(frozen=True)
class Explanation(Said):
    """What a person wants to know of a run that failed."""

    step: str | None
    """The step that failed first; None: no step did, but the run as a whole."""
    cause: str
    evidence: tuple[str, ...]
    """Where it stands in the journal, how often it was tried, what it returned, who judged it."""
    done: tuple[str, ...]
    open: tuple[str, ...]
    options: tuple[str, ...]
    """What can be done next, as it is written."""

    def lines(self) -> Iterator[str]:
        """Give it line by line."""
        yield f"First cause: {self.cause}"
        parts = {"Evidence": self.evidence, "Done": self.done, "Open": self.open}
        for name, said in {**parts, "What next": self.options}.items():
            yield from (f"{name}: {line}" for line in said)

    def __str__(self) -> str:
        """Say it line by line."""
        return "\n".join(self.lines())


def explain(view: RunView) -> Explanation | None:
    """Explain a failed run; None: it has not failed."""
    if view.state != "failed":
        return None
    first = _first(view)
    error = view.errors.get(first.id if first else "", "") or next(iter(view.errors.values()), "")
    name = _name(view, first.id) if first is not None else "the run as a whole"
    return Explanation(
        step=first.id if first is not None else None,
        cause=f"{name}: {one_line(error, 400)}",
        evidence=tuple(_evidence(view, first)),
        done=tuple(_done(view)),
        open=tuple(_open(view, first)),
        options=tuple(_options(view, first)),
    )


def _first(view: RunView) -> StepView | None:
    """Give the step that failed first; what failed after it may only follow from it."""
    failed = [view.steps[name] for name in view.errors if name in view.steps]
    return min(failed, key=lambda step: step.outcome_seq or view.seq, default=None)


def _evidence(view: RunView, step: StepView | None) -> Iterator[str]:
    if step is None:
        said = view.verdict
        if said is not None and not said.ok:
            yield f"event {said.seq} of the journal: the result was looked at"
        return
    if step.outcome_seq:
        tried = count_words(step.attempt, "attempt")
        kind = f", {step.error_type}" if step.error_type else ""
        yield f"event {step.outcome_seq} of the journal, after {tried}{kind}"
    yield from (f"{fault['path']}: {one_line(fault['message'], 200)}" for fault in step.faults)
    if step.intent_seq:
        yield f"event {step.intent_seq} is the intent; {HAPPENED[step.happened]}"
    if step.last_output is not None:
        kept = f"run.output({step.id!r}, last=True)"
        yield f"it returned {one_line(stored_text(step.last_output), 100)}, which is kept: {kept}"
    said = view.judged.get(step.id)
    if said is not None and not said.ok:
        yield f"event {said.seq} is what was found when its output was looked at"


def _done(view: RunView) -> Iterator[str]:
    done = [step.id for step in view.steps.values() if step.state == "succeeded"]
    yield f"{_some(view, done)}; outputs and effects stand" if done else "nothing"


def _open(view: RunView, first: StepView | None) -> Iterator[str]:
    states = {
        "also failed": [s for s in view.errors if s in view.steps and first and s != first.id],
        "in doubt": [s.id for s in view.steps.values() if s.state == "in_doubt"],
        "not done": [s.id for s in view.steps.values() if s.state in ("pending", "stopped")],
        "refused": [s.id for s in view.steps.values() if s.state == "denied"],
    }
    yield from (f"{word}: {_some(view, steps)}" for word, steps in states.items() if steps)


def _options(view: RunView, first: StepView | None) -> Iterator[str]:
    if view.plan is None:
        yield "say it otherwise, or give the plan: bench.start(plan=…)"
        return
    yield "do what is left: bench.start(plan=run.remaining_plan())"
    before = [m for m in view.marks if first is None or m.seq < (first.began_seq or view.seq)]
    if before:
        yield f"try another way from there: run.fork(at={before[-1].name!r}, plan=…)"
    if any(step.state == "succeeded" or step.happened for step in view.steps.values()):
        yield "take back what was done: run.undo_preview(to='start'), run.rollback(to='start')"


def _some(view: RunView, steps: list[str]) -> str:
    more = ", …" if len(steps) > NAMED else ""
    names = ", ".join(_name(view, step) for step in steps[:NAMED])
    return f"{count_words(len(steps), 'step')} ({names}{more})"


def _name(view: RunView, step: str) -> str:
    planned = view.plan is not None and step in view.plan
    return one_line(view.plan[step].name if planned and view.plan else step, 60)
