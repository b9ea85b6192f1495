"""Executors: where a call's function runs."""

from workbench.executor.inside import (
    Place,
    calling_step,
    in_engine_loop,
    inside_call,
    inside_run,
    told_to_end,
)
from workbench.executor.left import Leftover
from workbench.executor.local import LocalExecutor, TimedOut
from workbench.executor.threads import Ended
from workbench.executor.workers import NoAnswer, ProcessDied

__all__ = [
    "Ended",
    "Leftover",
    "LocalExecutor",
    "NoAnswer",
    "Place",
    "ProcessDied",
    "TimedOut",
    "calling_step",
    "in_engine_loop",
    "inside_call",
    "inside_run",
    "told_to_end",
]
