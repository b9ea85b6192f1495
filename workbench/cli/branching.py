"""Commands that go another way: fork, compare."""

from __future__ import annotations

from typing import Annotated

import typer

from workbench.cli.journals import DEFAULT, JournalOption, RunArgument, look, opened
from workbench.lookup import place_of

SideArgument = Annotated[
    str, typer.Argument(metavar="RUN", help="Its id, the beginning of it, or its key.")
]


def fork(
    run: RunArgument = None,
    journal: JournalOption = DEFAULT,
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            help="A checkpoint's name, such as 'after load', or a number of `show --events`.",
            show_default="now",
        ),
    ] = None,
    key: Annotated[
        str | None, typer.Option("--key", help="The same key gives the same fork.")
    ] = None,
) -> None:
    """Make a new run that shares the history of a run up to a place; it starts paused."""
    with opened(journal) as bench:
        chosen = look(bench, run)
        made = chosen.fork(place_of(at), key=key, paused=True)
        print(made)
        print(f"\nTo go on: workbench resume --journal {journal} {made.id}")
        print("then open it where its tools are: bench.open(…), or workbench host --tools …")


def compare(first: SideArgument, second: SideArgument, journal: JournalOption = DEFAULT) -> None:
    """Put two runs side by side: plan, outputs, cost, time, effects, end."""
    with opened(journal) as bench:
        print(look(bench, first).compare(look(bench, second)))
