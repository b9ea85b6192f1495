"""What can go wrong when a model is called, sorted by what the runtime does about it."""

from __future__ import annotations

from typing import Literal

from workbench.errors import ModelError

ModelFault = Literal[
    "rate_limit",
    "overload",
    "server",
    "connection",
    "timeout",
    "quota",
    "authentication",
    "rejected",
    "refusal",
    "malformed",
]
"""The classes of failure that every adapter maps its provider's errors to."""

RETRYABLE: frozenset[ModelFault] = frozenset(
    {"rate_limit", "overload", "server", "connection", "timeout"}
)
"""Faults that pass by themselves; quota and authentication don't."""

_ADVICE: dict[ModelFault, str] = {
    "rate_limit": "Wait and try again.",
    "overload": "Wait and try again, or use another model.",
    "server": "Try again; if it stays so, look at the provider's status page.",
    "connection": "Check the network and the address of the endpoint.",
    "timeout": "Try again, or allow more time.",
    "quota": "Raise the limit of the account, or use another model.",
    "authentication": "Check the key of the provider.",
    "rejected": "Look at what the provider says: the name of the model, or a request too long.",
    "refusal": "Word the goal differently, or use another model.",
    "malformed": "Try again, or use another model.",
}


class ModelCallError(ModelError):
    """One call of a model failed; `fault` says how, `retryable` whether waiting can help."""

    @classmethod
    def of(
        cls, fault: ModelFault, model: str, detail: str = "", *, retry_after_s: float | None = None
    ) -> ModelCallError:
        """Compose the error.

        Args:
            fault: the class of failure.
            model: the model's label.
            detail: what the provider said, as text.
            retry_after_s: seconds that the provider asks to wait; None when it says nothing.
        """
        said = f": {detail.rstrip('.')}" if detail else ""
        return cls(
            f"The model {model} failed ({fault.replace('_', ' ')}){said}.",
            _ADVICE[fault],
            fault=fault,
            model=model,
            detail=detail,
            retry_after_s=retry_after_s,
        )

    @property
    def fault(self) -> ModelFault:
        """The class of failure."""
        fault: ModelFault = self.fields["fault"]
        return fault

    @property
    def retryable(self) -> bool:
        """Whether the same call may succeed later."""
        return self.fault in RETRYABLE

    @property
    def retry_after_s(self) -> float | None:
        """Seconds that the provider asks to wait; None when it did not say."""
        seconds: float | None = self.fields.get("retry_after_s")
        return seconds
