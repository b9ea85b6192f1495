"""Events of the notebook's variables: what they were at a place of the journal."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from workbench.events.base import Author, Event
from workbench.values import Artifact, Stored


class CapturedVariable(BaseModel):
    """A variable as it was captured."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str
    """Name of its type, such as `pandas.DataFrame`."""
    stored: Stored
    parts: tuple[Artifact, ...] = ()
    """Live values within it, such as the frames of a dict."""
    more: dict[str, Any] = Field(default_factory=dict)
    """What the form of a frame on disk leaves out, such as the frequency of its times."""
    digest: str
    """Of type and content: the same digest, the same value."""
    same_as: str = ""
    """Another variable that is the very same object; empty: none, or that one names this."""

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        """Everything of it that stands beside the journal."""
        own = self.stored.artifact
        return self.parts if own is None else (own, *self.parts)

    @property
    def size(self) -> int:
        """Bytes that stand beside the journal; 0: it is short, and stands in the event."""
        return sum(artifact.size for artifact in self.artifacts)


class VariablesCaptured(Event):
    """What has changed among the notebook's variables since the last capture of the run."""

    kind: Literal["variables.captured"] = "variables.captured"
    of: int
    """The place in the journal that it belongs to: the variables were bound like this there."""
    since: int = 0
    """An earlier place, when steps were faster than captures: those from there on have none of
    their own. 0: none was passed over."""
    names: dict[str, CapturedVariable] = Field(default_factory=dict)
    """Those that are new or have another value."""
    gone: tuple[str, ...] = ()
    left: dict[str, str] = Field(default_factory=dict)
    """Those that could not be captured, with the reason."""
    seconds: float = 0.0


class VariablesRestored(Event):
    """Variables were given the values back that they had at an earlier place."""

    kind: Literal["variables.restored"] = "variables.restored"
    to: int
    """The place whose values they got."""
    by: Author = "person"
    names: dict[str, CapturedVariable] = Field(default_factory=dict)
    removed: tuple[str, ...] = ()
    left: dict[str, str] = Field(default_factory=dict)
    """Those that could not be restored, with the reason."""
    by_hand: tuple[str, ...] = ()
    """Those that differ, but that only the person has changed: they were left as they are."""
