"""Buttons that are answered while a cell is busy: a widget's comm gets a thread of its own.

ipykernel 7.4 sends a page's message to where its comm was last used, and that is the main shell,
which is busy as long as a cell runs. Here such a comm is tied to a subshell of our own. Older
kernels go by what the page says, or have no subshells; they are left as they are. All this is
private to ipykernel, so whatever is not there, or not as expected, changes nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

MADE_WITHIN_S = 5.0

_lock = threading.Lock()
_subshells: dict[int, str] = {}
"""The one subshell of each kernel object in this process, by `id`."""


def answer_while_busy(comm: Any) -> bool:
    """Have messages for `comm` handled beside the running cell; False where that cannot be had."""
    if not callable(getattr(comm, "_reply_subshell_for", None)):
        return False
    kernel = _kernel()
    if not getattr(kernel, "_supports_kernel_subshells", False):
        return False
    try:
        manager = kernel.shell_channel_thread.manager
        known: Callable[[], list[str]] = manager.list_subshell
        subshell = _subshell(kernel, manager._create_subshell)  # noqa: SLF001 - no public way to ask
    except (AttributeError, TimeoutError):
        return False

    def route(_data: Any, default: str | None) -> str | None:
        return subshell if subshell in known() else default

    comm._reply_subshell_for = route  # noqa: SLF001 - looked for above
    return True


def _kernel() -> Any:
    from IPython.core.getipython import get_ipython

    return getattr(get_ipython(), "kernel", None)


def _subshell(kernel: Any, create: Callable[[], str]) -> str:
    with _lock:
        if id(kernel) not in _subshells:
            _subshells[id(kernel)] = _in_shell_channel(kernel, create)
        return _subshells[id(kernel)]


def _in_shell_channel(kernel: Any, create: Callable[[], str]) -> str:
    """Run `create` in the one thread that may; it never waits for a cell.

    Raises:
        TimeoutError: it did not.
    """
    made: list[str] = []
    done = threading.Event()

    def make() -> None:
        try:
            made.append(create())
        finally:
            done.set()

    kernel.shell_channel_thread.io_loop.add_callback(make)
    if not done.wait(MADE_WITHIN_S) or not made:
        raise TimeoutError("the kernel made no subshell")
    return made[0]
