"""Tools in child processes, and what they do to them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import pytest

import workbench as wb
from tests.engine.harness import PATIENCE_S, Lab, kinds, plan, states, step
from workbench.errors import RunFailed

BOTH = pytest.mark.parametrize("backend", ["asyncio", "trio"], indirect=True)


@pytest.fixture
def backend(request: pytest.FixtureRequest) -> str:
    """Name the backend; a process costs seconds of CPU, so only some tests see both [CONC-16]."""
    return str(getattr(request, "param", "asyncio"))


@pytest.fixture
def before() -> set[psutil.Process]:
    """Give the processes that other tests have left: Python's own tracker of resources is one."""
    return children()


def children() -> set[psutil.Process]:
    """Give all processes that this one has started and that still exist."""
    return set(psutil.Process().children(recursive=True))


def gone(pid: int) -> bool:
    """Wait until a process is gone."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        threading.Event().wait(0.02)
    return False


def attempt_of(run: wb.Run, step_id: str = "a") -> int:
    return run.view.steps[step_id].attempt


def alone(tool: str, **more: Any) -> wb.Plan:
    """Make a plan of one step."""
    return plan(wb.Step(id="a", tool=tool, **more))


@pytest.mark.parametrize("is_async", [False, True], ids=["blocking", "async"])
def test_a_function_in_a_process(lab: Lab, is_async: bool) -> None:
    """A nested function, blocking or async, runs in a process of its own with its arguments and
    what it closes over; frames, paths and texts come back as from a thread [CONC-13].
    """
    closed_over = "closed over"

    def blocking(name: str, frame: pd.DataFrame) -> dict[str, Any]:
        return {"pid": os.getpid(), "seen": closed_over, "name": name, "sum": int(frame["x"].sum())}

    async def asynchronous(name: str, frame: pd.DataFrame) -> dict[str, Any]:
        return blocking(name, frame)

    @wb.tool(effect="pure")
    def table() -> pd.DataFrame:
        return pd.DataFrame({"x": [1, 2, 3]})

    function = asynchronous if is_async else blocking
    far = wb.Tool(function, name="far", effect="pure", runs_in="process")
    steps = [
        wb.Step(id="t", tool="table"),
        wb.Step(id="a", tool="far", args={"name": "n", "frame": wb.ref("t")}),
    ]
    value = lab.bench(far, table).start(plan=plan(*steps)).wait(60)
    assert value.pop("pid") != os.getpid()
    assert value == {"seen": "closed over", "name": "n", "sum": 6}


def test_an_error_keeps_its_class(lab: Lab) -> None:
    """What a tool raises in its process fails the step with its class and words [CONC-13]."""

    @wb.tool(effect="irreversible", runs_in="process")
    def far() -> None:
        raise KeyError("no such thing")

    run = lab.bench(far).start(plan=alone("far"))
    with pytest.raises(RunFailed, match="KeyError: 'no such thing'"):
        run.wait(60)


def test_a_tool_that_says_that_nothing_happened_is_believed_from_a_process(lab: Lab) -> None:
    """The `happened` of an error crosses from the process to the journal [RUNT-8]."""

    @wb.tool(effect="irreversible", runs_in="process")
    def far() -> None:
        error = ValueError("refused at the door")
        error.happened = False  # type: ignore[attr-defined]
        raise error

    run = lab.bench(far).start(plan=alone("far"))
    with pytest.raises(RunFailed):
        run.wait(60)
    assert run.view.steps["a"].happened is False


@pytest.mark.parametrize(
    ("how", "words"), [("exit", "exit code 3"), ("fault", "SIGSEGV"), ("kill", "SIGKILL")]
)
@pytest.mark.parametrize("effect", ["read", "irreversible"])
def test_a_process_that_dies(lab: Lab, how: str, words: str, effect: Any) -> None:
    """A tool that ends its process (`os._exit`, a fault in C, a kill) fails with how it ended when
    it only reads, and is tried again as declared; is in doubt when it changes the world [CONC-13].
    """
    far = crasher(effect)
    run = lab.bench(far).start(plan=alone("far", args={"how": how}))
    run.wait_until("failed", "waiting", timeout_s=60)
    if effect == "read":
        assert states(run) == {"a": "failed"}
        assert attempt_of(run) == 2
        assert words in run.view.errors["a"]
    else:
        assert states(run) == {"a": "in_doubt"}
        assert attempt_of(run) == 1
    assert lab.bench(far).start(plan=plan(step("b"))).wait(60) == "b"


def crasher(effect: Any) -> wb.Tool:
    """Make a tool that ends its process in one of the ways in which a process can end."""

    @wb.tool(effect=effect, name="far", runs_in="process", retry=wb.Retry(attempts=2, wait_s=0))
    def far(how: str) -> None:
        import ctypes

        if how == "exit":
            os._exit(3)
        if how == "fault":
            ctypes.string_at(0)
        os.kill(os.getpid(), signal.SIGKILL)

    return far


def test_memory_that_is_not_there(lab: Lab) -> None:
    """A process that may have no more memory fails its step; the next call has all of it again
    [CONC-13].
    """

    @wb.tool(effect="read", runs_in="process")
    def hungry(limit: int) -> int:
        import resource

        if limit:
            resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
        return len(bytearray(8 << 30 if limit else 1 << 20))

    steps = [
        wb.Step(id="a", tool="hungry", args={"limit": 2 << 30}),
        wb.Step(id="b", tool="hungry", args={"limit": 0}, after=[]),
    ]
    run = lab.bench(hungry).start(plan=plan(*steps), on_failure="continue")
    with pytest.raises(RunFailed, match="MemoryError"):
        run.wait(60)
    assert states(run) == {"a": "failed", "b": "succeeded"}


@BOTH
def test_a_process_that_never_returns(lab: Lab, tmp_path: Path) -> None:
    """A process that never returns is killed at its timeout with all that it started [CONC-1]."""
    told = tmp_path / "pids"

    @wb.tool(effect="read", runs_in="process", timeout_s=1.5)
    def forever() -> None:
        started = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
        told.write_text(f"{os.getpid()} {started.pid}")
        while True:
            pass

    run = lab.bench(forever).start(plan=alone("forever"))
    with pytest.raises(RunFailed, match=r"no answer within 1\.5 s"):
        run.wait(60)
    assert all(gone(int(pid)) for pid in told.read_text().split())
    assert run.leftovers == []


@BOTH
def test_a_process_that_is_stopped(lab: Lab, tmp_path: Path) -> None:
    """A stop kills the process of a call that only reads, before the run's end [CONC-1]."""
    told = tmp_path / "pid"

    @wb.tool(effect="read", runs_in="process")
    def forever() -> None:
        told.write_text(str(os.getpid()))
        time.sleep(1000)

    run = lab.bench(forever).start(plan=alone("forever"))
    wait_for(told)
    run.stop()
    run.wait_until("stopped", timeout_s=60)
    assert gone(int(told.read_text()))
    assert kinds(run, "a")[-1] == "call.cancelled"


def wait_for(path: Path) -> None:
    end = time.monotonic() + PATIENCE_S
    while not (path.exists() and path.read_text()):
        assert time.monotonic() < end, f"{path} did not come"
        threading.Event().wait(0.01)


@BOTH
def test_processes_are_used_again_and_end(lab: Lab, before: set[psutil.Process]) -> None:
    """One process serves call after call, is gone some seconds after the last one, and none
    survives the workbench [CONC-1].
    """

    @wb.tool(effect="read", runs_in="process")
    def who() -> int:
        return os.getpid()

    steps = [wb.Step(id=f"s{n}", tool="who", after=[f"s{n - 1}"] if n else []) for n in range(3)]
    bench = lab.bench(who)
    run = bench.start(plan=plan(*steps))
    run.wait(60)
    pids = {run.output(name) for name in ("s0", "s1", "s2")}
    assert len(pids) == 1
    bench.host._parts.executor._lanes["process"].idle_s = 0.05
    assert bench.start(plan=plan(steps[0])).wait(60) == (pid := pids.pop())
    assert gone(pid)
    bench.start(plan=plan(steps[0])).wait(60)
    lab.close()
    assert children() <= before


@pytest.mark.parametrize("what", ["thread", "process", "folder", "variable"])
def test_a_process_that_was_changed_is_not_used_again(
    lab: Lab, what: str, before: set[psutil.Process]
) -> None:
    """A process in which a call left a thread, a process, another folder or variable behind ends
    with all of it; the next call finds nothing of it [CONC-1].
    """

    @wb.tool(effect="read", runs_in="process")
    def change(what: str) -> list[Any]:
        found = [os.getpid(), threading.active_count(), str(Path.cwd()), os.environ.get("LEFT")]
        if what == "thread":
            threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
        elif what == "process":
            subprocess.Popen(["sleep", "1000"])
        elif what == "folder":
            os.chdir("/")
        else:
            os.environ["LEFT"] = "behind"
        return found

    steps = [
        wb.Step(id="a", tool="change", args={"what": what}),
        wb.Step(id="b", tool="change", args={"what": what}, after=["a"]),
    ]
    run = lab.bench(change).start(plan=plan(*steps))
    run.wait(60)
    first, second = run.output("a"), run.output("b")
    assert first[0] != second[0]
    assert first[1:] == second[1:]
    assert gone(first[0])
    lab.close()
    assert children() <= before


def test_what_cannot_be_sent(lab: Lab) -> None:
    """A call that cannot leave the kernel is not made; the error says what to do [CONC-10]."""
    lock = threading.Lock()

    @wb.tool(effect="irreversible", runs_in="process")
    def locked() -> None:
        with lock:
            pass

    run = lab.bench(locked).start(plan=alone("locked"))
    with pytest.raises(RunFailed, match=r"cannot be sent to a process.*runs_in='thread'"):
        run.wait(60)
    assert run.view.steps["a"].happened is False


def test_a_result_that_would_run_code(lab: Lab, tmp_path: Path) -> None:
    """What a process returns is never unpickled: an object whose pickle runs code is refused by its
    type, and the code does not run [CONC-10].
    """
    trap = tmp_path / "sprung"

    @wb.tool(effect="read", runs_in="process")
    def give(path: str) -> Any:
        class Hostile:
            def __reduce__(self) -> Any:
                return Path.touch, (Path(path),)

        return Hostile()

    run = lab.bench(give).start(plan=alone("give", args={"path": str(trap)}))
    with pytest.raises(RunFailed, match="cannot be stored"):
        run.wait(60)
    assert not trap.exists()


def test_a_killed_kernel_leaves_no_process(tmp_path: Path) -> None:
    """When the kernel is killed, the processes of its calls and all that they started end, too
    [CONC-1].
    """
    told = tmp_path / "pids"
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(f"""
            import os, subprocess, sys, time
            import workbench as wb

            @wb.tool(effect="read", runs_in="process")
            def forever():
                started = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
                with open({str(told)!r} + "~", "w") as file:
                    file.write(f"{{os.getpid()}} {{started.pid}}")
                os.rename({str(told)!r} + "~", {str(told)!r})
                while True:
                    pass

            bench = wb.Workbench({str(tmp_path / "runs.db")!r}, tools=[forever], planner=None,
                                 policy=wb.testing.allow_all())
            plan = wb.Plan(goal="g", steps=[wb.Step(id="a", tool="forever")])
            bench.start(plan=plan).wait()
        """)
    )
    kernel = subprocess.Popen([sys.executable, str(script)])
    wait_for(told)
    kernel.kill()
    kernel.wait()
    assert all(gone(int(pid)) for pid in told.read_text().split())
