"""The fold of plan and planner: revisions, what the planner was asked and said, comments."""

from __future__ import annotations

from workbench import events as e
from workbench.errors import JournalError
from workbench.events import Record
from workbench.plan import apply_edits
from workbench.view import anew, models, watch
from workbench.view.parts import Decided, Note, Revision
from workbench.view.run_view import RunView

PLANNER = "planner "
"""What the author of a planner's revision begins with."""


def revised(view: RunView, record: Record, event: e.PlanRevised) -> None:
    """Take over a revision; a plan that was wanted is there, unless it was wanted meanwhile."""
    if event.plan is not None:
        plan = event.plan
    elif view.plan is not None:
        plan = apply_edits(view.plan, event.edits)
    else:
        raise JournalError(
            "A revision edits a plan that does not exist.", "Run `workbench verify`."
        )
    if plan.digest != event.digest:
        raise JournalError(
            f"Revision {event.number} gives the digest {plan.digest[:12]} and not "
            f"{event.digest[:12]} as recorded.",
            "The journal was changed by hand, or written by another version of the workbench.",
        )
    view.revisions.append(
        Revision(
            number=event.number,
            digest=event.digest,
            base=event.base,
            author=event.author,
            reason=event.reason,
            seq=record.seq,
            at=record.at,
            remarks=event.remarks,
        )
    )
    if all(revision.digest != event.digest for revision in view.revisions[:-1]):
        watch.moved(view, record)
    anew.put_plan(view, plan)
    view.futile, view.verdict, view.held = 0, None, False
    planner = event.author.startswith(PLANNER)
    view.kept = _broken(view) if planner else min(view.kept, _broken(view))
    if not planner or view.wanted_seq <= view.asked_seq:
        view.replan, view.review = "", False


def called(view: RunView, record: Record, _event: e.PlannerCalled) -> None:
    """Count it; what is said from here on it has not seen."""
    view.planner_calls += 1
    models.meter(view, None)
    view.asked_seq = record.seq
    if view.plan is not None:
        view.replans += 1


def answered(view: RunView, record: Record, event: e.PlannerAnswered) -> None:
    """Note what it wants next: to be asked again, or to leave the plan as it is."""
    models.spend_beyond(view, event.usage, None)
    if event.outcome in ("plan", "edits", "keep"):
        view.observed = 0
    if event.outcome == "keep":
        view.futile, view.kept = 0, _broken(view)
        if view.wanted_seq <= view.asked_seq:
            view.replan, view.review = "", False
    asked_for = view.plan is not None and view.replanning is not None
    if asked_for and event.outcome == "questions":
        wanted(view, record, "answer")
    if asked_for and event.outcome == "wait":
        wanted(view, record, f"it waited: {event.text}")


def unchanged(view: RunView, record: Record, event: e.PlanUnchanged) -> None:
    """Count it; what was not taken over is a reason to ask again."""
    view.futile = event.times
    if event.taken:
        return
    wanted(view, record, f"the last proposal was not taken over ({event.reason})")


def commented(view: RunView, record: Record, event: e.PlanCommented) -> None:
    """Keep what a person said, and ask the planner if they want it asked."""
    note = Note(seq=record.seq, at=record.at, by=event.by, step=event.step, text=event.text)
    view.notes.append(note)
    if event.replan:
        about = f" on {event.step}" if event.step else ""
        why = f"{event.by} commented{about}: {event.text}"
        wanted(view, record, why, review=event.review)


def refused(view: RunView, record: Record, event: e.StepDenied) -> None:
    """Want another way than a step that a person refused; the planner sees what they said."""
    text = f"refused: {event.reason}"
    view.notes.append(Note(seq=record.seq, at=record.at, by=event.by, step=event.step, text=text))
    wanted(view, record, f"{event.step} was refused: {event.reason}", review=event.review)


def decided(view: RunView, record: Record, event: e.DecisionMade) -> None:
    """Keep a decision in the log."""
    view.decisions.append(
        Decided(
            seq=record.seq,
            at=record.at,
            by=event.by,
            subject=event.subject,
            choice=event.choice,
            why=event.why,
            contradicts=event.contradicts,
        )
    )


def wanted(view: RunView, record: Record, why: str, *, review: bool = False) -> None:
    """Want another plan, from this place on; `review`: a person looks at it before it goes on."""
    view.replan, view.wanted_seq = why, record.seq
    view.review = view.review or review


def _broken(view: RunView) -> int:
    return view.count("failed") + view.count("denied")
