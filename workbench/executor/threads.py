"""Blocking calls in threads that the engine can ask to end."""

from __future__ import annotations

import contextvars
import ctypes
import itertools
import queue
import threading
from collections.abc import Callable
from typing import Any

from workbench.executor.inside import Forks, leave_fork

try:
    from sniffio import current_async_library_cvar as _library
except ImportError:  # anyio does without it
    _library = None  # type: ignore[assignment]

_numbers = itertools.count(1)


class Ended(BaseException):
    """The engine ends this call: its time is over, or its run was stopped. Clean up and leave."""

    def __str__(self) -> str:
        """Say so."""
        return "the engine ended the call"


class Job:
    """One blocking call.

    Attributes:
        ended: whether the function was left; `value` or `error` is set then.
        lane: the thread that it runs in.
    """

    def __init__(self, work: Callable[[], Any], left: Callable[[], None]) -> None:
        """Prepare `work`; `left` is called in the thread when it was left."""
        self._work, self._left = work, left
        self._context = contextvars.copy_context()
        if _library is not None:
            # The thread has no loop yet: the function may run one of its own.
            self._context.run(_library.set, None)
        self._lock = threading.RLock()
        self._ident: int | None = None
        self._asked = self._begun = False
        self.lane = ""
        self.ended = False
        self.value: Any = None
        self.error: BaseException | None = None

    @property
    def asked(self) -> bool:
        """Whether it was asked to end."""
        return self._asked

    def run(self) -> None:
        """Do the work in this thread; nothing that it raises gets out.

        An exception that another thread raises here arrives at any place, also when the work is
        done: so all of it stands in one `try`, and may be run again when it was left by one.
        """
        while True:
            try:
                if not self._begun:
                    self._begun = True
                    self._begin(Forks.count)
                with self._lock:
                    self._ident = None
                    if self._asked:
                        _raise_in(threading.get_ident(), None)
            except Ended:
                continue
            break
        self.ended = True
        self._left()

    def _begin(self, born: int) -> None:
        with self._lock:
            self._ident = threading.get_ident()
            asked = self._asked
        try:
            if asked:
                raise Ended  # noqa: TRY301 - it ends as if it had been asked a moment later
            self.value = self._context.run(self._work)
        except BaseException as error:  # noqa: BLE001 - whoever waits for it gets it
            leave_fork(born, failed=True)
            self.error = error
        leave_fork(born, failed=False)

    def ask_to_end(self) -> None:
        """Raise `Ended` in its thread, only as long as it is in its function."""
        with self._lock:
            self._asked = True
            if self._ident is not None:
                _raise_in(self._ident, Ended)


class Lane(threading.Thread):
    """One thread for one call at a time."""

    serves_all_calls = True
    """It belongs to no call: each brings its own context."""

    def __init__(self, lanes: Lanes) -> None:
        """Belong to `lanes`."""
        super().__init__(name=f"workbench-{lanes.name}-{next(_numbers)}", daemon=True)
        self._lanes = lanes
        self.inbox: queue.SimpleQueue[Job | None] = queue.SimpleQueue()

    def run(self) -> None:
        """Take calls until there was none for a while."""
        while True:
            try:
                job = self.inbox.get(timeout=self._lanes.idle_s)
            except queue.Empty:
                if self._lanes.retire(self):
                    break
                continue
            if job is None:
                break
            job.lane = self.name
            try:
                job.run()
            except Ended:
                job.run()
            job = None
        self._lanes.on_end()


class Lanes:
    """Threads that are made on demand and used again.

    Args:
        name: what they are for; it stands in the names of the threads.
        idle_s: seconds after which a thread without a call ends.
        on_end: called in a thread that ends.
    """

    def __init__(
        self, name: str, idle_s: float = 5.0, on_end: Callable[[], None] = lambda: None
    ) -> None:
        """Start nothing yet."""
        self.name, self.idle_s, self.on_end = name, idle_s, on_end
        self._idle: list[Lane] = []
        self._lock = threading.Lock()
        self._closed = False

    def start(self, job: Job) -> None:
        """Run a call in a thread of its own; `give_back` the thread when it was left."""
        with self._lock:
            lane = self._idle.pop() if self._idle else None
            if lane is None:
                lane = Lane(self)
                lane.start()
        lane.inbox.put(job)

    def give_back(self) -> None:
        """Say in a thread that it is free for the next call."""
        lane = threading.current_thread()
        if isinstance(lane, Lane):
            with self._lock:
                if self._closed:
                    lane.inbox.put(None)
                else:
                    self._idle.append(lane)

    def retire(self, lane: Lane) -> bool:
        """Let an idle thread go; False when a call is on its way to it."""
        with self._lock:
            if lane not in self._idle:
                return False
            self._idle.remove(lane)
            return True

    def close(self, within_s: float = 2.0) -> None:
        """End all idle threads now, and the others when their call is left."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for lane in idle:
            lane.inbox.put(None)
        for lane in idle:
            lane.join(within_s)


def _raise_in(ident: int, error: type[BaseException] | None) -> None:
    """Raise in another thread at its next Python instruction; None takes back what is waiting."""
    raised = ctypes.py_object(error) if error is not None else None
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), raised)
