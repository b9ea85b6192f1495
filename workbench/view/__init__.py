"""The view: a fold of the journal that can be thrown away and made again."""

from workbench.view.asked import by_class_and_age
from workbench.view.authority import Held, live
from workbench.view.fold import fold
from workbench.view.frontier import complete, seal
from workbench.view.limits import active_s, carried, repeats, used
from workbench.view.models import ModelCall, Shown, beyond
from workbench.view.parts import (
    BreakerView,
    Decided,
    Judged,
    Left,
    Mark,
    Note,
    RequestView,
    Resource,
    Revision,
    Rollback,
    StepView,
)
from workbench.view.run_view import RunView

__all__ = [
    "BreakerView",
    "Decided",
    "Held",
    "Judged",
    "Left",
    "Mark",
    "ModelCall",
    "Note",
    "RequestView",
    "Resource",
    "Revision",
    "Rollback",
    "RunView",
    "Shown",
    "StepView",
    "active_s",
    "beyond",
    "by_class_and_age",
    "carried",
    "complete",
    "fold",
    "live",
    "repeats",
    "seal",
    "used",
]
