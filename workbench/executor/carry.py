"""What a call starts belongs to the call: its threads and its programs know where they come from.

Context variables follow coroutines and the threads that calls are made in, but neither a thread
that a tool starts by itself nor another program. So that neither can answer a request, the ways to
start them are wrapped once, when the first call is made; outside of calls nothing changes.
Code that is bent on it gets past this, as it gets past everything in its own process: what is not
trusted belongs into a sandbox.
"""

from __future__ import annotations

import functools
import os
import shlex
import subprocess
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.process import BaseProcess
from typing import Any

from workbench.executor.inside import MARK, calling_step, inside_call, inside_run


@functools.cache
def install() -> None:
    """Wrap the ways to start threads and programs, once for this process."""
    _wrap(threading.Thread, "start", _start_thread)
    _wrap(ThreadPoolExecutor, "submit", _submit)
    _wrap(subprocess.Popen, "__init__", _open)
    _wrap(BaseProcess, "start", _start_process)
    _wrap(os, "system", _system)
    for name in ("posix_spawn", "posix_spawnp"):
        if hasattr(os, name):
            _wrap(os, name, _spawn)


def _wrap(place: Any, name: str, around: Callable[..., Any]) -> None:
    original = getattr(place, name)

    @functools.wraps(original)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        step = calling_step()
        if step is None:
            return original(*args, **kwargs)
        return around(step, original, *args, **kwargs)

    setattr(place, name, wrapped)


def _carried(step: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function know, wherever it runs, which call it belongs to."""
    run = inside_run.get()

    def inside(*args: Any, **kwargs: Any) -> Any:
        tokens = inside_call.set(step), inside_run.set(run)
        try:
            return function(*args, **kwargs)
        finally:
            inside_call.reset(tokens[0])
            inside_run.reset(tokens[1])

    return inside


def _start_thread(step: str, start: Callable[..., Any], thread: threading.Thread) -> None:
    if not getattr(thread, "serves_all_calls", False):
        thread.run = _carried(step, thread.run)  # type: ignore[method-assign]  # for this thread only
    start(thread)


def _submit(
    step: str, submit: Callable[..., Any], pool: Any, function: Any, /, *args: Any, **kwargs: Any
) -> Any:
    return submit(pool, _carried(step, function), *args, **kwargs)


def _open(step: str, open_: Callable[..., Any], process: Any, *args: Any, **kwargs: Any) -> None:
    place = 10  # of `env` among the positional arguments of Popen
    given = args[place] if len(args) > place else kwargs.pop("env", None)
    env = _marked(step, os.environ if given is None else given)
    if len(args) > place:
        open_(process, *args[:place], env, *args[place + 1 :], **kwargs)
    else:
        open_(process, *args, env=env, **kwargs)


def _start_process(step: str, start: Callable[..., Any], process: BaseProcess) -> None:
    """Start a process of `multiprocessing`, which takes the environment as it is at this moment."""
    before = os.environ.get(MARK)
    os.environ[MARK] = step
    try:
        start(process)
    finally:
        if before is None:
            del os.environ[MARK]
        else:
            os.environ[MARK] = before


def _system(step: str, system: Callable[..., int], command: Any) -> int:
    return system(f"{MARK}={shlex.quote(step)}; export {MARK}\n{os.fsdecode(command)}")


def _spawn(step: str, spawn: Callable[..., int], path: Any, argv: Any, env: Any, **kw: Any) -> int:
    return spawn(path, argv, _marked(step, env), **kw)


def _marked(step: str, env: Mapping[Any, Any]) -> dict[Any, Any]:
    key, value = (MARK, step)
    if any(isinstance(name, bytes) for name in env):
        return {**env, os.fsencode(key): os.fsencode(value)}
    return {**env, key: value}
