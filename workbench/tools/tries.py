"""Requests that a tool sends: its own word, because a client library may try again in silence."""

from __future__ import annotations

from contextvars import ContextVar


class Tries:
    """Counts the requests of one attempt."""

    __slots__ = ("noted",)

    def __init__(self) -> None:
        """Begin with none noted."""
        self.noted = 0

    @property
    def count(self) -> int:
        """Requests that were sent; a tool that says nothing counts as one."""
        return self.noted or 1


tries_of_call: ContextVar[Tries | None] = ContextVar("workbench_tries_of_call", default=None)
"""The counter of the call that this code runs in; None outside of any."""


def note_tries(count: int = 1) -> None:
    """Say inside a tool that it sent `count` more requests; the trace shows them as `tries`.

    For tools whose client library tries again by itself, or that send several requests in one call.
    Outside of a call it does nothing.
    """
    counter = tries_of_call.get()
    if counter is not None:
        counter.noted += count


def count_of_tries() -> int:
    """Say how many requests the call that this code runs in has sent; 1 outside of any."""
    counter = tries_of_call.get()
    return counter.count if counter is not None else 1
