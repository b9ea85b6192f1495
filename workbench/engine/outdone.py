"""What a run has done behind the place of a fork: a person should know before it is done again."""

from __future__ import annotations

from collections.abc import Iterable

from workbench.engine.pasts import made_in
from workbench.events import Record
from workbench.plan import Remark
from workbench.tools.effect import REPEATABLE
from workbench.view import RunView

NAMED = 5
"""Steps that the remark names at most."""


def remark_on_later(past: RunView, later: Iterable[Record]) -> tuple[Remark, ...]:
    """Name the calls that changed the world after the place: the fork does not know of them.

    Args:
        past: the run at the place of the fork.
        later: its events behind the place.
    """
    steps = [
        step
        for step, calls in made_in(later).items()
        if any(call.effect not in REPEATABLE for call in calls)
    ]
    if not steps:
        return ()
    more = f" and {len(steps) - NAMED} more" if len(steps) > NAMED else ""
    text = (
        f"run {past.run} has gone on from here and changed the world ({', '.join(steps[:NAMED])}"
        f"{more}); this run may do the same once more"
    )
    return (Remark(code="done_after_the_fork", text=text),)
