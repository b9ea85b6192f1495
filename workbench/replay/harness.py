"""What a recording was decided with, where whoever plays it knows nothing of its tools."""

from __future__ import annotations

import copy
from collections.abc import Mapping

from pydantic import ValidationError

from workbench.engine import Parts
from workbench.errors import ToolError
from workbench.events import RequestOpened, StepDenied
from workbench.policy import Policy, Rights
from workbench.policy.authority import NOBODY
from workbench.replay.course import Course


def decided_as_recorded(parts: Parts, course: Course) -> Parts:
    """Give parts with the recorded policy and rights, as the recorded declarations of tools count.

    Who has any of its tools, or rules of their own, decides by those: so a change is found. A
    policy of the user's own class is known by its name only, and must be given.
    """
    known = parts.tools.tool_map()
    if any(name in known for name in course.created.tools) or getattr(parts.policy, "rules", True):
        return parts
    said = course.created.spec_text
    found = copy.copy(parts)
    found.attended = parts.attended and not _was_alone(course)
    try:
        if isinstance(policy := said.get("policy"), Mapping):
            found.policy = Policy.from_json(policy)
        if isinstance(rights := said.get("rights"), Mapping) and parts.rights == Rights():
            found.rights = Rights.from_json(rights)
    except (ValidationError, ToolError, TypeError, ValueError, KeyError):
        return parts  # a stranger's file may hold anything
    return found


def _was_alone(course: Course) -> bool:
    """Whether something was refused because nobody was there to ask, and nobody ever was asked."""
    events = [record.event for record in course.records]
    refused = any(isinstance(e, StepDenied) and e.reason.endswith(NOBODY) for e in events)
    return refused and not any(isinstance(e, RequestOpened) for e in events)
