"""Tools that start work outside: submitted once, asked about at growing gaps, never lost."""

from __future__ import annotations

import threading
from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Gate, Lab, World, eventually, kinds, plan, states, step
from workbench.errors import RunFailed, RunStopped, ToolError
from workbench.testing import FakeClock, capture_events


class Jobs:
    """A job service: it counts submissions and polls, and notes when each poll came."""

    def __init__(self, clock: FakeClock | None = None) -> None:
        self.clock = clock or FakeClock()
        self.submitted: list[str] = []
        self.polls: list[float] = []
        self.cancelled: list[str] = []
        self.answers: list[Any] = []
        """What the next polls give; when there is nothing left, the job goes on."""
        self.done: Any = None
        self.gate: Gate | None = None

    def poll(self, handle: str) -> Any:
        self.polls.append(self.clock.monotonic())
        if self.gate is not None:
            self.gate.passing_blocked()
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, BaseException):
            raise answer
        if answer is not None:
            return answer
        return wb.NotYet() if self.done is None else self.done

    def cancel(self, handle: str) -> None:
        self.cancelled.append(handle)

    def tool(self, **declared: Any) -> wb.Tool:
        poll = self.poll

        def ask(handle: str, name: str) -> Any:
            assert handle == f"job-{name}"
            return poll(handle)

        declared = {"effect": "irreversible", "poll": ask, "polling": wb.Polling(), **declared}

        @wb.tool(name="job", **declared)
        def submit(name: str) -> str:
            self.submitted.append(name)
            return f"job-{name}"

        return submit


def job(*names: str) -> wb.Plan:
    return plan(*(wb.Step(id=n, tool="job", args={"name": n}) for n in names))


def polled(run: wb.Run, times: int) -> wb.RunView:
    """Wait until so many polls are on disk; only then the next gap can be passed."""
    return eventually(run, lambda view: view.steps["a"].polls >= times)


def submitted(run: wb.Run) -> wb.RunView:
    return eventually(run, lambda view: "a" in view.submitted)


def pass_gap(run: wb.Run, clock: FakeClock) -> None:
    """Let exactly the time pass until the next poll is due."""
    due = run.view.steps["a"].not_before
    assert due is not None
    clock.advance((due - clock.now()).total_seconds())


def test_gaps_grow_and_the_poll_gives_the_output(lab: Lab) -> None:
    """Called once, asked at growing gaps; the last answer is the output [ASYN-9]."""
    clock = FakeClock()
    jobs = Jobs(clock)
    run = lab.bench(jobs.tool(), clock=clock).start(plan=job("a"))
    submitted(run)
    for times in range(1, 6):
        pass_gap(run, clock)
        polled(run, times)
    jobs.done = {"rows": 3}
    pass_gap(run, clock)
    assert run.wait(20) == {"rows": 3}
    assert jobs.submitted == ["a"]
    gaps = [b - a for a, b in zip([0.0, *jobs.polls], jobs.polls, strict=False)]
    assert len(gaps) == 6
    assert gaps == sorted(gaps)
    assert len(set(gaps)) == 6
    assert kinds(run, "a") == [
        "call.intended", "call.submitted", *["call.polled"] * 5, "call.succeeded"
    ]  # fmt: skip
    assert capture_events(run, "call.submitted")[0].handle.value == "job-a"
    assert capture_events(run, "call.succeeded")[0].duration_s == sum(gaps)


def test_gaps_have_a_longest_one_and_repeat() -> None:
    """Gaps grow by the factor up to the longest, less a share that the seed decides [ASYN-9]."""
    polling = wb.Polling(first_s=1, factor=2, max_s=10, jitter=0.2)
    assert [polling.gap(n) for n in (1, 2, 3, 4, 5, 5000)] == [1, 2, 4, 8, 10, 10]
    seeded = [polling.gap(5, f"run {n}") for n in range(20)]
    assert len(set(seeded)) == 20
    assert all(8 <= gap <= 10 for gap in seeded)
    assert polling.gap(5, "run 1") == seeded[1]


@pytest.mark.parametrize(("effect", "end"), [("irreversible", "in_doubt"), ("read", "failed")])
def test_polls_have_a_cap(lab: Lab, effect: str, end: str) -> None:
    """At the cap the step is in doubt, or failed when it changes nothing: calls <= cap [ASYN-9]."""
    jobs = Jobs()
    polling = wb.Polling(first_s=0, attempts=7)
    run = lab.bench(jobs.tool(effect=effect, polling=polling)).start(plan=job("a"))
    if effect == "read":
        with pytest.raises(RunFailed, match="not done after 7 polls"):
            run.wait(20)
    else:
        run.wait_until("waiting", timeout_s=20)
        assert "not done after 7 polls" in run.inbox[0].why
    assert states(run) == {"a": end}
    assert len(jobs.polls) == 7
    assert jobs.submitted == ["a"]
    if effect != "read":
        run.stop()


def test_the_time_is_limited_too(lab: Lab) -> None:
    """After `timeout_s` since the submission there is one last poll [ASYN-9]."""
    clock = FakeClock()
    jobs = Jobs(clock)
    polling = wb.Polling(first_s=60, factor=1, jitter=0, timeout_s=100)
    run = lab.bench(jobs.tool(polling=polling), clock=clock).start(plan=job("a"))
    submitted(run)
    clock.advance(60)
    polled(run, 1)
    clock.advance(40)
    run.wait_until("waiting", timeout_s=20)
    assert jobs.polls == [60, 100]
    run.stop()


@pytest.mark.parametrize(("effect", "end"), [("irreversible", "in_doubt"), ("read", "failed")])
def test_the_time_of_the_step_goes_on_outside(lab: Lab, effect: str, end: str) -> None:
    """`within_s` ends a step whose work goes on outside: one last poll, then it is in doubt, or
    failed when it changes nothing, and the limit is named [CONC-6, ASYN-9].
    """
    clock = FakeClock()
    jobs = Jobs(clock)
    polling = wb.Polling(first_s=60, factor=1, jitter=0)
    bench = lab.bench(jobs.tool(effect=effect, polling=polling), clock=clock)
    timed = wb.Step(id="a", tool="job", args={"name": "a"}, within_s=100)
    run = bench.start(plan=plan(timed), on_failure="pause")
    submitted(run)
    clock.advance(60)
    polled(run, 1)
    clock.advance(40)
    run.wait_until("waiting", "paused", timeout_s=20)
    assert jobs.polls == [60, 100]
    assert states(run) == {"a": end}
    (over,) = capture_events(run, "step.timed_out")
    assert (over.limit_s, over.attempts) == (100, 1)
    assert "its time of 100 s for all attempts is used up" in str(run.view.steps["a"].error)
    run.stop()


def test_work_that_is_done_at_the_last_moment_counts(lab: Lab) -> None:
    """The last poll, when the time is over, may still give the output [CONC-6, ASYN-9]."""
    clock = FakeClock()
    jobs = Jobs(clock)
    polling = wb.Polling(first_s=600, jitter=0)
    timed = wb.Step(id="a", tool="job", args={"name": "a"}, within_s=100)
    run = lab.bench(jobs.tool(polling=polling), clock=clock).start(plan=plan(timed))
    submitted(run)
    jobs.done = "rows"
    clock.advance(100)
    assert run.wait(20) == "rows"
    assert jobs.polls == [100]


def test_a_pause_does_not_use_the_time_of_a_step_up(lab: Lab) -> None:
    """While the run is paused the time of a step outside stands still [CONC-6, ASYN-9]."""
    clock = FakeClock()
    jobs = Jobs(clock)
    polling = wb.Polling(first_s=10, factor=1, jitter=0)
    timed = wb.Step(id="a", tool="job", args={"name": "a"}, within_s=100)
    run = lab.bench(jobs.tool(polling=polling), clock=clock).start(plan=plan(timed))
    submitted(run)
    run.pause()
    clock.advance(1000)
    run.resume()
    polled(run, 1)
    assert capture_events(run, "step.timed_out") == []
    jobs.done = "rows"
    clock.advance(10)
    assert run.wait(20) == "rows"


def test_what_the_job_says_counts(lab: Lab) -> None:
    """Its progress is shown, the wait it asks for kept; a lost poll is one poll [ASYN-9]."""
    clock = FakeClock()
    jobs = Jobs(clock)
    jobs.answers = [wb.NotYet(progress=0.4, retry_after_s=7), ConnectionError("no line")]
    run = lab.bench(jobs.tool(), clock=clock).start(plan=job("a"))
    submitted(run)
    pass_gap(run, clock)
    polled(run, 1)
    assert run.view.steps["a"].progress == 0.4
    assert "40% done" in str(run)
    first = jobs.polls[0]
    pass_gap(run, clock)
    polled(run, 2)
    assert jobs.polls[1] - first == 7
    assert run.view.steps["a"].progress == 0.4
    assert "no line" in capture_events(run, "call.polled")[1].error
    jobs.done = "ok"
    pass_gap(run, clock)
    assert run.wait(20) == "ok"


def test_a_job_that_failed_fails_its_step(lab: Lab) -> None:
    """An error of a poll that is not the network's is the job's own [ASYN-9, HARN-6]."""
    jobs = Jobs()
    jobs.answers = [ValueError("out of memory")]
    tool = jobs.tool(polling=wb.Polling(first_s=0))
    run = lab.bench(tool).start(plan=job("a"))
    with pytest.raises(RunFailed, match="out of memory"):
        run.wait(20)
    assert run.view.submitted == {}


def test_the_output_of_a_job_is_checked(lab: Lab) -> None:
    """What a poll gives passes the same check as any output [ASYN-9]."""
    jobs = Jobs()
    jobs.done = []
    tool = jobs.tool(polling=wb.Polling(first_s=0))
    checked = wb.Step(id="a", tool="job", args={"name": "a"}, check=wb.Check(not_empty=True))
    run = lab.bench(tool).start(plan=plan(checked))
    with pytest.raises(RunFailed, match="output is empty"):
        run.wait(20)


def test_a_pause_ends_the_polls_and_not_the_job(lab: Lab) -> None:
    """Paused, no poll starts; resumed, the same job is asked about [ASYN-9]."""
    clock = FakeClock()
    jobs = Jobs(clock)
    run = lab.bench(jobs.tool(), clock=clock).start(plan=job("a"))
    submitted(run)
    pass_gap(run, clock)
    polled(run, 1)
    run.pause()
    eventually(run, lambda _: run.live_tasks() == [])
    assert states(run) == {"a": "running"}
    assert run.view.steps["a"].handle.value == "job-a"
    assert "1 call going on outside" in repr(run)
    clock.advance(3600)
    assert len(jobs.polls) == 1
    jobs.done = "ok"
    run.resume()
    assert run.wait(20) == "ok"
    assert (jobs.submitted, len(jobs.polls)) == (["a"], 2)


def test_a_restart_goes_on_asking(lab: Lab) -> None:
    """Closed and opened again, the job is neither submitted twice nor in doubt [ASYN-9, RUNT-2]."""
    clock = FakeClock()
    jobs = Jobs(clock)
    run = lab.bench(jobs.tool(), clock=clock).start(plan=job("a"))
    submitted(run)
    pass_gap(run, clock)
    polled(run, 1)
    run = lab.reopen(run, jobs.tool(), clock=clock)
    pass_gap(run, clock)
    polled(run, 2)
    jobs.done = "ok"
    pass_gap(run, clock)
    assert run.wait(20) == "ok"
    assert jobs.submitted == ["a"]
    assert "call.doubted" not in kinds(run)


def test_a_restart_without_the_tool_loses_nothing(lab: Lab) -> None:
    """Where nobody can ask, the run pauses; with the tool again, it goes on [ASYN-9, HARN-6]."""
    jobs = Jobs()
    tool = jobs.tool(polling=wb.Polling(first_s=0.001))
    gate = jobs.gate = Gate()
    run = lab.bench(tool).start(plan=job("a"))
    gate.wait_reached()
    lab.close()
    run = lab.bench().open(run.id)
    run.wait_until("paused", timeout_s=20)
    assert "'job' is not registered" in run.view.reason
    jobs.gate, jobs.done = None, "ok"
    gate.open()
    run = lab.reopen(run, tool)
    run.resume()
    assert run.wait(20) == "ok"
    assert jobs.submitted == ["a"]


@pytest.mark.parametrize("paused", [False, True])
@pytest.mark.parametrize("cancels", [False, True])
def test_a_stop_says_what_goes_on_outside(lab: Lab, cancels: bool, paused: bool) -> None:
    """A stopped run names the job that it leaves behind, or cancels it where it can [ASYN-9]."""
    jobs = Jobs()
    declared: dict[str, Any] = {}
    if cancels:
        declared["cancel"] = jobs.cancel
    clock = FakeClock()
    run = lab.bench(jobs.tool(**declared), clock=clock).start(plan=job("a"))
    submitted(run)
    if paused:
        run.pause()
        eventually(run, lambda _: run.live_tasks() == [])
    run.stop()
    with pytest.raises(RunStopped):
        run.wait(20)
    words = "cancelled outside" if cancels else "submitted, still running outside"
    assert run.view.remains["in_flight"] == {"a": f"{words}: job-a"}
    assert jobs.cancelled == (["job-a"] if cancels else [])
    assert run.view.submitted == {}


def test_a_failure_beside_it_waits_for_an_effect_outside(lab: Lab, world: World) -> None:
    """A job that changes the world is followed to its end in a failed run, too [CONC-10]."""
    jobs = Jobs()
    world.faults = {"b": [ValueError("broken")]}
    polling = wb.Polling(first_s=0.001, factor=1)
    run = lab.bench(jobs.tool(polling=polling)).start(plan=plan(*job("a").steps, step("b", "look")))
    eventually(run, lambda view: view.steps["b"].state == "failed" and view.steps["a"].polls > 2)
    jobs.done = "ok"
    with pytest.raises(RunFailed):
        run.wait(20)
    assert states(run) == {"a": "succeeded", "b": "failed"}


def test_a_failure_beside_it_leaves_a_read_outside(lab: Lab, world: World) -> None:
    """A job that changes nothing is left when the run fails [CONC-2]."""
    jobs, clock, gate = Jobs(), FakeClock(), world.gate("b")
    world.faults = {"b": [ValueError("broken")]}
    run = lab.bench(jobs.tool(effect="read"), clock=clock).start(
        plan=plan(*job("a").steps, step("b", "look"))
    )
    submitted(run)
    gate.open()
    with pytest.raises(RunFailed):
        run.wait(20)
    assert states(run) == {"a": "stopped", "b": "failed"}


def test_work_outside_holds_no_place(lab: Lab) -> None:
    """While jobs go on outside, other calls have the places of the run for themselves [ASYN-9]."""
    jobs, clock = Jobs(), FakeClock()
    steps = [*job("a", "b", "c").steps, step("x"), step("y", after=["x"])]
    run = lab.bench(jobs.tool(), clock=clock, in_flight=1).start(plan=plan(*steps))
    view = eventually(run, lambda view: view.steps["y"].state == "succeeded")
    assert set(view.submitted) == {"a", "b", "c"}
    run.stop()


def test_a_handle_that_cannot_be_stored_is_refused(lab: Lab) -> None:
    """A handle must be a value of the journal; the step says that the work was begun [ASYN-9]."""

    @wb.tool(effect="irreversible", poll=lambda handle: 1)
    def job() -> Any:
        return threading.Lock()

    run = lab.bench(job).start(plan=plan(wb.Step(id="a", tool="job")))
    with pytest.raises(RunFailed, match="handle cannot be stored"):
        run.wait(20)
    assert run.view.steps["a"].happened is True


def test_a_declaration_that_cannot_work_is_refused() -> None:
    """A poll may ask for the handle and the arguments only; a cancel needs a poll [ASYN-9]."""
    with pytest.raises(ToolError, match="'other'"):

        @wb.tool(effect="read", poll=lambda handle, other: 1)
        def one(name: str) -> str:
            return name

    with pytest.raises(ToolError, match="no poll"):

        @wb.tool(effect="read", cancel=lambda handle: 1)
        def two(name: str) -> str:
            return name
