"""What a request shows of the world, and whether it is still so when the call is made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from workbench.engine.bridge import is_our_cancellation
from workbench.engine.call import Call
from workbench.errors import ToolError
from workbench.events import RequestOpened
from workbench.executor import LocalExecutor
from workbench.ids import digest
from workbench.view import RunView

LOOK_TIMEOUT_S = 30.0
"""Seconds that a preview, or a list of objects, may take."""
LISTED = 500
"""Objects that a request lists by name; the others count, and are bound by the digest."""

PREVIEW = 10_000
"""Characters of a preview that are shown, and kept."""
REST = 100
"""Characters more that are not cut: so many say what was."""


@dataclass(frozen=True)
class Shown:
    """What a call would change, as far as its tool can tell."""

    preview: str | None = None
    objects: tuple[str, ...] | None = None
    """None: the tool does not say."""

    def fields(self) -> dict[str, Any]:
        """Give the fields of a request."""
        if self.objects is None:
            return {"preview": self.preview}
        return {
            "preview": self.preview,
            "objects": self.objects[:LISTED],
            "objects_count": len(self.objects),
            "objects_digest": digest(list(self.objects)),
        }

    def differs(self, opened: RequestOpened, *, edited: bool) -> str:
        """Say what is no longer as a request has shown it; empty: all is as it was.

        Args:
            opened: what the person was shown.
            edited: the person gave other arguments, so that the preview was of another call.
        """
        changed = []
        if self.fields().get("objects_digest", "") != opened.objects_digest:
            now, then = len(self.objects or ()), opened.objects_count
            changed.append(f"the list of objects ({then} were shown, {now} are there now)")
        if not edited and self.preview != opened.preview:
            changed.append("what the call would change")
        return " and ".join(changed)


async def look(call: Call, executor: LocalExecutor) -> Shown:
    """Ask the tool what the call would change.

    A preview that breaks is shown as broken. Objects that cannot be listed are a fault of the step:
    nobody could know what is approved.

    Raises:
        ToolError: `objects` gives no list of texts.
    """
    return Shown(await _preview(call, executor), await _objects(call, executor))


def stale(view: RunView, call: Call, shown: Shown) -> str:
    """Say what has changed since the approval of a call; empty: nothing."""
    stands = view.steps[call.step.id]
    request = view.requests.get(stands.approved_request)
    if request is None:
        return ""
    return shown.differs(request.opened, edited=bool(stands.approved_args))


async def _preview(call: Call, executor: LocalExecutor) -> str | None:
    preview = call.tool.preview
    if preview is None:
        return None
    try:
        kwargs = call.tool.companion_args(preview, {"key": call.key, **call.kwargs})
        seen = await executor.run(preview, kwargs, step=call.step.id, timeout_s=LOOK_TIMEOUT_S)
        return _bounded(call.mask.text(seen if isinstance(seen, str) else str(seen)))
    except BaseException as error:
        if is_our_cancellation(error):
            raise
        return f"No preview: {call.describe(error)}"


def _bounded(text: str) -> str:
    """Cut what nobody can read, and name the rest by its digest: another one asks again."""
    rest = text[PREVIEW:]
    if len(rest) <= REST:
        return text
    return f"{text[:PREVIEW]}\n… and {len(rest):,} characters more ({digest(rest)[:16]})"


async def _objects(call: Call, executor: LocalExecutor) -> tuple[str, ...] | None:
    objects = call.tool.objects
    if objects is None:
        return None
    kwargs = call.tool.companion_args(objects, {"key": call.key, **call.kwargs})
    found = await executor.run(objects, kwargs, step=call.step.id, timeout_s=LOOK_TIMEOUT_S)
    names = list(found) if isinstance(found, Iterable) and not isinstance(found, str) else [found]
    if not all(isinstance(name, str) for name in names) or isinstance(found, str):
        raise ToolError(
            f"{call.tool.name} declares objects that are no list of texts: {found!r:.200}.",
            "Let objects return the names of all that the call is done to.",
            tool=call.tool.name,
        )
    return tuple(call.mask.text(name) for name in names)
