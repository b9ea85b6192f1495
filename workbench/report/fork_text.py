"""What a fork says of the run that it was made of."""

from __future__ import annotations

from workbench.report.words import count_words, one_line
from workbench.view import RunView

NAMED = 5
"""Steps that a sentence names at most."""


def fork_words(view: RunView) -> str:
    """Say what a run is a fork of, and what it shares; empty for one that is none."""
    if not view.fork_of:
        return ""
    shared, effects = view.shared, view.shared_effects
    words = f"Fork of {one_line(view.fork_of, 40)} at event {view.fork_at}: "
    words += f"{count_words(len(shared), 'step')} shared" if shared else "no step is shared"
    if not effects:
        return f"{words}."
    more = ", …" if len(effects) > NAMED else ""
    return (
        f"{words}. What {', '.join(effects[:NAMED])}{more} changed in the world is shared, too: "
        "only the original can undo it."
    )
