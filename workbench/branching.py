"""Another way from a place in a run's past: a fork, an amended checkpoint, a comparison.

Three intents, three commands. To correct the past, or to try an alternative, fork: a new run begins
at that place, and the old one stays as it is. To change the next step, edit the plan. To put fields
of the very place right where the run is paused, amend.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from workbench.commands import Amend
from workbench.events import Record
from workbench.forks import Wish
from workbench.handle import Handle, Place
from workbench.host.mode import Asked
from workbench.plan import Plan
from workbench.report import Comparison, compare_runs
from workbench.report.fork_preview import ForkPreview
from workbench.view import RunView

if TYPE_CHECKING:
    from workbench.run import Run


class RunBranching(Handle):
    """What can be made of a run's past; the run itself stays as it is, save by `amend`."""

    def fork(
        self,
        at: Place | None = None,
        plan: Plan | None = None,
        *,
        outputs: Mapping[str, Any] | None = None,
        limits: Mapping[str, float] | None = None,
        key: str | None = None,
        paused: bool = False,
        mode: Asked = "background",
    ) -> Run:
        """Start a new run that shares this one's history up to a place; this one stays as it is.

        Steps that were finished there are done in the fork, too, with the same outputs: no call is
        made for them, and what they did can be undone here only. What was open, failed, refused, in
        doubt or being done there begins anew, under keys of its own; a call that may have happened
        already is asked about before it is made again.

        Nothing asks about what this run did behind that place: it stays in the world, and the fork
        may do the same once more. `fork_preview` lists it before, the fork's text and its plan's
        remarks name it after, and `rollback(to=at)` takes it back.

        Args:
            at: a checkpoint, its name, or a position in the journal; default: now.
            plan: another plan; finished steps that it leaves as they were are shared, changed ones
                and those that use their outputs begin anew.
            outputs: outputs of steps by id, in place of those of the past; what used them begins
                anew.
            limits: limits of the budget, anew by unit; what was used by then counts.
            key: the same key gives the same run, however often it is asked for.
            paused: start it paused, to be edited first.
            mode: as for `Workbench.start`.

        Raises:
            NotFound: there is no such place, or no such step.
            PlanError: the plan has faults, or an output does not fit; all are listed.
            CommandRefused: a limit is below what was used by then.
        """
        wish = Wish(plan, dict(outputs or {}), dict(limits or {}), key, paused, mode)
        return self.bench.forks.make(self.id, None if at is None else self._seq_of(at), wish)

    def fork_preview(
        self,
        at: Place | None = None,
        plan: Plan | None = None,
        *,
        outputs: Mapping[str, Any] | None = None,
    ) -> ForkPreview:
        """Say what a fork there would share, do anew, and leave in the world; nothing is made.

        `stays` has the effects of this run behind the place: they are what a fork knows nothing of.

        Raises:
            NotFound: there is no such place.
            CommandRefused: the run cannot be forked there.
        """
        wish = Wish(plan, dict(outputs or {}))
        place = None if at is None else self._seq_of(at)
        found = self.bench.forks.preview(self.id, place, wish)
        return replace(found, stays=self.bench.plain_report(found.stays))

    def amend(
        self,
        outputs: Mapping[str, Any] | None = None,
        args: Mapping[str, Mapping[str, Any]] | None = None,
        limits: Mapping[str, float] | None = None,
        reason: str = "",
        *,
        name: str = "",
        surface: str = "python",
    ) -> None:
        """Change fields of the place where the run is paused: all of them, or none.

        It makes a new checkpoint with you as its author; the old place keeps the old values. What
        is done from here on uses the new ones.

        Args:
            outputs: of finished steps, by id; each must satisfy the step's check and fit the type
                of its tool.
            args: of steps that have not begun: step to argument to value; others stay.
            limits: of the budget, by unit.
            reason: why, for the history.
            name: of the new checkpoint.
            surface: through which door.

        Raises:
            CommandRefused: the run is not paused, or a step that uses the output has begun.
            PlanError: a value does not fit; all are listed.
        """
        self.send(
            Amend(
                name=name,
                outputs={step: self._store(value) for step, value in (outputs or {}).items()},
                args={step: dict(values) for step, values in (args or {}).items()},
                limits=dict(limits or {}),
                reason=reason,
                surface=surface,
            )
        )

    def compare(self, other: RunBranching) -> Comparison:
        """Put another run beside this one: plan, outputs, cost, time, effects, end."""
        return compare_runs(_side(self), _side(other))


def _side(run: RunBranching) -> tuple[RunView, list[Record]]:
    view = run.view
    shown = run.bench.plain_view(view)
    return shown, run.bench.journal.records(run.id, limit=view.seq)
