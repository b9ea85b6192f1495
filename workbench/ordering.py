"""What a person orders of a run: each order is a command, and all go through one door."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from workbench.budget import is_amount
from workbench.commands import (
    Abandon,
    Comment,
    Decide,
    EditPlan,
    GiveGrant,
    MakeCheckpoint,
    Pause,
    RaiseLimit,
    Refuse,
    Resume,
    RevokeGrant,
    SetAutonomy,
    Stop,
)
from workbench.errors import NotFound, WorkbenchError
from workbench.events import Autonomy
from workbench.grants import Grant
from workbench.handle import Handle
from workbench.ids import new_id
from workbench.plan import Draft, Edit, EditList


class RunOrders(Handle):
    """The orders that a run takes; a final run takes none (`RunFinished`)."""

    def pause(self, reason: str = "") -> None:
        """Start no new call from now on; it holds across a restart. Calls in flight finish."""
        self.send(Pause(reason=reason))

    def resume(self) -> None:
        """Go on after a pause."""
        self.send(Resume())

    def stop(self, reason: str = "") -> None:
        """End the run and keep what was done; what is left is in `view.remains`."""
        self.send(Stop(reason=reason))

    def abandon(self, reason: str) -> None:
        """Give the run up as pointless."""
        self.send(Abandon(reason=reason))

    def comment(
        self, text: str, step: str | None = None, *, replan: bool = True, review: bool = False
    ) -> None:
        """Say something about the plan, or a step of it; the planner sees it.

        What the planner makes of it comes back as a revision: `changes` says what is different.
        Questions about steps that stay as they are stay open, and approvals hold.

        Args:
            text: what is to be said.
            step: the step that it is about; None: the whole plan.
            replan: ask the planner again because of it; otherwise it sees it when it is next asked.
            review: pause once the planner has answered, so that you look at `changes` first.

        Raises:
            CommandRefused: there is no such step, or the run is stopping.
        """
        self.send(Comment(text=text, step=step, replan=replan, review=review))

    def refuse(self, step: str, reason: str = "", *, review: bool = False) -> None:
        """Refuse a step before it begins, asked about or not; the planner finds another way.

        Args:
            step: its id.
            reason: why; it reaches the planner.
            review: pause once the planner has answered, so that you look at `changes` first.

        Raises:
            CommandRefused: it has begun or is over, there is none, or the run is stopping.
        """
        self.send(Refuse(step=step, reason=reason, review=review))

    def decide(self, subject: str, choice: str, why: str = "") -> None:
        """Write a decision down; a planner that goes against it is refused, and told so."""
        self.send(Decide(subject=subject, choice=choice, why=why))

    def checkpoint(self, name: str) -> None:
        """Name this place in the journal."""
        self.send(MakeCheckpoint(name=name))

    def grant(self, right: Grant) -> str:
        """Give the run a right; gives its id, by which it can be revoked.

        Calls that it covers are made without a question.

        Raises:
            CommandRefused: it names no tool that there is.
        """
        name = new_id("grant")
        self.send(GiveGrant(grant=name, right=right))
        return name

    def revoke(self, grant: str, reason: str = "") -> None:
        """Take a right away: the next call that needs it is refused, and the run pauses.

        Raises:
            CommandRefused: the run has no such right.
        """
        self.send(RevokeGrant(grant=grant, reason=reason))

    def set_autonomy(self, to: Autonomy) -> None:
        """Say how much the run does without asking; it acts on the next call.

        Args:
            to: `ask` for everything, what its `risk` class allows, all but the `irreversible`, or
                `read_only`.
        """
        self.send(SetAutonomy(to=to))

    def raise_limit(self, unit: str, to: float) -> None:
        """Set a limit of the run's budget anew: `run.raise_limit("usd", 10)`.

        A run that waits because of a limit goes on; one that was paused is resumed by `resume`.

        Raises:
            CommandRefused: it has no such limit, or more than that was used already.
            WorkbenchError: `to` is not a number of at least 0.
        """
        if not is_amount(to):
            raise WorkbenchError(f"{to!r} is no limit.", "Give a number of at least 0.")
        self.send(RaiseLimit(unit=unit, to=to))

    def edit(
        self,
        edits: Iterable[Edit] | Iterable[dict[str, Any]],
        base: str,
        reason: str = "",
        *,
        surface: str = "python",
    ) -> None:
        """Make one revision of edits, given as data.

        Args:
            edits: what to change; see `workbench.plan.edits`.
            base: digest of the revision that they were made on: `run.plan.digest`.
            reason: why, for the history.
            surface: through which door.

        Raises:
            StaleRevision: the plan was revised meanwhile; both revisions are named.
            PlanError: a step is finished or being done, or the edited plan has faults.
        """
        made = tuple(EditList.validate_python(list(edits)))
        self.send(EditPlan(base=base, edits=made, reason=reason, surface=surface))

    @contextmanager
    def editing(self, reason: str = "") -> Iterator[Draft]:
        """Pause, hand out the plan as a draft, commit its edits as one revision, stay paused.

        When the block raises, nothing is changed.
        """
        self.pause(reason=reason or "to edit the plan")
        view = self.view
        if view.plan is None:
            raise NotFound(f"Run {self.id} has no plan yet.", "Wait until it has one.")
        draft = Draft(view.plan, view.fixed(), self._store)
        yield draft
        if draft.edits:
            self.edit(draft.edits, base=draft.base.digest, reason=reason)
