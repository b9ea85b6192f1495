"""Asking a model until it answers: what passes by itself is tried again, in sight of the person."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import anyio

from workbench.models.errors import ModelCallError
from workbench.models.port import Model, ModelReply, ModelRequest

ATTEMPTS = 4
"""How often a request is sent before its error is given up to the caller."""

LONGEST_S = 120.0
"""A provider that asks for a longer wait than this is not waited for."""


@dataclass(frozen=True)
class ModelWait:
    """A wait before the same request is sent again."""

    model: str
    fault: str
    """The class of the failure; see `ModelFault`."""
    attempt: int
    """Of the request that failed; the first is 1."""
    seconds: float


async def ask(
    model: Model,
    request: ModelRequest,
    *,
    waiting: Callable[[ModelWait], None] | None = None,
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    attempts: int = ATTEMPTS,
) -> ModelReply:
    """Give the model's answer; a fault that passes by itself is waited for, as long as it asks.

    Without a word of the provider the waits double: 1, 2, 4 seconds. Cancelling ends a wait.

    Args:
        model: any model.
        request: what it is asked.
        waiting: is told of each wait before it begins.
        sleep: waits these seconds.
        attempts: how often the request is sent at most.

    Raises:
        ModelCallError: the fault does not pass by itself, lasts, or asks for too long a wait.
    """
    attempt = 1
    while True:
        try:
            return await model.request(request)
        except ModelCallError as error:
            asked = error.retry_after_s
            seconds = 2.0 ** (attempt - 1) if asked is None else asked
            if not error.retryable or attempt >= attempts or seconds > LONGEST_S:
                raise
            wait = ModelWait(model.label, error.fault, attempt, seconds)
        if waiting is not None:
            waiting(wait)
        await sleep(wait.seconds)
        attempt += 1
