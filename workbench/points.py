"""Named points of the pipeline, where a crash test can kill the process.

`workbench.testing.CrashPoint` lists the names and installs the hook; otherwise `reach` does
nothing.
"""

from __future__ import annotations

from collections.abc import Callable

_hook: Callable[[str], None] | None = None


def reach(name: str) -> None:
    """Say that the point was reached."""
    if _hook is not None:
        _hook(name)


def install(hook: Callable[[str], None] | None) -> None:
    """Call `hook` with the name of every point that is reached; None removes it."""
    global _hook  # noqa: PLW0603 - one switch for the whole process, by design
    _hook = hook
