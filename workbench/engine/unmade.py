"""What becomes of a call that cannot be made: nothing has happened."""

from __future__ import annotations

from workbench import events as e
from workbench.engine.bridge import is_our_cancellation
from workbench.engine.call import Call
from workbench.engine.classes import argument_faults, classify
from workbench.engine.log import Log
from workbench.engine.setbacks import PAUSING, pause_for
from workbench.engine.undoing import Undoing
from workbench.plan import Step
from workbench.view import RunView


class Unmade:
    """Says of the calls of one drive whether they may begin, and why they have not."""

    def __init__(self, log: Log, undoing: Undoing) -> None:
        """Use these parts."""
        self._log, self._undoing = log, undoing

    def may_start(self, call: Call) -> bool:
        """Re-check at dispatch: still running, the same step, still ready."""
        return is_due(self._log.view, call.step) and self._log.error is None

    def off(self, call: Call, error: BaseException) -> None:
        """Fail what could not be made ready; a cancellation of our own goes on."""
        if is_our_cancellation(error):
            raise error
        if self.may_start(call):
            self.not_begun(call.step.id, error, call.describe(error))

    def not_begun(self, step_id: str, error: BaseException, text: str) -> None:
        """Fail a step before its intent, or pause for what is missing: nothing happened.

        An undo is put to the person instead, and the other undos go on.
        """
        view = self._log.view
        if view.run_kind == "undo" and view.plan is not None:
            self._log.add(self._undoing.unready(view.plan[step_id], text))
            return
        kind = classify(error)
        if kind in PAUSING:
            reason = f"step {step_id} cannot be done here: {text}"
            self._log.add(*pause_for(view, reason))
            return
        self._log.add(
            e.CallFailed(
                step=step_id,
                attempt=view.steps[step_id].attempt + 1,
                error=text,
                error_type=type(error).__name__,
                error_class=kind,
                happened=False,
                faults=argument_faults(error),
            )
        )


def is_due(view: RunView, step: Step) -> bool:
    """Whether a step of the plan as it stands is the next to be done."""
    if view.state != "running" or view.plan is None:
        return False
    planned = view.plan.by_id.get(step.id)
    return (planned is step or planned == step) and view.steps[step.id].state == "ready"
