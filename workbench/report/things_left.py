"""Things that the effects of a run have left in the world, and that still stand."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workbench.events import Record
from workbench.tools import Tool
from workbench.undo import Made, effects_of, why_not
from workbench.values import decode
from workbench.values.summary import summarize

FILE = "file:"
"""What the key of a file begins with."""


@dataclass(frozen=True)
class Thing:
    """Something that a call has made and that stands when the run has ended."""

    kind: str
    """`file`, or what the tool calls it: `schedule`, `token` …; `not known`: nobody can say."""
    name: str
    tool: str
    step: str
    at: datetime
    undoable: bool
    """Whether going back takes it away."""


def things_left(
    records: Iterable[Record], tools: Mapping[str, Tool], load: Callable[[str], bytes]
) -> list[Thing]:
    """Give what the effects of one run have left: files that are there, and what tools name.

    A tool's own code is asked, so that a file which somebody has removed since is not among them.

    Args:
        records: the run's journal.
        tools: by name; what one left that is not among them is not known.
        load: gives the bytes of an artifact by its digest.
    """
    found: dict[tuple[str, str], Thing] = {}
    kept = list(records)
    outputs = {record.seq: getattr(record.event, "output", None) for record in kept}
    for made in effects_of(kept):
        tool = tools.get(made.tool)
        for kind, name in _named(made, tool, outputs.get(made.outcome), load):
            undoable = why_not(made, tools) is None
            thing = Thing(kind, name, made.tool, made.step, made.at, undoable)
            found[kind, name] = thing
    return list(found.values())


def _named(
    made: Made, tool: Tool | None, output: Any, load: Callable[[str], bytes]
) -> Iterator[tuple[str, str]]:
    if tool is None:
        yield "not known", f"what {made.tool} has left: it is not registered here"
        return
    args = made.args.value if isinstance(made.args.value, dict) else {}
    if tool.leaves is not None:
        known = {**tool.signature.defaults(), **made.kept, **args}
        try:
            known["result"] = None if output is None else decode(output, load)
            named = tool.leaves(**tool.companion_args(tool.leaves, known))
            yield from [(str(kind), str(one)) for kind, ones in named.items() for one in ones]
        except Exception as error:  # noqa: BLE001 - a tool's own code, which may raise anything
            what = f"what {made.tool} {summarize(args)} has left: {type(error).__name__}: {error}"
            yield "not known", what
        return
    for key in tool.planned_writes(args):
        if key.startswith(FILE) and _is_there(tool, key):
            yield "file", key.removeprefix(FILE)


def _is_there(tool: Tool, key: str) -> bool:
    """Whether a file is there, as far as its tool can say at once."""
    if tool.version is None or inspect.iscoroutinefunction(tool.version):
        return True
    try:
        return tool.version(key) is not None
    except Exception:  # noqa: BLE001 - a tool's own code, which may raise anything
        return True
