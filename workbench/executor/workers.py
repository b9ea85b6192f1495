"""Child processes for calls: reused, bounded, killed with everything that they started."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from workbench.executor.crossing import LENGTH, dump_call, value_of, write_message
from workbench.executor.inside import MARK
from workbench.executor.threads import Ended, Job

LOOK_S = 0.25
"""How often a silent child is looked at: it may be dead while one of its own holds the pipe."""
SHOWN = 2000
"""Characters of a dead child's last words that an error holds."""


class NoAnswer(Exception):
    """The call was begun and gave no answer; whether it had an effect is not known."""


class ProcessDied(NoAnswer):
    """The process of the call ended before the call did: it crashed, or the tool ended it."""


class Child:
    """One child process."""

    def __init__(self) -> None:
        """Start it; it leads a group of its own, so a signal for the kernel passes it by."""
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the child
        begin = f"import sys; sys.path[:] = {sys.path!r}; from workbench.executor import child; "
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-c", f"{begin}child.main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._words,
            start_new_session=True,
            bufsize=0,
        )
        self._lock = threading.Lock()
        _children.add(self)

    @property
    def alive(self) -> bool:
        """Whether it is there; a dead one is not reaped, so its number stays its own."""
        with self._lock:
            return self._process.returncode is None and not self._is_dead()

    def ask(self, place: dict[str, Any], call: bytes) -> tuple[dict[str, Any], bytes]:
        """Have one call made and wait for its answer.

        Raises:
            ProcessDied: it ended before it answered.
        """
        try:
            self._write(write_message(place, call))
            head = self._read(LENGTH.size)
            first, second = LENGTH.unpack(head)
            return json.loads(self._read(first)), self._read(second)
        except (OSError, EOFError) as error:
            raise ProcessDied(self._last_words()) from error

    def kill(self) -> None:
        """End it and all that it started, at once; from any thread."""
        with self._lock:
            if self._process.returncode is None:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """Kill it and wait until it is gone."""
        self.kill()
        with self._lock:
            self._process.wait()
        self.close_pipes()
        self._words.close()
        _children.discard(self)

    def close_pipes(self) -> None:
        """Close this side of the pipes."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _is_dead(self) -> bool:
        options = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self._process.pid, options) is not None

    def _write(self, content: bytes) -> None:
        assert self._process.stdin is not None  # noqa: S101 - it was started with a pipe
        rest = memoryview(content)
        while rest:
            rest = rest[self._process.stdin.write(rest) or 0 :]

    def _read(self, size: int) -> bytes:
        assert self._process.stdout is not None  # noqa: S101 - it was started with a pipe
        place, parts, left = self._process.stdout.fileno(), [], size
        while left:
            if not select.select([place], [], [], LOOK_S)[0]:
                if not self.alive:
                    self.kill()
                continue
            part = os.read(place, min(left, 1 << 20))
            if not part:
                raise EOFError
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

    def _last_words(self) -> str:
        self.kill()
        with self._lock:
            code = self._process.wait()
        self._words.seek(0)
        words = self._words.read().decode(errors="replace").strip()[-SHOWN:]
        how = f"with exit code {code}"
        if code < 0:
            how = f"by {signal.Signals(-code).name}"
        return f"its process was ended {how}" + (f": {words}" if words else "")


_children: weakref.WeakSet[Child] = weakref.WeakSet()


def _let_go() -> None:
    """A fork of the engine's process must not keep the children alive: it closes its copies."""
    for child in list(_children):
        child.close_pipes()


os.register_at_fork(after_in_child=_let_go)


class ProcessJob(Job):
    """One call in a child process; to end it is to kill the child."""

    def __init__(
        self,
        function: Callable[..., Any],
        kwargs: Mapping[str, Any],
        step: str,
        show: Callable[[str], Any],
        left: Callable[[], None],
    ) -> None:
        """Prepare a call; `show` is given what it prints."""
        super().__init__(self._make, left)
        self._function, self._kwargs, self._step, self._show = function, kwargs, step, show
        self._child: Child | None = None

    def ask_to_end(self) -> None:
        """Kill the child."""
        with self._lock:
            self._asked = True
            if self._child is not None:
                self._child.kill()

    def _make(self) -> Any:
        call = dump_call(self._function, self._kwargs)
        child = _own.child
        if child is None or not child.alive:
            close_own()
            child = _own.child = Child()
        with self._lock:
            self._child = child
            if self._asked:
                child.kill()
        place = {
            "path": sys.path,
            "cwd": str(Path.cwd()),
            "environ": {**os.environ, MARK: self._step},
            "step": self._step,
        }
        try:
            answer, content = child.ask(place, call)
        except BaseException:
            close_own()
            if self._asked:
                raise Ended from None
            raise
        finally:
            with self._lock:
                self._child = None
        if answer["changed"]:
            # What the call left behind must not be found by another one.
            close_own()
        if "printed" in answer:
            self._show(answer["printed"])
        return value_of(answer, content)


class _Own(threading.local):
    child: Child | None = None


_own = _Own()
"""The child of the present thread: a thread for processes has one at a time."""


def close_own() -> None:
    """End the present thread's child, if it has one."""
    child, _own.child = _own.child, None
    if child is not None:
        child.close()
