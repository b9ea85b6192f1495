"""All commands, by name."""

from __future__ import annotations

import typer

from workbench.cli.answers import approve, deny
from workbench.cli.branching import compare, fork
from workbench.cli.doctor import doctor
from workbench.cli.freezing import freeze, unfreeze
from workbench.cli.going_back import rollback
from workbench.cli.host import host
from workbench.cli.looking import audit, inbox, runs, show, verify
from workbench.cli.mcp import mcp
from workbench.cli.orders import (
    abandon,
    checkpoint,
    comment,
    decide,
    limit,
    pause,
    refuse,
    resume,
    stop,
)
from workbench.cli.replaying import export, replay
from workbench.cli.story import demo
from workbench.cli.upkeep import gc, prune, salvage

app = typer.Typer(
    help="A person and an agent share one plan: start in a notebook, look and answer from here.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

for command in (
    demo, runs, show, inbox, approve, deny, pause, resume, stop, abandon,
    comment, refuse, decide, checkpoint, limit, freeze, unfreeze, rollback, fork, compare,
    export, replay, audit, verify, doctor, prune, gc, salvage, host, mcp,
):  # fmt: skip
    app.command()(command)
