"""Asking the person about a call, and looking again when the answer has come."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbench.engine import controls, requests
from workbench.engine.call import Call
from workbench.engine.log import Log
from workbench.engine.loops import why_again
from workbench.engine.parts import Parts
from workbench.engine.shown import Shown, look, stale
from workbench.events import RequestKind
from workbench.points import reach


class Asking:
    """Opens the requests of one drive's calls."""

    def __init__(
        self,
        parts: Parts,
        log: Log,
        may_start: Callable[[Call], bool],
        off: Callable[[Call, BaseException], None],
    ) -> None:
        """Use these parts; `off` takes a call that cannot be made ready."""
        self._parts, self._log = parts, log
        self._may_start, self._off = may_start, off

    async def ask(
        self,
        call: Call,
        about: RequestKind,
        why: str,
        *,
        evidence: dict[str, Any] | None = None,
        by_rule: bool = False,
        final: bool = False,
    ) -> None:
        """Open a request that shows what the call would change, with what else is known of it.

        One that is `final` counts as irreversible, whatever its tool declares.
        """
        shown = await self._look(call)
        if shown is not None and self._may_start(call):
            self._open(call, about, why, shown, evidence=evidence, by_rule=by_rule, final=final)

    async def still_as_shown(self, call: Call) -> str | None:
        """Say who allowed the call; None when the world is not as the person was shown it.

        It is asked about again then: an approval holds for what was seen.
        """
        stands, tool = self._log.view.steps[call.step.id], call.tool
        if stands.approved_digest == call.digest and (tool.preview or tool.objects):
            shown = await self._look(call)
            if shown is None or not self._may_start(call):
                return None
            if changed := stale(self._log.view, call, shown):
                before = self._log.view.requests.get(stands.approved_request)
                by_rule = before is not None and before.opened.by_rule
                why = f"changed since it was approved: {changed}"
                self._open(call, "permission", why, shown, by_rule=by_rule)
                return None
        return f"answer of {stands.approved_by}"

    async def _look(self, call: Call) -> Shown | None:
        try:
            return await look(call, self._parts.executor)
        except BaseException as error:  # noqa: BLE001 - `off` lets go on what is not the tool's
            self._off(call, error)
            return None

    def _open(
        self,
        call: Call,
        about: RequestKind,
        why: str,
        shown: Shown,
        *,
        evidence: dict[str, Any] | None = None,
        by_rule: bool = False,
        final: bool = False,
    ) -> None:
        view, now = self._log.view, self._parts.clock.now()
        asked = requests.permission(
            view,
            call.step,
            call.tool,
            call.shown,
            args_digest=call.digest,
            why="; ".join(filter(None, (why, why_again(call.step, view.steps[call.step.id])))),
            about=about,
            shown=shown,
            spend=call.spend,
            expires=requests.deadline(now, self._parts.request_expires_s),
        )
        if evidence or by_rule:
            known = {**asked.evidence, **(evidence or {})}
            asked = asked.model_copy(update={"evidence": known, "by_rule": by_rule})
        if final:
            asked = requests.as_irreversible(asked)
        self._log.add(asked)
        reach("request-opened")
        if self._parts.control_requests:
            expires = requests.deadline(now, self._parts.request_expires_s)
            share, tools = self._parts.control_requests, self._parts.tools
            self._log.add(*controls.planted(self._log.view, tools, share, expires))
