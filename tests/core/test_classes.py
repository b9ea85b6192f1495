"""Errors are sorted into six classes; the class decides what follows."""

from __future__ import annotations

import errno
import socket
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from workbench.engine.classes import BadOutput, classify, known_transient
from workbench.engine.retry_after import wait_asked_by
from workbench.errors import NotFound, ValueNotStorable
from workbench.executor import TimedOut
from workbench.models import ModelCallError

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


def saying(**fields: object) -> Exception:
    """Make an error that says something about itself."""
    error = TypeError("odd")
    vars(error).update(fields)
    return error


CASES = [
    (ConnectionResetError("gone"), "transient"),
    (TimeoutError(), "transient"),
    (TimedOut("late"), "transient"),
    (OSError(errno.ENETUNREACH, "no route"), "transient"),
    (socket.gaierror(-3, "try again"), "transient"),
    (ValueError("flaky"), "transient"),
    (FileNotFoundError("not yet"), "transient"),
    (saying(transient=True), "transient"),
    (saying(retry_after=3), "transient"),
    (ModelCallError.of("overload", "m"), "transient"),
    (ModelCallError.of("malformed", "m"), "bad_output"),
    (BadOutput("empty"), "bad_output"),
    (ValueNotStorable("a lock"), "bad_output"),
    (ModuleNotFoundError("pandas"), "missing_capability"),
    (NotFound("no secret", secret="mail"), "missing_capability"),
    (saying(error_class="budget"), "budget"),
    (ModelCallError.of("quota", "m"), "budget"),
    (PermissionError(13, "not yours"), "permission"),
    (ModelCallError.of("authentication", "m"), "permission"),
    (TypeError("no number"), "fatal"),
    (UnboundLocalError("x"), "fatal"),
    (AttributeError("x"), "fatal"),
    (AssertionError(), "fatal"),
    (NotImplementedError(), "fatal"),
    (SyntaxError("x"), "fatal"),
    (RecursionError(), "fatal"),
    (SystemExit(1), "fatal"),
]


@pytest.mark.parametrize(("error", "expected"), CASES, ids=range(len(CASES)))
def test_each_error_has_a_class(error: BaseException, expected: str) -> None:
    """An error is of the class that its kind, or its own word, says [HARN-6]."""
    assert classify(error) == expected


def test_a_word_that_is_no_class_is_not_believed() -> None:
    """What an error says of itself counts only when it is one of the six [HARN-6]."""
    assert classify(saying(error_class="harmless")) == "fatal"
    assert classify(saying(error_class="")) == "fatal"
    assert classify(saying(transient="yes")) == "fatal"


def test_only_what_passes_by_itself_is_known_to() -> None:
    """An ordinary error is retried, but is not known to be the network's fault [ASYN-9]."""
    assert known_transient(ConnectionError())
    assert not known_transient(ValueError("the job failed"))


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        (3, 3.0),
        (0.5, 0.5),
        (timedelta(minutes=1), 60.0),
        ("7", 7.0),
        ("Thu, 01 Jan 2026 12:01:30 GMT", 90.0),
        ("Thu, 01 Jan 2026 11:00:00 GMT", 0.0),
        (1e9, 86_400.0),
        (-1, None),
        ("soon", None),
        (float("inf"), None),
        (float("nan"), None),
        (True, None),
        (None, None),
    ],
)
def test_a_wait_must_be_a_number_of_seconds(said: object, seconds: float | None) -> None:
    """An error may ask for a wait, in seconds or until a date; what is no duration is not heard
    [COMP-11, RUNT-3]."""
    assert wait_asked_by(saying(retry_after=said), NOW) == seconds


def test_a_wait_is_read_where_errors_carry_it() -> None:
    """A wait is found in the fields of our errors and in the header of a response [RUNT-3]."""
    assert wait_asked_by(NotFound("busy", retry_after="5"), NOW) == 5
    response = SimpleNamespace(headers={"Retry-After": "6"})
    assert wait_asked_by(saying(response=response), NOW) == 6
    assert wait_asked_by(saying(response=None), NOW) is None
