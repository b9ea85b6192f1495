"""Errors are built from data: they read well, survive pickling, and cross the journal."""

from __future__ import annotations

import copy
import inspect
import pickle
import re

import pytest

import workbench as wb
from workbench import errors, ids
from workbench.engine.refusals import pack, unpack
from workbench.errors import PlanError, RunFailed, WaitTimeout, WorkbenchError
from workbench.plan import Finding

ALL = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]
ODD = ("Any", "annotations", "_rebuild", "__doc__")
KINDS = [kind for kind in ALL if issubclass(kind, WorkbenchError)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_error_survives_pickling(kind: type[WorkbenchError]) -> None:
    """An error keeps its sentence, its advice and its fields through pickle and copy [HARN-13]."""
    error = kind("It broke.", "Mend it.", step="a", errors={"a": "x"})

    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(again) is kind
        assert str(again) == "It broke. Mend it."
        assert (again.what, again.next_step) == ("It broke.", "Mend it.")
        assert again.fields == {"step": "a", "errors": {"a": "x"}}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_error_says_when_it_is_raised(kind: type[WorkbenchError]) -> None:
    """Each class has a docstring of its own, and is caught as the one base class [HARN-13]."""
    assert kind.__doc__
    assert kind is WorkbenchError or kind.__doc__ != WorkbenchError.__doc__
    assert str(kind("It broke.")) == "It broke."
    with pytest.raises(WorkbenchError):
        raise kind("It broke.")


def test_all_errors_are_ours() -> None:
    """The module holds nothing but the errors [HARN-13]."""
    assert set(ALL) - set(KINDS) <= {errors.Any}
    assert wb.errors is errors


def test_some_errors_are_read_by_programs() -> None:
    """A failed run has errors by step, a wrong plan findings, a long wait is a timeout [CONC-3]."""
    finding = Finding(code="empty", step=None, message="no steps")

    assert RunFailed("It failed.", errors={"a": "x"}).errors == {"a": "x"}
    assert RunFailed("It failed.").errors == {}
    assert PlanError("It is wrong.", findings=[finding]).findings == [finding]
    assert PlanError("It is wrong.").findings == []
    assert issubclass(WaitTimeout, TimeoutError)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_refusal_crosses_the_journal(kind: type[WorkbenchError]) -> None:
    """A refusal that another process wrote comes out as the same error [PLAN-11]."""
    finding = Finding(code="cycle", step="a", message="a→b→a")
    error = kind("It is refused: ü.", "Do this.", base="abc", findings=[finding])

    again = unpack(pack(error))

    assert type(again) is kind
    assert str(again) == str(error)
    assert again.fields == {"base": "abc", "findings": [finding]}


@pytest.mark.parametrize("text", ["", "plain words", "[1]", '{"type": "Path"}', "null", '"x"'])
def test_a_refusal_that_cannot_be_read_is_still_one(text: str) -> None:
    """Whatever stands in the row, a refusal comes out as a refusal [HARN-13]."""
    assert isinstance(unpack(text), errors.CommandRefused)


@pytest.mark.parametrize("name", ["nothing", *ODD])
def test_a_refusal_names_an_error_class(name: str) -> None:
    """A row that names something else than an error of ours gives a plain refusal [HARN-13]."""
    written = pack(WorkbenchError("It broke.")).replace('"WorkbenchError"', f'"{name}"')

    assert isinstance(unpack(written), WorkbenchError)


# -- names -----------------------------------------------------------------------------------


def test_ids_can_be_read_out() -> None:
    """An id has no letters that look alike, and no two are the same [RUNT-1]."""
    made = {ids.new_id("run") for _ in range(2000)}

    assert len(made) == 2000
    assert all(re.fullmatch(r"run-[0-9a-hjkmnp-tv-z]{10}", one) for one in made)
    assert len(ids.new_id("x", 4)) == 6


def test_a_key_names_one_intended_action() -> None:
    """The idempotency key depends on run, step, tool and arguments, each of them [CONC-8]."""
    base = ("run-1", "a", "send", ids.digest({"n": 1}))
    others = [
        ("run-2", *base[1:]),
        (base[0], "b", *base[2:]),
        (*base[:2], "mail", base[3]),
        (*base[:3], ids.digest({"n": 2})),
        ("run-1a", "", *base[2:]),
    ]
    keys = {ids.idempotency_key(*parts) for parts in (base, *others)}

    assert ids.idempotency_key(*base) == ids.idempotency_key(*base)
    assert len(keys) == len(others) + 1
    assert all(len(key) == 32 for key in keys)


def test_a_digest_names_content() -> None:
    """Equal JSON has one digest whatever the order of keys; what is no JSON has none [PLAN-2]."""
    assert ids.digest({"a": 1, "b": [None, "ü"]}) == ids.digest({"b": [None, "ü"], "a": 1})
    assert ids.digest({"a": 1}) != ids.digest({"a": 1.0})
    assert ids.canonical({"b": 1, "a": "ü"}) == '{"a":"ü","b":1}'.encode()
    with pytest.raises(ValueError, match="JSON compliant"):
        ids.digest(float("nan"))
    with pytest.raises(TypeError, match="object"):
        ids.digest(object())
