"""What a provider's error means; imported with pydantic-ai, on first use."""

from __future__ import annotations

import json

import httpx
from pydantic_ai import exceptions as x

from workbench.models.errors import ModelCallError, ModelFault

_FAULTS: tuple[tuple[type[Exception], ModelFault], ...] = (
    (x.ModelQuotaExceededError, "quota"),
    (x.ModelRateLimitError, "rate_limit"),
    (x.ModelUnavailableError, "overload"),
    (x.ModelServerError, "server"),
    (x.ModelRequestTimeout, "timeout"),
    (x.ModelTimeoutError, "timeout"),
    (x.ModelConnectionError, "connection"),
    (x.ModelAuthenticationError, "authentication"),
    (x.ModelRequestRejectedError, "rejected"),
    (x.ContentFilterError, "refusal"),
    (x.ModelHTTPError, "rejected"),
    (x.ModelAPIError, "malformed"),
    (x.UnexpectedModelBehavior, "malformed"),
    (x.UserError, "rejected"),
    (json.JSONDecodeError, "malformed"),
    (TimeoutError, "timeout"),
    (httpx.TimeoutException, "timeout"),
    (httpx.TransportError, "connection"),
    (ConnectionError, "connection"),
)
"""The first that fits counts: the special ones stand before the general ones."""


def as_ours(error: Exception, label: str) -> ModelCallError:
    """Give a provider's error as ours; one of a kind that nobody foresaw stays what it is.

    Raises:
        Exception: the error itself, when it is a fault of a program.
    """
    if isinstance(error, ModelCallError):
        return error
    for kind, fault in _FAULTS:
        if isinstance(error, kind):
            return ModelCallError.of(
                fault,
                label,
                str(error),
                retry_after_s=getattr(error, "retry_after", None),
            )
    if type(error).__module__.startswith("httpx"):  # httpx2, which the SDKs bring along
        return ModelCallError.of("connection", label, str(error) or type(error).__name__)
    raise error
