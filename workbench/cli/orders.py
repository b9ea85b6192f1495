"""Commands that order: pause, resume, stop, abandon, comment, refuse, decide, checkpoint, limit."""

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


def abandon(
    reason: Annotated[str, typer.Argument(help="Why it is given up; it is kept.")],
    run: RunArgument = None,
    journal: JournalOption = DEFAULT,
) -> None:
    """Give a run up as pointless and keep what was done."""
    _order(run, journal, c.Abandon(reason=reason, surface="cli"))


def comment(
    text: Annotated[str, typer.Argument(help="What is to be said; the planner reads it.")],
    run: RunArgument = None,
    journal: JournalOption = DEFAULT,
    step: Annotated[
        str | None, typer.Option("--step", "-s", help="The step it is about, by id.")
    ] = None,
    *,
    replan: Annotated[
        bool, typer.Option(help="Ask the planner because of it, or let it see it next time.")
    ] = True,
) -> None:
    """Say something about the plan, or a step of it."""
    _order(run, journal, c.Comment(text=text, step=step, replan=replan, surface="cli"))


def refuse(
    step: Annotated[str, typer.Argument(help="Its id.")],
    run: RunArgument = None,
    journal: JournalOption = DEFAULT,
    reason: ReasonOption = "",
) -> None:
    """Refuse a step before it begins; the planner finds another way."""
    _order(run, journal, c.Refuse(step=step, reason=reason, surface="cli"))


def decide(
    subject: Annotated[str, typer.Argument(help="What is decided, such as 'year'.")],
    choice: Annotated[str, typer.Argument(help="What was chosen.")],
    run: RunArgument = None,
    journal: JournalOption = DEFAULT,
    why: ReasonOption = "",
) -> None:
    """Write a decision down; a planner that goes against it is refused."""
    _order(run, journal, c.Decide(subject=subject, choice=choice, why=why, surface="cli"))


def checkpoint(
    name: Annotated[str, typer.Argument(help="What the place is to be called.")],
    run: RunArgument = None,
    journal: JournalOption = DEFAULT,
) -> None:
    """Name the place where a run stands now."""
    _order(run, journal, c.MakeCheckpoint(name=name, surface="cli"))


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
