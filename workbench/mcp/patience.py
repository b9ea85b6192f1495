"""Limits of time that stand still while a person is busy."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import anyio


class Patience:
    """Limits of one connection; for the server's own loop."""

    def __init__(self) -> None:
        """Begin without any."""
        self._limits: list[tuple[anyio.CancelScope, float]] = []
        self._held = 0

    @contextmanager
    def limit(self, seconds: float) -> Iterator[anyio.CancelScope]:
        """Cancel what is done here after so many seconds, those of a person left out."""
        with anyio.CancelScope() as scope:
            one = (scope, seconds)
            self._limits.append(one)
            self._set(scope, seconds)
            try:
                yield scope
            finally:
                self._limits.remove(one)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let all limits stand still; afterwards they begin anew."""
        self._held += 1
        self._set_all()
        try:
            yield
        finally:
            self._held -= 1
            self._set_all()

    def _set_all(self) -> None:
        for scope, seconds in self._limits:
            self._set(scope, seconds)

    def _set(self, scope: anyio.CancelScope, seconds: float) -> None:
        scope.deadline = math.inf if self._held else anyio.current_time() + seconds
