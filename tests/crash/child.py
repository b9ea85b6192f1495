"""What a child of the crash tests does: drive a run, and die where it was told to."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import workbench as wb
from workbench.testing import CrashPoint, allow_all

MIXED = ("probe", "key", "think", "file", "look", "blind")
"""Tools of a mixed chain, in turn."""


class Outside:
    """The world: lines in files that are appended to and synced, whatever the process does."""

    def __init__(self, folder: Path, job: dict[str, Any]) -> None:
        self.folder, self.job = folder, job

    def append(self, name: str, *words: object) -> None:
        line = " ".join(map(str, (*words, os.getpid()))) + "\n"
        place = os.open(self.folder / name, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(place, line.encode())
        os.fsync(place)
        os.close(place)

    def lines(self, name: str) -> list[str]:
        path = self.folder / name
        return path.read_text().splitlines() if path.exists() else []

    def happened(self, word: str) -> bool:
        return any(line.split()[0] == word for line in self.lines("effects"))

    def act(self, n: int, word: str) -> str:
        """Have an effect; this is where a child may be told to die."""
        self.append("calls", n)
        self.die(n, "before")
        self.hold(n)
        self.append("effects", word)
        self.die(n, "after")
        return word

    def die(self, n: int, when: str) -> None:
        if self.job.get("die") == [n, when]:
            os.kill(os.getpid(), signal.SIGKILL)

    def hold(self, n: int) -> None:
        """Stay in the call until the parent has let go, or killed us."""
        if self.job.get("hold") == n:
            self.append("held", n)
            while not (self.folder / "let-go").exists():
                threading.Event().wait(0.005)


def tools(world: Outside) -> list[wb.Tool]:
    """Give one tool for each way of settling a doubt; each effect is one line, synced."""
    return [*telling(world), *silent(world), filing(world), outside(world), *growing(world)]


def outside(world: Outside) -> wb.Tool:
    """Give the tool that starts work outside; it is done when it was asked about three times."""

    def ask(handle: str, n: int) -> wb.NotYet | str:
        world.append("polls", handle)
        polls = sum(line.split()[0] == handle for line in world.lines("polls"))
        world.die(n, f"poll {polls}")
        return wb.NotYet(progress=polls / 3) if polls < 3 else f"job{n} done"

    polling = wb.Polling(first_s=0.01, factor=1, attempts=50)

    @wb.tool(effect="irreversible", poll=ask, polling=polling)
    def job(n: int) -> str:
        return world.act(n, f"job{n}")

    return job


def telling(world: Outside) -> list[wb.Tool]:
    """Give the tools whose doubts settle themselves: by a probe, or by the same key."""

    def was_it(n: int) -> bool:
        return world.happened(f"probe{n}")

    @wb.tool(effect="irreversible", probe=was_it)
    def probe(n: int) -> str:
        return world.act(n, f"probe{n}")

    @wb.tool(effect="irreversible", idempotent=True)
    def key(n: int, key: wb.Key) -> str:
        if world.happened(str(key)):
            world.append("calls", n)
            return "replayed"
        return world.act(n, str(key))

    return [probe, key]


def filing(world: Outside) -> wb.Tool:
    """Give the tool that can be undone."""

    def old(n: int) -> str:
        path = world.folder / f"file{n}.txt"
        return path.read_text() if path.exists() else ""

    def put_back(n: int, before: str) -> None:
        (world.folder / f"file{n}.txt").write_text(before)

    def written(n: int) -> bool:
        return world.happened(f"file{n}")

    @wb.tool(effect="reversible", undo=put_back, before=old, probe=written)
    def file(n: int) -> str:
        word = world.act(n, f"file{n}")
        (world.folder / f"file{n}.txt").write_text(f"new {n}")
        return word

    return file


def silent(world: Outside) -> list[wb.Tool]:
    """Give a tool that can tell nothing, and two that change nothing."""

    @wb.tool(effect="irreversible")
    def blind(n: int) -> str:
        return world.act(n, f"blind{n}")

    @wb.tool(effect="read")
    def look(n: int) -> str:
        world.append("calls", n)
        world.die(n, "before")
        return f"look{n}"

    @wb.tool(effect="pure")
    async def think(n: int) -> str:
        world.append("calls", n)
        world.die(n, "before")
        return f"think{n}"

    return [blind, look, think]


TURNS = 6
"""Turns that a loop of `growing` needs."""


def growing(world: Outside) -> list[wb.Tool]:
    """Give the tools of a loop: each turn adds its number, and has an effect of its own."""

    def grown(draft: list[int]) -> bool | wb.Happened:
        turn = len(draft) + 1
        return world.happened(f"turn{turn}") and wb.Happened([*draft, turn])

    @wb.tool(effect="irreversible", probe=grown)
    def grow(draft: list[int]) -> list[int]:
        turn = len(draft) + 1
        world.act(turn, f"turn{turn}")
        return [*draft, turn]

    @wb.tool(effect="irreversible", idempotent=True)
    def grow_by_key(draft: list[int], key: wb.Key) -> list[int]:
        turn = len(draft) + 1
        if not world.happened(str(key)):
            world.act(turn, str(key))
        return [*draft, turn]

    @wb.tool(effect="pure")
    def grown_up(draft: list[int]) -> bool:
        return len(draft) == TURNS

    return [grow, grow_by_key, grown_up]


def loop(tool: str) -> wb.Plan:
    """Make a plan of one step that is repeated."""
    repeat = wb.Repeat(until=wb.Check(tool="grown_up"), at_most=TURNS, carry="draft")
    return wb.Plan(
        goal="a loop under fire",
        steps=[wb.Step(id="loop", tool=tool, args={"draft": []}, repeat=repeat)],
    )


def chain(names: list[str]) -> wb.Plan:
    """Make a chain of these tools; the steps are called s1, s2 and so on."""
    steps = [
        wb.Step(id=f"s{n}", tool=tool, args={"n": n}, after=[f"s{n - 1}"] if n > 1 else [])
        for n, tool in enumerate(names, 1)
    ]
    return wb.Plan(goal="a chain under fire", steps=steps)


def work(job: dict[str, Any]) -> None:
    """Do one job; what it says goes to the file `says`."""
    folder = Path(job["folder"])
    world = Outside(folder, job)
    if "point" in job:
        CrashPoint(*job["point"])
    if "after_s" in job:
        killer = threading.Timer(job["after_s"], os.kill, (os.getpid(), signal.SIGKILL))
        killer.daemon = True
        killer.start()
    policy = wb.Policy() if job.get("ask") else allow_all()
    bench = wb.Workbench(
        folder / "runs.db",
        tools=tools(world),
        planner=None,
        policy=policy,
        lease_s=job.get("lease_s", 15.0),
        on_end=(lambda ended: world.append("told", ended.event_id)) if job.get("tell") else None,
    )
    if job["do"] == "order":
        order(bench, job)
        bench.close()
        return
    if "loop" in job:
        run = bench.start(plan=loop(job["loop"]), key="the run")
    elif "plan" in job:
        run = bench.start(plan=chain(job["plan"]), key="the run")
    else:
        run = bench.open(bench.journal.runs()[0].id)
    said = DOING[job["do"]](run, job) or {}
    view = run.view
    if view.final:
        said["result"] = run.result
    said |= {
        "state": view.state,
        "steps": {name: step.state for name, step in view.steps.items()},
        "requests": [request.kind for request in run.inbox],
        "verified": run.verify(),
    }
    bench.close()
    Path(job["says"]).write_text(json.dumps(said))


def order(bench: wb.Workbench, job: dict[str, Any]) -> None:
    """Give an order to a run that another process drives."""
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
    Path(job["says"]).write_text(json.dumps({**said, "state": run.state}))


def _finish(run: wb.Run, _job: dict[str, Any]) -> None:
    run.wait_until("waiting", "paused", timeout_s=60)


def _through(run: wb.Run, _job: dict[str, Any]) -> None:
    run.wait(60)


def _answer(run: wb.Run, job: dict[str, Any]) -> dict[str, Any]:
    """Go on to the end, as a person would: allow, and look what became of a call in doubt."""
    folder, asked = Path(job["folder"]), 0
    world = Outside(folder, job)
    while run.wait_until("waiting", "paused", timeout_s=60) == "waiting":
        for request in run.inbox:
            # An answer of before the kill may be read only now: then it is the one that counts.
            with contextlib.suppress(wb.errors.CommandRefused):
                _decide(request, world)
                asked += 1
    return {"asked": asked}


def _decide(request: wb.Request, world: Outside) -> None:
    if request.kind == "permission":
        request.approve()
        return
    happened = world.happened(f"{request.tool}{(request.step or '')[1:]}")
    request.choose("done" if happened else "redo")


def _approve(run: wb.Run, _job: dict[str, Any]) -> None:
    run.wait_until("waiting", timeout_s=60)
    run.inbox[0].approve(scope="run")
    run.wait(60)


def _pause(run: wb.Run, _job: dict[str, Any]) -> None:
    run.pause("by the test")
    os.kill(os.getpid(), signal.SIGKILL)


def _edit(run: wb.Run, _job: dict[str, Any]) -> None:
    with run.editing("by the test") as draft:
        draft.move("s5", after=["s3"])
        draft.remove("s4")
        draft.change("s3", args={"n": 33})
    os.kill(os.getpid(), signal.SIGKILL)


def _resume(run: wb.Run, _job: dict[str, Any]) -> None:
    run.resume()
    run.wait(60)


def _tell(run: wb.Run, _job: dict[str, Any]) -> dict[str, Any]:
    """Go on to the end and stay until it was told; this is where a point may kill us."""
    run.wait(60)
    return _told(run, _job)


def _told(run: wb.Run, _job: dict[str, Any]) -> dict[str, Any]:
    """Stay until the journal has noted that the end was told."""
    end = time.monotonic() + 60
    while not (view := run.view).delivered:
        assert time.monotonic() < end, "nobody was told"
        time.sleep(0.005)
    return {"delivered": view.delivered, "end": view.end_seq}


DOING: dict[str, Callable[[wb.Run, dict[str, Any]], dict[str, Any] | None]] = {
    "finish": _finish,
    "through": _through,
    "answer": _answer,
    "approve": _approve,
    "pause": _pause,
    "edit": _edit,
    "resume": _resume,
    "tell": _tell,
    "told": _told,
}


def mixed(count: int, seed: int) -> list[str]:
    """Choose tools for a chain, the same for the same seed."""
    chance = random.Random(seed)
    return [chance.choice(MIXED) for _ in range(count)]
