"""Refusals cross the journal as JSON, and come out of it as the same error."""

from __future__ import annotations

import json

from pydantic import ValidationError

from workbench import errors
from workbench.errors import CommandRefused, WorkbenchError
from workbench.plan import Finding

_KINDS = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, WorkbenchError)
}


def pack(error: WorkbenchError) -> str:
    """Write an error as JSON."""
    fields = {
        name: [f.model_dump(mode="json") for f in value] if name == "findings" else str(value)
        for name, value in error.fields.items()
    }
    return json.dumps(
        {
            "type": type(error).__name__,
            "what": error.what,
            "next": error.next_step,
            "fields": fields,
        }
    )


def unpack(text: str) -> WorkbenchError:
    """Make the error again that `pack` wrote."""
    try:
        parts = json.loads(text)
        fields = dict(parts["fields"])
        if "findings" in fields:
            fields["findings"] = [Finding.model_validate(item) for item in fields["findings"]]
        kind = _KINDS.get(parts["type"], CommandRefused)
    except (ValueError, KeyError, TypeError, ValidationError):
        return CommandRefused(text or "The command was refused.")
    made: WorkbenchError = kind(parts["what"], parts["next"], **fields)
    return made
