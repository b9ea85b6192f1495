"""`workbench mcp`: let another agent look at a journal and propose plans, over stdin and stdout."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated

import typer

from workbench.budget import Budget
from workbench.cli.journals import DEFAULT, JournalOption
from workbench.errors import WorkbenchError
from workbench.host.importing import load_tools
from workbench.workbench import Workbench


def mcp(
    journal: JournalOption = DEFAULT,
    tools: Annotated[
        list[str] | None,
        typer.Option(help="module:attribute of a tool, a list, or a function that makes one."),
    ] = None,
    agent: Annotated[
        str, typer.Option("--as", help="Who stands in the journal as the author of proposals.")
    ] = "outside",
    calls: Annotated[
        float, typer.Option(help="Calls that change something, in each proposed run at most.")
    ] = 50,
    usd: Annotated[float | None, typer.Option(help="Dollars, in each proposed run.")] = None,
) -> None:
    """Serve MCP: another agent may read runs and propose plans, and never approve.

    Nothing is carried out here. A proposed run is paused until a person resumes it.
    """
    if find_spec("mcp") is None:
        raise WorkbenchError(
            "The library for MCP is not installed.", "pip install 'jupyter-agent-workbench[mcp]'"
        )
    from workbench.mcp_server import serve

    found = [tool for name in tools or () for tool in load_tools(name)]
    budget = Budget(calls=calls, **({} if usd is None else {"usd": usd}))
    with Workbench(journal, tools=found, planner=None, budget=budget) as bench:
        serve(bench, agent)
