"""What a call may say and ask while it is being made: a server's progress, questions, requests.

The engine sets `talking` around each call. Texts are the tool's own: they are shown and journaled
as text, and never become a rule, a limit or an answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Literal, Protocol
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from workbench.models import Model, ModelReply, ModelRequest


class Asked(BaseModel):
    """What the other side of a call wants to know from the person."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: str
    """Who asks: the name that the user gave to the server."""
    text: str
    """The question, in the words of the one who asks."""
    answers: dict[str, Any] | None = None
    """JSON schema of the answer, an object of plain values; None: yes or no."""
    url: str = ""
    """Where the person is sent; it is shown and never opened."""
    note: str = ""
    """What we know of the question: why it is asked again, whose it may be."""


class Said(BaseModel):
    """What the person answered."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    verdict: Literal["accept", "decline", "cancel"]
    """Cancel: nobody answered in time, or the question became moot."""
    values: dict[str, Any] = {}


class Unanswered(BaseException):
    """A signal: the call has ended with questions, and goes on in another one with their answers.

    It is no error, so no `except Exception` of a tool may eat it.
    """

    def __init__(self, questions: Mapping[str, Asked], state: str) -> None:
        """Hold the questions by key, and what the other side wants to have back."""
        super().__init__(f"{len(questions)} questions")
        self.questions, self.state = dict(questions), state


class Talk(Protocol):
    """The ear of the engine for one call; used from the loop that the call is made in."""

    state: str
    """What the other side wants to have back with `answers`; empty: nothing was asked before."""
    answers: Mapping[str, Said]
    """Of the questions with which the last call has ended."""
    key: str
    """The idempotency key of the call."""

    def report(self, progress: float | None, text: str) -> None:
        """Say how far the call is: a share from 0 to 1, and words."""
        ...

    async def ask(self, question: Asked) -> Said:
        """Ask the person, and wait as long as it takes."""
        ...

    async def sample(self, model: Model, request: ModelRequest) -> ModelReply:
        """Ask a model on behalf of the other side, within the budget of the run.

        Raises:
            LimitCrossed: a limit of the run forbids it.
            ModelCallError: the model could not be asked.
        """
        ...


ADDRESS = 4000
"""Characters of an address that a person may be sent to."""


def host_of(url: str) -> str:
    """Give where an address leads, in letters that cannot be mistaken for others.

    Raises:
        ValueError: it is no address of the web, or one that hides where it leads.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname or len(url) > ADDRESS:
        raise ValueError("it is no address of the web")
    if "@" in parts.netloc or "\\" in url or any(c.isspace() for c in url):
        raise ValueError("it hides where it leads")
    host = parts.hostname.encode("idna").decode()
    host = f"[{host}]" if ":" in host else host
    return host if parts.port is None else f"{host}:{parts.port}"


talking: ContextVar[Talk | None] = ContextVar("workbench_talking", default=None)
"""The ear for the call that this code runs in; None outside of any."""
