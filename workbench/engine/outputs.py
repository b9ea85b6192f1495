"""Outputs of finished steps: written once, read back fresh for every step that uses them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from workbench.errors import NotFound
from workbench.plan import Ref
from workbench.values import INLINE_LIMIT, Stored, decode, encode
from workbench.view import RunView

CACHE_BYTES = 256 * 1024 * 1024
"""Bytes of artifacts that are kept in memory at most."""


class Outputs:
    """Encodes what tools return, and resolves references to it.

    A consumer always gets a fresh value: a step that changes its input in place cannot change what
    another step sees, nor make a resumed run differ from an undisturbed one.
    """

    def __init__(self, load: Callable[[str], bytes]) -> None:
        """Read artifacts through `load` when they are not in memory."""
        self._load = load
        self._cache: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()
        """Large values are encoded in worker threads."""

    def encode(self, value: Any) -> tuple[Stored, dict[str, bytes]]:
        """Turn a returned value into its stored form and the artifact that goes with it."""
        stored, content = encode(value)
        if content is None or stored.artifact is None:
            return stored, {}
        self._keep(stored.artifact.digest, content)
        return stored, {stored.artifact.digest: content}

    def decode(self, stored: Stored) -> Any:
        """Turn a stored value back."""
        return decode(stored, self._bytes)

    def resolve(
        self, args: dict[str, Any], view: RunView, as_of: int | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Replace references by values; gives the values, and their JSON form for the journal.

        With `as_of`, a reference to a step that had not succeeded at that place of the journal
        gives None.

        Raises:
            NotFound: a step has no output, or its output has no such part.
        """
        values, shown = {}, {}
        for name, argument in args.items():
            values[name], shown[name] = self._resolve(argument, view, as_of)
        return values, shown

    def _resolve(self, argument: Any, view: RunView, as_of: int | None) -> tuple[Any, Any]:
        if isinstance(argument, Ref):
            if as_of is not None and not _had_succeeded(view, argument.step, as_of):
                return None, None
            return self._follow(argument, view)
        if isinstance(argument, dict):
            pairs = {key: self._resolve(item, view, as_of) for key, item in argument.items()}
            return {k: p[0] for k, p in pairs.items()}, {k: p[1] for k, p in pairs.items()}
        if isinstance(argument, list):
            items = [self._resolve(item, view, as_of) for item in argument]
            return [item[0] for item in items], [item[1] for item in items]
        return argument, argument

    def _follow(self, reference: Ref, view: RunView) -> tuple[Any, Any]:
        step = view.steps.get(reference.step)
        if step is None or step.output is None:
            raise NotFound(
                f"Step {reference.step!r} has no output to refer to.",
                "Run it first, or give its output: draft.set_output(…).",
                step=reference.step,
            )
        value = self.decode(step.output)
        for part in reference.path:
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError) as error:
                raise NotFound(
                    f"The output of step {reference.step!r} has no part {part!r}.",
                    f"The reference was {reference}; edit it.",
                    step=reference.step,
                ) from error
        stored = step.output
        if reference.path:
            stored, _ = encode(value, inline_limit=INLINE_LIMIT // 4)
        return value, _shown(stored)

    def whole(self, stored: Stored) -> tuple[Any, Any]:
        """Give a fresh value, and its JSON form for the journal."""
        return self.decode(stored), _shown(stored)

    def _bytes(self, digest: str) -> bytes:
        with self._lock:
            if digest in self._cache:
                self._cache.move_to_end(digest)
                return self._cache[digest]
        content = self._load(digest)
        self._keep(digest, content)
        return content

    def _keep(self, digest: str, content: bytes) -> None:
        with self._lock:
            if digest not in self._cache:
                self._cache[digest] = content
                self._size += len(content)
            while self._size > CACHE_BYTES and len(self._cache) > 1:
                _, dropped = self._cache.popitem(last=False)
                self._size -= len(dropped)


def _had_succeeded(view: RunView, step_id: str, as_of: int) -> bool:
    step = view.steps.get(step_id)
    return step is not None and step.state == "succeeded" and step.outcome_seq <= as_of


def _shown(stored: Stored) -> Any:
    if stored.artifact is None:
        return stored.value
    return {"$artifact": stored.artifact.digest, "summary": stored.summary}
