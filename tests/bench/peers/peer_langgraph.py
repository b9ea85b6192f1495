"""W1, W2, W3 and W5 on LangGraph with its SQLite checkpointers, `durability="sync"`.

W1 and W3 use its cheapest shape: one node in a loop, whose state holds the last result only.
"""

from __future__ import annotations

import asyncio
import operator
import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Annotated, Any, TypedDict

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, Send, interrupt
from measure import clock, finish, small, start_clock, timed

WARM = 20


class Last(TypedDict):
    """State of a loop."""

    i: int
    result: dict[str, Any]


class All(TypedDict):
    """State of a fan-out."""

    i: int
    results: Annotated[list[Any], operator.add]


class Allowed(TypedDict):
    """State of an approval."""

    ok: bool


def saver(path: Path) -> SqliteSaver:
    """Open a checkpointer."""
    made = SqliteSaver(sqlite3.connect(path, check_same_thread=False))
    made.setup()
    return made


def config(steps: int, thread: str = "t") -> dict[str, Any]:
    """Give the options of one run."""
    return {"configurable": {"thread_id": thread}, "recursion_limit": steps + 10}


def loop(steps: int, body: Callable[[int], dict[str, Any]], checkpointer: SqliteSaver) -> Any:
    """Build a graph that runs one node `steps` times."""
    graph = StateGraph(Last)
    graph.add_node("step", lambda state: {"i": state["i"] + 1, "result": body(state["i"])})
    graph.add_edge(START, "step")
    graph.add_conditional_edges(
        "step", lambda state: "step" if state["i"] < steps else END, ["step", END]
    )
    return graph.compile(checkpointer=checkpointer)


def w1(folder: Path, steps: int) -> dict[str, Any]:
    """A loop; each checkpoint is written before the next step."""
    warm = loop(WARM, small, saver(folder / "warm.db"))
    warm.invoke({"i": 0}, config(WARM), durability="sync")
    graph = loop(steps, small, saver(folder / "runs.db"))
    with timed(steps) as result:
        graph.invoke({"i": 0}, config(steps), durability="sync")
    return result


def w2(folder: Path, steps: int) -> dict[str, Any]:
    """One `Send` a step, a hundred at a time."""

    async def step(state: dict[str, Any]) -> dict[str, Any]:
        await asyncio.sleep(0.01)
        return {"results": [small(state["i"])]}

    async def run(path: Path, count: int) -> dict[str, float]:
        async with AsyncSqliteSaver.from_conn_string(str(path)) as checkpointer:
            await checkpointer.setup()
            graph = StateGraph(All)
            graph.add_node("step", step)
            graph.add_conditional_edges(
                START, lambda _: [Send("step", {"i": i}) for i in range(count)], ["step"]
            )
            compiled = graph.compile(checkpointer=checkpointer)
            options = {**config(count), "max_concurrency": 100}
            with timed(count) as result:
                await compiled.ainvoke({"i": 0}, options, durability="sync")
            return result

    async def both() -> dict[str, float]:
        await run(folder / "warm.db", WARM)
        return await run(folder / "runs.db", steps)

    return asyncio.run(both())


def w3_seed(folder: Path, steps: int) -> dict[str, Any]:
    """Finish `steps` steps and die in the next one."""

    def body(number: int) -> dict[str, Any]:
        if number == steps:
            os.kill(os.getpid(), signal.SIGKILL)
        return small(number)

    graph = loop(steps + 1, body, saver(folder / "runs.db"))
    graph.invoke({"i": 0}, config(steps), durability="sync")
    return {}


def w3(folder: Path, steps: int) -> dict[str, Any]:
    """Resume; the clock stops when the killed step runs."""
    seen: dict[str, Any] = {"calls": 0}

    def body(number: int) -> dict[str, Any]:
        seen["calls"] += 1
        if number == steps:
            seen["reached"] = clock()
        return small(number)

    began = start_clock()
    graph = loop(steps + 1, body, saver(folder / "runs.db"))
    graph.invoke(None, config(steps), durability="sync")
    return {"resume_ms": 1e3 * (seen["reached"] - began), "again": seen["calls"] - 1}


def w5(folder: Path, steps: int) -> dict[str, Any]:
    """Interrupt, see it, resume."""
    seen: dict[str, float] = {}

    def ask(_state: Allowed) -> dict[str, bool]:
        ok = interrupt("may I?")
        seen["acted"] = clock()
        return {"ok": ok}

    graph = StateGraph(Allowed)
    graph.add_node("ask", ask)
    graph.add_edge(START, "ask")
    compiled = graph.compile(checkpointer=saver(folder / "runs.db"))
    rounds = []
    for number in range(steps):
        options, began = config(1, f"t{number}"), clock()
        asked = compiled.invoke({"ok": False}, options, durability="sync")
        assert asked["__interrupt__"]
        answered = clock()
        compiled.invoke(Command(resume=True), options, durability="sync")
        rounds.append((1e3 * (answered - began), 1e3 * (seen["acted"] - answered)))
    rounds = rounds[3:]
    return {"ask_ms": median(r[0] for r in rounds), "answer_ms": median(r[1] for r in rounds)}


if __name__ == "__main__":
    finish(globals()[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3])))
