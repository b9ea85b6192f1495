"""What a run has done behind the place of a fork: a person should know before it is done again."""

from __future__ import annotations

from workbench import events as e
from workbench.engine.forking import Past
from workbench.plan import Remark
from workbench.undo import Made, effects_of

NAMED = 5
"""Steps that the remark names at most."""


def effects_behind(past: Past) -> list[Made]:
    """Give the effects of calls that were begun behind the place and stand, or may stand.

    The fork does not know of them, so it asks about none of them. An attempt of a call that was
    begun before the place is no call of its own: that one is asked about.
    """
    begun = {r.event.key for r in past.records if isinstance(r.event, e.CallIntended)}
    found = effects_of([*past.records, *past.later])
    return [made for made in found if made.intent > past.view.seq and made.key not in begun]


def remark_on_later(past: Past) -> tuple[Remark, ...]:
    """Name the steps that changed the world after the place: the fork does not know of them."""
    steps = steps_behind(past)
    if not steps:
        return ()
    more = f" and {len(steps) - NAMED} more" if len(steps) > NAMED else ""
    text = (
        f"run {past.view.run} has gone on from here and changed the world "
        f"({', '.join(steps[:NAMED])}{more}); this run may do the same once more"
    )
    return (Remark(code="done_after_the_fork", text=text),)


def steps_behind(past: Past) -> tuple[str, ...]:
    """Name the steps of these effects, each once."""
    return tuple(dict.fromkeys(made.step for made in effects_behind(past)))
