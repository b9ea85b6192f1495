"""Commands that order: pause, resume, stop, limit."""

from __future__ import annotations

from typing import Annotated

import typer

from workbench import commands as c
from workbench.budget import is_amount
from workbench.cli.delivery import deliver, tell
from workbench.cli.journals import DEFAULT, JournalOption, RunArgument, look, opened
from workbench.errors import WorkbenchError
from workbench.lookup import unfinished

ReasonOption = Annotated[str, typer.Option("--reason", "-m", help="Why; it is kept.")]


def pause(
    run: RunArgument = None, journal: JournalOption = DEFAULT, reason: ReasonOption = ""
) -> None:
    """Start no new call from now on; it holds across restarts."""
    _order(run, journal, c.Pause(reason=reason, surface="cli"))


def resume(run: RunArgument = None, journal: JournalOption = DEFAULT) -> None:
    """Go on after a pause."""
    _order(run, journal, c.Resume(surface="cli"))


def stop(
    run: RunArgument = None, journal: JournalOption = DEFAULT, reason: ReasonOption = ""
) -> None:
    """End a run and keep what was done."""
    _order(run, journal, c.Stop(reason=reason, surface="cli"))


def limit(
    unit: Annotated[str, typer.Argument(help="Of the budget: usd, calls, steps, seconds, …")],
    to: Annotated[float, typer.Argument(min=0, help="The new limit.")],
    run: RunArgument = None,
    journal: JournalOption = DEFAULT,
) -> None:
    """Set a limit of a run's budget anew; a run that waits because of it goes on."""
    if not is_amount(to):
        raise WorkbenchError(f"{to!r} is no limit.", "Give a number of at least 0.")
    _order(run, journal, c.RaiseLimit(unit=unit, to=to, surface="cli"))


def _order(name: str | None, journal: str, command: c.Command) -> None:
    with opened(journal) as bench:
        run = look(bench, name, unfinished)
        tell(run, carried_out=deliver(bench, run, command))
