"""Where a run is carried out follows what it is expected to take; with real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, chain, eventually, plan, step
from workbench.errors import HostFailed, WorkbenchError
from workbench.host.mode import choose
from workbench.journal import Journal
from workbench.notify import Asking
from workbench.report import run_html, run_text
from workbench.testing import FakeClock

ROOT = Path(__file__).resolve().parents[2]
HOURS = 3600.0

SHED = '''
import os
import time
from pathlib import Path

import workbench as wb

HERE = Path(__file__).parent


@wb.tool(effect="irreversible", estimate=wb.Estimate(seconds=3600))
def note(line: str) -> str:
    """Write a line with the process that did it."""
    while not (HERE / "go").exists():
        time.sleep(0.02)
    with (HERE / "notes.txt").open("a") as file:
        file.write(f"{line} {os.getpid()}\\n")
    return line


@wb.tool(effect="pure")
def double(number: int) -> int:
    """Double a number."""
    return 2 * number


tools = [note, double]
'''

STARTS = """
import os, signal, sys
import workbench as wb
import shed_of_modes as shed

bench = wb.Workbench("runs.db", tools=shed.tools, planner=None, policy=wb.Policy(allow=["note"]))
plan = wb.Plan(goal="g", steps=[
    wb.Step(id="a", tool="note", args={"line": "a"}),
    wb.Step(id="b", tool="note", args={"line": "b"}, after=["a"]),
])
run = bench.start(plan=plan, mode="auto")
print(run.id, run.mode, flush=True)
while not run.view.in_flight:
    pass
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a folder with a module of tools that this process and its children can import."""
    (tmp_path / "shed_of_modes.py").write_text(SHED)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    (tmp_path / "go").touch()
    sys.modules.pop("shed_of_modes", None)


def wait_for(holds: Callable[[], Any], timeout_s: float = 60) -> Any:
    end = time.monotonic() + timeout_s
    while not (found := holds()):
        assert time.monotonic() < end, "it did not come so far"
        time.sleep(0.02)
    return found


def estimated(seconds: float | None, name: str = "a") -> wb.Step:
    estimate = None if seconds is None else wb.Estimate(seconds=seconds)
    return step(name, estimate=estimate)


def chosen(seconds: float | None, obstacle: str = "") -> tuple[str, str]:
    return choose("auto", plan(estimated(seconds)).forecast(), lambda: obstacle)


def test_three_durations_choose_three_modes() -> None:
    """Two seconds are waited for, minutes go to the background, hours to a process of their own
    [ASYN-10]."""
    assert chosen(2)[0] == "inline"
    assert chosen(2.1)[0] == "background"
    assert chosen(30 * 60)[0] == "background"
    assert chosen(30 * 60 + 1)[0] == "detached"
    assert "0.8 seconds" in chosen(0.8)[1]
    assert "6 hours" in chosen(6 * HOURS)[1]


def test_what_nobody_knows_is_not_waited_for() -> None:
    """Without an estimate, or without a plan, a run goes to the background; known to be long in
    part, it is long [ASYN-10]."""
    assert chosen(None)[0] == "background"
    assert choose("auto", None, lambda: "").mode == "background"
    part = plan(estimated(6 * HOURS), estimated(None, "b"))
    assert choose("auto", part.forecast(), lambda: "").mode == "detached"
    short = plan(estimated(1), estimated(None, "b"))
    assert choose("auto", short.forecast(), lambda: "") == (
        "background",
        "nobody knows how long it takes: b",
    )


def test_where_no_other_process_can(lab: Lab, world: World) -> None:
    """A long run whose tools cannot be imported stays here, and says why; to order it detached is
    refused [ASYN-10]."""
    bench = lab.bench()
    run = bench.start(plan=plan(estimated(6 * HOURS)), mode="auto")
    run.wait(20)
    assert run.mode == "background"
    assert "would be detached, but the tool 'think' cannot be imported" in run.view.mode_why
    for shown in (run_text(run.view), run_html(run.view)):
        assert "Mode: background, expected to take 6 hours" in shown
    with pytest.raises(WorkbenchError, match="cannot be carried out by a process of its own"):
        bench.start(plan=chain("a"), mode="detached")
    with pytest.raises(WorkbenchError, match="no mode 'sometimes'"):
        bench.start(plan=chain("a"), mode="sometimes")
    assert len(bench.journal.runs()) == 1


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"clock": FakeClock()}, "clock"),
        ({"policy": wb.testing.allow_all()}, None),
        ({"policy": type("Mine", (wb.Policy,), {})()}, "policy"),
        ({"tools_from": ["shed_of_modes:note"]}, "has no tool 'double'"),
        ({"tools_from": ["shed_of_modes:tools"]}, None),
        ({"secrets": {"token": "x"}}, None),
    ],
)
def test_what_cannot_be_handed_over(folder: Path, options: dict[str, Any], why: str | None) -> None:
    """A policy, clock or tool that only this process has is named as the obstacle: another process
    never acts under other rules [ASYN-10]."""
    import shed_of_modes as shed

    with wb.Workbench(folder / "runs.db", tools=shed.tools, **options) as bench:
        made = plan(*(wb.Step(id=tool.name, tool=tool.name) for tool in shed.tools))
        said = bench._handover.obstacle(made, "stop")
        assert said == "" if why is None else why in said


def test_inline_waits_for_the_end(lab: Lab, world: World) -> None:
    """An inline run has ended when its start returns; its journal is the same [ASYN-10]."""
    run = lab.bench().start(plan=plan(estimated(1)), mode="auto")
    assert run.state == "succeeded"
    assert (run.mode, run.view.mode_why) == ("inline", "expected to take 1 seconds")
    assert lab.bench().start(plan=chain("x"), mode="inline").state == "succeeded"


def test_inline_waits_no_longer_than_for_a_person(lab: Lab, world: World) -> None:
    """An inline run that needs a person is handed out waiting [ASYN-10]."""
    bench = lab.bench(policy=wb.Policy())
    run = bench.start(plan=plan(step("a", "send")), mode="inline")
    assert run.state == "waiting"
    run.inbox[0].approve()
    assert run.wait(20) == "a"


def test_background_is_the_default(lab: Lab, world: World) -> None:
    """Without a word a run goes to the background at once, whatever it takes [ASYN-1, ASYN-10]."""
    gate = world.gate("a")
    run = lab.bench().start(plan=plan(estimated(0.1)))
    gate.wait_reached()
    assert (run.mode, run.view.mode_why) == ("background", "")
    eventually(run, lambda view: view.state == "running")
    gate.open()
    run.wait(20)


def test_a_detached_run_outlives_the_process_that_started_it(folder: Path) -> None:
    """Started by auto because it takes hours, the run goes on in a process of its own when the
    first is killed, and each effect happens once [ASYN-10, ASYN-2]."""
    path = os.pathsep.join([str(ROOT), str(folder)])
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTS],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        text=True,
    )
    said = starter.communicate(timeout=60)[0].split()
    assert starter.returncode == -signal.SIGKILL
    assert said[1] == "detached"
    (folder / "go").touch()
    journal = Journal(folder / "runs.db")
    wait_for(lambda: journal.run(said[0]).state == "succeeded")
    lines = [line.split() for line in (folder / "notes.txt").read_text().splitlines()]
    assert [line[0] for line in lines] == ["a", "b"]
    assert str(starter.pid) not in {line[1] for line in lines}
    assert journal.verify(said[0])
    journal.close()
    log = folder / f"runs.db.{said[0]}.log"
    assert "Driving" in wait_for(lambda: log.exists() and log.read_text())
    assert "Traceback" not in log.read_text()


def test_a_detached_run_is_looked_at_and_answered_from_here(folder: Path) -> None:
    """The process that started a detached run does not drive it; orders and answers go through the
    journal, under the rules of the workbench that started it [ASYN-10, ASYN-7]."""
    (folder / "go").touch()
    options = {"planner": None, "tools_from": ["shed_of_modes:tools"]}
    with wb.Workbench(folder / "runs.db", **options) as bench:
        note = wb.Step(id="a", tool="note", args={"line": "a"})
        run = bench.start(plan=plan(note), mode="detached", key="the run")
        assert not bench.host.attached(run.id)
        run.wait_until("waiting", timeout_s=60)
        assert f" {os.getpid()} " not in run.view.host
        assert bench.start(plan=plan(note), mode="detached", key="the run").id == run.id
        run.inbox[0].approve()
        assert run.wait(60) == "a"
        assert run.live_tasks() == []
    assert len((folder / "notes.txt").read_text().splitlines()) == 1


def test_a_detached_run_asks_as_one_here_does(folder: Path) -> None:
    """Controls are planted beside its requests, and who started it sends the notices, each once
    [ASYN-7, REL-33]."""
    (folder / "go").touch()
    told: list[Asking] = []
    with wb.Workbench(
        folder / "runs.db",
        planner=None,
        tools_from=["shed_of_modes:tools"],
        notify=[told.append],
        control_requests=1.0,
    ) as bench:
        note = wb.Step(id="a", tool="note", args={"line": "a"})
        run = bench.start(plan=plan(note), mode="detached")
        run.wait_until("waiting", timeout_s=60)
        wait_for(lambda: len(told) >= 2)
        planted = [request for request in run.inbox if request.step is None]
        assert len(planted) == 1
        assert sorted(one.request for one in told) == sorted(one.id for one in run.inbox)
        run.stop()


def test_a_host_that_cannot_begin_is_noticed(folder: Path) -> None:
    """Who waits for a run whose own process died before it could begin is told, with the log; the
    run can still be carried out here [ASYN-10, ASYN-6]."""
    import shed_of_modes as shed

    (folder / "go").touch()
    (folder / "shed_of_modes.py").write_text("raise ImportError('gone')\n")
    policy = wb.Policy(allow=["note"])
    with wb.Workbench(folder / "runs.db", tools=shed.tools, policy=policy) as bench:
        note = wb.Step(id="a", tool="note", args={"line": "a"})
        run = bench.start(plan=plan(note), mode="detached")
        with pytest.raises(HostFailed, match=r"ended with code 1.*\.log"):
            run.wait(60)
        assert run.state == "queued"
        assert bench.open(run.id).wait(20) == "a"
