"""What a child of the crash tests does: drive a run, and die where it was told to."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import workbench as wb
from tests.crash.outside import Outside, tools
from tests.crash.plans import model_plan, plan_of
from workbench import points
from workbench.events import CallIntended
from workbench.planner import ModelPlanner
from workbench.testing import CrashPoint, ScriptedModel, allow_all

PATIENCE_S = 60
MEDDLING = 4
"""Revisions after which a person leaves a plan alone."""


def work(job: dict[str, Any]) -> None:
    """Do one job; what it says goes to the file `says`.

    A job says what to `do` in which `folder`, with the journal at which `place`; how the run is
    made: a `plan` (tools) of some `shape`, or a `goal`, under a `key`; and where to die: at a
    `point` (name, count), at the n-th of `any` points, `after_s` seconds, or in a call (`die`).
    """
    seen = _arm(job)
    if job["do"] in DISK:
        DISK[job["do"]](Path(job["place"]).with_name("ballast"))
        Path(job["says"]).write_text("{}")
        return
    world = Outside(Path(job["folder"]), job)
    bench = bench_of(job, world)
    said = _order(bench, job) if job["do"] == "order" else _drive(bench, job, world)
    bench.close()
    CrashPoint.remove()
    if job.get("census"):
        said["seen"] = seen
    Path(job["says"]).write_text(json.dumps(said))


def bench_of(job: dict[str, Any], world: Outside) -> wb.Workbench:
    """Open the journal with the tools of the world."""
    planner = None
    if "goal" in job:
        model = ScriptedModel([lambda _: world.append("asked", 1) or model_plan(job["plan"])])
        planner = ModelPlanner(model)
    return wb.Workbench(
        job["place"],
        **(_remembering() if job.get("remember") else {}),
        tools=tools(world),
        planner=planner,
        policy=_policy(job.get("ask", False)),
        caps=[wb.Cap(unit, limit, per="month") for unit, limit in job.get("caps", {}).items()],
        lease_s=job.get("lease_s", 15.0),
        on_end=(lambda ended: world.append("told", ended.event_id)) if job.get("tell") else None,
    )


def _remembering() -> dict[str, Any]:
    """Give variables that every call changes: the large one is an artifact."""
    names: dict[str, Any] = {"calls": [], "text": ""}

    def change(record: wb.HookRecord) -> None:
        names["calls"].append(record.step)
        names["text"] = f"{record.step} " * 2000

    return {"variables": names, "hooks": [wb.Hooks(before_call=change)]}


def _policy(ask: bool | list[str]) -> wb.Policy:
    """Ask about all that changes the world, about these tools, or about nothing."""
    if isinstance(ask, list):
        return wb.Policy(ask=ask, allow=["*"])
    return wb.Policy() if ask else allow_all()


def _arm(job: dict[str, Any]) -> Counter[str]:
    """Set the traps; gives the counts of the points that are passed."""
    if "snapshots" in job:
        from workbench.engine import log

        log.SNAPSHOT_EVERY = log.SNAPSHOT_AT_REST = job["snapshots"]
    if "after_s" in job:
        killer = threading.Timer(job["after_s"], os.kill, (os.getpid(), signal.SIGKILL))
        killer.daemon = True
        killer.start()
    if "point" in job:
        return CrashPoint(*job["point"]).seen
    seen: Counter[str] = Counter()

    def reached(name: str) -> None:
        seen[name] += 1
        if job.get("hold_at") == [name, seen[name]]:
            Outside(Path(job["folder"]), job).stay(name)
        if seen.total() == job.get("any"):
            os.kill(os.getpid(), signal.SIGKILL)

    points.install(reached)
    return seen


def _drive(bench: wb.Workbench, job: dict[str, Any], world: Outside) -> dict[str, Any]:
    key = job.get("key", "the run")
    if "goal" in job:
        run = bench.start(job["goal"], key=key)
    elif "plan" in job:
        run = bench.start(plan=plan_of(job["plan"], job.get("shape", "chain")), key=key)
    else:
        run = bench.open(bench.journal.runs()[0].id)
    said = {"run": run.id, **(DOING[job["do"]](run, job, world) or {})}
    view = run.view
    return said | {
        "state": view.state,
        "steps": {name: step.state for name, step in view.steps.items()},
        "calls": {s.id: f"{s.tool}{s.args['n']}" for s in view.plan.steps} if view.plan else {},
        "perhaps": _perhaps(run),
        "outputs": {n: s.output.value if s.output else None for n, s in view.steps.items()},
        "errors": view.errors,
        "requests": [request.kind for request in run.inbox],
        "verified": run.verify(),
    }


def _perhaps(run: wb.Run) -> list[str]:
    """Name the calls that the run itself says may have happened, beside those that are done."""
    left = {(one.step, one.args_digest) for one in run.view.left}
    if not left:
        return []
    intents = [one.event for one in run.events() if isinstance(one.event, CallIntended)]
    made = [one for one in intents if (one.step, one.args_digest) in left]
    return [f"{one.tool}{one.args.value['n']}" for one in made]


def _order(bench: wb.Workbench, job: dict[str, Any]) -> dict[str, Any]:
    """Give an order to a run that another process drives, or that nobody drives."""
    run = bench.look(job["run"])
    said: dict[str, Any] = {}
    try:
        match job["order"]:
            case "pause":
                run.pause("from the other process")
            case "resume":
                run.resume()
            case "stop":
                run.stop("from the other process")
            case "approve":
                run.inbox[0].approve()
            case "edit":
                edits = [{"op": "skip", "step": job["step"]}]
                run.edit(edits, base=run.plan.digest if run.plan else "")
    except wb.errors.WorkbenchError as error:
        said["error"] = type(error).__name__
    return {**said, "state": run.state}


# -- what to do with a run --------------------------------------------------------------------


def _finish(run: wb.Run, _job: dict[str, Any], _world: Outside) -> None:
    run.wait_until("waiting", "paused", timeout_s=PATIENCE_S)


def _leave(run: wb.Run, _job: dict[str, Any], world: Outside) -> None:
    """Go away while a call is being made; it may finish, and nothing new begins."""
    while not world.lines("held"):
        run._journal.committed.wait(0.002)
    run.bench.host.close()


def _asked(run: wb.Run, job: dict[str, Any], _world: Outside) -> None:
    """Wait for the question about one step."""
    while run.state != "waiting" or [request.step for request in run.inbox] != [job["step"]]:
        run._journal.committed.wait(0.02)


def _through(run: wb.Run, _job: dict[str, Any], _world: Outside) -> None:
    run.wait(PATIENCE_S)


def _answer(run: wb.Run, _job: dict[str, Any], world: Outside) -> dict[str, Any]:
    """Go on to the end, as a person would: allow, and look what became of a call in doubt."""
    asked = 0
    while (state := run.wait_until("waiting", "paused", timeout_s=PATIENCE_S)) == "waiting":
        for request in run.inbox:
            # An answer of before the kill may be read only now: then it is the one that counts.
            with contextlib.suppress(wb.errors.CommandRefused, wb.errors.RunFinished):
                _decide(request, world)
                asked += 1
    if state == "paused":
        with contextlib.suppress(wb.errors.RunFinished):
            run.resume()
        return _answer(run, _job, world)
    return {"asked": asked}


def _back(run: wb.Run, job: dict[str, Any], world: Outside) -> dict[str, Any]:
    """Go to the end, then back to the start; look what became of an undo in doubt."""
    said, bench = _answer(run, job, world), run.bench
    asked = 0
    while run.view.rollback is not None or not run.view.rollbacks:
        report = run.rollback(timeout_s=PATIENCE_S)
        for request in bench.inbox:
            taken = world.taken_back(int((request.step or "").removeprefix("undo.s")))
            with contextlib.suppress(wb.errors.CommandRefused, wb.errors.RunFinished):
                request.choose("done" if taken else "redo")
                asked += 1
        if report.state == "paused":
            bench.open(report.undo).resume()
    counts = run.undo_reports[-1].counts
    return {**said, "asked_back": asked, "counts": counts}


def _undo_doubt(run: wb.Run, _job: dict[str, Any], world: Outside) -> dict[str, Any]:
    """Answer the doubt with `undo`, see to it that it is taken back, and leave the run paused."""
    asked = 0
    if run.wait_until("waiting", "paused", timeout_s=PATIENCE_S) == "waiting":
        for request in run.inbox:
            request.choose("undo")
            asked += 1
    end = time.monotonic() + PATIENCE_S
    while run.view.rollback is not None:
        assert time.monotonic() < end, "it is not taken back"
        for request in run.bench.inbox:
            taken = world.taken_back(int((request.step or "").removeprefix("undo.s")))
            request.choose("done" if taken else "redo")
        run._journal.committed.wait(0.02)
    counts = [report.counts for report in run.undo_reports]
    return {"asked": asked, "counts": counts}


def _decide(request: wb.Request, world: Outside) -> None:
    if request.kind == "permission":
        request.approve()
        return
    happened = world.happened(f"{request.tool}{(request.step or '')[1:]}")
    request.choose("done" if happened else "redo")


def _despair(run: wb.Run, job: dict[str, Any], world: Outside) -> dict[str, Any]:
    """Go on until the journal cannot be written; a patient one tries again when there is room."""
    try:
        run.wait(PATIENCE_S)
    except wb.errors.JournalError as error:
        world.append("despaired", 1)
        while not world.lines("room"):
            threading.Event().wait(0.005)
        if job["patient"]:
            _answer(run.bench.open(run.id), job, world)
        return {"error": str(error)}
    return {"error": ""}


def _fill(ballast: Path) -> None:
    """Write until nothing more can be written."""
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)


def _approve(run: wb.Run, _job: dict[str, Any], _world: Outside) -> None:
    run.wait_until("waiting", timeout_s=PATIENCE_S)
    run.inbox[0].approve(scope="run")
    run.wait(PATIENCE_S)


def _pause(run: wb.Run, _job: dict[str, Any], _world: Outside) -> None:
    run.pause("by the test")
    os.kill(os.getpid(), signal.SIGKILL)


def _edit(run: wb.Run, _job: dict[str, Any], _world: Outside) -> None:
    """Edit what is behind a step that waits for the person: of the rest nothing can have begun."""
    run.wait_until("waiting", timeout_s=PATIENCE_S)
    with run.editing("by the test") as draft:
        draft.move("s5", after=["s3"])
        draft.remove("s4")
        draft.change("s3", args={"n": 33})
    os.kill(os.getpid(), signal.SIGKILL)


def _revise(run: wb.Run, job: dict[str, Any], world: Outside) -> dict[str, Any]:
    """Edit what is to come while the first step waits for the person, then go on to the end."""
    run.wait_until("waiting", "paused", timeout_s=PATIENCE_S)
    if len(run.view.revisions) == 1:
        try:
            _revise_all(run, f"s{len(job['plan'])}")
        except wb.errors.WorkbenchError:
            if len(run.view.revisions) == 1:  # else what was ordered before the kill came first
                raise
    return _answer(run, job, world)


def _revise_all(run: wb.Run, last: str) -> None:
    with run.editing("by the test") as draft:
        draft.skip("s2")
        draft.remove(last)
        draft.change("s1", title="a better title")
        draft.add(wb.Step(id="more", tool="probe", args={"n": 77}, after=["s1"]))
        draft.add(wb.Step(id="last", tool="key", args={"n": 78}, after=["more"]))


def _meddle(run: wb.Run, job: dict[str, Any], world: Outside) -> dict[str, Any]:
    """Edit in full flight, wherever the run happens to be; what comes too late is refused."""
    revisions = len(run.view.revisions)
    if revisions < MEDDLING:
        with contextlib.suppress(wb.errors.WorkbenchError), run.editing("meddling") as draft:
            new = f"x{revisions}"
            draft.add(wb.Step(id=new, tool="probe", args={"n": 100 + revisions}, after=["s1"]))
            draft.skip(f"s{len(job['plan']) - revisions}")
            draft.change(f"s{len(job['plan']) - 3 - revisions}", title="meddled with")
    return _answer(run, job, world)


def _resume(run: wb.Run, _job: dict[str, Any], _world: Outside) -> None:
    run.resume()
    run.wait(PATIENCE_S)


def _tell(run: wb.Run, job: dict[str, Any], world: Outside) -> dict[str, Any]:
    """Go on to the end and stay until it was told; this is where a point may kill us."""
    run.wait(PATIENCE_S)
    return _told(run, job, world)


def _told(run: wb.Run, _job: dict[str, Any], _world: Outside) -> dict[str, Any]:
    """Stay until the journal has noted that the end was told."""
    end = time.monotonic() + PATIENCE_S
    while not (view := run.view).delivered:
        assert time.monotonic() < end, "nobody was told"
        time.sleep(0.005)
    return {"delivered": view.delivered, "end": view.end_seq}


DOING: dict[str, Callable[[wb.Run, dict[str, Any], Outside], dict[str, Any] | None]] = {
    "asked": _asked,
    "despair": _despair,
    "finish": _finish,
    "leave": _leave,
    "through": _through,
    "answer": _answer,
    "back": _back,
    "undo_doubt": _undo_doubt,
    "approve": _approve,
    "pause": _pause,
    "edit": _edit,
    "revise": _revise,
    "meddle": _meddle,
    "resume": _resume,
    "tell": _tell,
    "told": _told,
}

DISK: dict[str, Callable[[Path], None]] = {
    "fill": _fill,
    "make_room": lambda ballast: ballast.unlink(),
}
