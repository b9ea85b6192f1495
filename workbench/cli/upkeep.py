"""Commands that look after a journal: prune, gc, salvage."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from workbench.cli.journals import DEFAULT, JournalOption, opened
from workbench.journal.retention import Pruned
from workbench.journal.salvage import Salvaged
from workbench.journal.salvage import salvage as copy_sound
from workbench.report import short_id


def prune(
    journal: JournalOption = DEFAULT,
    *,
    older_than: Annotated[
        float, typer.Option("--older-than", help="Days since a run ended.", min=0)
    ] = 90,
    keep: Annotated[
        int, typer.Option(help="So many finished runs stay, whatever their age.", min=0)
    ] = 10,
    orphans: Annotated[
        bool, typer.Option("--orphans", help="Remove artifacts that no run refers to, too.")
    ] = False,
    vacuum: Annotated[
        bool, typer.Option("--vacuum", help="Give the room back to the disk; rewrites the file.")
    ] = False,
) -> None:
    """Remove old finished runs as a whole; what is unfinished or in use stays."""
    with opened(journal) as bench:
        done = bench.prune(timedelta(days=older_than), keep=keep, orphans=orphans, vacuum=vacuum)
    _say(done)


def gc(
    journal: JournalOption = DEFAULT,
    *,
    older_than: Annotated[
        float | None,
        typer.Option("--older-than", help="Finished runs go, too, so many days after.", min=0),
    ] = None,
    keep: Annotated[
        int, typer.Option(help="So many finished runs stay, whatever their age.", min=0)
    ] = 10,
    vacuum: Annotated[
        bool, typer.Option("--vacuum", help="Give the room back to the disk; rewrites the file.")
    ] = False,
) -> None:
    """Remove artifacts that nothing refers to, and old finished runs when asked."""
    age = None if older_than is None else timedelta(days=older_than)
    with opened(journal) as bench:
        done = bench.gc(age, keep=keep, vacuum=vacuum)
    _say(done)
    print(f"The journal held {in_words(done.before)}, and holds {in_words(done.after)} now.")


def _say(done: Pruned) -> None:
    for run, why in done.kept.items():
        print(f"Kept run {short_id(run)}: {why}.")
    for run in done.runs:
        print(f"Removed run {short_id(run)}.")
    for run in done.late:
        print(f"All artifacts are left while run {short_id(run)} is being driven.")
    print(f"{len(done.runs)} runs and {done.artifacts} artifacts removed: {in_words(done.bytes)}.")


def salvage(
    old: Annotated[
        str, typer.Argument(metavar="OLD", help="The damaged journal; it is only read.")
    ],
    new: Annotated[str, typer.Argument(metavar="NEW", help="Where the new one is to be made.")],
) -> None:
    """Copy what is sound of a damaged journal into a new one."""
    done = copy_sound(old, new)
    for one in done:
        print(_line(one))
    whole = sum(one.fault is None for one in done)
    print(f"{whole} of {len(done)} runs are whole. Orders that were not decided were left behind.")


def in_words(size: int) -> str:
    """Give a number of bytes for people."""
    amount = float(size)
    for unit in ("bytes", "kB", "MB"):
        if amount < 1000:  # noqa: PLR2004 - what kilo means
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"


def _line(one: Salvaged) -> str:
    if one.fault is None:
        return f"Run {short_id(one.run)}: whole, {one.events} events."
    kept = f"{one.events} events, paused if it had not ended" if one.events else "nothing"
    return f"Run {short_id(one.run)}: {kept}. {one.fault.what}"
