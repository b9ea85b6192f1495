"""Drift: the code of a tool has changed since the run began, or was last allowed to go on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from workbench import events as e
from workbench.engine import requests
from workbench.engine.log import Log
from workbench.engine.parts import Parts
from workbench.tools import Registry, Tool
from workbench.view import RunView

Changed = Literal["source", "schema", "both", "missing"]
SHOWN = 50
"""Steps that a request lists."""


@dataclass(frozen=True)
class Drift:
    """A step still to be done whose tool is not what the run knew."""

    step: str
    tool: str
    changed: Changed
    was: str
    """Digest of the tool that the run knew; empty: it knew none."""
    now: str
    """Digest of the tool as it is; empty: there is none."""


def changed_tools(view: RunView, tools: Registry, names: Iterable[str]) -> dict[str, Changed]:
    """Say which of these tools are not what the run knew."""
    found: dict[str, Changed] = {}
    for name in names:
        was, tool = view.tools.get(name), tools.get(name)
        if was is None:
            continue
        if tool is None:
            found[name] = "missing"
        elif tool.digest != was and (changed := _how(view, tool)) is not None:
            found[name] = changed
    return found


def drifts(view: RunView, tools: Registry) -> list[Drift]:
    """Give the steps still to be done whose tool has changed or is missing, in their order."""
    if view.plan is None or view.final:
        return []
    left = [step for step in view.plan.steps if not view.steps[step.id].final]
    # Only of these: to read a tool's source takes longer than all the rest of a resume.
    changed = changed_tools(view, tools, {step.tool for step in left})
    found = []
    for step in left:
        how = changed.get(step.tool)
        tool = tools.get(step.tool)
        if tool is None:
            how = "missing"
        if how is not None:
            was, now = view.tools.get(step.tool, ""), tool.digest if tool else ""
            found.append(Drift(step.id, step.tool, how, was, now))
    return found


class Drifts:
    """Asks the person before a drive goes on with tools that have changed."""

    def __init__(self, parts: Parts, log: Log) -> None:
        """Prepare; within one process the tools stay what they are."""
        self._parts, self._log = parts, log
        self._clean = (0, 0)
        """Revision of the plan in which no remaining step uses a changed tool, and which changes
        of tools that somebody else describes were looked at."""

    @property
    def is_due(self) -> bool:
        """Whether a tool that somebody else describes has changed since the last look."""
        return self._parts.tools.changes != self._clean[1]

    def ask(self) -> None:
        """Let the run wait when a remaining step uses a changed tool."""
        view = self._log.view
        if view.revision is None:
            return
        now = (view.revision.number, self._parts.tools.changes)
        if now == self._clean:
            return
        if view.state not in ("queued", "running"):
            return
        found = [drift for drift in drifts(view, self._parts.tools) if drift.changed != "missing"]
        asked = [r for r in view.open_requests if r.opened.about == "drift"]
        if not found:
            self._clean = now
            why = "no step that is left uses a changed tool"
            self._log.add(*(e.RequestVoided(request=request.id, why=why) for request in asked))
            return
        if view.state == "queued":
            self._log.add(e.RunStarted())
        if not asked:
            at = self._parts.clock.now()
            expires = requests.deadline(at, self._parts.request_expires_s)
            evidence = _evidence(found, self._parts.tools)
            self._log.add(requests.drift(view, evidence, expires))
        self._log.add(e.RunWaiting())


def _how(view: RunView, tool: Tool) -> Changed | None:
    if tool.name not in view.schemas:
        return "both"  # an older journal has one digest of both
    source, schema = view.sources.get(tool.name, ""), view.schemas[tool.name]
    other_source = bool(source and tool.source_digest and source != tool.source_digest)
    if schema != tool.schema_digest:
        return "both" if other_source else "schema"
    return "source" if other_source else None


def _evidence(found: list[Drift], tools: Registry) -> dict[str, str]:
    shown = {
        drift.step: f"{drift.tool}: {_what_changed(drift, tools.get(drift.tool))} changed, "
        f"{drift.was[:12]} to {drift.now[:12]}"
        for drift in found[:SHOWN]
    }
    more = len(found) - len(shown)
    return {**shown, "…": f"{more} more"} if more else shown


def _what_changed(drift: Drift, tool: Tool | None) -> str:
    source = tool.source_word if tool is not None else "code"
    words = {
        "source": f"its {source}",
        "schema": "its arguments or effect",
        "both": f"{source} and arguments",
    }
    return words[drift.changed]
