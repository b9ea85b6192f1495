"""Limits on what is spent: of one run (`Budget`), and over all runs of a journal (`Cap`)."""

from workbench.budget.budget import COUNTED, Budget, crossed, is_amount
from workbench.budget.cap import TOKENS, Cap, by_name, counted, of_each_run

__all__ = [
    "COUNTED",
    "TOKENS",
    "Budget",
    "Cap",
    "by_name",
    "counted",
    "crossed",
    "is_amount",
    "of_each_run",
]
