"""Agents of others, as tools and as planners; whatever they call goes through the workbench."""

from workbench.agents.adapters import langchain_tools
from workbench.agents.adding import add_agent, runs_below, take_back
from workbench.agents.brief import Brief, Decision, Report
from workbench.agents.planning import AgentPlanner
from workbench.agents.session import Session

__all__ = [
    "AgentPlanner",
    "Brief",
    "Decision",
    "Report",
    "Session",
    "add_agent",
    "langchain_tools",
    "runs_below",
    "take_back",
]
