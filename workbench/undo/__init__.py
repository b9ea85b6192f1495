"""Going back: which effects a run has had, what undoes each, and the report. No I/O."""

from workbench.undo.derive import shown_args, undo_plan, why_not
from workbench.undo.effects import Made, effects_of, since
from workbench.undo.entry import entry_of, entry_values
from workbench.undo.report import UndoReport, UndoRow, foreseen, report_of

__all__ = [
    "Made",
    "UndoReport",
    "UndoRow",
    "effects_of",
    "entry_of",
    "entry_values",
    "foreseen",
    "report_of",
    "shown_args",
    "since",
    "undo_plan",
    "why_not",
]
