"""`workbench host`: drive a run from a terminal, with tools that are named."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.journals import DEFAULT, JournalOption, RunArgument
from workbench.cli.screen import follow, make_console
from workbench.errors import JournalError
from workbench.handover import from_options
from workbench.host.detached import OPTIONS
from workbench.host.importing import load_tools
from workbench.lookup import find_run, unfinished
from workbench.report import run_line
from workbench.states import RUN_FINAL
from workbench.workbench import Workbench


def host(
    run: RunArgument = None,
    journal: JournalOption = DEFAULT,
    tools: Annotated[
        list[str] | None,
        typer.Option(help="module:attribute of a tool, a list, or a function that makes one."),
    ] = None,
    options: Annotated[str, typer.Option(envvar=OPTIONS, hidden=True)] = "{}",
) -> None:
    """Open a run with its tools and drive it until it ends; answer it from another terminal."""
    if "://" not in journal and not Path(journal).expanduser().exists():
        raise JournalError(f"There is no journal {journal}.", "Name the right one: --journal FILE.")
    found = [tool for name in tools or () for tool in load_tools(name)]
    console = make_console()
    with Workbench(journal, tools=found, **from_options(json.loads(options))) as bench:
        chosen = bench.open(find_run(bench.journal.runs(), run, unfinished).id)
        try:
            print(f"Driving {chosen.id} from process {os.getpid()}; Ctrl-C pauses it.")
            while (state := follow(console, bench.look(chosen.id), "waiting")) not in RUN_FINAL:
                print(f"It {state_words(state)}: workbench inbox --journal {journal} {chosen.id}")
                while chosen.state == "waiting":
                    bench.journal.turned.wait(0.2)
        except KeyboardInterrupt:
            if chosen.state not in RUN_FINAL:
                chosen.pause(reason="interrupted")
            print(run_line(chosen.view))
            raise typer.Exit(130) from None
    if state != "succeeded":
        raise typer.Exit(1)


def state_words(state: str) -> str:
    """Say what the run does in this state."""
    return "waits for you" if state == "waiting" else f"is {state}"
