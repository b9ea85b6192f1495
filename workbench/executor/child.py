"""The child process: takes calls one after the other from a pipe, until the pipe ends."""

from __future__ import annotations

import contextlib
import faulthandler
import functools
import inspect
import json
import os
import queue
import signal
import sys
import threading
from pathlib import Path
from typing import IO, Any

from workbench.executor.crossing import LENGTH, answer_error, answer_value, load_call, write_message
from workbench.executor.inside import Forks, leave_fork
from workbench.executor.printing import Printed, Proxy


class Kept:
    """Keeps what is printed, for the answer."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.parts: list[str] = []

    def write(self, text: str) -> int:
        """Keep it."""
        self.parts.append(text)
        return len(text)

    def flush(self) -> None:
        """Nothing is buffered."""

    def isatty(self) -> bool:
        """It is none."""
        return False


def main() -> None:
    """Serve until the parent is gone; its end ends this process and all that it started."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    faulthandler.enable(os.fdopen(os.dup(2), "w"))
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    inbox: queue.SimpleQueue[tuple[dict[str, Any], bytes]] = queue.SimpleQueue()
    reader = threading.Thread(target=_read, args=(requests, inbox), daemon=True)
    reader.start()
    while True:
        place, call = inbox.get()
        answer, content = _serve(place, call)
        answers.write(write_message(answer, content))
        answers.flush()


def _read(requests: IO[bytes], inbox: queue.SimpleQueue[tuple[dict[str, Any], bytes]]) -> None:
    """Hand calls on; when the engine's process is gone, kill the whole group, whatever it does."""
    with contextlib.suppress(Exception):
        while head := requests.read(LENGTH.size):
            place, call = LENGTH.unpack(head)
            inbox.put((json.loads(requests.read(place)), requests.read(call)))
    os.killpg(os.getpgrp(), signal.SIGKILL)


def _serve(place: dict[str, Any], call: bytes) -> tuple[dict[str, Any], bytes]:
    sys.path[:] = place["path"]
    with contextlib.suppress(OSError):
        os.chdir(place["cwd"])
    if dict(os.environ) != place["environ"]:
        os.environ.clear()
        os.environ.update(place["environ"])
    before, born, kept, printed = _state(), Forks.count, Kept(), Printed(place["step"])
    sys.stdout = sys.stderr = Proxy(kept, lambda: printed)
    failed = True
    try:
        answer, content = answer_value(_make(call))
        failed = False
    except BaseException as error:  # noqa: BLE001 - whatever it raises, the engine is told
        answer, content = answer_error(error)
    leave_fork(born, failed=failed)
    printed.finish()
    if kept.parts:
        answer["printed"] = "".join(kept.parts)
    answer["changed"] = [name for name, value in _state().items() if value != before[name]]
    return answer, content


def _make(call: bytes) -> Any:
    try:
        function, kwargs = load_call(call)
    except BaseException as error:
        error.happened = False  # type: ignore[attr-defined]
        raise
    if inspect.iscoroutinefunction(function):
        import anyio

        return anyio.run(functools.partial(function, **kwargs))
    return function(**kwargs)


def _state() -> dict[str, Any]:
    """Look at what a call may leave behind for the next one."""
    import resource

    limits = [getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")]
    return {
        "threads": threading.active_count(),
        "child processes": _has_children(),
        "working directory": _folder(),
        "environment": dict(os.environ),
        "signal handlers": [signal.getsignal(number) for number in signal.valid_signals()],
        "limits": [resource.getrlimit(limit) for limit in limits],
    }


def _folder() -> str:
    try:
        return str(Path.cwd())
    except OSError:
        return ""


def _has_children() -> bool:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


if __name__ == "__main__":
    main()
