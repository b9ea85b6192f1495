"""What the terminal shows: tables of runs and of a plan, live."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import nullcontext, suppress

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from workbench.errors import WaitTimeout
from workbench.journal import RunRow
from workbench.report.text import run_line, short_id, step_name, step_remark
from workbench.report.words import (
    AMBER,
    BLUE,
    GREY,
    PURPLE,
    RED,
    RUN_SIGNS,
    STEP_SIGNS,
    Sign,
    duration_words,
    one_line,
)
from workbench.run import Run
from workbench.states import RUN_FINAL, RunState
from workbench.view import RunView

PIPE_WIDTH = 140
"""Columns where there is no terminal to ask for them."""

STYLES = {BLUE: "blue", AMBER: "bold yellow", PURPLE: "magenta", RED: "red", GREY: "dim"}


def make_console() -> Console:
    """Make the console of this process; text from outside never becomes markup."""
    terminal = sys.stdout.isatty()
    width = None if terminal else PIPE_WIDTH
    return Console(markup=False, highlight=False, emoji=False, width=width)


def runs_table(rows: Sequence[RunRow]) -> Table:
    """Make the list of runs."""
    table = Table(box=None, pad_edge=False)
    for name in ("run", "state", "steps", "started", "key", "goal"):
        table.add_column(name, overflow="ellipsis", no_wrap=True)
    for row in rows:
        sign = RUN_SIGNS[_run_state(row.state)]
        asks = f", {row.open_requests} open" if row.open_requests else ""
        table.add_row(
            short_id(row.id),
            _styled(sign, f"{sign.icon} {sign.word}{asks}"),
            f"{row.done} of {row.total}",
            row.created.astimezone().strftime("%Y-%m-%d %H:%M:%S"),
            one_line(row.key or "", 24),
            one_line(row.goal, 60),
        )
    return table


def plan_table(view: RunView) -> RenderableType:
    """Make the plan with the state of each step, under the line that says it all."""
    table = Table(box=None, pad_edge=False, show_header=False)
    for name in ("state", "step", "time", "remark"):
        table.add_column(
            name,
            overflow="ellipsis",
            no_wrap=True,
            justify="right" if name == "time" else "left",
        )
    for step in view.steps.values():
        sign = STEP_SIGNS[step.state]
        took = duration_words(step.duration_s) if step.duration_s is not None else ""
        table.add_row(
            _styled(sign, f"  {sign.icon} {sign.word}"),
            Text(step_name(view, step.id)),
            Text(took, style="dim"),
            Text(one_line(step_remark(step), 60), style="dim"),
        )
    sign = RUN_SIGNS[view.state]
    return Group(_styled(sign, f"{sign.icon} {run_line(view)}"), table)


def follow(console: Console, run: Run, *states: str) -> str:
    """Show the plan live until the run is in one of these states or has ended; gives the state.

    Where there is no terminal, the plan is printed once, at the end.

    Args:
        console: where to.
        run: a handle that nobody else uses meanwhile: it is drawn from another thread.
        states: where to stop.
    """
    plan = _Plan(run)
    with (
        Live(plan, console=console, refresh_per_second=10) if console.is_terminal else nullcontext()
    ):
        while (state := run.state) not in states and state not in RUN_FINAL:
            with suppress(WaitTimeout):
                run.wait_until(*states, timeout_s=60)
    if not console.is_terminal:
        console.print(plan)
    return state


class _Plan:
    """The plan as it is whenever it is drawn."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def __rich__(self) -> RenderableType:
        return plan_table(self._run.view)


def _run_state(state: str) -> RunState:
    return next(known for known in RUN_SIGNS if known == state)


def _styled(sign: Sign, words: str) -> Text:
    return Text(words, style=STYLES.get(sign.color, ""))
