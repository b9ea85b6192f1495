"""The kernel's main thread belongs to the person: in a real kernel, with a run in full swing."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]

SCRIPT = """
import time
import workbench as wb
from IPython.display import display

@wb.tool(effect="read")
def spin(number: int) -> int:
    end = time.monotonic() + 0.15
    while time.monotonic() < end:
        number += 1
    return number

@wb.tool(effect="read", runs_in="process")
def far(number: int) -> int:
    import time
    end = time.monotonic() + 0.15
    while time.monotonic() < end:
        number += 1
    return number

@wb.tool(effect="reversible", undo=lambda number: None)
def loud(number: int) -> str:
    print("x" * 200_000)
    return "y" * 300_000

@wb.tool(effect="read")
async def soon(number: int) -> list[int]:
    return list(range(20_000))

tools = [spin, far, loud, soon]
bench = wb.Workbench({path!r}, tools=tools, planner=None, in_flight=4,
                     policy=wb.testing.allow_all())
steps = [wb.Step(id=f"{{tool.name}}{{n}}", tool=tool.name, args={{"number": n}})
         for n in range(6) for tool in tools]
plan = wb.Plan(goal="a run in full swing", steps=steps)
bench.start(plan=plan).wait(120)  # imports, threads and processes are there now
"""

LOOK = """
import asyncio, gc, json, sys, threading
import workbench

own, seen, calls = workbench.__path__[0], set(), 0

def watch(frame, event, _):
    global calls
    calls += event == "call"
    if event == "call" and frame.f_code.co_filename.startswith(own):
        seen.add(f"{frame.f_code.co_filename}: {frame.f_code.co_qualname}")

over = threading.Event()
run = bench.start(plan=plan)
display(run)
run.widget._seen = time.monotonic() + 1000  # as if a page looked on
threading.Thread(target=lambda: (run.wait(120), over.set()), name="person").start()
ticks = 0
gc.disable()  # what is collected is finalized in whichever thread comes along
sys.setprofile(watch)
while not over.is_set():
    await asyncio.sleep(0.002)
    ticks += 1
sys.setprofile(None)
gc.enable()
print("\\nRESULT", json.dumps({"seen": sorted(seen), "state": run.state, "ticks": ticks,
                              "calls": calls}))
bench.close()
"""


def test_nothing_of_a_run_happens_on_the_kernels_main_thread(tmp_path: Path) -> None:
    """While tools compute in threads and processes, print and return much, and a live widget is
    fed, no function of the engine, the journal or the widget is called on the kernel's main thread,
    whose event loop goes on ticking.

    Computing in Python takes the interpreter lock in turns of 5 ms, so how late a tick comes is a
    matter of the tools and of the machine: `tests/bench/run.py stall` measures it beside plain
    threads, and nothing about it is asserted here [CONC-13].
    """
    found = in_kernel(tmp_path, SCRIPT.format(path=str(tmp_path / "runs.db")), LOOK)
    assert found["seen"] == []
    assert found["calls"] > found["ticks"]
    assert found["state"] == "succeeded"
    assert found["ticks"] > 0


def in_kernel(folder: Path, *cells: str) -> dict[str, Any]:
    """Run cells in a real kernel; gives the result that the last one prints."""
    manager_of = pytest.importorskip("jupyter_client.manager").KernelManager
    manager = manager_of(kernel_name="python3")
    manager.start_kernel(cwd=str(folder), env={**os.environ, "PYTHONPATH": str(ROOT)})
    client = manager.client()
    client.start_channels()
    said: list[str] = []

    def take(message: Any) -> None:
        said.append(message["content"].get("text", "") + message["content"].get("evalue", ""))

    try:
        client.wait_for_ready(timeout=60)
        for cell in cells:
            reply = client.execute_interactive(cell, timeout=120, output_hook=take)
            assert reply["content"]["status"] == "ok", "".join(said)[-2000:]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()
    line = next(line for line in "".join(said).splitlines() if line.startswith("RESULT "))
    found: dict[str, Any] = json.loads(line.removeprefix("RESULT "))
    return found
