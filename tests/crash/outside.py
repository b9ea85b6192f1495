"""The world of the crash tests: lines in files, written by whoever acts, counted from outside."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Any

import workbench as wb
from workbench.errors import WorkbenchError

EFFECTS = ("probe", "key", "file", "flaky", "job", "blind")
"""Tools that change the world: with probe, key, undo; failing first; working outside; silent."""
QUIET = ("think", "look")
"""Tools that change nothing."""


class Outside:
    """The world: lines that are appended to files, whatever becomes of the process.

    A line that was written outlives a SIGKILL; only a power cut could take it back.
    """

    def __init__(self, folder: Path, job: dict[str, Any]) -> None:
        self.folder, self.job = folder, job

    def append(self, name: str, *words: object) -> None:
        line = " ".join(map(str, (*words, os.getpid()))) + "\n"
        place = os.open(self.folder / name, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(place, line.encode())
        os.close(place)

    def lines(self, name: str) -> list[list[str]]:
        path = self.folder / name
        return [line.split() for line in path.read_text().splitlines()] if path.exists() else []

    def happened(self, word: str) -> bool:
        return any(word in line[:-1] for line in self.lines("effects"))

    def call(self, n: int) -> None:
        """Begin a call; a child may be told to die here, with nothing done yet."""
        self.append("calls", n)
        self.die(n, "before")

    def act(self, n: int, word: str, key: str = "") -> str:
        """Have an effect; this is where a child may be told to die, or to stay."""
        self.call(n)
        self.hold(n)
        self.append("effects", word, key)
        self.die(n, "after")
        return word

    def undo(self, n: int, word: str) -> None:
        """Take an effect back; a child may be told to die just before, or just after."""
        self.die(n, "before undo")
        self.append("undone", word)
        self.die(n, "after undo")

    def taken_back(self, n: int) -> bool:
        return any(line[0] == f"un{n}" for line in self.lines("undone"))

    def die(self, n: int, when: str) -> None:
        if self.job.get("die") == [n, when]:
            os.kill(os.getpid(), signal.SIGKILL)

    def hold(self, n: int) -> None:
        """Stay in the call until the parent has let go, or killed us."""
        if self.job.get("hold") in (n, "all"):
            self.stay(n)

    def stay(self, where: int | str) -> None:
        """Keep this thread until the parent has let go, while the others go on; say that it is."""
        self.append("held", where)
        while not (self.folder / "let-go").exists():
            threading.Event().wait(0.002)


def tools(world: Outside) -> list[wb.Tool]:
    """Give one tool for each way of settling a doubt; each effect is one line."""
    families = (telling, silent, growing, undoable, live)
    return [filing(world), outside(world), *(tool for make in families for tool in make(world))]


def outside(world: Outside) -> wb.Tool:
    """Give the tool that starts work outside; it is done when it was asked about three times."""

    def ask(handle: str, n: int) -> wb.NotYet | str:
        world.append("polls", handle)
        polls = sum(line[0] == handle for line in world.lines("polls"))
        world.die(n, f"poll {polls}")
        return wb.NotYet(progress=polls / 3) if polls < 3 else f"job{n} done"

    polling = wb.Polling(first_s=0.01, factor=1, attempts=50)

    @wb.tool(effect="irreversible", poll=ask, polling=polling)
    def job(n: int) -> str:
        return world.act(n, f"job{n}")

    return job


TURNS = 6
"""Turns that a loop of `growing` needs."""


def growing(world: Outside) -> list[wb.Tool]:
    """Give the tools of a loop: each turn adds its number, and has an effect of its own."""

    def grown(draft: list[int]) -> bool | wb.Happened:
        turn = len(draft) + 1
        return world.happened(f"turn{turn}") and wb.Happened([*draft, turn])

    @wb.tool(effect="irreversible", probe=grown)
    def grow(n: int, draft: list[int]) -> list[int]:
        turn = len(draft) + 1
        world.act(turn, f"turn{turn}")
        return [*draft, turn]

    @wb.tool(effect="irreversible", idempotent=True)
    def grow_by_key(n: int, draft: list[int], key: wb.Key) -> list[int]:
        turn = len(draft) + 1
        if not world.happened(str(key)):
            world.act(turn, f"turn{turn}", str(key))
        return [*draft, turn]

    @wb.tool(effect="pure")
    def grown_up(draft: list[int]) -> bool:
        return len(draft) == TURNS

    return [grow, grow_by_key, grown_up]


def telling(world: Outside) -> list[wb.Tool]:
    """Give the tools whose doubts settle themselves: by a probe, or by the same key."""

    def was_it(n: int) -> wb.Happened | bool:
        word = f"probe{n}"
        return wb.Happened(word) if world.happened(word) else False

    @wb.tool(effect="irreversible", probe=was_it)
    def probe(n: int) -> str:
        return world.act(n, f"probe{n}")

    @wb.tool(effect="irreversible", idempotent=True)
    def key(n: int, key: wb.Key) -> str:
        if world.happened(str(key)):
            world.append("calls", n)
            return f"key{n}"
        return world.act(n, f"key{n}", str(key))

    @wb.tool(effect="irreversible", idempotent=True, retry=wb.Retry(attempts=100, wait_s=0))
    def flaky(n: int, key: wb.Key) -> str:
        if world.happened(str(key)):
            world.append("calls", n)
            return f"flaky{n}"
        if not any(line[0] == str(n) for line in world.lines("tried")):
            world.append("tried", n)
            raise WorkbenchError("not now", "try again")
        return world.act(n, f"flaky{n}", str(key))

    return [probe, key, flaky]


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


def undoable(world: Outside) -> list[wb.Tool]:
    """Give tools whose undo is a line of its own: looked for, harmless twice, and silent."""

    def take(n: int) -> str:
        word = f"un{n}"
        world.undo(n, word)
        return word

    def take_once(n: int) -> str:
        return f"un{n}" if world.taken_back(n) else take(n)

    def stands(n: int) -> bool:
        return world.happened(f"seen{n}") and not world.taken_back(n)

    @wb.tool(effect="reversible", undo=take, probe=stands)
    def seen(n: int) -> str:
        return world.act(n, f"seen{n}")

    @wb.tool(effect="reversible", undo=wb.tool(effect="irreversible", idempotent=True)(take_once))
    def harmless(n: int) -> str:
        return world.act(n, f"harmless{n}")

    @wb.tool(effect="reversible", undo=take)
    def unseen(n: int) -> str:
        return world.act(n, f"unseen{n}")

    return [seen, harmless, unseen]


def live(world: Outside) -> list[wb.Tool]:
    """Give a tool whose undo needs the very bytes that it was called with, and what makes some."""

    def take(n: int, content: bytes) -> str:
        word = f"un{n}"
        world.undo(n, f"{word} {content.hex()}")
        return word

    def stands(n: int, content: bytes) -> bool:
        return world.happened(f"filled{n}") and not world.taken_back(n)

    @wb.tool(effect="reversible", undo=take, probe=stands)
    def filled(n: int, content: bytes) -> str:
        return world.act(n, f"filled{n}")

    @wb.tool(effect="pure")
    def raw(n: int) -> bytes:
        return bytes([n, 0, 255])

    return [filled, raw]


def silent(world: Outside) -> list[wb.Tool]:
    """Give a tool that can tell nothing, and two that change nothing."""

    @wb.tool(effect="irreversible")
    def blind(n: int) -> str:
        return world.act(n, f"blind{n}")

    def mumbles(n: int) -> str:
        """Give no answer; a process that has not made the call is told when to give it."""
        while str(os.getpid()) not in {line[-1] for line in world.lines("effects")}:
            if world.lines("ask"):
                break
            threading.Event().wait(0.005)
        return "perhaps"

    @wb.tool(effect="irreversible", probe=mumbles)
    def vague(n: int) -> str:
        return world.act(n, f"vague{n}")

    @wb.tool(effect="read")
    def look(n: int) -> str:
        world.call(n)
        return f"look{n}"

    @wb.tool(effect="pure")
    async def think(n: int) -> str:
        world.call(n)
        return f"think{n}"

    return [blind, vague, look, think]
