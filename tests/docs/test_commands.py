"""The list of commands is complete and true."""

from __future__ import annotations

import re
from pathlib import Path

from workbench.branching import RunBranching
from workbench.cli.app import app
from workbench.contexts import RunContexts
from workbench.going_back import GoingBack
from workbench.magics import AgentMagics
from workbench.ordering import RunOrders
from workbench.request import Request
from workbench.variables import RunVariables

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "commands.md").read_text()
OF_RIGHTS = {"grant", "revoke", "set_autonomy"}
"""Listed in docs/authority.md."""


def test_every_command_of_the_terminal_is_listed() -> None:
    """The page names every command of `workbench`, and none that does not exist [RUNT-1]."""
    there = {
        str(command.name or command.callback.__name__)
        for command in app.registered_commands
        if command.callback is not None
    }
    assert set(re.findall(r"`workbench ([a-z]+)", PAGE)) == there


def test_every_magic_is_listed() -> None:
    """The page names every magic, and none that does not exist."""
    there = {name for kind in AgentMagics.magics.values() for name in kind}
    assert set(re.findall(r"`%+([a-z]+)", PAGE)) == there


def test_every_order_of_a_run_is_listed() -> None:
    """What a person can order of a run in Python stands on the page, or on that of rights."""
    orders = {name for name in vars(RunOrders) if not name.startswith("_")}
    listed = set(re.findall(r"run\.([a-z_]+)\(", PAGE))
    assert orders - OF_RIGHTS - {"edit"} <= listed  # `editing` is the same


def test_every_verb_has_a_control_or_is_named_as_one_of_python() -> None:
    """The page of the view names every verb of a run and of a request: with the control that does
    it, or among those that have none [REL-23]."""
    page = (DOCS / "panel.md").read_text().split("## What a button does")[1].split("\n## ")[0]
    kinds = (RunOrders, GoingBack, RunBranching, RunVariables, RunContexts, Request)
    verbs = {
        name
        for kind in kinds
        for name, value in vars(kind).items()
        if not name.startswith("_") and callable(value)
    }
    named = {word for found in re.findall(r"`([^`]+)`", page) for word in re.findall(r"\w+", found)}
    assert verbs - named == set()
