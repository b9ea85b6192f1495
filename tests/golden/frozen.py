"""What a version makes of a journal, as JSON, and how a later version is compared with it.

A later version may know more fields than the one that was frozen. So the names of the fields of
that time are frozen too, and a later view is reduced to them: what is left must be equal, value by
value. A field that vanished, or has another value, is a difference; a field that is new is not.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from workbench.journal import Journal
from workbench.journal.schema import VERSION
from workbench.journal.snapshot import load_view

Fields = dict[str, list[str]]


def freeze(journal: Journal) -> dict[str, Any]:
    """Fold every run of a journal, and note which fields there are."""
    fields: Fields = {}
    runs = {
        row.id: {"seq": row.seq, "head": row.head, "state": row.state, "key": row.key}
        for row in journal.runs()
    }
    for run, frozen in runs.items():
        view = load_view(journal, run)
        _note_fields(view, fields)
        frozen["view"] = reduce(view, fields)
        frozen["kinds"] = [record.kind for record in journal.records(run)]
    return {"version": VERSION, "fields": fields, "runs": runs}


def reduce(value: Any, fields: Fields) -> Any:
    """Give a view as JSON with only these fields, by name of their class; empty ones are left out.

    A class that the frozen version did not know is given whole.
    """
    if isinstance(value, BaseModel):
        name = type(value).__name__
        known = fields.get(name, list(type(value).model_fields))
        return _without_empty({key: reduce(getattr(value, key), fields) for key in known})
    if isinstance(value, dict):
        return {str(key): reduce(item, fields) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [reduce(item, fields) for item in value]
    return to_jsonable_python(value)


def _note_fields(value: Any, fields: Fields) -> None:
    if isinstance(value, BaseModel):
        names = list(type(value).model_fields)
        fields.setdefault(type(value).__name__, names)
        for name in names:
            _note_fields(getattr(value, name), fields)
    elif isinstance(value, (dict, list, tuple)):
        for item in value.values() if isinstance(value, dict) else value:
            _note_fields(item, fields)


def _without_empty(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, "", [], {})}
