"""What kind of failure an error is, which decides what follows. No I/O.

`transient` passes by itself; `bad_output` is an answer that cannot be used; `missing_capability`
is something that this process lacks; `budget` is a limit; `permission` a refusal by the world;
`fatal` a fault of the program. `docs/failures.md` says what each leads to.
"""

from __future__ import annotations

import errno
import socket
from typing import get_args

from workbench.engine.retry_after import wait_asked_by
from workbench.errors import LimitReached, NotFound, ToolError, ValueNotStorable
from workbench.events import ErrorClass
from workbench.executor import NoAnswer
from workbench.models import ModelCallError

CLASSES: tuple[str, ...] = get_args(ErrorClass)
PROGRAMMING = (
    TypeError,
    NameError,
    AttributeError,
    NotImplementedError,
    AssertionError,
    SyntaxError,
    RecursionError,
)
"""Faults of the program: the same call would fail again."""

NETWORK = frozenset(
    {
        errno.ENETDOWN,
        errno.ENETUNREACH,
        errno.ENETRESET,
        errno.EHOSTDOWN,
        errno.EHOSTUNREACH,
        errno.ENOBUFS,
        errno.ENOTCONN,
        errno.EAGAIN,
        errno.EINTR,
    }
)
"""Numbers of the operating system's errors that mean: the network, not the call."""

_MODEL: dict[str, ErrorClass] = {
    "quota": "budget",
    "authentication": "permission",
    "refusal": "permission",
    "rejected": "fatal",
    "malformed": "bad_output",
}


class BadOutput(ToolError):
    """An output that did not satisfy its check."""


def classify(error: BaseException) -> ErrorClass:
    """Give the class of an error that a call has raised.

    An error may say so itself: `error_class`, `transient=True`, or `retry_after` in seconds. An
    ordinary error that is none of the others counts as transient, so that a flaky tool is retried
    as it declares.
    """
    said = getattr(error, "error_class", None)
    if isinstance(said, str) and said and said in CLASSES:
        return said  # type: ignore[return-value]  # it is one of them
    if isinstance(error, ModelCallError):
        return _MODEL.get(error.fault, "transient")
    signs: tuple[tuple[ErrorClass, bool], ...] = (
        ("transient", known_transient(error)),
        ("permission", isinstance(error, PermissionError)),
        ("missing_capability", isinstance(error, ImportError) or _is_missing_secret(error)),
        ("budget", isinstance(error, LimitReached)),
        ("bad_output", isinstance(error, (ValueNotStorable, BadOutput))),
        ("fatal", isinstance(error, PROGRAMMING) or not isinstance(error, Exception)),
    )
    return next((kind for kind, holds in signs if holds), "transient")


def known_transient(error: BaseException) -> bool:
    """Whether an error passes by itself for sure: a timeout, the network, or it says so."""
    if getattr(error, "transient", None) is True or wait_asked_by(error) is not None:
        return True
    if isinstance(error, (ConnectionError, TimeoutError, NoAnswer)):
        return True
    if isinstance(error, ModelCallError):
        return error.retryable
    # The resolver's errors are OSErrors with numbers of their own.
    unresolved = isinstance(error, socket.gaierror)
    return unresolved or (isinstance(error, OSError) and error.errno in NETWORK)


def _is_missing_secret(error: BaseException) -> bool:
    return isinstance(error, NotFound) and "secret" in error.fields


def argument_faults(error: BaseException) -> tuple[dict[str, str], ...]:
    """Give the faults of arguments by their path in the schema; empty when it is another error."""
    faults = getattr(error, "fields", {}).get("faults", ()) if isinstance(error, ToolError) else ()
    return tuple(dict(fault) for fault in faults if isinstance(fault, dict))
