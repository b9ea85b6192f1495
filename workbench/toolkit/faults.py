"""What the tools of the toolkit raise, by what it means for the world."""

from __future__ import annotations

from typing import Any

from workbench.errors import ImageTooLarge, ToolError


class Refused(ToolError):
    """The tool refused the call, and nothing was changed."""

    happened: bool | None = False


class TooLarge(Refused, ImageTooLarge):
    """What an undo would need is larger than may be kept; only a person may allow it without."""


class Changed(Refused):
    """Somebody else changed the same thing in between; nothing was overwritten."""


class Failed(ToolError):
    """The world said no, or broke; `happened` says what is known about the effect."""

    def __init__(
        self, what: str, next_step: str = "", *, happened: bool | None = None, **fields: Any
    ) -> None:
        """Store the parts; `happened` is None when nobody knows."""
        super().__init__(what, next_step, happened=happened, **fields)

    @property
    def happened(self) -> bool | None:
        """False: surely no effect; True: surely one; None: not known."""
        answer: bool | None = self.fields.get("happened")
        return answer


class Uncertain(Failed, TimeoutError):
    """No answer came back, so nobody knows whether the effect happened."""


def changed(name: str) -> Changed:
    """Make the error of an undo that found somebody else's work."""
    return Changed(
        f"{name} was changed by somebody else since this call; nothing was overwritten.",
        "Compare it with the before-image in the journal and decide by hand.",
        name=name,
    )
