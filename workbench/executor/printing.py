"""What tools print: the head and the tail of each call, however much it is."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable
from typing import Any

from workbench.tools.masking import NOTHING, Mask

HEAD = 64 * 1024
"""Characters of one call that go through as they come."""
TAIL = 4 * 1024
"""Characters at its end that are shown as well."""


class Printed:
    """Lets the beginning of what a call prints through, and keeps the end of it."""

    def __init__(self, step: str, head: int = HEAD, tail: int = TAIL, mask: Mask = NOTHING) -> None:
        """Begin with nothing; `mask` takes out what nobody may read."""
        self._mask, self._pending = mask, ""
        self._step, self._left, self._tail_size = step, head, tail
        self._tail, self._beyond = "", 0
        self._closed = False
        self._lock = threading.Lock()
        self._target: Any = None

    def write(self, target: Any, text: str) -> int:
        """Write to `target` what still fits; a text that is none raises as it would without us."""
        if not isinstance(text, str):
            return int(target.write(text))
        with self._lock:
            if self._closed:
                return len(text)
            self._target = target
            shown = self._take(self._masked(text) if self._mask else text)
        if shown:
            target.write(shown)
        return len(text)

    def _masked(self, text: str) -> str:
        """Mask all but what may be the beginning of a secret that goes on in the next write."""
        text = self._mask.text(self._pending + text)
        held = self._mask.held_back(text)
        self._pending = text[len(text) - held :]
        return text[: len(text) - held]

    def _take(self, text: str) -> str:
        """Give what still fits, and keep the end of the rest."""
        shown, rest = text[: self._left], text[self._left :]
        self._left -= len(shown)
        if rest:
            self._beyond += len(rest)
            self._tail = (self._tail + rest[-self._tail_size :])[-self._tail_size :]
        return shown

    def finish(self) -> None:
        """Show the end, with a mark where something was left out; nothing goes through later."""
        with self._lock:
            self._closed = True
            last = self._take(self._pending)
            beyond, tail = self._beyond, self._tail
        if last:
            with contextlib.suppress(Exception):
                self._target.write(last)
        if beyond:
            left_out = beyond - len(tail)
            mark = f"\n[step {self._step} printed {left_out:,} characters more, left out here]\n"
            with contextlib.suppress(Exception):
                self._target.write((mark if left_out else "") + tail)


class Proxy:
    """Stands in for a stream of `sys`: bounds what calls print, and leaves all else alone."""

    def __init__(self, target: Any, of_call: Callable[[], Printed | None]) -> None:
        """Stand in front of `target`."""
        self.__dict__.update(_target=target, _of_call=of_call)

    def write(self, text: str) -> int:
        """Write, within the bound of the call that this code runs in."""
        printed: Printed | None = self._of_call()
        if printed is None:
            return self._target.write(text)  # type: ignore[no-any-return]
        return printed.write(self._target, text)

    def writelines(self, lines: Any) -> None:
        """Write several texts."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._target, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ("write", "writelines"):
            # Whoever wraps our method and puts it back later must not put it into the stream.
            self.__dict__[name] = value
        else:
            setattr(self._target, name, value)

    def __iter__(self) -> Any:
        return iter(self._target)


def install(of_call: Callable[[], Printed | None]) -> None:
    """Put a proxy before `sys.stdout` and `sys.stderr`, unless one is there."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not None and type(stream) is not Proxy:
            setattr(sys, name, Proxy(stream, of_call))


def remove() -> None:
    """Give `sys` its own streams back."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if type(stream) is Proxy:
            setattr(sys, name, stream._target)  # noqa: SLF001 - the proxy passes every name on
