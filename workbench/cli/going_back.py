"""The command that takes a run back: what would become of each effect, and then the order."""

from __future__ import annotations

from typing import Annotated

import typer

from workbench import commands as c
from workbench.cli.delivery import deliver, tell
from workbench.cli.journals import DEFAULT, JournalOption, RunArgument, look, opened
from workbench.cli.orders import ReasonOption
from workbench.undo import effects_of, foreseen, since

ToOption = Annotated[
    str, typer.Option("--to", help="A checkpoint's name, or the number of an event.")
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do it; without, it is only shown.")]


def rollback(
    run: RunArgument = None,
    journal: JournalOption = DEFAULT,
    to: ToOption = "start",
    reason: ReasonOption = "",
    *,
    yes: YesOption = False,
) -> None:
    """Take back what a run did since a checkpoint; without --yes only show what would happen."""
    with opened(journal) as bench:
        found = look(bench, run, lambda _: True)
        place = int(to) if to.isdecimal() else to
        seq = found.view_at(place).seq
        effects = since(effects_of(bench.journal.records(found.id)), seq)
        print(foreseen(found.id, seq, effects, None))
        if not yes:
            print("Nothing was done: add --yes to take it back.")
            return
        command = c.RollBack(to=seq, reason=reason, surface="cli")
        tell(found, carried_out=deliver(bench, found, command))
