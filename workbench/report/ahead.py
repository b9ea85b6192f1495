"""What a person should know of the steps to come, before they are done."""

from __future__ import annotations

from workbench.plan import Remark
from workbench.plan.remarks import CONTRACT, LITTLE_LEFT
from workbench.report.words import one_line
from workbench.view import RunView

_TO_COME = ("pending", "ready", "asking")


def remarks_ahead(view: RunView) -> list[Remark]:
    """Give the remarks on the current revision that still matter, with plain text in them."""
    if view.final or view.revision is None:
        return []
    remarks = (remark for remark in view.revision.remarks if _matters(view, remark))
    return [remark.model_copy(update={"text": one_line(remark.text, 400)}) for remark in remarks]


def _matters(view: RunView, remark: Remark) -> bool:
    if remark.behind and all(
        step not in view.steps or view.steps[step].final for step in remark.behind
    ):
        return False
    if remark.code == CONTRACT and _begun(view):
        return False
    if remark.code == LITTLE_LEFT and view.revision is not None:
        # It counts what was left then; whoever comes to the limit is told so there.
        return not any(step.began_seq > view.revision.seq for step in view.steps.values())
    if remark.step is None:
        return any(step.state in _TO_COME for step in view.steps.values())
    step = view.steps.get(remark.step)
    # The request itself says that what it asks for cannot be undone.
    said = step is not None and step.state == "asking" and remark.code == "point_of_no_return"
    return step is not None and step.state in _TO_COME and not said


def ahead_title(view: RunView) -> str:
    """Say what the list is: before the first call, or before the next one."""
    return "Before you go on" if _begun(view) else "Before you start"


def _begun(view: RunView) -> bool:
    return any(step.began_seq for step in view.steps.values())


def ahead_lines(view: RunView) -> list[str]:
    """Give the remarks as lines of text; none: there is nothing to say."""
    remarks = remarks_ahead(view)
    if not remarks:
        return []
    named = [f"{remark.step}: {remark.text}" if remark.step else remark.text for remark in remarks]
    return [f"{ahead_title(view)}:", *(f"  ! {line}" for line in named)]
