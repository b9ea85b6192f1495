"""Sixty goals over three real tables, and how well the rules plan them."""

from __future__ import annotations

import gzip
import json
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import workbench as wb
from workbench import toolkit
from workbench.planner import BuiltinPlanner, PlanningContext, Proposal

SIXTY: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "sixty_goals.json").read_text(encoding="utf-8")
)
"""Written and frozen before the rules were tried on any of them."""
TABLES = ("gapminder", "tips", "iris")
"""Real tables that come with plotly: 1,704, 244 and 150 rows."""
FREE = frozenset({"title", "subject"})
"""Arguments that the rules may word as they like, unless the goal says them."""

Verdict = Literal["exact", "asked", "wrong"]


def unpack(folder: Path) -> None:
    """Put the three tables into a folder."""
    for name in TABLES:
        packed = files("plotly").joinpath(f"package_data/datasets/{name}.csv.gz").read_bytes()
        (folder / f"{name}.csv").write_bytes(gzip.decompress(packed))


def catalogue(folder: Path) -> list[wb.Tool]:
    """Give the real tools on files, tables and mail; nothing listens where mail would go."""
    mail = toolkit.mail("localhost", 9, "me@example.org", tls="none")
    return [*toolkit.files(folder), *toolkit.tables(), *mail]


async def propose(goal: dict[str, Any], folder: Path) -> Proposal:
    """Let the rules plan a goal in a folder."""
    context = PlanningContext(goal["goal"], catalogue(folder))
    return await BuiltinPlanner(folder).propose(context)


def judge(goal: dict[str, Any], proposal: Proposal) -> Verdict:
    """Say whether a proposal is exactly the plan that was written down, asks, or is wrong."""
    if proposal.plan is None:
        return "asked"
    wanted = goal.get("steps")
    return "exact" if wanted is not None and _is_exact(proposal.plan, wanted) else "wrong"


def _is_exact(plan: wb.Plan, wanted: list[Any]) -> bool:
    if len(plan.steps) != len(wanted):
        return False
    return all(_is_same(step, *one) for step, one in zip(plan.steps, wanted, strict=True))


def _is_same(step: wb.Step, tool: str, args: dict[str, Any], ask: str = "") -> bool:
    """Compare every argument; what the goal leaves to the tool's default may be said as well."""
    own = {name: _plain(value) for name, value in step.model_dump(mode="json")["args"].items()}
    rest = {name: own[name] for name in own.keys() - args.keys() - FREE}
    said = {name: own.get(name) for name in args}
    return (step.tool, said, rest, step.ask) == (tool, args, {}, bool(ask))


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict) and "$ref" in value:
        return f"@{value['$ref']}"
    return value
