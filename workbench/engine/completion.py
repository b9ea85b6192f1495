"""Done is decided by a check: the completion criterion of a run, asked before it may succeed."""

from __future__ import annotations

from typing import Any

from workbench import events as e
from workbench.engine import limits
from workbench.engine.bridge import is_our_cancellation
from workbench.engine.call import describe
from workbench.engine.checks import FAILED, check_output
from workbench.engine.ending import last_outputs
from workbench.engine.log import Log
from workbench.engine.outputs import Outputs
from workbench.engine.parts import Parts
from workbench.errors import LimitReached

BY = "the completion check"


class Completion:
    """Looks at the result of one drive's run."""

    def __init__(self, parts: Parts, log: Log, outputs: Outputs) -> None:
        """Use these parts."""
        self._parts, self._log, self._outputs = parts, log, outputs

    def due(self, events: list[e.Event]) -> bool:
        """Whether the result must be looked at before these events may end the run."""
        view = self._log.view
        ends = bool(events) and isinstance(events[-1], e.RunSucceeded)
        return ends and view.done is not None and view.verdict is None

    def settle(self, events: list[e.Event]) -> list[e.Event]:
        """Give the events that end the run by what the check has said."""
        verdict = self._log.view.verdict
        if not events or not isinstance(events[-1], e.RunSucceeded) or verdict is None:
            return events
        if verdict.ok:
            return [*events[:-1], events[-1].model_copy(update={"verified": True})]
        return [*events[:-1], e.RunFailed(errors={"": f"it is not done: {verdict.why}"})]

    async def look(self) -> None:
        """Look at the result, and record what is to be said of it."""
        view, usage, by, word = self._log.view, dict[str, float](), BY, ""
        assert view.done is not None and view.revision is not None  # noqa: S101, PT018 - see `due`
        revision, began = view.revision.digest, self._parts.clock.monotonic()

        def tell(event: e.Event) -> None:
            nonlocal by, word
            if isinstance(event, e.VerdictGiven):
                by, word = event.by, event.why
                for unit, amount in event.usage.items():
                    usage[unit] = usage.get(unit, 0) + amount
            else:
                self._log.add(event)

        try:
            result = await self._result()
            why = await check_output(view.done, result, "", self._parts, view=view, tell=tell)
        except BaseException as error:
            if is_our_cancellation(error):
                raise
            if isinstance(error, LimitReached):
                self._log.add(*limits.held_up(view, error))
                return
            why = f"{FAILED}{describe(error)}"
        said = e.VerdictGiven(
            ok=why is None,
            why=why or word,
            by=by,
            usage=usage,
            duration_s=round(self._parts.clock.monotonic() - began, 6),
            revision=revision,
        )
        self._log.add(said)

    async def _result(self) -> Any:
        outputs = {
            name: self._outputs.decode(out) for name, out in last_outputs(self._log.view).items()
        }
        return next(iter(outputs.values())) if len(outputs) == 1 else outputs
