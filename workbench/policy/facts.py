"""What a decision may depend on, and what it may come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from workbench.events import Autonomy
from workbench.grants import Grant, Rule, Subject
from workbench.plan import Step
from workbench.tools import Tool
from workbench.view import Held


@dataclass(frozen=True)
class Allow:
    """Go on."""

    reason: str


@dataclass(frozen=True)
class Ask:
    """Ask the person first."""

    reason: str
    by_rule: bool = False
    """Whether somebody wrote that it is to be asked; otherwise it follows from the effect."""


@dataclass(frozen=True)
class Deny:
    """Do not do it."""

    reason: str
    for_now: bool = False
    """Whether the step stays as it is and the run pauses: a freeze, or a right that is gone."""


Decision = Allow | Ask | Deny


@dataclass(frozen=True)
class Rights:
    """What the person and the agent may do at most; None: everything.

    A call needs both: that the agent acts for somebody gives it no more than they have, and what
    they have, it does not have by that.
    """

    person: tuple[Grant, ...] | None = None
    agent: tuple[Grant, ...] | None = None

    def knows(self, tool: str) -> bool:
        """Say whether the principal may know that a tool exists: person and agent have it."""
        return all(
            grants is None or any(grant.names(tool) for grant in grants)
            for grants in (self.person, self.agent)
        )

    def as_json(self) -> dict[str, Any]:
        """Give them as JSON; see `from_json`."""
        return {
            who: None if grants is None else [grant.model_dump(mode="json") for grant in grants]
            for who, grants in (("person", self.person), ("agent", self.agent))
        }

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Rights:
        """Make them again of what `as_json` gave."""
        person, agent = (
            None if said[who] is None else tuple(map(Grant.model_validate, said[who]))
            for who in ("person", "agent")
        )
        return cls(person=person, agent=agent)


class CallFacts(NamedTuple):
    """All that a decision may depend on."""

    run: str
    agent: str
    on_behalf_of: str
    step: Step
    tool: Tool
    args: dict[str, Any]
    """The arguments as JSON, with references resolved."""
    environment: str = ""
    spend: Mapping[str, float] = MappingProxyType({})
    """What the call declares to spend, by unit."""
    now: datetime | None = None
    autonomy: Autonomy = "risk"
    rights: Rights = Rights()
    grants: Mapping[str, Held] | None = None
    """The run's own, by id."""
    closed: bool = False
    """Whether the run has only what it was given: nothing else is asked about."""
    rules: Sequence[tuple[str, Rule]] = ()
    """Those of the run and of the journal, each with where it stands."""
    attended: bool = True
    """Whether there is a person to ask."""
    ordered: str = ""
    """What the person has ordered that this call is a part of; they need not be asked again."""

    @property
    def subject(self) -> Subject:
        """What rules and grants are asked about."""
        return Subject(self.tool, self.args, self.step.id, self.environment, self.spend, self.now)


class Decider(Protocol):
    """Anything that decides about calls; it must be pure."""

    def decide(self, call: CallFacts) -> Decision:
        """Decide about one call; an exception counts as deny."""
        ...
