"""A context that fits: what is shortened, in which order, and what never is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.context import ContextFull, ContextLimits, Cut, Piece, fit, measure, tokens
from workbench.context.pieces import Section
from workbench.errors import WorkbenchError
from workbench.view import Shown

RULES, GOAL, PLAN = "rule " * 40, "the goal", "the plan " * 20
OPEN = "send mail to ada?"


def compose(texts: Mapping[str, str]) -> list[Section]:
    pinned: list[Section] = [("rules", RULES), ("goal", GOAL), ("plan", PLAN), ("plan", OPEN)]
    said: list[Section] = [
        ("history" if n.startswith("remark") else "results", t) for n, t in texts.items()
    ]
    return pinned + said


def outputs(*sizes: int) -> list[Piece]:
    return [
        Piece("results", f"output of s{n}", f"{n} " * (size // 2)) for n, size in enumerate(sizes)
    ]


def shown(cut: Cut, text: str | None = "") -> Shown:
    text = cut.text if text == "" else text
    return Shown(zone="results", digest=cut.piece.digest, text=text, by="engine", seq=1)


def test_the_meter_counts_each_zone() -> None:
    """Tokens are counted by zone, also those of a zone with nothing in it [HARN-7]."""
    assert measure([("rules", "x" * 8), ("plan", "x" * 3), ("plan", "x")]) == {
        "rules": 2, "goal": 0, "plan": 2, "history": 0, "results": 0,
    }  # fmt: skip


def test_what_fits_is_left_alone() -> None:
    """Below the share nothing is shortened, and every text is as it was [HARN-7]."""
    pieces = outputs(400, 400)
    fitted = fit(pieces, compose, ContextLimits(), 1000, {})
    assert fitted.cut == ()
    assert list(fitted.sections) == compose({piece.name: piece.text for piece in pieces})
    assert fitted.before == fitted.zones


def test_the_oldest_results_go_first_and_what_was_said_last() -> None:
    """Above the share results are shortened, the oldest first, only as many as it takes; the pinned
    texts are byte-identical [HARN-7]."""
    pieces = [Piece("history", "remark 1", "not on Sundays " * 40), *outputs(2000, 2000, 2000)]
    fitted = fit(pieces, compose, ContextLimits(), 2100, {})
    assert [cut.piece.name for cut in fitted.cut] == ["output of s0", "output of s1"]
    texts = [text for _, text in fitted.sections]
    assert texts[:4] == [RULES, GOAL, PLAN, OPEN]
    assert pieces[0].text in texts
    assert pieces[3].text in texts
    assert sum(fitted.before.values()) > 0.7 * 2100
    assert sum(fitted.zones.values()) <= 0.5 * 2100


def test_what_was_shortened_stays_so_word_by_word() -> None:
    """The same piece is shown in the same words in the next context, so that nothing is written
    down twice [REL-32]."""
    pieces = outputs(2000, 2000)
    first = fit(pieces, compose, ContextLimits(), 1200, {})
    known = {cut.piece.name: shown(cut) for cut in first.cut}
    second = fit(pieces, compose, ContextLimits(), 1200, known)
    assert (second.cut, second.sections) == ((), first.sections)


def test_a_piece_that_says_something_else_is_another_one() -> None:
    """What stands for an output does not stand for the one that a new attempt gave [REL-32]."""
    (cut,) = fit(outputs(4000), compose, ContextLimits(), 1200, {}).cut
    other = [Piece("results", cut.piece.name, "quite different")]
    fitted = fit(other, compose, ContextLimits(), 1200, {cut.piece.name: shown(cut)})
    assert ("results", "quite different") in fitted.sections


def test_what_the_person_put_back_is_whole_and_left_alone() -> None:
    """A piece that was put back is shown byte-identical, and others give way [REL-32]."""
    pieces = outputs(2000, 2000)
    first = fit(pieces, compose, ContextLimits(), 1200, {})
    name = first.cut[0].piece.name
    known = {cut.piece.name: shown(cut) for cut in first.cut}
    known[name] = shown(first.cut[0], None)
    second = fit(pieces, compose, ContextLimits(), 1200, known)
    assert ("results", first.cut[0].piece.text) in second.sections


def test_the_words_of_the_person_are_shown() -> None:
    """A correction stands in the place of the piece [REL-32]."""
    pieces = outputs(4000)
    (cut,) = fit(pieces, compose, ContextLimits(), 1200, {}).cut
    said = {cut.piece.name: shown(cut, "it is all zeros")}
    assert ("results", "it is all zeros") in fit(
        pieces, compose, ContextLimits(), 1200, said
    ).sections


def test_above_the_soft_cap_it_is_marked_and_above_the_hard_cap_refused() -> None:
    """What must be shown is never left out: above the soft cap the call is marked, above the hard
    one nothing is sent, and the error names the zones [HARN-7, HARN-9]."""
    needed = sum(measure(compose({})).values())
    assert not fit([], compose, ContextLimits(), int(needed / 0.8), {}).over_soft
    assert fit([], compose, ContextLimits(), int(needed / 0.9), {}).over_soft
    assert fit([], compose, ContextLimits(), needed, {}).over_soft
    with pytest.raises(ContextFull, match=r"hard cap is .* \(rules 50, goal 2, plan 50\)"):
        fit([], compose, ContextLimits(), needed - 1, {})


@pytest.mark.parametrize(
    "wrong",
    [{"window": 0}, {"soft": 0.5}, {"compact_to": 0.9}, {"hard": 1.5}, {"compact_to": -0.1}],
)
def test_limits_that_cannot_be_kept_are_refused(wrong: dict[str, Any]) -> None:
    """Shares that do not rise, and a window of nothing, are refused when they are made [HARN-7]."""
    with pytest.raises(WorkbenchError, match="cannot be kept"):
        ContextLimits(**wrong)


def test_the_window_is_what_the_model_takes_less_its_answer() -> None:
    """The person's window counts, else the model's less the answer, else a careful one [HARN-7]."""
    assert ContextLimits(window=900).tokens(8000, 1000) == 900
    assert ContextLimits().tokens(8000, 1000) == 7000
    assert ContextLimits().tokens(None, 1000) == 64_000


@given(
    sizes=st.lists(st.integers(0, 3000), max_size=8),
    said=st.lists(st.integers(0, 3000), max_size=3),
    window=st.integers(1, 4000),
)
def test_whatever_comes_the_pinned_texts_are_whole(
    sizes: list[int], said: list[int], window: int
) -> None:
    """For any pieces and any window the pinned texts are byte-identical, or nothing is sent; what
    is sent is never above the hard cap [HARN-7]."""
    pieces = outputs(*sizes)
    pieces += [Piece("history", f"remark {n}", "x " * (size // 2)) for n, size in enumerate(said)]
    try:
        fitted = fit(pieces, compose, ContextLimits(), window, {})
    except ContextFull:
        short = [min(tokens(p.text), 70) for p in pieces]
        assert sum(measure(compose({})).values()) + sum(short) > window
        return
    assert [text for _, text in fitted.sections[:4]] == [RULES, GOAL, PLAN, OPEN]
    assert sum(fitted.zones.values()) <= window
    cut = {one.piece.name for one in fitted.cut}
    whole = {piece.name: piece.text for piece in pieces if piece.name not in cut}
    assert set(whole.values()) <= {text for _, text in fitted.sections}
