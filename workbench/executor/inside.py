"""What code can know about the call that it runs in."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Literal

from workbench.executor.printing import Printed
from workbench.tools.masking import NOTHING, Mask

Place = Literal["loop", "thread", "process"]
"""Where a call's function runs: the engine's loop, a thread, a child process."""


class Stepping:
    """Which call's coroutine has the engine's loop just now; readable from any thread."""

    def __init__(self) -> None:
        """Nothing has it."""
        self.inside: Inside | None = None
        self.since = 0.0


@dataclass(slots=True)
class Inside:
    """One call that is being made in this process."""

    run: str
    step: str
    place: Place
    watch: Stepping
    printed: Printed | None = None
    """What it printed; None as long as it printed nothing."""
    tasks: set[asyncio.Task[object]] = field(default_factory=set)
    """Tasks that it started in the engine's loop and that have not ended."""
    mask: Mask = NOTHING
    """What takes the secrets that it was given out of what it prints."""
    blocked_s: float = 0.0
    """Longest time that it kept the engine's loop from anything else."""
    notes: list[str] = field(default_factory=list)
    """What the person should be told about it, whatever it came to."""


inside_run: ContextVar[str] = ContextVar("workbench_inside_run", default="")
"""The run whose drive, or whose call, this code runs in."""

told_to_end: ContextVar[Callable[[], bool]] = ContextVar(
    "workbench_told_to_end", default=lambda: False
)
"""Says whether the engine wants the present call to end; a tool also cancels tasks of its own."""

inside_call: ContextVar[str | None] = ContextVar("workbench_inside_call", default=None)
"""The step whose call this code runs in; None outside of any. Answers are refused inside."""

MARK = "WORKBENCH_INSIDE_CALL"
"""Variable of the environment that names the step in the processes which a call starts."""


def calling_step() -> str | None:
    """Say which step's call this code belongs to, its threads and child processes included."""
    return inside_call.get() or os.environ.get(MARK) or None


current_call: ContextVar[Inside | None] = ContextVar("workbench_current_call", default=None)
"""The same, with what is noted about the call."""


def in_engine_loop() -> bool:
    """Whether this is the code of a call in the engine's loop, which it must not block."""
    inside = current_call.get()
    return inside is not None and inside.place == "loop"


class Forks:
    """Counts the forks between the first process and this one."""

    count = 0

    @classmethod
    def forked(cls) -> None:
        """Note that this process is a fork."""
        cls.count += 1


def leave_fork(born: int, *, failed: bool) -> None:
    """End this process if the tool forked and its child came out of the call.

    The child must not go on as a second engine: it has none of the other threads.
    """
    if Forks.count != born:
        os._exit(1 if failed else 0)


os.register_at_fork(after_in_child=Forks.forked)
