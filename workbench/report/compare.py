"""Two runs side by side: plan, outputs, cost, time, effects, end. Pure; no I/O."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from workbench import events as e
from workbench.events import Record
from workbench.ids import digest
from workbench.plan import Plan, PlanDiff
from workbench.report.columns import TEXT, make_frame
from workbench.report.compare_text import comparison_html, comparison_text
from workbench.report.values import stored_text
from workbench.tools.effect import REPEATABLE
from workbench.undo.effects import effects_of
from workbench.values import Stored
from workbench.view import RunView, StepView

if TYPE_CHECKING:
    import pandas as pd

COMPARE_COLUMNS: dict[str, str] = {
    "step": TEXT,
    "plan": TEXT,  # same, changed, added, removed: seen from the first run
    "output": TEXT,  # equal, different, only in the first, only in the second, none
    "state_a": TEXT,  # missing: its plan has no such step
    "state_b": TEXT,
    "output_a": TEXT,  # one line
    "output_b": TEXT,
    "shared": "boolean",  # True: done once, for both
    "effect_a": TEXT,  # own, shared: a call that changed the world; missing: none
    "effect_b": TEXT,
    "duration_a_s": "float64",  # of the last attempt; missing: nobody knows, or it is shared
    "duration_b_s": "float64",
}
"""Columns of `Comparison.frame` and their dtypes: one row for each step of either plan."""


@dataclass(frozen=True)
class Side:
    """One of the two runs."""

    run: str
    goal: str
    state: str
    steps_done: int
    steps: int
    usage: dict[str, float]
    """What its own calls and plannings took, by unit, without what it shares."""
    shared_usage: dict[str, float]
    """What was taken before it was forked, by unit."""
    seconds: float | None
    """From its start to its end, or to its last event; None: it has not started."""
    own_effects: tuple[str, ...]
    """Steps whose calls changed the world, or may have, made by this run."""
    shared_effects: tuple[str, ...]
    """Steps whose calls another run has made, and this one shares: only there they are undone."""
    result: str
    """In one line."""


@dataclass(frozen=True)
class StepPair:
    """One step of either plan, as it went in both runs."""

    step: str
    plan: str
    output: str
    state_a: str | None
    state_b: str | None
    output_a: str
    output_b: str
    shared: bool
    effect_a: str | None
    effect_b: str | None
    duration_a_s: float | None
    duration_b_s: float | None


@dataclass(frozen=True)
class Comparison:
    """What two runs have in common, and what differs."""

    a: Side
    b: Side
    prefix: str
    """What both share, in words; empty: nothing."""
    plan: PlanDiff
    """What the plan of the second adds, removes and changes."""
    steps: tuple[StepPair, ...]

    @property
    def different(self) -> tuple[str, ...]:
        """Steps whose outputs differ, or that only one of them has an output of."""
        return tuple(pair.step for pair in self.steps if pair.output not in ("equal", "none"))

    @property
    def frame(self) -> pd.DataFrame:
        """One row for each step of either plan; columns as in `COMPARE_COLUMNS`."""
        return make_frame([vars(pair) for pair in self.steps], COMPARE_COLUMNS)

    def __str__(self) -> str:
        """Show it as text."""
        return comparison_text(self)

    def __repr__(self) -> str:
        """Say on one line how many outputs differ."""
        return (
            f"<Comparison of {self.a.run} and {self.b.run}: "
            f"{len(self.different)} of {len(self.steps)} outputs differ>"
        )

    def _repr_html_(self) -> str:
        return comparison_html(self)


def compare_runs(
    first: tuple[RunView, Iterable[Record]], second: tuple[RunView, Iterable[Record]]
) -> Comparison:
    """Compare two runs, each given as its view and its events."""
    (a, events_a), (b, events_b) = first, second
    effects_a, effects_b = _effects(events_a), _effects(events_b)
    plan_a, plan_b = a.plan or Plan(), b.plan or Plan()
    diff = plan_a.diff(plan_b)
    steps = dict.fromkeys([*plan_a.by_id, *plan_b.by_id])
    pairs = [_pair(step, a, b, diff, (effects_a.get(step), effects_b.get(step))) for step in steps]
    return Comparison(
        a=_side(a, effects_a), b=_side(b, effects_b), prefix=_prefix(a, b), plan=diff,
        steps=tuple(pairs),
    )  # fmt: skip


def _side(view: RunView, effects: dict[str, str]) -> Side:
    begun, end = view.started or view.created, view.ended or view.at
    shared = dict(view.used_before)
    own = {unit: amount - shared.get(unit, 0.0) for unit, amount in view.usage.items()}
    return Side(
        run=view.run,
        goal=view.goal,
        state=view.state,
        steps_done=view.count("succeeded") + view.count("skipped"),
        steps=len(view.steps),
        usage={unit: round(amount, 9) for unit, amount in own.items() if abs(amount) > 1e-9},  # noqa: PLR2004 - rests of fractions
        shared_usage=shared,
        seconds=(end - begun) / timedelta(seconds=1) if begun and end else None,
        own_effects=tuple(step for step, whose in effects.items() if whose == "own"),
        shared_effects=tuple(step for step, whose in effects.items() if whose == "shared"),
        result=stored_text(view.result),
    )


def _effects(records: Iterable[Record]) -> dict[str, str]:
    """Give the steps whose calls changed the world, or may have, and stand; whose they are."""
    read = list(records)
    shared = [r.event for r in read if isinstance(r.event, e.StepShared)]
    found = {one.step: "shared" for one in shared if one.effect not in (None, *REPEATABLE)}
    return {**found, **{made.step: "own" for made in effects_of(read)}}


def _pair(
    step: str, a: RunView, b: RunView, diff: PlanDiff, effects: tuple[str | None, str | None]
) -> StepPair:
    one, other = a.steps.get(step), b.steps.get(step)
    shared = _same_deed(a, one, b, other)
    return StepPair(
        step=step,
        plan=_in_plan(step, diff),
        output=_outputs(one, other),
        state_a=one.state if one is not None else None,
        state_b=other.state if other is not None else None,
        output_a=stored_text(one.output) if one is not None else "",
        output_b=stored_text(other.output) if other is not None else "",
        shared=shared,
        effect_a=effects[0],
        effect_b=effects[1],
        duration_a_s=one.duration_s if one is not None else None,
        duration_b_s=other.duration_s if other is not None else None,
    )


def _in_plan(step: str, diff: PlanDiff) -> str:
    found = {"added": diff.added, "removed": diff.removed, "changed": diff.changed}
    return next((word for word, steps in found.items() if step in steps), "same")


def _outputs(one: StepView | None, other: StepView | None) -> str:
    first = one.output if one is not None else None
    second = other.output if other is not None else None
    if first is None or second is None:
        if first is None and second is None:
            return "none"
        return "only in the first" if second is None else "only in the second"
    return "equal" if _named(first) == _named(second) else "different"


def _named(output: Stored) -> str:
    """Name a value: by its artifact, or by the digest of its JSON."""
    return output.artifact.digest if output.artifact is not None else digest(output.value)


def _deed(view: RunView, step: StepView) -> tuple[str, int]:
    """Name the event that finished a step, in the run that did it."""
    return step.shared_with or view.run, step.shared_seq or step.outcome_seq


def _same_deed(a: RunView, one: StepView | None, b: RunView, other: StepView | None) -> bool:
    if one is None or other is None or not (one.outcome_seq and other.outcome_seq):
        return False
    return _deed(a, one) == _deed(b, other)


def _prefix(a: RunView, b: RunView) -> str:
    """Say which run both begin with."""
    if b.fork_of == a.run:
        return f"{b.run} is a fork of {a.run}: they share events 1 to {b.fork_at}"
    if a.fork_of == b.run:
        return f"{a.run} is a fork of {b.run}: they share events 1 to {a.fork_at}"
    if a.fork_of and a.fork_of == b.fork_of:
        shared = min(a.fork_at, b.fork_at)
        return f"both are forks of {a.fork_of}: they share its events 1 to {shared}"
    return ""
