"""Gates: the graver a call, the more deliberate the act that allows it."""

from __future__ import annotations

from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, asking, kinds, step
from workbench.errors import CommandRefused, WorkbenchError
from workbench.gate import GATES, Gate, gate_for, is_strict, same
from workbench.testing import FakeClock, capture_events
from workbench.tools import RISKS


def tool(world: World, risk: wb.Risk, **more: Any) -> wb.Tool:
    """Make a tool of one class that is always asked about."""

    @wb.tool(effect="irreversible", risk=risk, **more)
    async def act(name: str, usd: float = 0.0) -> str:
        """Act on the world."""
        world.effects.append(f"{name} {usd:g}")
        return name

    return act


def asks(lab: Lab, world: World, risk: wb.Risk, clock: FakeClock, **more: Any) -> wb.Run:
    """Start a run that asks about one call of a class."""
    declared = more.pop("declared", {})
    acts = step("a", "act", args=more.pop("args", {}))
    return asking(lab, acts, tools=[tool(world, risk, **declared)], clock=clock, **more)


def test_each_class_has_a_form_of_its_own() -> None:
    """Six classes, six forms; only the lower three are allowed by one press [REL-1]."""
    assert tuple(GATES) == RISKS
    forms = [gate.form for gate in GATES.values()]
    assert sorted(forms) == sorted({"none", "notice", "click", "type", "diff", "two_step"})
    assert [risk for risk, gate in GATES.items() if gate.one_press] == ["read", "local", "shared"]
    shown = [GATES[risk].shown_s for risk in RISKS]
    assert shown == sorted(shown)


SAID = {
    "read": "reads",
    "local": "local change",
    "shared": "shared",
    "costly": "costly (costs money)",
    "public": "public (outward)",
    "irreversible": "irreversible (final)",
}


@pytest.mark.parametrize("risk", RISKS)
def test_a_request_carries_class_and_gate(lab: Lab, world: World, risk: wb.Risk) -> None:
    """The class and its form stand in the journal, in the request and once in its text [REL-1]."""
    run = asks(lab, world, risk, FakeClock(), policy=wb.Policy(ask=["act"]))
    request = run.inbox[0]
    assert (request.risk, request.gate.form) == (risk, GATES[risk].form)
    opened = capture_events(run, "request.opened")[0]
    assert (opened.risk, opened.gate) == (risk, request.gate)
    assert f"class: {SAID[risk]}\n" in str(request)
    assert request.facts["class"] == SAID[risk]
    assert "request.approve(" in str(request)


@pytest.mark.parametrize("risk", ["read", "local", "shared"])
def test_one_press_allows_the_lower_classes(lab: Lab, world: World, risk: wb.Risk) -> None:
    """Through a widget, too, once it has been shown for its time [REL-1, REL-3]."""
    clock = FakeClock()
    run = asks(lab, world, risk, clock, policy=wb.Policy(ask=["act"]))
    clock.advance(1)
    run.inbox[0].approve(surface="widget")
    assert run.wait(20) == "a"


def test_an_approval_before_it_could_be_read_does_not_count(lab: Lab, world: World) -> None:
    """The top classes must have been shown for a while; the request stays open [REL-3]."""
    clock = FakeClock()
    run = asks(lab, world, "public", clock)
    with pytest.raises(CommandRefused, match="long enough"):
        run.inbox[0].approve(confirm="yes", surface="widget")
    assert (run.state, world.effects) == ("waiting", [])
    clock.advance(2)
    run.inbox[0].approve(confirm="yes", surface="widget")
    assert run.wait(20) == "a"


def test_what_goes_out_is_confirmed_by_a_second_act(lab: Lab, world: World) -> None:
    """A public call is not allowed by one press [REL-1]."""
    clock = FakeClock()
    run = asks(lab, world, "public", clock)
    clock.advance(2)
    with pytest.raises(CommandRefused, match="must be confirmed with 'yes'"):
        run.inbox[0].approve(surface="widget")
    assert [request.state for request in run.inbox] == ["open"]
    run.inbox[0].approve(confirm="yes", surface="widget")
    assert run.wait(20) == "a"
    assert capture_events(run, "request.answered")[0].confirm == "yes"


def test_what_costs_money_takes_its_amount_typed(lab: Lab, world: World) -> None:
    """The amount that must be typed is the amount of the call [REL-1, AUTH-6]."""
    clock = FakeClock()
    spend = {"spend": lambda usd, **_: {"orders_usd": usd}}
    run = asks(lab, world, "costly", clock, declared=spend, args={"usd": 499.5})
    request = run.inbox[0]
    assert request.gate.value == "499.50"
    assert "type 499.50" in str(request)
    clock.advance(2)
    for typed in ("", "yes", "499", "4995", "nan", "4.995e2"):
        with pytest.raises(CommandRefused, match=r"confirmed with '499\.50'"):
            request.approve(confirm=typed, surface="panel")
    request.approve(confirm=" 499.5 ", surface="panel")
    run.wait(20)
    assert world.effects == ["a 499.5"]


def test_an_edited_amount_must_be_typed_as_it_is_edited(lab: Lab, world: World) -> None:
    """What is typed is the amount that will be spent, not the one that was shown [AUTH-7]."""
    clock = FakeClock()
    spend = {"spend": lambda usd, **_: {"usd": usd}}
    run = asks(lab, world, "costly", clock, declared=spend, args={"usd": 5})
    clock.advance(2)
    with pytest.raises(CommandRefused, match=r"confirmed with '5000\.00'"):
        run.inbox[0].approve({"usd": 5000}, confirm="5.00", surface="widget")
    run.inbox[0].approve({"usd": 5000}, confirm="5000.00", surface="widget")
    run.wait(20)
    assert world.effects == ["a 5000"]


def test_an_edit_whose_cost_is_not_known_is_not_approved(lab: Lab, world: World) -> None:
    """Where the edited amount cannot be computed there is nothing that could be typed [AUTH-7]."""
    clock = FakeClock()
    spend = {"spend": lambda usd, **_: {"usd": 100 / (7 - usd)}}
    run = asks(lab, world, "costly", clock, declared=spend, args={"usd": 5})
    clock.advance(2)
    for typed in ("", "act", "50.00"):
        with pytest.raises(CommandRefused, match="is not known"):
            run.inbox[0].approve({"usd": 7}, confirm=typed, surface="widget")
    assert (run.state, world.effects) == ("waiting", [])


def test_what_is_final_takes_two_steps_with_a_delay(lab: Lab, world: World) -> None:
    """First armed, then approved some seconds later; the first step is in the journal [REL-1]."""
    clock = FakeClock()
    run = asks(lab, world, "irreversible", clock)
    clock.advance(10)
    request = run.inbox[0]
    with pytest.raises(CommandRefused, match="is not armed"):
        request.approve(surface="widget")
    request.arm(surface="widget")
    with pytest.raises(CommandRefused, match="armed a moment ago"):
        request.approve(surface="widget")
    request.arm(surface="widget")
    assert kinds(run).count("request.armed") == 1
    assert (run.state, run.inbox[0].armed) == ("waiting", clock.now())
    clock.advance(3)
    request.approve(surface="widget")
    assert run.wait(20) == "a"


def test_an_armed_request_survives_a_restart(lab: Lab, world: World) -> None:
    """The first step holds when the kernel is back; nothing is approved by it [REL-11]."""
    clock = FakeClock()
    run = asks(lab, world, "irreversible", clock)
    clock.advance(10)
    run.inbox[0].arm(surface="widget")
    again = lab.reopen(run, tool(world, "irreversible"), policy=wb.Policy(), clock=clock)
    assert (again.state, world.effects) == ("waiting", [])
    clock.advance(10)
    again.inbox[0].approve(surface="widget")
    assert again.wait(20) == "a"


def test_only_what_takes_two_steps_is_armed(lab: Lab, world: World) -> None:
    """Arming a request of one step is refused with what it takes [REL-1]."""
    run = asks(lab, world, "public", FakeClock())
    with pytest.raises(CommandRefused, match="does not take two steps"):
        run.inbox[0].arm()


def test_a_line_of_python_is_a_deliberate_act(lab: Lab, world: World) -> None:
    """Python, magics and commands are written out; only clicks must keep to the form [REL-3]."""
    run = asks(lab, world, "irreversible", FakeClock())
    run.inbox[0].approve()
    assert run.wait(20) == "a"
    doors = ["python", "magic", "cli", "script", "widget", "panel"]
    assert [is_strict("by_surface", door) for door in doors] == [False] * 4 + [True] * 2


def test_strict_gates_hold_for_every_door(lab: Lab, world: World) -> None:
    """With gates="strict" Python is asked for the same as a click [REL-1]."""
    clock = FakeClock()
    run = asks(lab, world, "public", clock, gates="strict")
    clock.advance(2)
    with pytest.raises(CommandRefused, match=r"request\.approve\(confirm='yes'\)"):
        run.inbox[0].approve()
    run.inbox[0].approve(confirm="yes")
    assert run.wait(20) == "a"


def test_plain_gates_hold_for_none(lab: Lab, world: World) -> None:
    """With gates="plain" one press allows all, for demonstrations [REL-1]."""
    run = asks(lab, world, "irreversible", FakeClock(), gates="plain")
    run.inbox[0].approve(surface="widget")
    assert run.wait(20) == "a"
    with pytest.raises(WorkbenchError, match=r"gates=.+ takes one of .*, not 'lax'"):
        lab.bench(gates="lax")


def test_a_refusal_takes_no_gate(lab: Lab, world: World) -> None:
    """No is said at once, whatever the class [REL-3]."""
    run = asks(lab, world, "irreversible", FakeClock(), gates="strict")
    run.inbox[0].deny("no", surface="widget")
    run.wait(20)
    assert world.effects == []


def test_the_value_to_type() -> None:
    """An amount where there is one, else how many objects, else the tool's name [REL-1]."""
    assert gate_for("costly", {"usd": 3, "calls": 1}, "buy").value == "3.00"
    assert gate_for("costly", {"calls": 1}, "buy", ["x", "y"]).value == "2"
    assert gate_for("costly", {}, "buy").value == "buy"
    assert gate_for("shared", {"usd": 3}).value == ""
    assert same("12.5", "12.50")
    assert not any(same(typed, "12.50") for typed in ("", "12", "\uff11\uff12.5", "1_2.5", "1.2.5"))
    assert Gate(form="click").one_press
