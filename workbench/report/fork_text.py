"""What a fork says of the run that it was made of."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.report.words import count_words, one_line
from workbench.view import RunView

NAMED = 5
"""Steps that a sentence names at most."""


def fork_words(view: RunView) -> str:
    """Say what a run is a fork of, what it shares, and what it asks nothing about.

    Empty for one that is none.
    """
    if not view.fork_of:
        return ""
    shared, effects = view.shared, view.shared_effects
    words = f"Fork of {one_line(view.fork_of, 40)} at event {view.fork_at}: "
    words += f"{count_words(len(shared), 'step')} shared" if shared else "no step is shared"
    if effects:
        words += f". What {_named(effects)} changed in the world is shared, too: "
        words += "only the original can undo it"
    if view.fork_behind:
        words += f". What {_named(view.fork_behind)} of the original changed behind that place "
        words += "stays in the world, and nothing asks before the same is done once more"
    return f"{words}."


def _named(steps: Sequence[str]) -> str:
    more = ", …" if len(steps) > NAMED else ""
    return f"{', '.join(steps[:NAMED])}{more}"
