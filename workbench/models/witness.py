"""Who keeps what is asked of models: in a run its engine, which writes it into the journal.

The engine sets `witness` for all that it does for a run; context variables follow coroutines. Code
in another loop than the engine's is not seen by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from workbench.models.port import ModelReply, ModelRequest

if TYPE_CHECKING:
    from workbench.context import Fitted


@dataclass(frozen=True)
class ModelWait:
    """A wait before the same request is sent again."""

    model: str
    fault: str
    """The class of the failure; see `ModelFault`."""
    attempt: int
    """Of the request that failed; the first is 1."""
    seconds: float
    error: str = ""
    """What the provider said."""


@dataclass(frozen=True)
class Asking:
    """A call of a model that is about to be made, with what is to be kept of it."""

    model: str
    """The model's label."""
    request: ModelRequest
    purpose: str = "plan"
    """What it is asked for: `plan`, `repair`, `check`, or another word."""
    step: str | None = None
    """The step that it is asked for; None: the plan, or the step whose call asks."""
    zones: Mapping[str, int] = field(default_factory=dict)
    """Tokens by zone of the context."""
    window: int | None = None
    """Tokens that the context may have at most."""
    over_soft: bool = False
    """Whether the context is above its soft cap."""
    worst: Mapping[str, float] = field(default_factory=dict)
    """What it takes at worst, by unit."""


class Telling(Protocol):
    """What is told of one call; exactly one of `answered` and `failed` comes last."""

    def came(self, text: str) -> None:
        """Another piece of the answer has come."""
        ...

    async def waits(self, wait: ModelWait) -> bool:
        """Wait before the request is sent again; False: it must not be sent again now."""
        ...

    def answered(self, reply: ModelReply, usage: Mapping[str, float], attempts: int) -> None:
        """The whole answer has come; `usage` counts what was cut off before, too."""
        ...

    def failed(self, fault: str, error: str, usage: Mapping[str, float], attempts: int) -> None:
        """There is no answer."""
        ...


class Witness(Protocol):
    """Is told of each call before anything is sent."""

    def compacted(self, fitted: Fitted) -> None:
        """Pieces of the context were shortened."""
        ...

    async def begin(self, asking: Asking) -> Telling:
        """Set aside what the call takes at worst.

        Raises:
            LimitReached: a limit or a cap forbids it; nothing is sent.
        """
        ...


witness: ContextVar[Witness | None] = ContextVar("workbench_witness", default=None)
"""Who is told of calls of models here; None: nobody keeps them."""
