"""The workbench as an MCP server: another agent may look and propose, and decide nothing.

There is no tool here that approves, answers, grants, resumes, stops or raises a limit, and what the
others give back holds no token. A proposal is a run that is paused from its first event on: it
begins when a person resumes it, with their tools, under their rules.
"""

from workbench.mcp_server.proposing import Proposed, Proposing
from workbench.mcp_server.serving import make_server, serve

__all__ = ["Proposed", "Proposing", "make_server", "serve"]
