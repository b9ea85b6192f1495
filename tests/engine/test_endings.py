"""The five endings of a run: nothing of it is left, by inspection."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import anyio
import psutil
import pytest

import workbench as wb
from tests.engine.harness import PATIENCE_S, Lab, plan
from workbench.errors import RunFailed, RunStopped
from workbench.executor import LocalExecutor
from workbench.host.thread import portal

COROUTINES, THREADS, PROCESSES = 10, 8, 2
IN_FLIGHT = COROUTINES + THREADS + PROCESSES


class Server:
    """Counts the connections that are open to it."""

    def __init__(self) -> None:
        self.open = self.seen = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, name="server", daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.open += 1
            self.seen += 1
            threading.Thread(target=self._hold, args=(connection,), name="server").start()

    def _hold(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while connection.recv(1024):
                pass
        self.open -= 1

    def close(self) -> None:
        self._listening.close()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


class Hall:
    """Where calls of all kinds wait until the test lets them out."""

    def __init__(self, server: Server, folder: Any) -> None:
        self._server, self.out = server, folder / "out"
        self._folder = folder
        self.inside: list[str] = []

    def tools(self) -> list[wb.Tool]:  # noqa: C901 - four small tools
        """Give a tool of each kind; each can be cancelled by a pause."""
        out, folder, port, inside = self.out, self._folder, self._server.port, self.inside

        @wb.tool(effect="read", on_pause="cancel")
        async def loops(n: int) -> int:
            async with await anyio.connect_tcp("127.0.0.1", port):
                inside.append(f"loop {n}")
                while not await anyio.Path(out).exists():  # noqa: ASYNC110 - the test is outside
                    await anyio.sleep(0.05)
            return n

        @wb.tool(effect="read", on_pause="cancel")
        def threads(n: int) -> int:
            with socket.create_connection(("127.0.0.1", port)):
                inside.append(f"thread {n}")
                while not out.exists():
                    time.sleep(0.05)
            return n

        @wb.tool(effect="read", on_pause="cancel", runs_in="process")
        def processes(n: int) -> int:
            (folder / f"in{n}").touch()
            while not out.exists():
                time.sleep(0.05)
            return n

        @wb.tool(effect="read", on_pause="cancel")
        async def last(how: str) -> str:
            while not (folder / "go").exists():  # noqa: ASYNC110 - the test is outside
                await anyio.sleep(0.01)
            if how == "error":
                raise ValueError("the last one failed")
            if how == "timeout":
                await anyio.sleep_forever()
            return "done"

        return [loops, threads, processes, last]

    def plan(self, how: str) -> wb.Plan:
        kinds = [("loops", COROUTINES), ("threads", THREADS), ("processes", PROCESSES)]
        steps = [
            wb.Step(id=f"{tool}{n}", tool=tool, args={"n": n})
            for tool, count in kinds
            for n in range(count)
        ]
        if how != "timeout":
            return plan(*steps, wb.Step(id="last", tool="last", args={"how": how}))
        before = wb.Step(id="before", tool="last", args={"how": "before"})
        late = {"args": {"how": how}, "after": ["before"], "timeout_s": 0.5}
        return plan(*steps, before, wb.Step(id="last", tool="last", **late))

    def full(self) -> bool:
        here = len(self.inside) + len(list(self._folder.glob("in*")))
        return here == IN_FLIGHT and self._server.open == COROUTINES + THREADS

    def go(self) -> None:
        (self._folder / "go").touch()


def tasks_of_loop(backend: str) -> set[Any]:
    """Give all tasks of the engine's loop, without the one that looks."""

    async def look() -> set[Any]:
        if backend == "asyncio":
            return asyncio.all_tasks() - {asyncio.current_task()}
        import trio

        seen, todo = set(), [trio.lowlevel.current_root_task()]
        while todo:
            task = todo.pop()
            if task is None or task is trio.lowlevel.current_task():
                continue
            seen.add(task)
            todo += [child for nursery in task.child_nurseries for child in nursery.child_tasks]
        return seen

    return portal(backend).call(look)


def eventually(holds: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 2 * PATIENCE_S
    while not holds():
        assert time.monotonic() < end, what
        threading.Event().wait(0.02)


def our_children() -> set[psutil.Process]:
    """Give all processes that this one started."""
    return set(psutil.Process().children(recursive=True))


def strange_threads(before: set[threading.Thread]) -> list[str]:
    """Give the threads that neither were there before, nor belong to a pool without a call."""
    pools = ("workbench-thread-", "workbench-process-", "AnyIO worker", "Trio thread", "asyncio_")
    return [
        thread.name
        for thread in threading.enumerate()
        if thread not in before and not thread.name.startswith((*pools, "server"))
    ]


def interrupt(run: wb.Run) -> None:
    """Wait as a cell does, and interrupt the wait as the stop button does."""
    signaller = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))

    def wait() -> None:
        signaller.start()
        run.wait(60)

    with pytest.raises(KeyboardInterrupt):
        wait()
    signaller.join()


@pytest.mark.parametrize("how", ["finish", "error", "stop", "timeout", "interrupt"])
def test_nothing_of_a_run_is_left(lab: Lab, server: Server, how: str, tmp_path: Any) -> None:
    """After finish, error, stop, timeout and interrupt, with 20 calls in the loop, threads and
    processes, the run has no task, thread, child process or connection [CONC-1, CONC-16].
    """
    hall, children = Hall(server, tmp_path), our_children()
    bench = lab.bench(*hall.tools())
    bench.host._parts.executor = executor = LocalExecutor(processes=PROCESSES, idle_s=0.2)
    (tmp_path / "go").touch()
    bench.start(plan=plan(wb.Step(id="w", tool="last", args={"how": "warm up"}))).wait(60)
    (tmp_path / "go").unlink()
    tasks, threads = tasks_of_loop(lab.backend), set(threading.enumerate())
    run = bench.start(plan=hall.plan(how))
    eventually(lambda: hall.full() or run.view.final, "not all calls came in")
    assert hall.full(), (hall.inside, server.open, run.view.errors, list(tmp_path.iterdir()))
    assert len(run.live_tasks()) == IN_FLIGHT + 1
    if how in ("finish", "interrupt"):
        hall.go()
    if how == "finish":
        hall.out.touch()
        run.wait(60)
    elif how == "stop":
        run.stop()
        with pytest.raises(RunStopped):
            run.wait(60)
    elif how == "interrupt":
        interrupt(run)
        eventually(lambda: not bench.host.driving(run.id), "the run did not come to rest")
        assert run.state == "paused"
    else:
        hall.go()
        with pytest.raises(RunFailed, match="the last one failed" if how == "error" else "answer"):
            run.wait(60)
    assert run.live_tasks() == []
    assert run.leftovers == []
    assert not executor._busy
    eventually(lambda: not server.open, "a connection is open")
    eventually(lambda: tasks_of_loop(lab.backend) <= tasks, "a task is left")
    eventually(lambda: not strange_threads(threads), "a thread is left")
    eventually(lambda: our_children() <= children, "a process is left")
    assert server.seen == COROUTINES + THREADS


SCRIPT = """
import sys, threading, time
import workbench as wb
import workbench.waiting

def announce():
    main, waits = threading.main_thread().ident, workbench.waiting.block_until_over.__code__
    while True:
        frame = sys._current_frames()[main]
        while frame is not None:
            if frame.f_code is waits:
                return print("waiting", flush=True)
            frame = frame.f_back
        time.sleep(0.01)

@wb.tool(effect="read", on_pause="cancel")
def spins():
    while True:
        time.sleep(0.01)

@wb.tool(effect="read", on_pause="cancel", runs_in="process")
def far():
    while True:
        time.sleep(0.01)

@wb.tool(effect="read", on_pause="cancel")
async def waits():
    import anyio
    await anyio.sleep(1000)

bench = wb.Workbench({path!r}, tools=[spins, far, waits], planner=None,
                     policy=wb.testing.allow_all())
steps = [wb.Step(id=name, tool=name) for name in ("spins", "far", "waits")]
run = bench.start(plan=wb.Plan(goal="g", steps=steps))
while len(run.live_tasks()) < 3 or run.view.counts.get("running", 0) < 3:
    time.sleep(0.01)
threading.Thread(target=announce).start()
run.wait()
"""

LOOK = """
import psutil
while bench.host.driving(run.id):
    time.sleep(0.01)
print(run.state, run.live_tasks(), run.leftovers)
bench.close()
print(len(psutil.Process().children(recursive=True)),
      [t.name for t in threading.enumerate() if t.name.startswith("workbench-")
       and not t.name.startswith("workbench-engine")])
"""


def test_an_interrupted_kernel_has_nothing_left(tmp_path: Any, backend: str) -> None:
    """Interrupting a real kernel that waits for a run pauses it and ends its calls, those of
    functions that were defined in a cell and run in a process included [CONC-1, CONC-13].
    """
    if backend == "trio":
        pytest.skip("a kernel's engine runs on asyncio")
    from jupyter_client.manager import KernelManager

    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(tmp_path))
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        cell = client.execute(SCRIPT.format(path=str(tmp_path / "kernel.db")), stop_on_error=False)
        seen = ""
        while "waiting" not in seen:
            message = client.get_iopub_msg(timeout=60)
            assert message["msg_type"] != "error", message["content"]
            seen += message["content"].get("text", "")
        manager.interrupt_kernel()
        reply = client.get_shell_msg(timeout=60)
        while reply["parent_header"].get("msg_id") != cell:
            reply = client.get_shell_msg(timeout=60)
        assert reply["content"]["ename"] == "KeyboardInterrupt"
        said: list[str] = []
        client.execute_interactive(
            LOOK,
            timeout=60,
            output_hook=lambda m: said.append(
                m["content"].get("text", "") + m["content"].get("evalue", "")
            ),
        )
        assert "".join(said).splitlines() == ["paused [] []", "0 []"]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()
