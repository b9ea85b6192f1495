"""Already done? A planner that asks for the same action twice, by another way of thinking."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from workbench.engine.call import Call
from workbench.engine.log import Log
from workbench.values import Stored
from workbench.values.summary import summarize
from workbench.view import RunView, StepView

MAY_HAVE_HAPPENED = "failed, and may have happened all the same"


@dataclass(frozen=True)
class Twin:
    """Another step of the run that does or did exactly the same."""

    step: str
    stands: str
    """What became of it, in words."""
    at: datetime | None
    running: bool = False
    output: Stored | None = None
    error: str = ""
    run: str = ""
    """Another run that has made the call; empty: this one."""

    def evidence(self) -> dict[str, str]:
        """Say what is known about it."""
        shown = ""
        if self.output is not None:
            shown = self.output.summary or summarize(self.output.value)
        facts = {
            "step": self.step,
            "it": self.stands,
            "when": f"{self.at:%Y-%m-%d %H:%M:%S} UTC" if self.at else "",
            "output": shown,
            "error": self.error,
            "run": self.run,
        }
        return {name: text for name, text in facts.items() if text}


class Duplicates:
    """Looks for twins of a planner's steps; other steps cost nothing."""

    def __init__(self, log: Log) -> None:
        """Look at this log's view."""
        self._log = log
        self._steps: dict[tuple[str, str], list[str]] | None = None
        """Steps with an intent, by tool and arguments; None until it is wanted."""

    def note(self, call: Call) -> None:
        """Remember an intent."""
        if self._steps is not None:
            self._steps.setdefault((call.tool.name, call.digest), []).append(call.step.id)

    def concerns(self, call: Call) -> bool:
        """Whether a call may have a twin at all: it acts, and a planner or a fork wants it."""
        if call.tool.repeatable:
            return False
        view = self._log.view
        return self._is_planned(call) or bool(view.fork_of and view.left)

    def _is_planned(self, call: Call) -> bool:
        return self._log.view.steps[call.step.id].author.startswith("planner")

    def twin(self, call: Call) -> Twin | None:
        """Give a step that did, or may have done, what a planner's step is about to do.

        In a fork also a call of the original that it would repeat, whoever wants it.
        """
        view = self._log.view
        if not self.concerns(call):
            return None
        found = self._among_steps(view, call) if self._is_planned(call) else None
        found = found or self._among_left(view, call)
        return None if found is None or _wanted_again(view, call) else found

    def _among_steps(self, view: RunView, call: Call) -> Twin | None:
        if self._steps is None:
            self._steps = _index(view)
        for step_id in self._steps.get((call.tool.name, call.digest), ()):
            step = view.steps.get(step_id)
            if step is None or step_id == call.step.id or step.args_digest != call.digest:
                continue
            words = _stands(step)
            if words:
                return Twin(
                    step=step_id,
                    stands=words,
                    at=step.ended or step.started,
                    running=step.state == "running",
                    output=step.output,
                    error=step.error or "",
                )
        return None

    def _among_left(self, view: RunView, call: Call) -> Twin | None:
        for left in view.left:
            if (left.tool, left.args_digest) != (call.tool.name, call.digest):
                continue
            if left.run:  # it had another key there
                words = f"{left.error}, in run {left.run}"
                return Twin(left.step, words, left.at, output=left.output, run=left.run)
            # The same step under the same key is a harmless repetition.
            harmless = left.step == call.step.id and call.tool.idempotent
            if self._is_planned(call) and not harmless:
                return Twin(left.step, MAY_HAVE_HAPPENED, left.at, error=left.error)
        return None


def _index(view: RunView) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    plan = view.plan.by_id if view.plan else {}
    for step in view.steps.values():
        if step.args_digest:
            found.setdefault((plan[step.id].tool, step.args_digest), []).append(step.id)
    return found


def _stands(step: StepView) -> str:
    if step.may_have_happened and step.state != "in_doubt":
        return MAY_HAVE_HAPPENED
    words = {"succeeded": "is done", "in_doubt": "is in doubt", "running": "is being done"}
    return words.get(step.state, "")


def _wanted_again(view: RunView, call: Call) -> bool:
    """Whether the person wants it to be done again on purpose."""
    return any(
        request.opened.about == "duplicate"
        and request.opened.step == call.step.id
        and request.answer is not None
        and request.answer.choice == "again"
        and request.answer.args_digest == call.digest
        for request in view.requests.values()
    )
