"""Calls of models, as a run's journal has them: the witness of one drive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import anyio

from workbench import events as e
from workbench.context import Fitted
from workbench.engine import family, limits
from workbench.engine.ledger import Ledger
from workbench.engine.log import Log
from workbench.engine.parts import Parts
from workbench.errors import LimitReached
from workbench.executor import calling_step
from workbench.models import Asking, ModelReply, ModelWait
from workbench.models.asking import CHARACTERS
from workbench.models.recording import as_json, key_of, reply_as_json
from workbench.points import reach
from workbench.states import RunState
from workbench.values import encode

INLINE = 4096
"""Bytes of a request or an answer that stand in the journal; larger ones become artifacts."""
EVERY_S = 1.0
"""Seconds between two events about the same answer while it comes, at least."""
TAIL = 160
"""Characters of an answer that such an event holds."""
MAY_SEND: frozenset[RunState] = frozenset({"queued", "planning", "running"})
"""States in which a request may be sent."""


class ModelCalls:
    """Writes down what is asked of models, what comes, and what that takes."""

    def __init__(self, parts: Parts, log: Log, ledger: Ledger) -> None:
        """Use these parts."""
        self._parts, self._log, self._ledger = parts, log, ledger
        self._waits: set[anyio.CancelScope] = set()

    async def begin(self, asking: Asking) -> OneCall:
        """Set aside what it takes at worst, and have on disk what is asked; see `Witness.begin`."""
        asking = replace(asking, step=asking.step or calling_step())
        await self._look_around()
        await self._admit(asking)
        view = self._log.view
        stored, content = encode(as_json(asking.request), inline_limit=INLINE)
        artifacts = {}
        if content is not None and stored.artifact is not None:
            artifacts[stored.artifact.digest] = content
        number = view.model_calls + 1
        event = e.ModelAsked(
            number=number,
            step=asking.step,
            model=asking.model,
            purpose=asking.purpose,
            digest=key_of(asking.request),
            request=stored,
            zones=dict(asking.zones),
            window=asking.window,
            over_soft=asking.over_soft,
            reserved=dict(asking.worst),
        )
        self._log.add(event, artifacts=artifacts)
        await self._log.flush()
        reach("model-asked")
        call = OneCall(self, self._parts, self._log, number, asking.step)
        await self._look_again(asking, call)
        return call

    def compacted(self, fitted: Fitted) -> None:
        """Write down what was shortened, with the whole of each piece."""
        artifacts: dict[str, bytes] = {}
        pieces = {}
        for cut in fitted.cut:
            stored, content = encode(cut.piece.text, inline_limit=INLINE)
            if content is not None and stored.artifact is not None:
                artifacts[stored.artifact.digest] = content
            pieces[cut.piece.name] = e.Shortened(
                zone=cut.piece.zone, original=stored, digest=cut.piece.digest, text=cut.text
            )
        why = (
            f"it took {sum(fitted.before.values()) / fitted.window:.0%} of {fitted.window:,} tokens"
        )
        event = e.ContextCompacted(why=why, before=fitted.before, after=fitted.zones, pieces=pieces)
        self._log.add(event, artifacts=artifacts)

    def lost(self) -> None:
        """End the calls that were open when another process drove the run and died."""
        for call in list(self._log.view.models.values()):
            why = "the process that asked has ended"
            self._log.add(
                e.ModelFailed(
                    number=call.number,
                    step=call.step,
                    fault="lost",
                    error=why,
                    attempts=call.attempt,
                    usage=dict(call.reserved),
                )
            )

    def end_waits(self) -> None:
        """Let no request be sent again: the run was paused."""
        for scope in self._waits:
            scope.cancel()

    async def rest(self, seconds: float) -> bool:
        """Wait by the run's clock; False when nothing may be sent afterwards."""
        with anyio.CancelScope() as scope:
            self._waits.add(scope)
            try:
                await self._parts.clock.sleep(seconds)
            finally:
                self._waits.discard(scope)
        return not scope.cancelled_caught and self._log.view.state in MAY_SEND

    async def _admit(self, asking: Asking) -> None:
        """Refuse what would cross a limit of the run, or a cap over all runs."""
        view, now = self._log.view, self._parts.clock.now()
        open_ones = [call.reserved for call in view.models.values()]
        amounts = {
            unit: amount + sum(one.get(unit, 0) for one in open_ones)
            for unit, amount in asking.worst.items()
        }
        why = None
        if view.limits:
            why = limits.planning(view, amounts, now)
            why = why or family.planning(view.run, asking.worst)
        if why is None and self._parts.caps:
            plans = asking.step is None and asking.purpose != "check"
            over = await self._ledger.ask_model(dict(asking.worst), plans=plans)
            why = f"{over[0]}; bench.raise_cap(…) raises it" if over else None
        if why is not None:
            raise _reached(asking, why)

    async def _look_around(self) -> bool:
        """Read what other processes have taken of what this run shares; says whether there are."""
        view = self._log.view
        if not view.limits or not family.is_scattered(view.run):
            return False
        await family.refresh(self._parts.journal, view.run)
        return True

    async def _look_again(self, asking: Asking, call: OneCall) -> None:
        """Call it off, now that it is on disk, when another process wanted the same rest."""
        if not await self._look_around():
            return
        found = family.faster(self._log.view.run, asking.worst)
        if found is not None:
            why = f"another process was faster: {found}"
            call.failed("limit", why, {}, 0)
            raise _reached(asking, why)


class OneCall:
    """One call that is being made; see `Telling`."""

    def __init__(
        self, calls: ModelCalls, parts: Parts, log: Log, number: int, step: str | None
    ) -> None:
        """Begin to measure."""
        self._calls, self._log, self._number, self._step = calls, log, number, step
        self._clock = parts.clock
        self._began = self._said = self._clock.monotonic()
        self._first_s: float | None = None
        self._characters, self._tail = 0, ""

    def came(self, text: str) -> None:
        """Take note of a piece; at most once in `EVERY_S` seconds the journal is told."""
        now = self._clock.monotonic()
        if self._first_s is None:
            self._first_s = round(now - self._began, 6)
        self._characters += len(text)
        self._tail = f"{self._tail}{text}"[-TAIL:]
        if now - self._said < EVERY_S or self._log.error is not None:
            return
        self._said = now
        tokens = -(-self._characters // CHARACTERS)
        self._log.add(
            e.ModelStreaming(
                number=self._number,
                step=self._step,
                characters=self._characters,
                tokens=tokens,
                tail=self._tail,
            )
        )

    async def waits(self, wait: ModelWait) -> bool:
        """Say so, and wait by the run's clock; a pause ends the wait."""
        self._characters, self._tail, self._first_s = 0, "", None
        self._log.add(
            e.ModelWaiting(
                number=self._number,
                step=self._step,
                attempt=wait.attempt,
                fault=wait.fault,
                error=wait.error,
                wait_s=wait.seconds,
            )
        )
        return await self._calls.rest(wait.seconds)

    def answered(self, reply: ModelReply, usage: Mapping[str, float], attempts: int) -> None:
        """Keep the answer, and what it took."""
        stored, content = encode(reply_as_json(reply), inline_limit=INLINE)
        artifacts = {}
        if content is not None and stored.artifact is not None:
            artifacts[stored.artifact.digest] = content
        event = e.ModelAnswered(
            number=self._number,
            step=self._step,
            model=reply.model,
            reply=stored,
            finish=reply.finish,
            usage=dict(usage),
            cached=reply.usage.cached,
            attempts=attempts,
            duration_s=self._took(),
            first_s=self._first_s,
        )
        self._log.add(event, artifacts=artifacts)

    def failed(self, fault: str, error: str, usage: Mapping[str, float], attempts: int) -> None:
        """Keep why there is no answer."""
        if self._log.error is not None:
            return
        self._log.add(
            e.ModelFailed(
                number=self._number,
                step=self._step,
                fault=fault,
                error=error,
                attempts=attempts,
                usage=dict(usage),
                duration_s=self._took(),
            )
        )

    def _took(self) -> float:
        return round(self._clock.monotonic() - self._began, 6)


def _reached(asking: Asking, why: str) -> LimitReached:
    return LimitReached(
        f"The model {asking.model} was not asked: {why}.",
        "Raise the limit, or use a cheaper model.",
        why=why,
        model=asking.model,
    )
