"""Events are documents: told apart by their kind, written without defaults, read back exactly."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

import workbench as wb
from tests.plan.strategies import plans, text, values
from workbench import events as e
from workbench.commands import AnyCommand, Command, Fork, Restore, RollBack
from workbench.errors import JournalError
from workbench.gate import Gate
from workbench.plan import Change, Edit, SetOutput
from workbench.tools.talking import Asked
from workbench.values import Stored

EVENTS = get_args(e.BareEvent)

st.register_type_strategy(wb.Plan, plans(max_size=2))
st.register_type_strategy(
    wb.Replan,
    st.builds(
        wb.Replan,
        when=st.sampled_from(["every", "next"]),
        n=st.integers(1, 9),
        at_most=st.integers(1, 9),
        futile=st.integers(1, 9),
    ),
)
st.register_type_strategy(
    wb.Check,
    st.builds(
        wb.Check,
        where=st.dictionaries(text, st.builds(wb.at_most, st.integers(0, 9)), max_size=2),
        query=st.none() | st.builds(wb.Query, tool=text, args=st.just({"n": wb.ref("output")})),
        judge=text,
    ),
)
st.register_type_strategy(Stored, st.builds(Stored, value=values(), summary=text))
st.register_type_strategy(
    wb.Step, st.builds(wb.Step, id=st.sampled_from(["a", "b"]), tool=text, args=st.just({"n": 1}))
)
st.register_type_strategy(
    Change, st.builds(Change, step=text, changes=st.just({"args": {"t": wb.ref("a")}}))
)
st.register_type_strategy(
    wb.Rule,
    st.builds(
        wb.Rule,
        st.sampled_from(["ask", "allow"]),
        st.sampled_from(["send", "*"]),
        where=st.dictionaries(text, st.builds(wb.at_most, st.integers(0, 9)), max_size=2),
    ),
)
st.register_type_strategy(
    wb.Grant, st.builds(wb.Grant, st.just("send"), step=text, uses=st.none() | st.integers(1, 5))
)
st.register_type_strategy(
    e.CapturedVariable,
    st.builds(
        e.CapturedVariable,
        type=text,
        stored=st.builds(Stored, value=values(), summary=text),
        digest=text,
        same_as=text,
        more=st.dictionaries(text, values(), max_size=2),
    ),
)


def build(model: type[Any]) -> st.SearchStrategy[Any]:
    """Give instances of a model, with each optional field filled or left out."""
    special = {
        "args": st.dictionaries(text, values(), max_size=2),
        "evidence": st.dictionaries(text, values(), max_size=2),
        "spec_text": st.dictionaries(text, values(), max_size=2),
        "context": st.dictionaries(text, values(), max_size=2),
        "limits": st.dictionaries(text, st.floats(0, 1e9), max_size=2),
        "changes": st.just({"title": "new"}),
        "names": st.dictionaries(text, st.from_type(e.CapturedVariable), max_size=2),
    }
    places = st.integers(1, 9999)
    required, optional = {}, {}
    for name, field in model.model_fields.items():
        if name in ("kind", "op"):
            continue
        placed = (name == "to" and model in (RollBack, Restore)) or (name == "at" and model is Fork)
        strategy = places if placed else _of(name, field.annotation, special)
        if (
            least := next((m.min_length for m in field.metadata if hasattr(m, "min_length")), 0)
        ) > 0:
            strategy = strategy.filter(lambda value, least=least: len(value) >= least)
        if name == "order":  # it is made by a page, of these characters only
            strategy = st.text("0123456789abcdefghijklmnopqrstuvwxyz-", max_size=64)
        (required if field.is_required() else optional)[name] = strategy
    fields = st.fixed_dictionaries(required, optional=optional)
    return fields.map(lambda drawn: model(**drawn))


def _of(name: str, annotation: Any, special: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    if annotation == dict[str, dict[str, Any]]:
        return st.dictionaries(text, special["args"], max_size=2)
    if name in special and get_origin(annotation) is dict:
        return special[name]
    simple = [
        (float | None, st.none() | st.floats(allow_nan=False, allow_infinity=False)),
        (float, st.floats(allow_nan=False, allow_infinity=False)),
        (str, text.filter(bool)),
        (dict[str, float], st.dictionaries(text, st.floats(0, 1e9), max_size=2)),
        (dict[str, Any], st.dictionaries(text, values(), max_size=2)),
        (dict[str, str], st.dictionaries(text, text, max_size=2)),
        (dict[str, Any] | None, st.none() | st.dictionaries(text, values(), max_size=2)),
    ]
    for known, strategy in simple:
        if annotation == known:
            return strategy
    if get_origin(annotation) is tuple:
        inner = get_args(annotation)[0]
        return st.lists(text if inner is str else st.from_type(inner), max_size=2).map(tuple)
    return st.from_type(annotation)


for _nested in (e.VariablesCaptured, e.VariablesRestored, Asked, Gate):
    st.register_type_strategy(_nested, build(_nested))


def test_the_union_has_these_members() -> None:
    """The union of events has 76 members; one more is a decision, not an accident [RUNT-6]."""
    assert len(EVENTS) == 76
    assert list(e.KINDS.values()) == list(EVENTS)
    assert len(e.KINDS) == 76
    assert set(e.KINDS) == {
        *(f"run.{word}" for word in (
            "created", "planning", "started", "paused", "resumed", "waiting", "stopping",
            "succeeded", "failed", "stopped", "abandoned", "stalled", "timed_out")),
        "plan.revised", "planner.called", "planner.answered",
        *(f"call.{word}" for word in (
            "intended", "succeeded", "failed", "retrying", "cancelled", "doubted", "confirmed",
            "refuted", "submitted", "polled", "timed_out", "reported", "asked", "sampled")),
        *(f"step.{word}" for word in ("skipped", "given", "denied", "timed_out", "shared")),
        *(f"request.{word}" for word in ("opened", "answered", "armed", "expired", "voided")),
        "grant.given", "grant.revoked", "autonomy.changed", "call.refused",
        "call.left", "checkpoint.amended",
        "rollback.begun", "rollback.ended", "call.unplanned", "loop.turned", "loop.exhausted",
        "checkpoint.made", "host.attached", "fault.recorded", "limit.raised", "notice.delivered",
        "breaker.opened", "breaker.closed", "tools.accepted", "resource.seen", "control.revealed",
        "variables.captured", "variables.restored", "plan.commented", "plan.unchanged",
        *(f"model.{word}" for word in ("asked", "waiting", "streaming", "answered", "failed")),
        "context.compacted", "context.corrected",
        "verdict.asked", "verdict.given", "decision.made", "spec.drifted",
    }  # fmt: skip


def test_every_event_of_the_module_is_in_the_union() -> None:
    """A class of event that was written and forgotten in the union would be unreadable [RUNT-6]."""
    concrete: set[type[e.Event]] = set()
    todo = [e.Event]
    while todo:
        for cls in todo.pop().__subclasses__():
            todo.append(cls)
            if get_origin(cls.model_fields["kind"].annotation) is Literal:
                concrete.add(cls)

    assert concrete == set(EVENTS)


@pytest.mark.parametrize("cls", EVENTS, ids=lambda cls: cls.__name__)
def test_every_event_says_what_it_is(cls: type[e.Event]) -> None:
    """Each event has a literal kind of two words, a docstring, and cannot be changed [RUNT-6]."""
    kind = cls.model_fields["kind"]

    assert get_args(kind.annotation) == (kind.default,)
    assert kind.default.count(".") == 1
    assert cls.__doc__
    assert cls.model_config["frozen"]
    assert cls.model_config["extra"] == "forbid"


@pytest.mark.parametrize("cls", EVENTS, ids=lambda cls: cls.__name__)
def test_every_event_comes_back_exactly(cls: type[e.Event]) -> None:
    """An event written and read again is equal, by its kind and by the union [RUNT-6]."""

    @settings(max_examples=25, deadline=None)
    @given(build(cls))
    def comes_back(event: e.Event) -> None:
        body = e.dump(event)
        assert "kind" not in json.loads(body)
        assert e.load(event.kind, body) == event
        assert e.dump(e.load(event.kind, body)) == body
        assert e.AnyEvent.validate_json(event.model_dump_json()) == event

    comes_back()


def test_defaults_are_not_written() -> None:
    """What an event leaves at its default is not in the journal [RUNT-6]."""
    assert e.dump(e.RunStarted()) == "{}"
    assert json.loads(e.dump(e.RunCreated(goal="g"))) == {"goal": "g"}
    opened = e.RequestOpened(request="r", token="t", about="question", title="What?")
    assert set(json.loads(e.dump(opened))) == {"request", "token", "about", "title"}
    assert json.loads(e.dump(e.CallFailed(step="a", attempt=1, error="x", happened=False))) == {
        "step": "a", "attempt": 1, "error": "x", "happened": False,
    }  # fmt: skip


def test_edits_keep_their_tags() -> None:
    """Edits in an event keep their tags, and the references in them [PLAN-10]."""
    edits: tuple[Edit, ...] = (
        Change(step="b", changes={"args": {"t": (wb.ref("a", 0),)}}),
        SetOutput(step="b", output=Stored(value={"$ref": "no reference"})),
    )
    event = e.PlanRevised(number=2, digest="d", base="c", author="person", edits=edits)
    body = json.loads(e.dump(event))

    assert [edit["op"] for edit in body["edits"]] == ["change", "set_output"]
    assert body["edits"][0]["changes"] == {"args": {"t": [{"$ref": "a", "path": [0]}]}}
    assert e.load("plan.revised", e.dump(event)) == event


@pytest.mark.parametrize("kind", ["run.exploded", "", "RUN.CREATED", "run.created "])
def test_an_unknown_kind_is_refused(kind: str) -> None:
    """An event of a kind that this version does not know is refused, with what to do [RUNT-6]."""
    with pytest.raises(JournalError, match=r"unknown kind.*upgrade"):
        e.load(kind, "{}")
    with pytest.raises(ValidationError):
        e.AnyEvent.validate_python({"kind": kind})


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("run.created", "{}"),
        ("run.created", "not json"),
        ("run.created", '{"goal": 5}'),
        ("run.created", '{"goal": "g", "colour": "red"}'),
        ("call.succeeded", '{"step": "a"}'),
    ],
)
def test_a_damaged_event_is_refused(kind: str, body: str) -> None:
    """A body that is not of its kind is refused, with how to look into it [RUNT-6]."""
    with pytest.raises(JournalError, match=r"cannot be read.*workbench verify"):
        e.load(kind, body)


@pytest.mark.parametrize(
    ("union", "tag"),
    [(e.AnyEvent, "kind"), (AnyCommand, "kind"), (TypeAdapter(Edit), "op")],
    ids=["events", "commands", "edits"],
)
def test_the_schema_can_be_used_by_other_languages(union: TypeAdapter[Any], tag: str) -> None:
    """The exported schema is a union, and each member requires its tag [RUNT-6]."""
    schema = union.json_schema(mode="serialization")
    tags = schema["discriminator"]["mapping"]

    assert schema["discriminator"]["propertyName"] == tag
    assert len(schema["oneOf"]) == len(tags)
    for kind, place in tags.items():
        member = schema["$defs"][place.rpartition("/")[2]]
        assert member["properties"][tag]["const"] == kind
        assert tag in member["required"]
        assert member["additionalProperties"] is False
    json.dumps(schema)


@pytest.mark.parametrize("cls", get_args(Command), ids=lambda cls: cls.__name__)
def test_every_command_comes_back_exactly(cls: type[Any]) -> None:
    """A command written as a row and read again is equal [HARN-4]."""

    @settings(max_examples=25, deadline=None)
    @given(build(cls))
    def comes_back(command: Any) -> None:
        assert AnyCommand.validate_json(AnyCommand.dump_json(command)) == command

    comes_back()
