"""Oversight: what is shown and checked about runs beside their course; changes nothing of them."""

from workbench.oversight.anchors import Anchor
from workbench.oversight.benches import BenchOversight
from workbench.oversight.fatigue import Fatigue, FatigueNotice
from workbench.oversight.runs import RunOversight, curtain_before
from workbench.oversight.spending import BenchSpending

__all__ = [
    "Anchor",
    "BenchOversight",
    "BenchSpending",
    "Fatigue",
    "FatigueNotice",
    "RunOversight",
    "curtain_before",
]
