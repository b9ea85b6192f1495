"""One call made ready: references resolved, arguments validated, key and spend known."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from workbench.budget import COUNTED, is_amount
from workbench.credentials import Keyed, Lookup, lookup
from workbench.engine.loops import arguments
from workbench.engine.outputs import Outputs
from workbench.errors import NotFound, ToolError, WorkbenchError
from workbench.ids import digest, idempotency_key
from workbench.plan import Step
from workbench.tools import Key, SecretValue, Seed, Tool
from workbench.tools.masking import NOTHING, Mask, mask_of
from workbench.values.codec import to_json
from workbench.view import RunView

ERROR_LENGTH = 4000
"""Characters of an error that the journal keeps."""


@dataclass(frozen=True)
class Call:
    """One call with its arguments resolved and validated."""

    step: Step
    tool: Tool
    values: dict[str, Any]
    """Typed arguments for the function."""
    shown: dict[str, Any]
    """Their JSON form."""
    digest: str
    key: Key
    spend: dict[str, float]
    injected: dict[str, Any]
    """Key and secrets by parameter: neither shown nor stored."""

    @property
    def kwargs(self) -> dict[str, Any]:
        """Everything that the function is called with."""
        return {**self.values, **self.injected}

    @property
    def timeout_s(self) -> float | None:
        """Seconds that one attempt may take; the step's own word counts first."""
        return self.step.timeout_s or self.tool.timeout_s

    @property
    def mask(self) -> Mask:
        """What takes the secrets of this call out of whatever it gives back."""
        held = self.tool.held()  # which may grow during the call
        if held:
            return mask_of({**self.injected, **held})
        return self._mask if self.injected else NOTHING

    @cached_property
    def _mask(self) -> Mask:
        return mask_of(self.injected)

    def describe(self, error: BaseException) -> str:
        """Put an error into words for the journal, which never hold a secret."""
        return self.mask.text(describe(error)) if self.mask else describe(error)

    def drop_secrets(self) -> None:
        """Forget the texts of the secrets: the call is over, whoever has kept them."""
        for value in self.injected.values():
            if isinstance(value, SecretValue):
                value.drop()


def prepare(
    step: Step, tool: Tool, view: RunView, outputs: Outputs, secrets: Keyed | Lookup
) -> Call:
    """Make a call ready; whatever is raised, nothing has been called.

    Raises:
        WorkbenchError: a reference leads nowhere, an argument does not fit, an amount is no amount,
            a secret is missing.
    """
    stands = view.steps[step.id]
    values, shown = arguments(step, view, outputs, as_of(step, view))
    if stands.approved_args:
        edited = copy.deepcopy(stands.approved_args)
        values, shown = {**values, **edited}, to_json({**shown, **edited})
    bound = tool.bind(values)
    args_digest = digest(shown)
    turns = stands.turns_before + stands.turn
    key = Key(idempotency_key(view.run, step.id, tool.name, args_digest, turns))
    injected: dict[str, Any] = dict.fromkeys(tool.signature.keys, key)
    if tool.signature.secrets:
        injected = inject(tool, key, lookup(secrets, view.on_behalf_of, tool.name))
    if tool.signature.seeds:
        injected |= seeds(tool, view, step.id)
    return Call(step, tool, bound, shown, args_digest, key, _spend(tool, bound), injected)


def as_of(step: Step, view: RunView) -> int | None:
    """Say up to which place of the journal a step with a quorum sees outputs; None: all it needs.

    A later attempt sees what the first one saw: its arguments, and so its key, stay the same.
    """
    if step.quorum is None:
        return None
    return view.steps[step.id].began_seq or view.seq


def seeds(tool: Tool, view: RunView, step_id: str) -> dict[str, Any]:
    """Give the step's seed to the parameters that ask for it: 32 bits of the run's and its id."""
    origin = view.run if view.seed is None else view.seed
    seed = Seed(int(digest([origin, step_id])[:8], 16))
    return dict.fromkeys(tool.signature.seeds, seed)


def inject(tool: Tool, key: Key, secrets: Lookup) -> dict[str, Any]:
    """Give the values of the parameters that the runtime fills in.

    Raises:
        NotFound: a secret is not set.
    """
    values: dict[str, Any] = dict.fromkeys(tool.signature.keys, key)
    for parameter, name in tool.signature.secrets.items():
        secret = secrets(name)
        if secret is None:
            raise NotFound(
                f"{tool.name} needs the secret {name!r}, which is not set.",
                f"Set the environment variable {name.upper()}, or pass Workbench(secrets=…).",
                secret=name,
            )
        values[parameter] = SecretValue(name, secret)
    return values


def describe(error: BaseException) -> str:
    """Put an error into words that any file can hold."""
    try:
        text = str(error) or type(error).__name__
    except BaseException as fault:  # noqa: BLE001 - an exception's own methods may raise, too
        text = f"(its text could not be read: {type(fault).__name__})"
    named = text if isinstance(error, WorkbenchError) else f"{type(error).__name__}: {text}"
    return named[:ERROR_LENGTH].encode("utf-8", "backslashreplace").decode()


def _spend(tool: Tool, bound: dict[str, Any]) -> dict[str, float]:
    return sound_spend(tool, dict(tool.spend(**bound)) if tool.spend else {})


def sound_spend(tool: Tool, spend: dict[Any, Any]) -> dict[str, float]:
    """Give what a call takes: what its tool declares, and that it is one call.

    Raises:
        ToolError: it declares what is no amount, or a unit that is counted anyway.
    """
    if spend and (own := next((unit for unit in COUNTED if unit in spend), None)) is not None:
        raise ToolError(
            f"{tool.name} declares a spend of {own}, which the workbench counts by itself.",
            "Give the unit another name.",
        )
    for unit, amount in spend.items():
        if not isinstance(unit, str) or not is_amount(amount):
            raise ToolError(
                f"{tool.name} declares a spend of {amount!r} {unit}.",
                "An amount is a number of at least 0: correct the arguments or the tool.",
            )
    if not tool.repeatable:
        spend["calls"] = spend.get("calls", 0) + 1
    return spend
