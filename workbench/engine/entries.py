"""The undo entry of a call that is about to be made: its before-image and its exact arguments.

A call whose image is larger than may be kept is not made without one in silence: the person is
asked, as about something irreversible, and then it counts as not undoable.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import anyio.to_thread

from workbench.engine.asking import Asking
from workbench.engine.call import Call
from workbench.engine.log import Log
from workbench.engine.outputs import Outputs
from workbench.engine.parts import Parts
from workbench.errors import ImageTooLarge
from workbench.points import reach
from workbench.undo import entry_of
from workbench.values import Stored
from workbench.values.kinds import is_small

NO_IMAGE = "no_image"
"""Key in the evidence of a request: why the call would have no image, and so no undo."""


@dataclass(frozen=True)
class Entry:
    """What the intent keeps for an undo."""

    before: Stored | None = None
    args: dict[str, Stored] = field(default_factory=dict)
    artifacts: dict[str, bytes] = field(default_factory=dict)
    not_undoable: str = ""
    """Why the call has no undo although its tool has one."""


NOTHING = Entry()


class Entries:
    """Makes the undo entries of one drive."""

    def __init__(self, parts: Parts, log: Log, outputs: Outputs, asking: Asking) -> None:
        """Use these parts."""
        self._parts, self._log, self._outputs = parts, log, outputs
        self._asking = asking

    async def make(self, call: Call) -> Entry | None:
        """Read what the undo of a call will need; None: the person is asked about it first.

        Raises:
            Exception: it cannot be read or kept, so the call is off.
        """
        tool = call.tool
        if tool.before is None and tool.undo is None:
            return NOTHING
        args, artifacts = await self._args(call)
        if tool.before is None:
            return Entry(None, args, artifacts)
        try:
            before, content = await self._image(call, tool.before)
        except ImageTooLarge as error:
            why = f"this cannot be undone: {error.what[:1].lower()}{error.what[1:].rstrip('.')}"
            if self._is_allowed(call, why):
                return Entry(not_undoable=why)
            if not self._parts.attended:
                raise
            await self._asking.ask(call, "permission", why, evidence={NO_IMAGE: why}, final=True)
            return None
        return Entry(before, args, artifacts | content)

    async def _image(self, call: Call, read: Callable[..., Any]) -> tuple[Stored, dict[str, bytes]]:
        played = self._parts.played
        if played is not None and (kept := played.image(call.step.id)) is not None:
            return kept, {}
        kwargs = call.tool.companion_args(read, {"key": call.key, **call.kwargs})
        image = await self._parts.executor.run(
            read, kwargs, step=call.step.id, timeout_s=call.timeout_s
        )
        reach("image-read")
        return call.mask.stored(*self._outputs.encode(image))

    async def _args(self, call: Call) -> tuple[dict[str, Stored], dict[str, bytes]]:
        """Keep what the JSON form of the arguments does not give back."""

        def made() -> tuple[dict[str, Stored], dict[str, bytes]]:
            return entry_of(call.tool, call.values, call.shown, self._known, self._outputs.encode)

        if is_small(call.shown):
            return made()
        return await anyio.to_thread.run_sync(made)

    def _known(self, digest: str) -> Stored | None:
        """Give the output of a step that has this artifact."""
        for step in self._log.view.steps.values():
            for stored in (step.output, step.last_output):
                artifact = stored.artifact if stored is not None else None
                if artifact is not None and artifact.digest == digest:
                    return stored
        return None

    def _is_allowed(self, call: Call, why: str) -> bool:
        """Whether the person has allowed exactly this call without an image."""
        stands = self._log.view.steps[call.step.id]
        request = self._log.view.requests.get(stands.approved_request)
        if request is None or stands.approved_digest != call.digest:
            return False
        opened = request.opened
        return opened.evidence.get(NO_IMAGE) == why and opened.args_digest == call.digest
