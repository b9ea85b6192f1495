"""The tools of the browser tests, and the small world outside that they change.

The notebooks' kernels import this. A gate is a file: a call waits at it until the test makes it, so
a test holds a run at any place for as long as it likes, without a clock.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import workbench as wb
from workbench.plan import Add, Change
from workbench.planner import PlanningContext, Proposal

GATE_S = 60.0
JOURNAL = "runs.db"
EFFECTS = Path("effects.txt")
MAILS = Path("mails.txt")


@wb.tool(effect="pure")
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@wb.tool(effect="pure")
def say(text: str, loud: bool = False) -> str:
    """Give a text back."""
    return text.upper() if loud else text


@wb.tool(effect="pure")
def fail(text: str) -> str:
    """Raise an error."""
    raise ValueError(text)


@wb.tool(effect="read")
def gate(name: str) -> str:
    """Wait until a gate is opened."""
    _pass(name)
    return f"through {name}"


def _rub_out(key: wb.Key) -> None:
    kept = [line for line in _lines(EFFECTS) if not line.startswith(f"{key} ")]
    EFFECTS.write_text("".join(f"{line}\n" for line in kept))


def _is_written(key: wb.Key) -> bool:
    return any(line.startswith(f"{key} ") for line in _lines(EFFECTS))


@wb.tool(effect="reversible", undo=_rub_out, probe=_is_written)
def write_down(text: str, key: wb.Key, gate: str = "") -> str:
    """Add a line to a file, then wait at a gate if one is named."""
    with EFFECTS.open("a") as file:
        file.write(f"{key} {text}\n")
    if gate:
        _pass(gate)
    return text


@wb.tool(effect="irreversible", risk="public")
def send_mail(to: str, body: str, key: wb.Key) -> str:
    """Send a mail."""
    with MAILS.open("a") as file:
        file.write(f"{to}: {body}\n")
    return f"accepted for {to}"


@wb.tool(effect="irreversible", risk="costly", spend=lambda usd, **_: {"usd": usd})
def order(item: str, usd: float) -> str:
    """Order an item."""
    return f"{item} ordered for {usd:g}"


def _matching(text: str) -> list[str]:
    return [line for line in _lines(Path("things.txt")) if text in line]


@wb.tool(effect="irreversible", objects=_matching)
def drop(text: str) -> int:
    """Delete all things that match a text."""
    with EFFECTS.open("a") as file:
        file.writelines(f"x dropped {name}\n" for name in _matching(text))
    return len(_matching(text))


@wb.tool(effect="irreversible", risk="shared")
def share(text: str) -> str:
    """Add a line that others see."""
    with EFFECTS.open("a") as file:
        file.write(f"x shared {text}\n")
    return text


@wb.tool(effect="irreversible", risk="local", timeout_s=0.1)
def fax(text: str, gate: str) -> str:
    """Send a fax over a line that may hang."""
    _pass(gate)
    return text


TOOLS = (add, say, fail, gate, write_down, send_mail, order, fax, drop, share)


class Obliging:
    """Plans what a person says of a step: its new text, or another step where it was refused."""

    name = "obliging"

    async def propose(self, context: PlanningContext) -> Proposal:
        """Answer the newest word on a step."""
        _, _, said = context.notes[-1].partition(" on step ")
        name, _, text = said.partition(": ")
        if text.startswith("refused"):
            other = wb.Step(id=f"{name}-instead", tool="share", args={"text": "another way"})
            return Proposal(edits=[Add(step=other)], reason=f"{name} was {text}")
        return Proposal(
            edits=[Change(step=name, changes={"args": {"text": text}})], reason="as said"
        )


def wait_for_lines(count: int) -> list[str]:
    """Give the lines that calls have written, as soon as there are so many."""
    end = time.monotonic() + GATE_S
    while len(lines := [*_lines(EFFECTS)]) < count:
        if time.monotonic() > end:
            raise TimeoutError(f"there are only {len(lines)} lines")
        time.sleep(0.005)
    return [line.partition(" ")[2] for line in lines]


def bench() -> wb.Workbench:
    """Open the journal of this folder."""
    return wb.Workbench(
        JOURNAL, tools=TOOLS, planner=None, policy=wb.Policy(allow=["fax"]), on_behalf_of="ada"
    )


def chain(*steps: wb.Step, goal: str = "A test") -> wb.Plan:
    """Make a plan whose steps run one after the other, unless they say what they wait for."""
    linked: list[wb.Step] = []
    for step in steps:
        after = step.after or tuple(before.id for before in linked[-1:])
        linked.append(step.model_copy(update={"after": after}))
    return wb.Plan(goal=goal, steps=linked)


def step(
    step_id: str, tool: str, title: str = "", /, *, after: tuple[str, ...] = (), **args
) -> wb.Step:
    """Make a step with its arguments by keyword."""
    return wb.Step(id=step_id, tool=tool, title=title, after=after, args=args)


def _pass(name: str) -> None:
    end = time.monotonic() + GATE_S
    while not Path(f"{name}.open").exists():
        if time.monotonic() > end:
            raise TimeoutError(f"nobody opened the gate {name}")
        time.sleep(0.005)


def _lines(path: Path) -> Iterator[str]:
    return iter(path.read_text().splitlines() if path.exists() else [])
