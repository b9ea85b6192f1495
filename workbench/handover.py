"""What a workbench hands over to a process of its own, and what cannot be handed over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from workbench.budget import Cap
from workbench.clock import SystemClock
from workbench.engine import Parts
from workbench.errors import ToolError
from workbench.host.importing import where_from
from workbench.plan import Plan
from workbench.policy import Policy, Rights
from workbench.tools import Tool


class Handover:
    """Says whether another process can carry a run out, and with what.

    Args:
        parts: of the workbench that starts the run.
        planner: as it was given to that workbench.
        secrets: whether secrets were given to it.
        tools_from: where its tools can be imported from.
        backend: of its engine's loop.
    """

    def __init__(
        self,
        parts: Parts,
        *,
        planner: object,
        secrets: bool,
        tools_from: Iterable[str],
        backend: str,
    ) -> None:
        """Look at nothing yet."""
        self._parts, self._planner = parts, planner
        self._secrets, self._from, self._backend = secrets, tuple(tools_from), backend

    def obstacle(self, plan: Plan | None, on_failure: str) -> str:
        """Say why no other process can carry this out; empty when one can."""
        tools = self._needed(plan, on_failure)
        parts = self._parts
        asks = plan is None or on_failure == "replan"
        bound = {
            "policy is an object": type(parts.policy) is not Policy,
            "clock is an object": type(parts.clock) is not SystemClock,
            "hooks are functions": bool(parts.hooks),
            "verifier is an object": parts.verifier is not None,
            "limits are shared by runs": bool(parts.limit or parts.active_runs),
            "planner is an object": asks and not self._has_named_planner,
            "secrets are a matter": self._secrets and any(t.signature.secrets for t in tools),
        }
        for what, is_so in bound.items():
            if is_so:
                return f"its {what} of this process"
        try:
            where_from(tools, self._from)
        except ToolError as error:
            return error.what.rstrip(".")
        return ""

    def tools_from(self, plan: Plan | None, on_failure: str) -> list[str]:
        """Name where the child imports the tools from that it needs."""
        return where_from(self._needed(plan, on_failure), self._from)

    def options(self, plan: Plan | None, on_failure: str) -> dict[str, Any]:
        """Give what the child makes its workbench with, as JSON; see `from_options`."""
        parts = self._parts
        policy = parts.policy
        assert type(policy) is Policy  # noqa: S101 - otherwise there is an obstacle
        return {
            "policy": policy.only(tool.name for tool in self._needed(plan, on_failure)),
            "rights": parts.rights.as_json(),
            "attended": parts.attended,
            "planner": self._planner if self._has_named_planner else None,
            "rule_files": [str(path) for path in parts.rule_files],
            "caps": [cap.model_dump(mode="json") for cap in parts.caps],
            "in_flight": parts.in_flight,
            "request_expires_s": parts.request_expires_s,
            "gates": parts.gates,
            "on_unplanned": parts.on_unplanned,
            "lease_s": parts.lease_s,
            "stall_s": parts.stall_s,
            "control_requests": parts.control_requests,
            "backend": self._backend,
        }

    @property
    def _has_named_planner(self) -> bool:
        return self._planner is None or self._planner == "builtin"

    def _needed(self, plan: Plan | None, on_failure: str) -> list[Tool]:
        """Give the tools that the run may call; where a planner may choose, all of them."""
        tools = self._parts.tools
        if plan is None or on_failure == "replan":
            return list(tools)
        checks = (c for s in plan.steps for c in (s.check, s.repeat.until if s.repeat else None))
        names = {step.tool for step in plan.steps}
        names |= {name for check in checks if check is not None for name in check.tools}
        return [tool for tool in tools if tool.name in names]


def from_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Turn what `Handover.options` gave into arguments of `Workbench`."""
    made = dict(options)
    if "policy" in made:
        made["policy"] = Policy.from_json(made["policy"])
    if "rights" in made:
        made["rights"] = Rights.from_json(made["rights"])
    made["caps"] = [Cap(**cap) for cap in made.get("caps", ())]
    return made
