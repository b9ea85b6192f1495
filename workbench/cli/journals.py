"""The journal that a command works on, and the run that is meant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from workbench.errors import JournalError
from workbench.journal import RunRow
from workbench.lookup import any_run, find_run
from workbench.run import Run
from workbench.workbench import Workbench

JournalOption = Annotated[
    str,
    typer.Option(
        "--journal",
        "-j",
        envvar="WORKBENCH_JOURNAL",
        help="File of the journal, or a URL of SQLite or PostgreSQL.",
    ),
]
DEFAULT = "workbench.db"

RunArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="RUN", help="Its id, the beginning of it, or its key.", show_default="the newest"
    ),
]


@contextmanager
def opened(journal: str, **options: Any) -> Iterator[Workbench]:
    """Open a journal that is there, by default without tools: to look, and to write commands.

    Raises:
        JournalError: it is not there; nothing is created.
    """
    if "://" not in journal and not Path(journal).expanduser().exists():
        raise JournalError(
            f"There is no journal {journal}.",
            "Name the right one: --journal FILE.",
            journal=journal,
        )
    with Workbench(journal, planner=None, rule_files=(), **options) as bench:
        yield bench


def look(bench: Workbench, name: str | None, default: Callable[[RunRow], bool] = any_run) -> Run:
    """Take hold of the run that is meant, without driving it.

    Raises:
        NotFound: there is none, or it is not clear which.
    """
    return bench.look(find_run(bench.journal.runs(), name, default).id)
