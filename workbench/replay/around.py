"""What stands around the calls of a recording: checks, probes, previews, images, versions."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from workbench import events as e
from workbench.engine.checks import FAILED
from workbench.engine.completion import BY
from workbench.engine.requests import NOT_CALLED
from workbench.events import Event
from workbench.replay.errors import raised_as
from workbench.replay.progress import Progress
from workbench.replay.verdicts import next_of_result
from workbench.tools import Happened
from workbench.values import Stored
from workbench.view import RunView


class Around:
    """Answers what is asked beside a call, each by what the engine made of the answer then."""

    def __init__(
        self,
        progress: Progress,
        decode: Callable[[Stored], Any],
        view: Callable[[], RunView],
    ) -> None:
        """Follow a replay; see `RecordedExecutor`."""
        self._progress, self._decode, self._view = progress, decode, view

    def _next(self, step: str) -> Event | None:
        return next((record.event for _, record in self._progress.to_come(step)), None)

    async def check(self, step: str, *_: Any) -> Any:
        """Judge an output as it was judged: by what came of it."""
        event = self._next(step)
        if not step:
            said = next_of_result(self._progress)
            if isinstance(said, e.VerdictGiven) and said.by == BY and not said.ok:
                return self._verdict(said.why)
            return True
        if isinstance(event, (e.LoopTurned, e.LoopExhausted)):
            return self._verdict(event.why)
        if isinstance(event, (e.CallFailed, e.CallRetrying)) and event.error_type == "BadOutput":
            return self._verdict(event.error)
        return True

    def _verdict(self, why: str) -> str:
        if why.startswith(FAILED):
            raise raised_as(why.removeprefix(FAILED))
        return why

    async def probe(  # noqa: C901, PLR0911 - one case for each thing that was made of it
        self, step: str, *_: Any
    ) -> Any:
        """Say what the probe said: read from what the engine made of it."""
        event, undoing = self._next(step), self._view().run_kind == "undo"
        match event:
            case e.CallSucceeded():
                said = None if event.note else True
                return self._broke(event.note, "not confirmed: the probe failed: ", said)
            case e.CallFailed(error_type="NotConfirmed"):
                return False
            case e.CallDoubted(stuck=True) if undoing:
                return False
            case e.LoopTurned() | e.LoopExhausted():
                return True if event.output is None else Happened(self._decode(event.output))
            case e.ResourceSeen():
                return True
            case e.CallConfirmed(by="probe"):
                plain = event.output == Stored()
                return True if plain else Happened(self._decode(event.output))
            case e.CallRefuted(by="probe"):
                return False
            case e.StepSkipped(by="probe"):
                return True
            case e.RequestOpened(about="doubt") if NOT_CALLED in event.evidence:
                raise raised_as(str(event.evidence[NOT_CALLED]))
            case e.RequestOpened(about="doubt"):
                text = str(event.evidence.get("probe", ""))
                if text.startswith("what it should undo"):
                    return False
                return self._broke(text, "the probe failed: ", _Said(text))
            case _:
                return None

    @staticmethod
    def _broke(text: str, prefix: str, said: Any) -> Any:
        if text.startswith(prefix):
            raise raised_as(text.removeprefix(prefix))
        return said

    async def preview(self, step: str, *_: Any) -> Any:
        """Show what the preview has shown."""
        opened = self._asked(step)
        text = opened.preview if opened is not None else None
        return self._broke(text or "", "No preview: ", text)

    async def objects(self, step: str, *_: Any) -> Any:
        """List the objects that the person was shown."""
        opened = self._asked(step)
        return list(opened.objects or ()) if opened is not None else []

    def _asked(self, step: str) -> e.RequestOpened | None:
        """Find what the person was, or is about to be, shown."""
        event = self._next(step)
        if isinstance(event, e.RequestOpened):
            return event
        request = self._view().requests.get(self._view().steps[step].approved_request)
        return request.opened if request is not None else None

    async def before(self, step: str, *_: Any) -> Any:
        """Fail to give an image, as then; one that was kept is taken as it is."""
        event = self._next(step)
        if isinstance(event, e.CallFailed):
            raise raised_as(event.error, event.error_type, error_class=event.error_class)
        return None

    async def cancel(self, step: str, *_: Any) -> Any:
        """Cancel, or fail to, as then."""
        event = self._next(step)
        why = getattr(event, "why", "")
        if isinstance(event, e.CallDoubted) or not why.startswith("cancelled"):
            raise raised_as("Recorded: it could not be cancelled")

    async def version(
        self, step: str, function: Callable[..., Any], kwargs: Mapping[str, Any]
    ) -> Any:
        """Give the versions of what the step reads."""
        if kwargs:
            return self._version_of(step, str(next(iter(kwargs.values()))))
        keys = inspect.getclosurevars(function).nonlocals["keys"]
        return {key: self._version_of(step, key) for key in keys}

    def _version_of(self, step: str, key: str) -> str | None:
        view, event = self._view(), self._next(step)
        if isinstance(event, e.CallFailed) and step not in view.in_flight:
            raise raised_as(event.error, event.error_type, error_class=event.error_class)
        if isinstance(event, e.RequestOpened) and event.about == "conflict":
            now = event.evidence.get("now")
            return now if isinstance(now, str) else None
        find = partial(_sees, key=key)
        if key in view.resources and not (event is not None and find(event)):
            return view.resources[key].version
        seen = next((r.event for _, r in self._progress.to_come() if find(r.event)), None)
        return seen.version if isinstance(seen, e.ResourceSeen) else None


class _Said:
    """Something that a probe gave and that is neither yes nor no."""

    def __init__(self, text: str) -> None:
        """Read it from what the engine says of it."""
        self._text = text.removeprefix("the probe gave ").partition(", which is neither")[0]

    def __repr__(self) -> str:
        """Show it as it was shown."""
        return self._text


def _sees(event: Event, key: str) -> bool:
    return isinstance(event, e.ResourceSeen) and event.key == key
