"""The list of commands is complete and true."""

from __future__ import annotations

import re
from pathlib import Path

from workbench.cli.app import app
from workbench.magics import AgentMagics
from workbench.ordering import RunOrders

PAGE = (Path(__file__).resolve().parents[2] / "docs/commands.md").read_text()
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
