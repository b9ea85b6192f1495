"""Asking a model until it answers: what passes by itself is tried again, in sight of the person."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace

import anyio
import anyio.to_thread

from workbench.models.errors import ModelCallError
from workbench.models.port import Model, ModelReply, ModelRequest
from workbench.models.witness import Asking, ModelWait, Telling, witness

ATTEMPTS = 4
"""How often a request is sent before its error is given up to the caller."""

LONGEST_S = 120.0
"""A provider that asks for a longer wait than this is not waited for."""

CHARACTERS = 4
"""Of a token, about: what nobody has counted yet is reckoned by that."""

MARGIN = 1.25
"""What a request may cost more than reckoned, as a factor of its tokens."""

_PAID: frozenset[str] = frozenset({"timeout", "malformed", "cancelled"})
"""Faults after which the request may have been worked on, and so may be charged for."""


async def ask(
    model: Model,
    request: ModelRequest,
    *,
    about: Asking | None = None,
    waiting: Callable[[ModelWait], None] | None = None,
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    attempts: int = ATTEMPTS,
) -> ModelReply:
    """Give the model's answer; a fault that passes by itself is waited for, as long as it asks.

    Without a word of the provider the waits double: 1, 2, 4 seconds. Cancelling ends a wait, and
    closes the connection. Within a run the call is in the journal: what was asked before it is
    sent, every wait, how much of the answer has come, the answer, and what it took. What it takes
    at worst is set aside before, and a limit that would be crossed forbids it.

    Args:
        model: any model.
        request: what it is asked.
        about: what is to be kept of it besides: purpose, step, tokens by zone.
        waiting: is told of each wait before it begins.
        sleep: waits these seconds; a run waits by its own clock.
        attempts: how often the request is sent at most.

    Raises:
        ModelCallError: the fault does not pass by itself, lasts, or asks for too long a wait.
        LimitReached: a limit of the run forbids the call.
    """
    told = await _begin(model, request, about)
    course = _Course(model, request, told, sleep, waiting, attempts)
    if told is None:
        return await course.run()
    try:
        reply = await course.run()
    except BaseException as error:
        fault, text = _fault(error)
        course.charge(fault)
        told.failed(fault, text, course.lost, course.attempt)
        raise
    told.answered(reply, course.usage(reply), course.attempt)
    return reply


def tokens_of(request: ModelRequest) -> int:
    """Reckon the tokens of a request before it is sent: four characters a token."""
    return -(-sum(len(message.text) for message in request.messages) // CHARACTERS)


def price(model: Model, tokens_in: int, tokens_out: int) -> float | None:
    """Give the US dollars that so many tokens cost; None when the price is not known."""
    priced: Callable[[int, int], float | None] | None = getattr(model, "price", None)
    return None if priced is None else priced(tokens_in, tokens_out)


def worst_usd(model: Model, request: ModelRequest) -> float | None:
    """Give the US dollars that a request costs at worst: with the longest answer it may get."""
    tools = [f"{tool.description}{tool.args_schema}" for tool in request.tools]
    more = sum(map(len, [*tools, str(request.output_schema or "")])) // CHARACTERS
    return price(model, int(MARGIN * (tokens_of(request) + more)) + 1, request.max_output)


def worst(model: Model, request: ModelRequest) -> dict[str, float]:
    """Give what a request takes at worst: `usd` where the price is known, and `tokens`."""
    usd = worst_usd(model, request)
    tokens = {"tokens": float(tokens_of(request) + request.max_output)}
    return tokens if usd is None else {"usd": usd, **tokens}


async def _begin(model: Model, request: ModelRequest, about: Asking | None) -> Telling | None:
    """Tell the run; a price may have to be looked up in a table that takes long to load."""
    keeper = witness.get()
    if keeper is None:
        return None
    most = await anyio.to_thread.run_sync(worst, model, request)
    asking = about or Asking(model.label, request)
    return await keeper.begin(replace(asking, model=model.label, request=request, worst=most))


@dataclass
class _Course:
    """One request, sent until it is answered."""

    model: Model
    request: ModelRequest
    told: Telling | None
    sleep: Callable[[float], Awaitable[None]]
    waiting: Callable[[ModelWait], None] | None
    attempts: int
    attempt: int = 0
    come: int = 0
    """Characters that have come in this attempt."""
    charged: int = 0
    """The last attempt that was counted although it gave no answer."""
    lost: dict[str, float] = field(default_factory=dict)
    """What attempts that gave no answer count as, by unit."""

    async def run(self) -> ModelReply:
        while True:
            self.attempt, self.come = self.attempt + 1, 0
            try:
                return await self._send()
            except ModelCallError as error:
                wait = self._wait_after(error)
                if wait is None:
                    raise
                self.charge(error.fault)
                if self.waiting is not None:
                    self.waiting(wait)
                if self.told is None:
                    await self.sleep(wait.seconds)
                elif not await self.told.waits(wait):
                    raise

    def _wait_after(self, error: ModelCallError) -> ModelWait | None:
        """Give the wait that comes now; None: there is no further attempt."""
        asked = error.retry_after_s
        seconds = 2.0 ** (self.attempt - 1) if asked is None else asked
        if not error.retryable or self.attempt >= self.attempts or seconds > LONGEST_S:
            return None
        return ModelWait(self.model.label, error.fault, self.attempt, seconds, str(error))

    async def _send(self) -> ModelReply:
        """Send it once; in sight of a run it is streamed, where the model can."""
        if self.told is None or not self.model.capabilities.streaming:
            return await self.model.request(self.request)
        reply: ModelReply | None = None
        async with aclosing(self.model.stream(self.request)) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                if isinstance(piece, ModelReply):
                    reply = piece
                else:
                    self.come += len(piece)
                    self.told.came(piece)
        if reply is None:
            raise ModelCallError.of("connection", self.model.label, "the answer broke off")
        return reply

    def charge(self, fault: str) -> None:
        """Count an attempt that was cut off, once: what was sent, and what had come by then."""
        if not (fault in _PAID or self.come) or self.charged == self.attempt:
            return
        self.charged = self.attempt
        sent, come = tokens_of(self.request), -(-self.come // CHARACTERS)
        usd = price(self.model, sent, come)
        taken: dict[str, float] = {"tokens_in": sent, "tokens_out": come}
        if usd is not None:
            taken["usd"] = usd
        self.lost = _sum(self.lost, taken)

    def usage(self, reply: ModelReply) -> dict[str, float]:
        """Give what the provider counted; one that says nothing is reckoned, not taken as 0."""
        counted, usd = reply.usage, reply.cost_usd
        sent, come = counted.tokens_in, counted.tokens_out
        if not sent and not come:
            sent, come = tokens_of(self.request), -(-len(reply.text) // CHARACTERS)
            usd = usd or price(self.model, sent, come)
        taken: dict[str, float] = {"tokens_in": sent, "tokens_out": come}
        if usd is not None:
            taken["usd"] = usd
        return _sum(self.lost, taken)


def _sum(one: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    return {unit: one.get(unit, 0) + other.get(unit, 0) for unit in {**one, **other}}


def _fault(error: BaseException) -> tuple[str, str]:
    if isinstance(error, ModelCallError):
        return error.fault, str(error)
    if isinstance(error, anyio.get_cancelled_exc_class()):
        return "cancelled", "the call was cancelled"
    return "program", f"{type(error).__name__}: {error}"
