"""Who drives a run when its holder dies, freezes, or comes back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta

import pytest

import workbench as wb
from tests.crash.outside import Outside, tools
from tests.crash.scene import Scene
from tests.engine.harness import Lab, World, chain, eventually
from workbench.feed import Feed
from workbench.host.thread import portal
from workbench.testing import allow_all


def bench_of(scene: Scene, lease_s: float = 15.0) -> wb.Workbench:
    """Open the scene's journal here, with the same tools as its children."""
    made = tools(Outside(scene.folder, {}))
    place = scene.place
    return wb.Workbench(place, tools=made, planner=None, policy=allow_all(), lease_s=lease_s)


def test_a_killed_holder_is_followed_at_once(scene: Scene) -> None:
    """A process that has the run open goes on as soon as the holder is dead [ASYN-6, RUNT-2]."""
    pid, says = scene.start("finish", plan=["think", "probe", "key"], hold=2)
    scene.wait_for("held")
    with bench_of(scene) as bench:
        run = bench.open(bench.journal.runs()[0].id)
        assert run.live_tasks() == []
        os.kill(pid, signal.SIGKILL)
        assert scene.end(pid, says) is None
        run.wait(20)
        assert run.verify()
    assert set(scene.count().values()) == {1}
    assert len(scene.count()) == 2
    assert scene.count("calls")["1"] == 1


def test_a_frozen_holder_is_taken_over_and_fenced(scene: Scene) -> None:
    """Frozen past its lease, the holder is replaced; thawed, it writes nothing [RUNT-2]."""
    pid, says = scene.start("through", plan=["think", "blind", "think"], hold=2, lease_s=0.4)
    scene.wait_for("held")
    scene.freeze(pid)
    try:
        with bench_of(scene, lease_s=0.4) as bench:
            run = bench.open(bench.journal.runs()[0].id)
            run.wait_until("waiting", timeout_s=20)
            assert run.inbox[0].kind == "doubt"
            before = run.view.seq
            scene.let_go()
            os.kill(pid, signal.SIGCONT)
            scene.wait_for("effects")
            while not bench.journal.late_outcomes(run.id):
                run._journal.committed.wait(0.02)
            late = bench.journal.late_outcomes(run.id)
            assert [kind for _, kind, body in late if '"s2"' in body] == ["call.succeeded"]
            assert run.view.steps["s2"].state == "in_doubt"
            own = [r for r in run.events() if r.seq > before and r.kind != "host.attached"]
            assert own == []
            run.inbox[0].choose("done")
            run.wait(20)
            assert run.verify()
    finally:
        os.kill(pid, signal.SIGCONT)
    said = scene.end(pid, says)
    assert said is not None
    assert said["state"] == "succeeded"
    assert scene.count() == {"blind2": 1}


def test_what_a_fenced_holder_reports_is_evidence(scene: Scene) -> None:
    """The question about a call that a frozen holder had made says what it reported after it was
    thawed, in text and HTML: that it happened [RUNT-2, CONC-9, REL-19]."""
    pid, says = scene.start("through", plan=["think", "vague", "think"], hold=2, lease_s=0.4)
    scene.wait_for("held")
    scene.freeze(pid)
    try:
        with bench_of(scene) as bench:
            run = bench.open(bench.journal.runs()[0].id)
            eventually(run, lambda view: view.steps["s2"].state == "in_doubt")
            scene.let_go()
            os.kill(pid, signal.SIGCONT)
            while "call.succeeded" not in [
                kind for _, kind, _ in bench.journal.late_outcomes(run.id)
            ]:
                run._journal.committed.wait(0.02)
            scene.world.append("ask", 1)
            run.wait_until("waiting", timeout_s=20)
            request = run.inbox[0]
            late = request.evidence["late outcome"]
            assert late.startswith("the process that made the call reports: it happened, and ret")
            assert (
                request.evidence["probe"] == "the probe gave 'perhaps', which is neither yes nor no"
            )
            assert request.args == {"n": 2}
            for shown in (str(request), request._repr_html_()):
                assert "reports: it happened" in shown
                assert f"event {run.view.steps['s2'].intent_seq}, at" in shown
            request.choose("done")
            run.wait(20)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert scene.end(pid, says) is not None
    assert scene.count() == {"vague2": 1}


def test_a_report_that_comes_after_the_question_is_shown_in_it(scene: Scene) -> None:
    """A holder that is thawed after its takeover, when the person has been asked already, reports
    that its call happened: the inbox, the text, the HTML, the terminal and an open page show it at
    once, although no event of the run says so [CONC-9, REL-19, RUNT-2]."""
    pid, says = scene.start("through", plan=["think", "blind", "think"], hold=2, lease_s=0.4)
    scene.wait_for("held")
    scene.freeze(pid)
    try:
        with bench_of(scene, lease_s=0.4) as bench:
            run = bench.open(bench.journal.runs()[0].id)
            run.wait_until("waiting", timeout_s=20)
            page = Feed(bench.journal, run.id, bench.tool_map(), bench.clock)
            (asked,) = page.full()["requests"]
            seq = run.view.seq
            assert not any(REPORT in shown for shown in (*faces(run), asked["evidence"]))
            assert page.next() is None
            scene.let_go()
            os.kill(pid, signal.SIGCONT)
            while not bench.journal.late_outcomes(run.id):
                run._journal.committed.wait(0.02)
            assert all(REPORT in shown for shown in (*faces(run), *terminal(run)))
            news = page.next()
            assert news is not None
            assert REPORT in news["requests"][0]["evidence"]
            eventually(run, lambda view: view.seq == seq + 1)  # the thawed process looks in, too
            again = Feed(bench.journal, run.id, bench.tool_map(), bench.clock)
            assert again.begin_behind(1, seq + 1)
            missed = again.next()
            assert missed is not None
            assert (missed["trace"], missed["steps"], again.next()) == ([], [], None)
            assert REPORT in missed["requests"][0]["evidence"]
            assert run.inbox[0].choices.keys() == {"done", "redo", "skip"}
            run.inbox[0].choose("done")
            run.wait(20)
            assert run.verify()
    finally:
        os.kill(pid, signal.SIGCONT)
    assert scene.end(pid, says) is not None
    assert scene.count() == {"blind2": 1}


REPORT = "the process that made the call reports: it happened, and returned"


def faces(run: wb.Run) -> list[str]:
    """Show an open question wherever this process shows it."""
    request, cell = run.inbox[0], run._repr_mimebundle_()[0]
    held = [str(request), request._repr_html_(), str(run.bench.inbox[0]), *run.questions()]
    return [*held, str(run), run.text(), run.html(), cell["text/plain"], cell["text/html"]]


def terminal(run: wb.Run) -> list[str]:
    """Show it in a terminal."""
    journal = str(run.bench.journal.path)
    return [
        subprocess.run(
            [sys.executable, "-m", "workbench", word, "--journal", journal],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for word in ("inbox", "show")
    ]


def test_a_lease_is_kept_by_a_long_call(scene: Scene) -> None:
    """A call that takes longer than the lease does not lose it: the holder renews [RUNT-1]."""
    pid, says = scene.start("finish", plan=["blind"], hold=1, lease_s=0.3)
    scene.wait_for("held")
    with bench_of(scene, lease_s=0.3) as bench:
        run = bench.open(bench.journal.runs()[0].id)
        first = bench.journal.run(run.id)
        while bench.journal.run(run.id).lease_until < first.lease_until + timedelta(seconds=0.9):
            run._journal.committed.wait(0.02)
        assert bench.journal.run(run.id).epoch == first.epoch
        scene.let_go()
        run.wait(20)
        said = scene.end(pid, says)
    assert said is not None
    assert scene.count() == {"blind1": 1}


def test_a_closed_workbench_gives_the_run_back(lab: Lab, world: World) -> None:
    """After `close` another workbench drives the run at once; the lease is free [ASYN-6]."""
    gate = world.gate("a")
    first = lab.bench()
    run = first.start(plan=chain("a", "b"))
    gate.wait_reached()
    second = lab.bench()
    other = second.open(run.id)
    lab._benches.remove(first)
    first.close()
    gate.open()
    assert other.wait(20) == "b"
    assert other.live_tasks() == []


def test_two_workbenches_in_one_process_share_a_run(lab: Lab, world: World) -> None:
    """Two workbenches on one journal drive a run once; each can give orders [RUNT-1]."""
    gate = world.gate("a")
    one, two = lab.bench(), lab.bench()
    run = one.start(plan=chain("a", "b"))
    other = two.open(run.id)
    gate.wait_reached()
    other.pause()
    assert run.state == "paused"
    run.resume()
    gate.open()
    assert run.wait(20) == other.wait(20) == "b"
    assert world.calls == ["a", "b"]


def test_one_thread_serves_all_benches(lab: Lab, world: World) -> None:
    """The engine has one thread a process and backend, however many benches there are."""
    for _ in range(3):
        lab.bench().start(plan=chain("a")).wait(20)
        lab.bench(backend="trio").start(plan=chain("b")).wait(20)
    engines = [t.name for t in threading.enumerate() if t.name.startswith("workbench-engine")]
    assert len(engines) == len(set(engines)) <= 2
    assert portal("asyncio") is portal("asyncio")
    assert portal("asyncio") is not portal("trio")


@pytest.mark.parametrize("ending", ["finish", "failure", "stop", "timeout", "close"])
def test_nothing_of_a_run_is_left(lab: Lab, world: World, ending: str) -> None:
    """After each ending there is no task, no drive and no lease of the run [CONC-1]."""
    gate = world.gate("a")
    bench = lab.bench()
    retry = wb.Retry(attempts=1)
    steps = [wb.Step(id="a", tool="think", args={"name": "a"}, retry=retry, timeout_s=0.2)]
    if ending != "timeout":
        steps = [wb.Step(id="a", tool="think", args={"name": "a"})]
    if ending == "failure":
        world.faults = {"a": [ValueError("broken")]}
    run = bench.start(plan=wb.Plan(steps=steps))
    gate.wait_reached()
    if ending in ("finish", "failure"):
        gate.open()
    elif ending == "stop":
        run.stop()
    if ending == "close":
        bench.host.close()
    else:
        run.wait_until(timeout_s=20)
    eventually(run, lambda _: not bench.host.driving(run.id))
    assert run.live_tasks() == []
    assert bench.journal.run(run.id).owner == ""
    assert world.ended == ["a"]
