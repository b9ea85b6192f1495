"""Every transition is in one of two tables; what is not there cannot happen."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import get_args

import pytest

from workbench.errors import JournalError
from workbench.events import KINDS
from workbench.states import (
    BACK,
    NEEDS_CHANGED,
    NEEDS_MET,
    RENEWED,
    RUN,
    RUN_FINAL,
    STEP,
    STEP_FINAL,
    UNDO_FAILED,
    UNDONE,
    RunState,
    StepState,
    next_run_state,
    next_step_state,
)

ROOT = Path(__file__).parents[2]
RUN_STATES: tuple[RunState, ...] = get_args(RunState)
STEP_STATES: tuple[StepState, ...] = get_args(StepState)
PSEUDO = {NEEDS_MET, NEEDS_CHANGED, "run.ended"}
OF_ROLLBACK = {UNDONE, UNDO_FAILED, RENEWED}
STEPS = {**STEP, **BACK}


@pytest.mark.parametrize("state", RUN_STATES)
@pytest.mark.parametrize("event", KINDS)
def test_a_run_follows_its_table(state: RunState, event: str) -> None:
    """A run goes where the table says, and every other event is refused [RUNT-1]."""
    if (state, event) in RUN:
        assert next_run_state(state, event) == RUN[state, event]
    else:
        with pytest.raises(JournalError, match=rf"'{event}' cannot come to a run .*'{state}'"):
            next_run_state(state, event)


@pytest.mark.parametrize("state", STEP_STATES)
@pytest.mark.parametrize("event", [*KINDS, *sorted(PSEUDO | OF_ROLLBACK)])
def test_a_step_follows_its_table(state: StepState, event: str) -> None:
    """A step goes where the table says, and every other event is refused [PLAN-4]."""
    if (state, event) in STEPS:
        assert next_step_state(state, event) == STEPS[state, event]
    else:
        with pytest.raises(JournalError, match=rf"'{event}' cannot come to a step .*'{state}'"):
            next_step_state(state, event)


def test_final_states_are_never_left() -> None:
    """No row begins in a final state, but those of a rollback; each of them is reached [RUNT-1]."""
    assert not {state for state, _ in RUN} & RUN_FINAL
    assert not {state for state, _ in STEP} & STEP_FINAL
    assert set(RUN.values()) >= RUN_FINAL
    assert set(STEPS.values()) >= STEP_FINAL
    assert {event for _, event in BACK} == OF_ROLLBACK


def test_every_state_can_be_left_and_reached() -> None:
    """Each state but the first can be reached, and each that is not final left [RUNT-1]."""
    assert {*RUN.values(), "queued"} == set(RUN_STATES)
    assert {*STEPS.values(), "pending"} == set(STEP_STATES)
    assert {state for state, _ in RUN} == set(RUN_STATES) - RUN_FINAL
    assert {state for state, _ in STEP} == set(STEP_STATES) - STEP_FINAL


def test_from_every_state_there_is_a_way_to_an_end() -> None:
    """From wherever a run or a step stands, a final state can be reached [RUNT-1]."""
    for table, final in ((RUN, RUN_FINAL), (STEP, STEP_FINAL)):
        ending = set(final)
        while grown := {state for (state, _), to in table.items() if to in ending} - ending:
            ending |= grown
        assert ending >= {state for state, _ in table}


def test_every_run_that_is_not_over_can_be_stopped() -> None:
    """Stop works from every state but `stopping` itself and the final ones [CONC-12]."""
    stoppable = {state for (state, event) in RUN if event == "run.stopping"}

    assert stoppable == set(RUN_STATES) - RUN_FINAL - {"stopping"}


def test_the_tables_speak_of_real_events() -> None:
    """Each event in a table is a kind of the journal, or one of the declared words [RUNT-1]."""
    assert {event for _, event in RUN} <= set(KINDS)
    assert {event for _, event in STEP} <= set(KINDS) | PSEUDO


def test_only_an_intent_begins_a_call() -> None:
    """A step runs only after an intent, and succeeds by an outcome or a person's word, in a fork by
    that of the original [CONC-10]."""
    begun = {event for (at, event), to in STEP.items() if to == "running" != at}
    assert begun == {"call.intended"}
    done = {event for (_, event), to in STEP.items() if to == "succeeded"}
    assert done == {"call.succeeded", "call.confirmed", "step.given", "step.shared"}


def test_the_diagrams_are_drawn_from_the_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """docs/states.md is what scripts/draw_states.py draws now [RUNT-1]."""
    script = ROOT / "scripts" / "draw_states.py"
    monkeypatch.setattr(sys, "argv", [str(script), "--check"])
    monkeypatch.setattr(sys, "path", sys.path[:])

    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(script), run_name="__main__")

    assert ended.value.code == 0, "call scripts/draw_states.py"
