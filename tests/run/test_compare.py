"""Two runs side by side."""

from __future__ import annotations

import pytest

import workbench as wb
from tests.engine.harness import Lab, plan, step
from workbench.errors import NotFound
from workbench.report import COMPARE_COLUMNS


def two(lab: Lab) -> tuple[wb.Run, wb.Run]:
    """Make a run, and a fork of it that goes another way."""
    run = lab.bench().start(
        goal="one way",
        plan=plan(
            step("a", "put", value=1),
            step("b", "send", value=2, after=["a"]),
            step("c", "think", value=wb.ref("b")),
        ),
    )
    run.wait(20)
    other = plan(
        step("a", "put", value=1),
        step("b", "send", value=3, after=["a"]),
        step("d", "think", value=wb.ref("b")),
    )
    fork = run.fork(at="after a", plan=other)
    fork.wait(20)
    return run, fork


def test_what_differs_is_named(lab: Lab) -> None:
    """Plan, outputs, effects of its own and shared ones, cost, time and end of both runs stand side
    by side, and the shared beginning is named [RUNT-11, REL-26]."""
    run, fork = two(lab)

    found = run.compare(fork)

    assert (found.plan.added, found.plan.removed, list(found.plan.changed)) == (
        ("d",), ("c",), ["b"],
    )  # fmt: skip
    assert found.different == ("b", "c", "d")
    pairs = {pair.step: pair for pair in found.steps}
    assert {name: (pair.plan, pair.output) for name, pair in pairs.items()} == {
        "a": ("same", "equal"),
        "b": ("changed", "different"),
        "c": ("removed", "only in the first"),
        "d": ("added", "only in the second"),
    }
    assert [name for name, pair in pairs.items() if pair.shared] == ["a"]
    assert (found.a.own_effects, found.a.shared_effects) == (("a", "b"), ())
    assert (found.b.own_effects, found.b.shared_effects) == (("b",), ("a",))
    assert (found.a.usage, found.b.usage) == ({"calls": 2}, {"calls": 1})
    assert found.b.shared_usage == {"calls": 1}
    assert (found.a.state, found.b.state) == ("succeeded", "succeeded")
    assert found.a.seconds is not None
    assert found.prefix == (
        f"{fork.id} is a fork of {run.id}: they share events 1 to {fork.view.fork_at}"
    )


def test_it_is_shown(lab: Lab) -> None:
    """A comparison is text, a page without a script, and a frame with stated columns [RUNT-11]."""
    run, fork = two(lab)

    found = lab.bench().compare(run.id, fork.id)

    text = str(found)
    assert found.prefix in text
    assert "~ b.args" in text
    assert any(line.split()[:2] == ["a", "shared"] for line in text.splitlines())
    page = found._repr_html_()
    assert "<script" not in page
    assert "shared effects" in page
    assert list(found.frame.columns) == list(COMPARE_COLUMNS)
    assert list(found.frame["step"]) == ["a", "b", "c", "d"]
    assert repr(found) == f"<Comparison of {run.id} and {fork.id}: 3 of 4 outputs differ>"


def test_text_from_outside_stays_text(lab: Lab) -> None:
    """Whatever a tool returned cannot become a part of the page [HARN-7]."""
    bench = lab.bench()
    bad = "<script>alert(1)</script>"
    run, other = (bench.start(plan=plan(step("a", value=bad + str(n)))) for n in range(2))
    run.wait(20)
    other.wait(20)

    found = run.compare(other)

    assert "<script" not in found._repr_html_()
    assert found.prefix == ""
    assert found.different == ("a",)


def test_two_forks_share_what_the_original_has_done(lab: Lab) -> None:
    """Of two forks of one run, what both share is named by the run that has done it [RUNT-11]."""
    run, fork = two(lab)
    third = run.fork(at="after b")
    third.wait(20)

    found = fork.compare(third)

    assert found.prefix.startswith(f"both are forks of {run.id}: they share its events 1 to ")
    assert [pair.step for pair in found.steps if pair.shared] == ["a"]


def test_a_run_that_is_none(lab: Lab) -> None:
    """A run that the journal does not have is refused by name."""
    with pytest.raises(NotFound, match="no run 'run-nobody'"):
        lab.bench().compare("run-nobody", "run-nobody")
