"""Commands that take a run elsewhere and play it again: export, replay."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from workbench.cli.journals import DEFAULT, JournalOption, RunArgument, look, opened
from workbench.host.importing import load, load_tools
from workbench.replay import SUFFIX
from workbench.tools import Tool
from workbench.workbench import Workbench

ToolsOption = Annotated[
    list[str] | None,
    typer.Option(help="module:attribute of the tools: what they declare is not in the journal."),
]


def export(
    run: RunArgument = None,
    journal: JournalOption = DEFAULT,
    tools: ToolsOption = None,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FILE", help="The file.", show_default=f"RUN{SUFFIX}"),
    ] = None,
) -> None:
    """Write a run into one file that can be replayed on any machine, without the tools, too."""
    with opened(journal, tools=_tools(tools)) as bench:
        chosen = look(bench, run)
        place = chosen.export(to)
        head = bench.journal.run(chosen.id).head
    print(f"Wrote {place}: it holds outputs, arguments and answers, and no secret's text.")
    print(f"To play it again: workbench replay {place} --head {head}")


def replay(
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="RUN",
            help=f"A run of the journal, or a file of `export` (*{SUFFIX}).",
            show_default="the newest",
        ),
    ] = None,
    journal: JournalOption = DEFAULT,
    tools: ToolsOption = None,
    policy: Annotated[
        str, typer.Option(help="module:attribute of the policy, where it is not the default one.")
    ] = "",
    head: Annotated[
        str | None, typer.Option(help="Of a file: the hash that its chain must end with.")
    ] = None,
) -> None:
    """Play a run again with no effect; exit code 1 when it takes another course."""
    options: dict[str, Any] = {"tools": _tools(tools)}
    if policy:
        options["policy"] = load(policy, "policy")
    file = Path(run) if run is not None and run.endswith(SUFFIX) else None
    with _nowhere(options) if file is not None else opened(journal, **options) as bench:
        played = bench.replay(file or look(bench, run), head=head)
    print(played)
    if not played.same:
        raise typer.Exit(1)


def _tools(names: list[str] | None) -> list[Tool]:
    return [tool for name in names or () for tool in load_tools(name)]


@contextmanager
def _nowhere(options: dict[str, Any]) -> Iterator[Workbench]:
    """Open a workbench whose journal is thrown away."""
    with tempfile.TemporaryDirectory(prefix="workbench-replay-") as folder:
        place = Path(folder) / "none.db"
        with Workbench(place, planner=None, rule_files=(), **options) as bench:
            yield bench
