"""The specification of a run: all of its harness that does not depend on the goal, frozen.

It is made once, when the run is, and each part of it is named by digest. Whoever drives the run on
later is held against it: what differs is written down and shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

from workbench import events as e
from workbench.engine.parts import Parts
from workbench.grants import Grant
from workbench.ids import digest
from workbench.plan import Check, Replan
from workbench.policy import Policy
from workbench.view import RunView

KEPT = frozenset({"budget", "replan", "checks"})
"""Parts that the run keeps as they were, whoever drives it."""
REDUCED = frozenset({"policy", "tools"})
"""Parts of which a process of its own is given no more than it needs."""
GONE = ""
"""The digest of a part that there is not."""


@dataclass(frozen=True)
class Specification:
    """What a run is carried out with, part by part."""

    parts: Mapping[str, Any]
    """As JSON: `planner`, `prompt`, `tools` (digest of effect and schema by name), `policy`,
    `rights`, `budget`, `caps`, `replan`, `checks`, `verifier`."""

    @cached_property
    def digests(self) -> dict[str, str]:
        """Name each part that there is."""
        return {name: digest(part) for name, part in self.parts.items() if part not in (None, "")}

    @property
    def text(self) -> dict[str, Any]:
        """Give the parts in full, but for the tools: a run records those by themselves."""
        return {n: part for n, part in self.parts.items() if n in self.digests and n != "tools"}

    @property
    def digest(self) -> str:
        """Name the whole: the same digest, the same harness."""
        return digest(self.digests)


def specify(
    parts: Parts,
    limits: Mapping[str, float],
    replan: Replan | None = None,
    done: Check | None = None,
) -> Specification:
    """Freeze what a run will be carried out with.

    Args:
        parts: of the engine.
        limits: of the run, by unit.
        replan: when its planner is asked again.
        done: its completion check.
    """
    planner, verifier = parts.planner, parts.verifier
    named = {
        "planner": planner.name if planner is not None else None,
        "prompt": getattr(planner, "prompt", None),
        "tools": {tool.name: tool.schema_digest for tool in parts.tools},
        "policy": _policy(parts),
        "rights": {who: _grants(getattr(parts.rights, who)) for who in ("person", "agent")},
        "budget": dict(limits),
        "caps": [cap.model_dump(mode="json") for cap in parts.caps],
        "replan": replan.model_dump(mode="json") if replan is not None else None,
        "checks": done.model_dump(mode="json") if done is not None else None,
        "verifier": verifier.label if verifier is not None else None,
    }
    return Specification(MappingProxyType(named))


def drift_of(view: RunView, parts: Parts) -> list[e.Event]:
    """Note the parts that are not what the run was made with, or was last driven with."""
    if not view.spec:
        return []
    now = specify(parts, {}, view.replanning, view.done).digests
    known = {**view.spec, **view.drifted}
    looked = (known.keys() | now.keys()) - KEPT
    if view.mode == "detached":
        looked -= REDUCED
    changed = {
        part: (view.spec.get(part, GONE), now.get(part, GONE))
        for part in sorted(looked)
        if known.get(part, GONE) != now.get(part, GONE)
    }
    return [e.SpecDrifted(parts=changed)] if changed else []


def _policy(parts: Parts) -> Any:
    policy = parts.policy
    if type(policy) is Policy:
        return policy.only(tool.name for tool in parts.tools)
    return f"{type(policy).__module__}.{type(policy).__qualname__}"


def _grants(grants: tuple[Grant, ...] | None) -> Any:
    return None if grants is None else [grant.model_dump(mode="json") for grant in grants]
