"""The OpenAPI description of the server's door; commands are described by their own models."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from workbench.commands import AnyCommand
from workbench.report import wire

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}
MAYBE_TEXT: Schema = {"type": ["string", "null"]}
JOURNAL = "^[0-9a-f]{16}$"
ROWS: Schema = {"type": "array", "items": {"type": "object"}}


def description(base: str) -> Schema:
    """Describe every address below `base`."""
    place = "#/components/schemas/{model}"
    commands = AnyCommand.json_schema(ref_template=place)
    batch = TypeAdapter(wire.Batch).json_schema(ref_template=place)
    models = {**commands.pop("$defs"), **batch.pop("$defs"), "Batch": batch}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Workbench", "version": "1", "description": __doc__},
        "servers": [{"url": base}],
        "security": [{"token": []}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {
                "token": {"type": "apiKey", "in": "header", "name": "Authorization"}
            },
            "schemas": {**models, **_shapes(), "Command": commands},
        },
    }


def _paths() -> Schema:
    run = "/journals/{journal}/runs/{run}"
    return {
        "": {"get": _get("Say what this door can do.", "Api")},
        "/openapi.json": {"get": _get("This description.", None)},
        "/journals": {
            "get": _get("List the journals of this user.", "Journals"),
            "post": _post("Show a file below the root folder.", "NewJournal", "Journal", 201),
        },
        "/journals/{journal}/commands": {
            "post": _post("Lift a freeze.", "Order", "Done", 200, _in_path("journal", JOURNAL)),
        },
        "/runs": {"get": _get("List the newest runs.", "Runs", _number("limit", 1, 1000))},
        "/freezes": {"get": _get("List the freezes in force.", "Freezes")},
        "/inbox": {"get": _get("List what waits for a person.", "Inbox")},
        "/inbox/stream": {"get": _stream("The same list, whenever it changes.")},
        run: {"get": _get("One run, as a page sees it.", "Batch", *_of_run())},
        f"{run}/trace": {
            "get": _get(
                "Rows of its trace behind an event.",
                "Trace",
                *_of_run(),
                _number("after", 0, 2**53),
                _number("limit", 1, 1000),
            )
        },
        f"{run}/stream": {"get": _stream("Its batches, as they are made.", *_of_run())},
        f"{run}/places": {
            "get": _get("Places to go back to, its forks, its undos.", "Places", *_of_run())
        },
        f"{run}/places/{{seq}}": {
            "get": _get("What a place holds and does not.", "Place", *_of_run(), _seq())
        },
        f"{run}/places/{{seq}}/undo": {
            "get": _get("What going back there would do.", "Undo", *_of_run(), _seq())
        },
        f"{run}/compare/{{other}}": {
            "get": _get("Another run beside it.", "Comparison", *_of_run("other"))
        },
        f"{run}/changes/{{number}}": {
            "get": _get("What a revision of its plan changed.", "Changes", *_of_run(), _revision())
        },
        f"{run}/terms": {
            "get": _get("How much it asks, limits, rights, decisions.", "Terms", *_of_run())
        },
        f"{run}/commands": {
            "post": _post("Give an order.", "Order", "Done", 200, *_of_run()),
        },
    }


def _shapes() -> Schema:
    row = {
        "journal": TEXT, "run": TEXT, "goal": TEXT, "state": TEXT, "done": NUMBER,
        "total": NUMBER, "open_requests": NUMBER, "below": TEXT,
    }  # fmt: skip
    asked = {
        "journal": TEXT, "run": TEXT, "id": TEXT, "title": TEXT, "tool": TEXT, "risk": TEXT,
        "opened": TEXT, "expires": MAYBE_TEXT,
    }  # fmt: skip
    freeze = {
        "journal": TEXT, "journal_name": TEXT, "id": TEXT, "what": TEXT, "tool": TEXT,
        "why": TEXT, "by": TEXT, "at": TEXT,
    }  # fmt: skip
    surface = {"enum": ["panel", "widget"], "default": "panel"}
    named = {**TEXT, "pattern": "^[0-9a-z-]{0,64}$"}
    order = {
        "command": {"$ref": "#/components/schemas/Command"}, "surface": surface, "id": named,
    }  # fmt: skip
    return {
        "Api": _object(workbench=NUMBER, may_order={"type": "boolean"}),
        "Journal": _object(id=TEXT, name=TEXT, fault=MAYBE_TEXT),
        "Journals": _object(journals=_list("Journal")),
        "NewJournal": _object(path=TEXT),
        "Run": _object(**row),
        "Runs": _object(runs=_list("Run"), faults={"type": "array", "items": TEXT}),
        "Freeze": _object(**freeze),
        "Freezes": _object(freezes=_list("Freeze"), faults={"type": "array", "items": TEXT}),
        "Asked": _object(**asked),
        "Inbox": _object(requests=_list("Asked")),
        "Trace": _object(rows=_list("TraceRow"), next={"type": ["integer", "null"]}),
        **_past(),
        "Order": {"type": "object", "properties": order, "required": ["command"]},
        "Done": _object(carried_out={"type": "boolean"}),
        "Fault": _object(message=TEXT, error=TEXT),
    }


def _past() -> Schema:
    names = {"type": "array", "items": TEXT}
    outcome = {"step": TEXT, "outcome": TEXT, "words": TEXT, "why": TEXT, "told": names}
    undo = {
        "to": NUMBER, "preview": {"type": "boolean"}, "undo": TEXT, "state": TEXT, "open": names,
        "shared": names, "counts": {"type": "object"}, "told_known": {"type": "boolean"},
        "rows": {"type": "array", "items": _object(**outcome)},
    }  # fmt: skip
    place = {
        "seq": NUMBER, "state": TEXT, "variables": ROWS, "not_captured": {"type": "array"},
        "never": TEXT, "outputs": ROWS, "usage": {"type": "object"}, "limits": {"type": "object"},
        "requests": names, "effects_since": NUMBER,
    }  # fmt: skip
    last = {"type": ["object", "null"]}
    side = {"a": {"type": "object"}, "b": {"type": "object"}}
    return {
        "Places": _object(seq=NUMBER, places=ROWS, family=ROWS, undone=ROWS, restored=last),
        "Place": _object(**place),
        "Undo": _object(**undo),
        "Comparison": _object(**side, prefix=TEXT, different=NUMBER, steps=ROWS),
        "Changes": _object(number=NUMBER, author=TEXT, reason=TEXT, steps=ROWS),
        "Terms": _object(autonomy=TEXT, limits=ROWS, rights=ROWS, decisions=ROWS, notes=ROWS),
    }


def _object(**fields: Schema) -> Schema:
    return {"type": "object", "properties": fields, "required": list(fields)}


def _list(name: str) -> Schema:
    return {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}


def _json(name: str | None) -> Schema:
    schema = {"$ref": f"#/components/schemas/{name}"} if name else {"type": "object"}
    return {"application/json": {"schema": schema}}


def _faults(*more: int) -> Schema:
    says = {"description": "Refused; says why.", "content": _json("Fault")}
    return {str(status): says for status in sorted({400, 403, 404, 503, *more})}


def _get(summary: str, answer: str | None, *parameters: Schema) -> Schema:
    good = {"description": "Done.", "content": _json(answer)}
    return {
        "summary": summary,
        "parameters": list(parameters),
        "responses": {"200": good, **_faults()},
    }


def _post(summary: str, body: str, answer: str, status: int, *parameters: Schema) -> Schema:
    good = {"description": "Done.", "content": _json(answer)}
    return {
        "summary": summary,
        "parameters": list(parameters),
        "requestBody": {"required": True, "content": _json(body)},
        "responses": {str(status): good, **_faults(409, 413)},
    }


def _stream(summary: str, *parameters: Schema) -> Schema:
    last = {"name": "Last-Event-ID", "in": "header", "schema": TEXT}
    events = {"description": "Until the page goes.", "content": {"text/event-stream": {}}}
    return {
        "summary": summary,
        "parameters": [*parameters, last],
        "responses": {"200": events, **_faults()},
    }


def _number(name: str, least: int, most: int) -> Schema:
    schema = {"type": "integer", "minimum": least, "maximum": most}
    return {"name": name, "in": "query", "schema": schema}


def _revision() -> Schema:
    schema = {"type": "integer", "minimum": 0, "maximum": 10**9 - 1}
    return {"name": "number", "in": "path", "required": True, "schema": schema}


def _seq() -> Schema:
    schema = {"type": "integer", "minimum": 0, "maximum": 10**15 - 1}
    return {"name": "seq", "in": "path", "required": True, "schema": schema}


def _of_run(*others: str) -> list[Schema]:
    runs = dict.fromkeys(("run", *others), "^[a-z0-9-]{1,64}$")
    return [_in_path(*one) for one in {"journal": JOURNAL, **runs}.items()]


def _in_path(name: str, pattern: str) -> Schema:
    return {"name": name, "in": "path", "required": True, "schema": {**TEXT, "pattern": pattern}}
