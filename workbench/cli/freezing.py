"""Commands that hold every run of a journal: freeze, unfreeze."""

from __future__ import annotations

from typing import Annotated

import typer

from workbench.cli.journals import DEFAULT, JournalOption, opened
from workbench.cli.orders import ReasonOption
from workbench.workbench import Workbench

WhatArgument = Annotated[
    str,
    typer.Argument(
        metavar="WHAT", help="'no writes', 'no deletes', 'not tool NAME' or 'everything'."
    ),
]


def freeze(what: WhatArgument, journal: JournalOption = DEFAULT, reason: ReasonOption = "") -> None:
    """Make no such call from now on, in any run of the journal, whatever its plan says.

    'no deletes' goes by what tools say of themselves, by declaration, by units that they spend and
    by their names; what deletes and says so nowhere is held by 'no writes'.
    """
    with opened(journal) as bench:
        rule = bench.freeze(what, reason)
    _tell(what, rule, journal)


def tell_frozen(bench: Workbench, tool: str, journal: str) -> None:
    """Print the freezes of one tool that stand."""
    for one in bench.rules:
        if one.rule.freeze and one.rule.tool == tool:
            _tell(str(one.rule).removeprefix("freeze: "), one.id, journal)


def _tell(what: str, rule: str, journal: str) -> None:
    print(f"Frozen: {what} ({rule}). A run that comes to such a call is paused.")
    print(f"To lift it: workbench unfreeze {rule} --journal {journal}")


def unfreeze(
    what: Annotated[
        str, typer.Argument(metavar="WHAT", help="Its words or its id.", show_default="all")
    ] = "",
    journal: JournalOption = DEFAULT,
) -> None:
    """Lift freezes; a run that one has paused goes on when it is resumed."""
    with opened(journal) as bench:
        frozen = {one.id: str(one.rule) for one in bench.rules}
        for rule in bench.unfreeze(what):
            print(f"Lifted: {frozen[rule]} ({rule}).")
