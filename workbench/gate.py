"""How each class of risk is answered: what a person must do before an approval counts. No I/O.

The dearer a mistake, the more deliberate the act, and no two classes are answered by the same
movement of the hand: a hand that has learned one click cannot allow what is final.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, FiniteFloat

from workbench.tools import RISKS, Risk

Form = Literal["none", "notice", "click", "diff", "type", "two_step"]
"""What an approval takes. none, notice: one press, and these classes are never asked about unless a
rule says so; click: one press; diff: the whole change is shown, then confirmed by a second act;
type: a value is typed; two_step: the request is armed first and approved some seconds later."""

Gates = Literal["by_surface", "strict", "plain"]
"""Whose answers must keep to the form; see `Workbench`."""

CLICKED_SURFACES = frozenset({"widget", "panel"})
"""Doors through which a hand may slip; through the others an approval is written out."""

YES = "yes"
"""What confirms a change that was shown."""


class Gate(BaseModel):
    """What an approval of one request takes."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", json_schema_serialization_defaults_required=True
    )

    form: Form
    shown_s: FiniteFloat = 0.0
    """Seconds that the request must have been there before an approval counts."""
    delay_s: FiniteFloat = 0.0
    """Seconds between arming and approving, for two steps."""
    value: str = ""
    """What must be given as `confirm`; empty: nothing."""

    @property
    def one_press(self) -> bool:
        """Whether a single press allows it; only such requests are answered in batches."""
        return self.form in ("none", "notice", "click")


GATES: dict[Risk, Gate] = {
    "read": Gate(form="none"),
    "local": Gate(form="notice"),
    "shared": Gate(form="click", shown_s=0.5),
    "costly": Gate(form="type", shown_s=1.5),
    "public": Gate(form="diff", shown_s=1.5, value=YES),
    "irreversible": Gate(form="two_step", shown_s=1.5, delay_s=3.0),
}
"""One form for each class. Money is mistyped, so its amount is typed; what goes out is misread, so
it is shown whole; what is final is regretted, so it takes time."""


def gate_for(
    risk: Risk, spend: Mapping[str, float], tool: str = "", objects: Sequence[str] | None = None
) -> Gate:
    """Give the gate of one call.

    Args:
        risk: its class.
        spend: what it declares to spend, by unit; the amount of money is what is typed.
        tool: its tool's name, which is typed where there is neither money nor a list of objects.
        objects: what it is done to, if the tool says so; their number is typed then.
    """
    gate = GATES[risk]
    if gate.form != "type":
        return gate
    amounts = [amount for unit, amount in spend.items() if unit != "calls" and amount]
    value = f"{max(amounts):.2f}" if amounts else str(len(objects)) if objects else tool
    return gate.model_copy(update={"value": value})


def is_strict(gates: Gates, surface: str) -> bool:
    """Whether an answer through this door must keep to the form."""
    return gates == "strict" or (gates == "by_surface" and surface in CLICKED_SURFACES)


def lack(
    gate: Gate, confirm: str, opened_at: datetime, armed_at: datetime | None, now: datetime
) -> tuple[str, str] | None:
    """Say what an approval still lacks, and what to do; None when it may count."""
    wait_s = gate.shown_s - (now - opened_at) / timedelta(seconds=1)
    if wait_s > 0:
        return "has not been shown long enough", f"Read it; approve it in {wait_s:.1f} s."
    if gate.form == "two_step":
        if armed_at is None:
            return (
                "takes two steps and is not armed",
                f"request.arm(), and {gate.delay_s:g} s later request.approve().",
            )
        wait_s = gate.delay_s - (now - armed_at) / timedelta(seconds=1)
        if wait_s > 0:
            return "was armed a moment ago", f"Think once more; approve it in {wait_s:.1f} s."
    if gate.value and not same(confirm, gate.value):
        said = f"not {confirm!r}" if confirm else "which is missing"
        return (
            f"must be confirmed with {gate.value!r}, {said}",
            f"request.approve(confirm={gate.value!r}).",
        )
    return None


def same(typed: str, value: str) -> bool:
    """Whether what was typed is the value: to the letter, or the same amount (`12.5`, `12.50`)."""
    typed = typed.strip()
    if typed == value:
        return True
    plain = typed.replace(".", "", 1)
    if not (plain.isascii() and plain.isdecimal() and value.replace(".", "", 1).isdecimal()):
        return False
    return float(typed) == float(value)


def instruction(gate: Gate, armed_at: datetime | None = None) -> str:
    """Say in one line what an approval takes."""
    if gate.form == "two_step":
        armed = "armed" if armed_at is not None else "request.arm()"
        return f"two steps: {armed}, then after {gate.delay_s:g} seconds request.approve()"
    if gate.value:
        what = "having read the change" if gate.form == "diff" else f"type {gate.value}"
        return f"{what}: request.approve(confirm={gate.value!r})"
    return "one press: request.approve()"


def rank(risk: Risk | None) -> int:
    """Give the place of a class, the gravest first; one that is not known counts as the gravest."""
    return 0 if risk is None else len(RISKS) - 1 - RISKS.index(risk)
