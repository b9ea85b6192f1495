"""Forks that go on and share what a run did: what is undone there, they do not know of."""

from __future__ import annotations

from collections.abc import Iterable

from workbench.journal import parentage
from workbench.journal.journal import Journal
from workbench.journal.snapshot import load_view


def forks_that_share(journal: Journal, run: str, steps: Iterable[str]) -> tuple[str, ...]:
    """Name the forks of a run that have not ended, each with those of its steps that it shares."""
    wanted = set(steps)
    made = journal.read(parentage.forks) if wanted else {}
    found = []
    for fork in (name for name, origin in made.items() if origin == run):
        view = load_view(journal, fork)
        mine = sorted(wanted & {step for step in view.shared if not view.final})
        found += [f"{fork} ({', '.join(mine)})"] if mine else []
    return tuple(found)
