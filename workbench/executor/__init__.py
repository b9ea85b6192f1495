"""Executors: where a call's function runs."""

from workbench.executor.local import LocalExecutor, TimedOut, inside_call

__all__ = ["LocalExecutor", "TimedOut", "inside_call"]
