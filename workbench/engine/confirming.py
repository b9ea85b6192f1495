"""After a write the world is asked, not only the tool believed.

A tool's probe is its post-condition: it runs once the tool has said that it is done.
"""

from __future__ import annotations

from typing import Any

import anyio.to_thread

from workbench.engine.bridge import is_our_cancellation
from workbench.engine.call import Call
from workbench.engine.log import Log
from workbench.engine.outputs import Outputs
from workbench.engine.parts import Parts
from workbench.engine.undoing import UndoCall
from workbench.tools import Happened

PROBE_TIMEOUT_S = 30.0


class NotConfirmed(Exception):
    """A tool said that it was done, and the world says that it was not."""


async def ask_world(
    call: Call, output: object, log: Log, outputs: Outputs, parts: Parts
) -> tuple[bool | None, str]:
    """Say whether the effect of a call that has returned is there, and why that is not known.

    Raises:
        BaseException: a cancellation of our own.
    """
    probe = call.tool.probe
    if probe is None or call.tool.repeatable:
        return None, ""
    try:
        if isinstance(call, UndoCall):
            available = dict(call.available)
        else:
            available = await _available(call, output, log, outputs)
        kwargs = call.tool.companion_args(probe, available)
        verdict = await parts.executor.run(
            probe, kwargs, step=call.step.id, timeout_s=PROBE_TIMEOUT_S
        )
    except BaseException as error:
        if is_our_cancellation(error):
            raise
        return None, f"not confirmed: the probe failed: {call.describe(error)}"
    if isinstance(verdict, Happened) or verdict is True:
        return True, ""
    if verdict is False:
        return False, "it said that it was done, and its probe finds no trace of it"
    return None, "not confirmed: the probe cannot tell"


async def _available(call: Call, output: object, log: Log, outputs: Outputs) -> dict[str, Any]:
    stored = log.view.steps[call.step.id].before
    image = None
    if stored is not None and stored.artifact is not None:
        image = await anyio.to_thread.run_sync(outputs.decode, stored)
    elif stored is not None:
        image = outputs.decode(stored)
    return {"before": image, "result": output, **call.kwargs, "key": call.key}
