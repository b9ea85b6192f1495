"""Outputs of finished steps as a model is shown them; made once for each output."""

from __future__ import annotations

import json
from collections import OrderedDict

import anyio.to_thread

from workbench.context import excerpt
from workbench.engine.outputs import Outputs
from workbench.values import Stored
from workbench.view import RunView

READ = 64 * 1024 * 1024
"""Bytes up to which an artifact is read for it; of a larger one only the summary is shown."""
KEPT = 1_000
"""Excerpts that are kept in memory."""


class Excerpts:
    """Makes excerpts in a thread, because a large output has to be read back for it."""

    def __init__(self, outputs: Outputs) -> None:
        """Read through `outputs`."""
        self._outputs = outputs
        self._known: OrderedDict[tuple[str, str], str] = OrderedDict()

    async def of(self, view: RunView) -> dict[str, str]:
        """Give the excerpt of each output, by step."""
        stored = {
            step.id: step.output
            for step in view.steps.values()
            if step.output is not None and step.state == "succeeded"
        }
        return await anyio.to_thread.run_sync(self._all, stored) if stored else {}

    def _all(self, stored: dict[str, Stored]) -> dict[str, str]:
        return {step: self._one(step, output) for step, output in stored.items()}

    def _one(self, step: str, output: Stored) -> str:
        name = (step, output.artifact.digest if output.artifact is not None else output.digest)
        found = self._known.get(name) if name[1] else None
        if found is None:
            found = self._make(step, output)
            self._known[name] = found
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
        return found

    def _make(self, step: str, output: Stored) -> str:
        reference = json.dumps({"$ref": step})
        artifact = output.artifact
        if artifact is None:
            return excerpt(output.value, reference)
        size = f"{output.summary} ({artifact.size:,} bytes; the whole is {reference})"
        readable = artifact.media.startswith(("application/json", _PARQUET))
        if not readable or artifact.size > READ:
            return size
        try:
            return excerpt(self._outputs.decode(output), reference)
        except Exception:  # noqa: BLE001 - a library that cannot read it is no reason not to plan
            return size


_PARQUET = "application/vnd.apache.parquet"
