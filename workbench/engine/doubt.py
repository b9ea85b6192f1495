"""Settling a doubt: what became of a call that has an intent and no outcome."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from workbench import events as e
from workbench.credentials import lookup
from workbench.engine import requests
from workbench.engine.bridge import is_our_cancellation
from workbench.engine.call import as_of, describe, inject
from workbench.engine.checks import FAILED, not_good_enough
from workbench.engine.evidence import evidence_of
from workbench.engine.log import Log
from workbench.engine.loops import NOT_KNOWN, arguments, end_of_turn
from workbench.engine.outputs import Outputs
from workbench.engine.parts import Parts
from workbench.engine.undoing import Undoing
from workbench.plan import Step
from workbench.points import reach
from workbench.tools import Happened, Key, Tool
from workbench.tools.masking import mask_of
from workbench.values import Stored

PROBE_TIMEOUT_S = 30.0
SAME_KEY_ATTEMPTS = 3
"""Attempts under one key before a call that never ends is no longer repeated without asking."""


class Doubts:
    """Settles doubts by the tool's declared effect: repeat, same key, probe, or ask."""

    def __init__(self, parts: Parts, log: Log, outputs: Outputs) -> None:
        """Use these parts."""
        self._parts, self._log, self._outputs = parts, log, outputs
        self._undoing = Undoing(parts, log)

    def find(self) -> None:
        """After a crash: turn each intent without outcome into a doubt, or let it run again."""
        view = self._log.view
        why = "the process ended between intent and outcome"
        for step_id in view.in_flight:
            if step_id in view.submitted:
                continue  # it goes on outside, and its handle is on disk
            step = view.steps[step_id]
            tool = self._tool(step_id)
            if step.request is not None:
                self._log.add(e.RequestVoided(request=step.request, step=step_id, why=why))
            if tool is not None and tool.repeatable:
                self._log.add(e.CallCancelled(step=step_id, attempt=step.attempt, why=why))
            else:
                self._log.add(e.CallDoubted(step=step_id, attempt=step.attempt, why=why))
            reach("doubt-found")

    def open(self) -> list[str]:
        """Give the steps in doubt that nobody was asked about yet."""
        view = self._log.view
        if not view.count("in_doubt"):
            return []
        return [s.id for s in view.steps.values() if s.state == "in_doubt" and s.request is None]

    async def settle(self, step_id: str) -> None:
        """Settle one doubt, or ask the person."""
        view = self._log.view
        assert view.plan is not None  # noqa: S101 - a doubt is about a step of a plan
        reach("before-settling")
        step, tool = view.plan[step_id], self._tool(step_id)
        probed: dict[str, Any] = {}
        again = not view.steps[step_id].stuck and (tool is None or self._may_repeat(step, tool))
        if tool is not None and tool.idempotent and again:
            why = "the same key makes a second call harmless"
            self._log.add(e.CallRefuted(step=step_id, by="engine", why=why))
            return
        if tool is not None and tool.probe is not None:
            reach("before-probe")
            verdict = await self._probe(step, tool)
            reach("after-probe")
            if self._log.view.steps[step_id].state != "in_doubt":
                return
            if isinstance(verdict, e.CallRefuted) and step.undoes is not None and not again:
                verdict = "what it should undo is still there"
            if isinstance(verdict, e.Event):
                settled = await self._judged(step, verdict)
                if self._log.view.steps[step_id].state == "in_doubt":
                    self._log.add(settled)
                reach("after-settling")
                return
            probed["probe"] = verdict
        known = await evidence_of(view, step_id, self._parts.journal, self._parts.tools.tool_map())
        known = replace(known, facts={**known.facts, **probed})
        stands = self._log.view.steps.get(step_id)
        if self._log.view.state != "running" or stands is None or stands.state != "in_doubt":
            return
        now = self._parts.clock.now()
        expires = requests.deadline(now, self._parts.request_expires_s)
        ask = requests.doubt if step.undoes is None else requests.stuck_undo
        self._log.add(ask(view, step, tool, known, expires))
        reach("doubt-asked")

    async def _judged(self, step: Step, verdict: e.Event) -> e.Event:
        """A turn that did happen is no success yet: its output is checked like any other."""
        if step.repeat is None or not isinstance(verdict, e.CallConfirmed):
            return verdict
        known = verdict.output != Stored()
        why: str | None = NOT_KNOWN
        if known:
            try:
                why = await not_good_enough(
                    step, self._outputs.decode(verdict.output), self._parts, self._log
                )
            except BaseException as error:
                if is_our_cancellation(error):
                    raise
                why = f"{FAILED}{describe(error)}"
        if why is None:
            return verdict
        stands = self._log.view.steps[step.id]
        output = verdict.output if known else None
        return end_of_turn(step, stands, why, output=output, by=verdict.by)

    def _may_repeat(self, step: Step, tool: Tool) -> bool:
        attempts = max(SAME_KEY_ATTEMPTS, (step.retry or tool.retry).attempts)
        return self._log.view.steps[step.id].attempt < attempts

    async def _probe(self, step: Step, tool: Tool) -> e.Event | str:
        """Ask the world; gives the event that settles the doubt, or why it could not be asked."""
        assert tool.probe is not None  # noqa: S101 - the caller has looked
        secrets: dict[str, Any] = {}
        try:
            if step.undoes is not None:
                undo = await self._undoing.prepare(step, tool)
                available, secrets = dict(undo.available), undo.injected
            else:
                available, secrets = self._available(step, tool)
            verdict = await self._parts.executor.run(
                tool.probe,
                tool.companion_args(tool.probe, available),
                step=step.id,
                timeout_s=PROBE_TIMEOUT_S,
            )
            if isinstance(verdict, Happened):
                stored, artifacts = self._outputs.encode(verdict.output)
                if mask := mask_of(secrets):
                    stored, artifacts = mask.stored(stored, artifacts)
                self._log.add(artifacts=artifacts)
                return e.CallConfirmed(step=step.id, by="probe", output=stored)
        except BaseException as error:
            if is_our_cancellation(error):
                raise
            return f"the probe failed: {mask_of(secrets).text(describe(error))}"
        if verdict is True:
            return e.CallConfirmed(step=step.id, by="probe", output=Stored())
        if verdict is False:
            why = "the probe found no trace of it"
            return e.CallRefuted(step=step.id, by="probe", why=why)
        said = mask_of(secrets).text(repr(verdict))
        return f"the probe gave {said}, which is neither yes nor no"

    def _available(self, step: Step, tool: Tool) -> tuple[dict[str, Any], dict[str, Any]]:
        """Give what a probe may ask for by name, and what of it is injected."""
        view, stands = self._log.view, self._log.view.steps[step.id]
        values, _ = arguments(step, view, self._outputs, as_of(step, view))
        bound = tool.bind({**values, **(stands.approved_args or {})})
        image = self._outputs.decode(stands.before) if stands.before else None
        find = lookup(self._parts.secrets, view.on_behalf_of, tool.name)
        secrets = inject(tool, Key(stands.key), find)
        known = {"key": Key(stands.key), "before": image, "result": None}
        return {**known, **bound, **secrets}, secrets

    def _tool(self, step_id: str) -> Tool | None:
        plan = self._log.view.plan
        return self._parts.tools.get(plan[step_id].tool) if plan and step_id in plan else None
