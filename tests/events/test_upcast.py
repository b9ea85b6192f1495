"""Old forms of events: a line that was written long ago is read as what it means today."""

from __future__ import annotations

import pytest

from workbench.errors import JournalError
from workbench.events import CheckpointMade, FaultRecorded, dump, load, upcast


@pytest.fixture(autouse=True)
def forms(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[upcast.OldForm]]:
    """Register for this test only."""
    made: dict[str, list[upcast.OldForm]] = {}
    monkeypatch.setattr(upcast, "OLD", made)
    monkeypatch.setattr("workbench.events.union.OLD", made)
    return made


def test_a_line_is_lifted_through_every_form() -> None:
    """A line of the oldest form becomes the present event, form by form in order [RUNT-17]."""

    @upcast.old_form("fault.recorded", until=2)
    def second(fields: upcast.Fields) -> upcast.Fields:
        if "message" in fields:
            fields["error"] = fields.pop("message")
        return fields

    @upcast.old_form("fault.recorded", until=1)
    def first(fields: upcast.Fields) -> upcast.Fields:
        if "text" in fields:
            fields["message"] = fields.pop("text")
        return fields

    present = FaultRecorded(where="test", error="ü")
    for body in (
        '{"where": "test", "text": "ü"}',
        '{"where": "test", "message": "ü"}',
        dump(present),
    ):
        assert load("fault.recorded", body) == present


def test_a_kind_may_be_renamed() -> None:
    """A line of a kind that has another name now is read under the new one [RUNT-17]."""

    @upcast.old_form("place.named", until=1, becomes="checkpoint.made")
    def renamed(fields: upcast.Fields) -> upcast.Fields:
        return {"name": fields["label"]}

    @upcast.old_form("checkpoint.made", until=2)
    def later(fields: upcast.Fields) -> upcast.Fields:
        return {**fields, "name": fields["name"].strip()}

    read = load("place.named", '{"label": " before lunch "}')
    assert read == CheckpointMade(name="before lunch")


@pytest.mark.parametrize("body", ["no json", "[]", "{}"])
def test_an_old_line_that_is_damaged_is_named(body: str) -> None:
    """A damaged line of an old form is an error of ours, not of the function that lifts it."""

    @upcast.old_form("place.named", until=1, becomes="checkpoint.made")
    def renamed(fields: upcast.Fields) -> upcast.Fields:
        return {"name": fields["label"]}

    with pytest.raises(JournalError, match=r"'place\.named' cannot be read"):
        load("place.named", body)


def test_other_kinds_are_left_alone() -> None:
    """What never changed is read as ever."""
    event = CheckpointMade(name="x")
    assert load(event.kind, dump(event)) == event
