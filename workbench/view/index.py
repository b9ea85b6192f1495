"""What can be derived from a view and would cost too much to derive at every event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from workbench.plan import Plan
from workbench.plan.graph import dependents
from workbench.states import StepState
from workbench.view.parts import RequestView, StepView

SATISFIED: frozenset[StepState] = frozenset({"succeeded", "skipped", "undo_failed"})
"""States of a step that let those go on that wait for it."""


def lets_go(step: StepView) -> bool:
    """Whether the other undos of a rollback no longer wait for this one, however it went."""
    return step.state in SATISFIED or step.parked or step.state in ("failed", "denied")


class Index:
    """Who waits for whom, and which steps and requests are in the states that matter."""

    __slots__ = (
        "counts",
        "dependents",
        "left",
        "open",
        "quorum",
        "ready",
        "running",
        "undoing",
        "unmet",
    )

    def __init__(
        self,
        plan: Plan | None,
        steps: Mapping[str, StepView],
        requests: Mapping[str, RequestView],
        sealed: Mapping[str, int],
        *,
        undoing: bool = False,
    ) -> None:
        """Derive everything from scratch."""
        self.undoing = undoing
        """Whether the steps take back what another run has done."""
        needs = plan.needs if plan else {}
        self.quorum = {s.id: s.quorum for s in plan.steps if s.quorum is not None} if plan else {}
        """Step to the number of steps, of those that it waits for, which must succeed."""
        self.dependents = dependents(needs)
        self.unmet = {
            step: sum(
                not (lets_go(steps[n]) if undoing else steps[n].state in SATISFIED)
                for n in before
                if n in steps
            )
            for step, before in needs.items()
        }
        """Step to the number of steps that it still waits for; below 0: more than it needs."""
        for step, least in self.quorum.items():
            done = sum(steps[n].state == "succeeded" for n in needs[step] if n in steps)
            self.unmet[step] = least - done
        self.ready = {step.id: None for step in steps.values() if step.state == "ready"}
        self.running = {step.id for step in steps.values() if step.state == "running"}
        self.left = {step.id: None for step in steps.values() if step.state not in SATISFIED}
        """Steps that are not over, or not well."""
        self.counts: Counter[str] = Counter(sealed)
        self.counts.update(step.state for step in steps.values())
        self.open = {name: None for name, r in requests.items() if r.state == "open"}

    def __eq__(self, other: object) -> bool:
        """Compare all that was derived; the order of what is ready does not count."""
        return isinstance(other, Index) and all(
            getattr(self, name) == getattr(other, name) for name in self.__slots__
        )

    __hash__ = None  # type: ignore[assignment]  # it changes

    def move(self, step: str, before: StepState, after: StepState) -> None:
        """Note that a step has changed its state."""
        if before == after:
            return
        self.counts[before] -= 1
        self.counts[after] += 1
        if after in SATISFIED:
            self.left.pop(step, None)
        elif before in SATISFIED:
            self.left[step] = None
        if after == "ready":
            self.ready[step] = None
        elif before == "ready":
            self.ready.pop(step, None)
        if after == "running":
            self.running.add(step)
        elif before == "running":
            self.running.discard(step)
