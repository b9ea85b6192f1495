"""Deciding about calls: the facts of one drive, put before the policy at the moment of the call."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

import anyio.to_thread

from workbench import events as e
from workbench.engine.above import Ceiling, held_back
from workbench.engine.call import Call, describe
from workbench.engine.log import Log
from workbench.engine.parts import Parts
from workbench.plan import Step
from workbench.policy import CallFacts, Decision, Deny, authorize
from workbench.tools import Tool, UndoTool
from workbench.values.codec import to_json

BY = "policy"
"""Who refuses."""
PLAIN = (str, int, float, bool, type(None))


class Authority:
    """Decides about the calls of one drive, and knows when a decision is out of date."""

    def __init__(self, parts: Parts, log: Log) -> None:
        """Use these parts."""
        self._parts, self._log = parts, log
        self._decided: dict[str, tuple[int, int, int]] = {}

    def decide(self, call: Call) -> Decision:
        """Decide about a call by what holds now."""
        self._decided[call.step.id] = self._stands()
        try:
            facts = self._facts(call.step, call.tool, judged(call.values, call.shown), call.spend)
            return held_back(facts, authorize(facts, self._parts.policy))
        except Exception as error:  # noqa: BLE001 - a policy that fails must not let anything pass
            return Deny(f"the policy failed: {describe(error)}")

    def ceiling(self) -> Ceiling:
        """Give what runs that its calls start may not go beyond."""
        return Ceiling(lambda: self._log.view, self._decide_below)

    def _decide_below(self, call: CallFacts, step: str) -> Decision:
        view = self._log.view
        # That the step was to be asked about, it was; rights that are counted are its run's own.
        above = view.plan[step].model_copy(update={"ask": False}) if view.plan else call.step
        facts = self._facts(above, call.tool, call.args, call.spend)
        grants = view.grants or {}
        shared = {name: held for name, held in grants.items() if held.grant.uses is None}
        facts = facts._replace(grants=shared if view.grants is not None else None)
        return held_back(facts, authorize(facts, self._parts.policy))

    def _facts(
        self, step: Step, tool: Tool, args: dict[str, Any], spend: Mapping[str, float]
    ) -> CallFacts:
        view, parts = self._log.view, self._parts
        if isinstance(tool, UndoTool):
            tool = tool.of  # who may do it may take it back, and what is forbidden stays so
        now = parts.clock.now()
        return CallFacts(
            view.run,
            view.agent,
            view.on_behalf_of,
            step,
            tool,
            args,
            environment=view.environment,
            spend=spend,
            now=now if view.at is None or now > view.at else view.at,
            autonomy=view.autonomy,
            rights=parts.rights,
            grants=view.grants,
            closed=view.closed,
            rules=self._rules(),
            attended=parts.attended,
            ordered="the rollback that was ordered" if view.run_kind == "undo" else "",
        )

    def still(self, call: Call, *, begun: bool = False) -> bool:
        """Whether nothing has changed that the decision about a call depended on.

        Of one that has `begun`, which has its intent, uses that others make of its grant since do
        not count.
        """
        decided, stands = self._decided.get(call.step.id), self._stands()
        return decided == stands or (begun and decided is not None and decided[:2] == stands[:2])

    def refused(self, call: Call, decision: Deny) -> list[e.Event]:
        """Give the events of a refusal: for good, or for now with the run paused."""
        step, reason = call.step.id, decision.reason
        if not decision.for_now:
            return [e.StepDenied(step=step, by=BY, reason=reason)]
        refused = e.CallRefused(
            step=step, tool=call.tool.name, args_digest=call.digest, by=BY, reason=reason
        )
        words = f"step {step} was not called: {reason}"
        return [refused, e.RunPaused(by=BY, reason=words)]

    @property
    def is_old(self) -> bool:
        """Whether the journal has newer rules than those that decisions are made by."""
        return self._log.rules_revision > self._parts.standing.revision

    async def refresh(self) -> None:
        """Read the standing rules again, if the journal has newer ones."""
        if self.is_old:
            await anyio.to_thread.run_sync(self._parts.standing.load)

    def _stands(self) -> tuple[int, int, int]:
        view = self._log.view
        used = 0
        if view.grants:
            used = sum(one.used for one in view.grants.values() if one.grant.uses is not None)
        return self._parts.standing.revision, view.authority_seq, used

    def _rules(self) -> list[tuple[str, Any]]:
        view = self._log.view
        if not view.rules:
            return self._parts.standing.rules
        return [*(("the run", rule) for rule in view.rules), *self._parts.standing.rules]


def judged(values: Mapping[str, Any], shown: Mapping[str, Any]) -> dict[str, Any]:
    """Give the arguments that rules look at: as the function gets them, defaults included.

    A text that becomes a number is judged as that number, and one that is left out by its default.
    """
    found = dict(shown)
    for name, value in values.items():
        if isinstance(value, Enum):
            found[name] = value.value
        elif isinstance(value, PLAIN):
            found[name] = value
        elif name not in found:
            found[name] = to_json(value)
        elif hasattr(value, "__fspath__"):
            found[name] = str(value)
    return found
