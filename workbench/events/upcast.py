"""Old forms of events: the one place where a line of an older journal becomes a present event.

A line is never rewritten, because its hash stands for it; so a journal that was migrated still
holds lines in the form of the version that wrote them. When an event changes by more than a new
field with a default, its old form is registered here:

    @old_form("call.failed", until=2)
    def _(fields):                      # version 2 said `message`, since version 3 it is `error`
        if "message" in fields:
            fields["error"] = fields.pop("message")
        return fields

The function gets the fields as they stand in the line and gives those of the next form. It must
leave the next form as it is: lines do not say which version wrote them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Fields = dict[str, Any]
Lift = Callable[[Fields], Fields]


@dataclass(frozen=True)
class OldForm:
    """How the form that was written until a version becomes the one after it."""

    until: int
    """Last version of the journal that wrote it."""
    kind: str
    """Kind of the next form; another one when it was renamed."""
    lift: Lift


OLD: dict[str, list[OldForm]] = {}
"""Old forms by the kind that stands in the line, oldest first; a kind that never changed has none,
and its lines cost nothing more."""


def old_form(kind: str, *, until: int, becomes: str | None = None) -> Callable[[Lift], Lift]:
    """Register how an old form of `kind` is lifted.

    Args:
        kind: as it stands in the line.
        until: last version of the journal that wrote this form.
        becomes: the kind's new name, if it was renamed then.
    """

    def register(lift: Lift) -> Lift:
        forms = OLD.setdefault(kind, [])
        forms.append(OldForm(until, becomes or kind, lift))
        forms.sort(key=lambda form: form.until)
        return lift

    return register


def lift(kind: str, body: str) -> tuple[str, str]:
    """Give kind and body of a line in the present form; `kind` is in `OLD`.

    Raises:
        ValueError: the body is no JSON object.
    """
    fields = json.loads(body)
    if not isinstance(fields, dict):
        message = "it is no JSON object"
        raise ValueError(message)  # noqa: TRY004 - what reads it catches what JSON raises
    since = 0
    while form := next((f for f in OLD.get(kind, ()) if f.until > since), None):
        kind, fields, since = form.kind, form.lift(fields), form.until
    return kind, json.dumps(fields)
