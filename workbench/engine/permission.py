"""What allows a call: rights and rules, limits, an answer of the person, and no twin of it."""

from __future__ import annotations

import anyio

from workbench.engine import family, limits, requests
from workbench.engine.allowances import allowed
from workbench.engine.asking import Asking
from workbench.engine.authority import Authority
from workbench.engine.call import Call
from workbench.engine.duplicates import Duplicates
from workbench.engine.ledger import Ledger
from workbench.engine.log import Log
from workbench.engine.parts import Parts
from workbench.engine.unmade import Unmade
from workbench.policy import Ask, Deny


class Permission:
    """Decides about the calls of one drive, and asks the person where that is due."""

    def __init__(
        self,
        parts: Parts,
        log: Log,
        *,
        authority: Authority,
        ledger: Ledger,
        asking: Asking,
        duplicates: Duplicates,
        unmade: Unmade,
    ) -> None:
        """Use these parts."""
        self._parts, self._log = parts, log
        self._authority, self._ledger, self._asking = authority, ledger, asking
        self._duplicates, self._unmade = duplicates, unmade
        self._awaited: dict[str, anyio.Event] = {}

    async def authorize(self, call: Call) -> str | None:
        """Say what allows the call; None when it was denied or the person is being asked."""
        view, step = self._log.view, self._log.view.steps[call.step.id]
        decision = self._authority.decide(call)
        if isinstance(decision, Deny):
            self._log.add(*self._authority.refused(call, decision))
            return None
        if over := [*self.crossed(call), *await self._ledger.over(call)]:
            await self._ask_to_cross(call, over)
            return None
        if step.approved_digest == call.digest or (step.approved_turns and step.turn):
            return await self._asking.still_as_shown(call)
        if isinstance(decision, Ask):
            if (answer := allowed(view, call, self._parts.clock.now())) is not None:
                return answer
            await self._asking.ask(call, "permission", decision.reason, by_rule=decision.by_rule)
            return None
        return decision.reason

    def crossed(self, call: Call) -> list[str]:
        """Name limits that the call would cross, unless the person allowed exactly that."""
        view = self._log.view
        return [*limits.over(view, call), *family.over(view, call)] if view.limits else []

    async def afford(self, call: Call) -> bool:
        """Set aside what the call takes; where a cap stands against it, the person is asked."""
        await family.refresh(self._parts.journal, self._log.view.run)
        over = await self._ledger.reserve(call)
        if over and self._unmade.may_start(call):
            await self._ask_to_cross(call, over)
        return not over

    async def _ask_to_cross(self, call: Call, over: list[str]) -> None:
        names = [limits.name_of(text) for text in over]
        why = f"it would cross a limit ({'; '.join(over)})"
        await self._asking.ask(call, "budget", why, evidence={limits.CROSSES: names})

    async def is_first(self, call: Call) -> bool:
        """Whether no other step has done the same; a planner's step that has a twin asks."""
        if not self._duplicates.concerns(call):
            return True
        await self._log.complete()
        twin = self._duplicates.twin(call)
        while twin is not None and twin.running and self._unmade.may_start(call):
            await self._awaited.setdefault(twin.step, anyio.Event()).wait()
            twin = self._duplicates.twin(call)
        if twin is None or isinstance(self._authority.decide(call), Deny):
            return True
        if self._unmade.may_start(call):
            self._log.add(
                requests.duplicate(
                    self._log.view,
                    call.step,
                    call.tool,
                    call.shown,
                    args_digest=call.digest,
                    evidence=twin.evidence(),
                    expires=requests.deadline(
                        self._parts.clock.now(), self._parts.request_expires_s
                    ),
                )
            )
        return False

    def over(self, step_id: str) -> None:
        """Wake those that wait for the end of this call."""
        if self._awaited and (ended := self._awaited.pop(step_id, None)) is not None:
            ended.set()
