"""Versions of what steps write: seen when the run begins, and held against before each write.

What somebody else changed meanwhile is shown to the person, and never overwritten silently.
"""

from __future__ import annotations

import inspect
from typing import Any

from workbench import events as e
from workbench.engine import requests
from workbench.engine.bridge import is_our_cancellation
from workbench.engine.call import Call, describe
from workbench.engine.log import Log
from workbench.engine.outputs import Outputs
from workbench.engine.parts import Parts
from workbench.engine.turns import Turns
from workbench.ids import canonical, digest_bytes
from workbench.plan import Plan
from workbench.tools import Happened, Tool
from workbench.values.codec import to_json

READ_TIMEOUT_S = 30.0
VERSION_LENGTH = 128
"""Characters of a version that are kept as they are; a longer one is kept as its digest."""


class Versions:
    """Knows what the writes of one drive may overwrite."""

    def __init__(self, parts: Parts, log: Log, outputs: Outputs, turns: Turns) -> None:
        """Look whether any tool can tell versions; else all of this costs nothing."""
        self.used = any(tool.version is not None for tool in parts.tools)
        self._parts, self._log, self._outputs, self.turns = parts, log, outputs, turns
        self._looked: Plan | None = None

    # -- the first sight ---------------------------------------------------------------------

    def wanted(self) -> bool:
        """Say whether the plan names something that the run has never looked at."""
        view = self._log.view
        if not self.used or view.plan is self._looked:
            return False
        self.turns.follow(view)
        if self._unseen():
            return True
        self._looked = view.plan
        return False

    def _unseen(self) -> list[tuple[str, str, Tool]]:
        view, found = self._log.view, []
        for key, steps in self.turns.writers.items():
            if key in view.resources or view.plan is None:
                continue
            for step in steps:
                tool = self._parts.tools.get(view.plan[step].tool)
                if tool is not None and tool.version is not None and not view.steps[step].final:
                    found.append((step, key, tool))
                    break
        return found

    async def look(self) -> None:
        """Read the versions of all that the plan will write, before anything of it begins."""
        plan, unseen = self._log.view.plan, self._unseen()
        for tool in dict.fromkeys(tool for *_, tool in unseen):
            mine = {key: step for step, key, by in unseen if by is tool}
            try:
                read = await self._read(tool, list(mine), next(iter(mine.values())))
            except Exception as error:  # noqa: BLE001 - it is read again before the write, and counts there
                where = f"version of {', '.join(list(mine)[:3])}"
                self._log.add(e.FaultRecorded(where=where, error=describe(error)))
                continue
            if self._log.view.final:
                return
            for key, version in read.items():
                self._log.add(e.ResourceSeen(step=mine[key], key=key, version=version))
        self._looked = plan

    # -- around a call -----------------------------------------------------------------------

    async def conflict(self, call: Call, keys: tuple[str, ...]) -> e.RequestOpened | None:
        """Say what to ask before the call, when somebody else changed what it would write.

        Raises:
            Exception: a version cannot be read; whatever the tool raised.
        """
        if call.tool.version is None or not keys:
            return None
        for key, now in (await self._read(call.tool, list(keys), call.step.id)).items():
            seen = self._log.view.resources.get(key)
            if seen is not None and seen.version == now:
                continue
            if seen is None or await self._is_ours(call, key):
                self._log.add(e.ResourceSeen(step=call.step.id, key=key, version=now))
                continue
            at, view = self._parts.clock.now(), self._log.view
            return requests.conflict(
                view,
                call.step,
                call.shown,
                args_digest=call.digest,
                evidence={"key": key, "seen": seen.version, "now": now},
                expires=requests.deadline(at, self._parts.request_expires_s),
            )
        return None

    async def remember(self, call: Call, keys: tuple[str, ...]) -> None:
        """After a call: what is there now is our own."""
        if call.tool.version is None or not keys:
            return
        step = call.step.id
        stands = self._log.view.steps.get(step)
        if stands is None or stands.state == "running":
            return  # what it has started outside goes on
        try:
            read = await self._read(call.tool, list(keys), step)
        except Exception as error:  # noqa: BLE001 - the call itself was made; the next write will ask
            self._log.add(
                e.FaultRecorded(where=f"version of {keys[0]}", error=call.describe(error))
            )
            return
        if self._log.view.final or step not in self._log.view.steps:
            return
        for key, version in read.items():
            self._log.add(e.ResourceSeen(step=step, key=key, version=version))

    async def _is_ours(self, call: Call, key: str) -> bool:
        """Say whether a change is our own: made by a call after which the process ended.

        Of another step's call, the doubt was settled before this one may start. Of this step's own
        earlier attempt, only its probe can tell; a turn of it that has ended was made.
        """
        view = self._log.view
        seen = view.resources[key].seq
        others = self.turns.writers.get(key, ())
        if any(view.steps[s].intent_seq > seen for s in others if s != call.step.id):
            return True
        stands = view.steps[call.step.id]
        if stands.turned_seq > seen:
            return True
        return stands.intent_seq > seen and await self._has_happened(call)

    async def _has_happened(self, call: Call) -> bool:
        tool, stands = call.tool, self._log.view.steps[call.step.id]
        if tool.probe is None:
            return False
        try:
            image = self._outputs.decode(stands.before) if stands.before else None
            available = {"key": call.key, "before": image, "result": None, **call.kwargs}
            verdict = await self._parts.executor.run(
                tool.probe,
                tool.companion_args(tool.probe, available),
                step=call.step.id,
                timeout_s=READ_TIMEOUT_S,
            )
        except BaseException as error:
            if is_our_cancellation(error):
                raise
            return False
        return verdict is True or isinstance(verdict, Happened)

    async def _read(self, tool: Tool, keys: list[str], step: str) -> dict[str, str | None]:
        """Read versions; blocking ones of all keys in one go."""
        version = tool.version
        assert version is not None  # noqa: S101 - the caller has looked
        run = self._parts.executor.run
        if inspect.iscoroutinefunction(version):
            found = {
                key: await run(
                    version, {_first_of(version): key}, step=step, timeout_s=READ_TIMEOUT_S
                )
                for key in keys
            }
        else:

            def read_all() -> dict[str, Any]:
                return {key: version(key) for key in keys}

            found = await run(read_all, {}, step=step, timeout_s=READ_TIMEOUT_S)
        return {key: _as_text(value) for key, value in found.items()}


def _first_of(function: Any) -> str:
    return next(iter(inspect.signature(function).parameters))


def _as_text(version: Any) -> str | None:
    if version is None:
        return None
    text = version if isinstance(version, str) else canonical(to_json(version)).decode()
    return text if len(text) <= VERSION_LENGTH else digest_bytes(text.encode())
