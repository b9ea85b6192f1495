"""Draw the tables of workbench/states.py into docs/states.md; `--check` only compares."""

import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from workbench import states  # noqa: E402 - the tables of this tree, not of an installed one

PAGE = ROOT / "docs" / "states.md"

INTRODUCTION = """\
# States

Drawn from the tables in [`workbench/states.py`](../workbench/states.py) by
`python scripts/draw_states.py`; don't edit this page, a test compares it with the tables.

An arrow is an event in the journal that moves a run, or one of its steps, from one state to the
next. What is not drawn cannot happen: such an event is refused when it is written, and reported
when it is found in a journal. A final state (an arrow to the black dot) is never left.
"""

RUN_TEXT = """\
## A run

`waiting` is waiting by design: nothing can go on before a person answers, and nothing is held
meanwhile. `paused` is a person's order, or the engine's when it needs one. Both hold across a
restart.
"""

STEP_TEXT = """\
## A step

`in_doubt` means that a call began and nobody knows whether it happened. Three words are no events
of their own: `needs.met`, the last step that this one waited for is done; `needs.changed`, an edit
gave it something more to wait for; `run.ended`, the run came to its end before the step was begun.
"""


BACK_TEXT = """\
## Going back

What only a rollback does to a step. `step.undone` and `step.undo_failed` are said by the event
`rollback.ended`, for each step; `step.renewed` by `run.resumed`, when the run goes on behind it.
"""


def diagram(table: Mapping[tuple[str, str], str], first: str, final: Iterable[str]) -> str:
    """Draw one table as a Mermaid state diagram, one arrow for each pair of states."""
    arrows: dict[tuple[str, str], list[str]] = defaultdict(list)
    for (state, event), following in table.items():
        arrows[state, following].append(event)
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {first}"]
    for (state, following), events in arrows.items():
        lines.append(f"    {state} --> {following}: {', '.join(events)}")
    lines += [f"    {state} --> [*]" for state in sorted(final)]
    return "\n".join([*lines, "```\n"])


def listing(table: Mapping[tuple[str, str], str]) -> str:
    """List one table, one row for each transition."""
    rows = [f"| {state} | `{event}` | {following} |" for (state, event), following in table.items()]
    return "\n".join(["| from | event | to |", "| --- | --- | --- |", *rows, ""])


def page() -> str:
    """Write the whole page."""
    parts = [
        INTRODUCTION,
        RUN_TEXT,
        diagram(states.RUN, "queued", states.RUN_FINAL),
        listing(states.RUN),
        STEP_TEXT,
        diagram(states.STEP, "pending", states.STEP_FINAL),
        listing(states.STEP),
        BACK_TEXT,
        listing(states.BACK),
    ]
    return "\n".join(parts)


def main() -> int:
    """Write the page, or say whether it is current."""
    drawn = page()
    if "--check" not in sys.argv[1:]:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(drawn, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == drawn:
        return 0
    print(f"{PAGE.relative_to(ROOT)} is out of date: call scripts/draw_states.py")
    return 1


if __name__ == "__main__":
    sys.exit(main())
