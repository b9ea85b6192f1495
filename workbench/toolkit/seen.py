"""Whether a thing still is as its before-image showed it."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from workbench.toolkit.faults import Changed
from workbench.tools import Key

NO_KEY = Key()
"""Stands where a tool is called directly, without the runtime."""

KEPT = 1024
"""Calls that are remembered; the oldest is forgotten first."""


class Seen:
    """Digests of before-images by idempotency key, so that the call overwrites only what it saw.

    It lives in memory: after a crash, or when a tool is called directly, there is nothing to
    compare and nothing is refused.
    """

    def __init__(self) -> None:
        self._digests: OrderedDict[str, str] = OrderedDict()
        self._forgone: OrderedDict[str, None] = OrderedDict()
        self._lock = Lock()

    def remember(self, key: str, digest: str) -> None:
        """Keep what the before-image of that call showed."""
        if not key:
            return
        with self._lock:
            self._digests[key] = digest
            self._digests.move_to_end(key)
            while len(self._digests) > KEPT:
                self._digests.popitem(last=False)

    def forgo(self, key: str) -> None:
        """Note that the image of that call is too large: if it is made, then without one."""
        if not key:
            return
        with self._lock:
            self._forgone[key] = None
            while len(self._forgone) > KEPT:
                self._forgone.popitem(last=False)

    def is_forgone(self, key: str) -> bool:
        """Say whether that call has no image, because it was too large."""
        return key in self._forgone

    def is_new(self, key: str) -> bool:
        """Say whether nothing is remembered of that call."""
        return key not in self._digests

    def check(self, key: str, digest: str, what: str) -> None:
        """Compare with what is there now.

        Raises:
            Changed: `what` is no longer as the before-image showed it.
        """
        if self._digests.get(key, digest) != digest:
            raise Changed(
                f"{what} was changed by somebody else while this call was being prepared; "
                "nothing was written.",
                "Look at the new state and run the step again.",
            )
