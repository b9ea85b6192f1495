"""The verifying model of a replay: it finds again what was found."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

from workbench.errors import ModelError
from workbench.models import Capabilities, ModelReply, ModelRequest, ModelUsage
from workbench.replay.progress import Progress

NONE_GIVEN = "it gave no verdict: "


class RecordedVerifier:
    """Gives the recorded verdicts, one for each time that the model was asked."""

    capabilities = Capabilities()

    def __init__(self, progress: Progress) -> None:
        """Follow a replay."""
        self._progress = progress

    @property
    def label(self) -> str:
        """The label of the model that was asked."""
        to_come = [record for _, record in self._progress.to_come()]
        for record in (*to_come, *reversed(self._progress.replayed)):
            if record.kind.startswith("verdict."):
                by = str(getattr(record.event, "by", ""))
                if by.startswith("model "):
                    return by.removeprefix("model ")
        return "recorded"

    async def request(self, request: ModelRequest) -> ModelReply:
        """Give the next recorded verdict.

        Raises:
            ModelError: it gave none then, or the recording has no further one.
        """
        del request
        for index, record in self._progress.to_come():
            if record.kind == "verdict.given":
                await self._progress.reach(index)
                self._progress.calls += 1
                fields = record.event.model_dump()
                if fields["why"].startswith(NONE_GIVEN):
                    raise ModelError(fields["why"].removeprefix(NONE_GIVEN))
                used, why = fields["usage"], fields["why"].removeprefix(f"{self.label} finds: ")
                return ModelReply(
                    text=json.dumps({"ok": fields["ok"], "why": why}),
                    usage=ModelUsage(used.get("tokens_in"), used.get("tokens_out")),
                    cost_usd=used.get("usd"),
                )
        raise ModelError("The recording has no further verdict.")

    async def stream(self, request: ModelRequest) -> AsyncIterator[str | ModelReply]:
        """Give it as one piece."""
        yield await self.request(request)
