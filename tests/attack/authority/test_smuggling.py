"""Arguments and names that look like what is allowed, and are not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from tests.attack.authority.siege import refused
from tests.engine.harness import Lab, World, eventually, plan, step
from workbench.errors import PlanError, RunFailed


def test_a_cyrillic_letter_in_an_argument(lab: Lab) -> None:
    """A text with a Cyrillic letter is not the Latin one that was allowed [AUTH-3]."""
    refused(lab, wb.Grant("send", where={"name": "acme"}), args={"name": "\u0430cme"})


def test_a_full_width_form_of_an_argument(lab: Lab) -> None:
    """A full-width form, equal only after NFKC, is not the text that was allowed [AUTH-3]."""
    refused(lab, wb.Grant("send", where={"name": "acme"}), args={"name": "\uff41cme"})


def test_a_decomposed_accent(lab: Lab) -> None:
    """An accent written as two characters is not the one that was allowed [AUTH-3]."""
    refused(lab, wb.Grant("send", where={"name": "caf\u00e9"}), args={"name": "cafe\u0301"})


def test_a_zero_width_space(lab: Lab) -> None:
    """A zero-width character makes another text, under `matches` too [AUTH-3]."""
    right = wb.Grant("send", where={"name": wb.matches("[a-z]+")})
    refused(lab, right, args={"name": "ac\u200bme"})


def test_a_newline_after_the_pattern(lab: Lab) -> None:
    """A pattern covers the whole text: a line break at its end does not slip by [AUTH-3]."""
    refused(lab, wb.Grant("send", where={"name": wb.matches("a$")}), args={"name": "a\n"})


def test_a_right_to_left_mark(lab: Lab) -> None:
    """Text that only looks the same because its direction is turned is refused [AUTH-3]."""
    refused(lab, wb.Grant("send", where={"name": "acme"}), args={"name": "\u202eemca"})


def test_the_other_case(lab: Lab) -> None:
    """Capitals are other letters: nothing is folded [AUTH-3]."""
    refused(lab, wb.Grant("send", where={"name": "acme"}), args={"name": "ACME"})


@pytest.mark.parametrize("value", ["5", "5e0", True, [5], {"n": 5}, None, "-inf"], ids=repr)
def test_a_value_of_another_type_for_a_number(lab: Lab, value: Any) -> None:
    """A text, a boolean, a list or nothing is no number that a limit lets through [AUTH-3]."""
    right = wb.Grant("send", where={"value": wb.at_most(500)})
    refused(lab, right, args={"name": "a", "value": value})


@pytest.mark.parametrize("value", [10**400, 2**63, 500.0000001, 1e308], ids=str)
def test_a_huge_or_slightly_larger_number(lab: Lab, value: Any) -> None:
    """Numbers beyond floats, and just beyond the limit, are more than the limit [AUTH-3]."""
    right = wb.Grant("send", where={"value": wb.at_most(500)})
    refused(lab, right, args={"name": "a", "value": value})


def test_true_for_one(lab: Lab) -> None:
    """`true` is not the number 1, although Python says so [AUTH-3]."""
    refused(lab, wb.Grant("send", where={"value": 1}), args={"name": "a", "value": True})


def test_a_limited_argument_left_out(lab: Lab) -> None:
    """An argument that is left out is judged by its default: None is no small number [AUTH-3]."""
    refused(lab, wb.Grant("send", where={"value": wb.at_most(500)}), args={"name": "a"})


def test_a_nested_argument(lab: Lab) -> None:
    """An amount hidden one level deeper does not meet a demand on the upper level [AUTH-3]."""
    right = wb.Grant("send", where={"value.usd": wb.at_most(500)})
    refused(lab, right, args={"name": "a", "value": {"order": {"usd": 1}, "usd": 9000}})


def test_a_key_with_a_dot(lab: Lab, world: World) -> None:
    """A key that is written with a dot cannot stand in for the nested value [AUTH-3]."""
    right = wb.Grant("send", where={"value.usd": wb.at_most(500)})
    refused(lab, right, args={"name": "a", "value": {"value.usd": 1, "usd": 9000}})


def test_further_keyword_arguments(lab: Lab, world: World) -> None:
    """An argument that the tool does not know never reaches it: the plan is refused [AUTH-3]."""
    with pytest.raises(PlanError, match="admin"):
        lab.bench().start(plan=plan(step("a", "send", args={"admin": True})))
    assert world.effects == []


def test_an_argument_called_like_an_amount(lab: Lab, world: World) -> None:
    """An argument named as `spend.orders` does not stand in for the declared amount [AUTH-3]."""

    @wb.tool(effect="irreversible", spend=lambda usd, **_: {"orders": usd})
    def order(usd: float, extra: dict[str, Any]) -> None:
        world.effects.append("order")

    right = wb.Grant("order", where={"spend.orders": wb.at_most(10)})
    args = {"usd": 9000, "extra": {"spend.orders": 1}}
    refused(lab, right, tools=[order], tool="order", args=args)


def test_a_text_that_becomes_a_number(lab: Lab, world: World) -> None:
    """`"9000"`, which the tool reads as a number, is judged as that number [AUTH-3]."""

    @wb.tool(effect="irreversible")
    def order(usd: float) -> None:
        world.effects.append("order")

    right = wb.Grant("order", where={"usd": wb.at_most(500)})
    refused(lab, right, tools=[order], tool="order", args={"usd": "9000"})


def test_a_reference_that_resolves_to_more(lab: Lab, world: World) -> None:
    """What counts is the value that a reference has at the call, not how it is written [AUTH-3]."""
    steps = [step("t", value=9000), step("a", "send", value=wb.ref("t"))]
    right = wb.Grant("send", where={"value": wb.at_most(500)})
    run = lab.bench(policy=wb.Policy()).start(plan=plan(*steps), grants=[right])
    with pytest.raises(RunFailed, match="must be at most 500"):
        run.wait(20)
    assert world.effects == []


def wipe(world: World, name: str = "wipe_x") -> wb.Tool:
    """Make a tool that takes a path."""

    def function(path: str) -> None:
        world.effects.append(path)

    return wb.Tool(function, name=name, effect="irreversible")


@pytest.mark.parametrize(
    "path",
    ["../out", "in/../../out", "in//..//..//out", "/etc/passwd", "~/x", "", "in\0/../x", "in2/x"],
    ids=repr,
)
def test_a_path_out_of_the_folder(lab: Lab, world: World, tmp_path: Path, path: str) -> None:
    """`..`, absolute paths, home, NUL and a neighbour of similar name are refused [AUTH-3]."""
    (tmp_path / "in").mkdir()
    given = path if path[:1] in ("/", "~", "") else str(tmp_path / "in" / path)
    given = str(tmp_path / path) if path.startswith("in") else given
    right = wb.Grant("wipe_x", where={"path": wb.under(tmp_path / "in")})
    refused(lab, right, tools=[wipe(world)], tool="wipe_x", args={"path": given})


def test_a_relative_path(lab: Lab, world: World, tmp_path: Path) -> None:
    """A relative path counts from where the process is, not from the allowed folder [AUTH-3]."""
    (tmp_path / "in").mkdir()
    right = wb.Grant("wipe_x", where={"path": wb.under(tmp_path / "in")})
    refused(lab, right, tools=[wipe(world)], tool="wipe_x", args={"path": "x.csv"})


def test_a_link_out_of_the_folder(lab: Lab, world: World, tmp_path: Path) -> None:
    """A link inside the folder that leads out of it is followed first [AUTH-3]."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link").symlink_to("/etc")
    right = wb.Grant("wipe_x", where={"path": wb.under(tmp_path / "in")})
    args = {"path": str(tmp_path / "in" / "link" / "passwd")}
    refused(lab, right, tools=[wipe(world)], tool="wipe_x", args=args)


@pytest.mark.parametrize("to", ["out", "in/other"])
def test_a_link_made_between_decision_and_call(lab: Lab, tmp_path: Path, to: str) -> None:
    """A link that replaces a folder between decision and call leads the toolkit's file tools
    nowhere, out of their folder or within it: they open what was named and follow no link
    [AUTH-3]."""
    from workbench import points
    from workbench.toolkit import files

    inside, goal = tmp_path / "in", tmp_path / to
    (inside / "sub").mkdir(parents=True)
    goal.mkdir()

    def swap(name: str) -> None:
        if name == "after-intent-on-disk" and not (inside / "sub").is_symlink():
            (inside / "sub").rmdir()
            (inside / "sub").symlink_to(goal)

    right = wb.Grant("write_text", where={"path": wb.under(inside / "sub")})
    args = {"path": str(inside / "sub" / "x.txt"), "text": "x"}
    points.install(swap)
    try:
        one = wb.Step(id="a", tool="write_text", args=args)
        run = lab.bench(*files(inside), policy=wb.Policy()).start(plan=plan(one), grants=[right])
        run.wait_until(timeout_s=20)
    finally:
        points.install(None)
    assert run.state == "failed"
    assert "link" in (run.view.steps["a"].error or "")
    assert list(goal.iterdir()) == []


def test_a_folder_that_flips_while_it_is_written_to(tmp_path: Path) -> None:
    """While a folder is exchanged for a link and back all the time, nothing
    that a file tool writes or deletes lands behind the link [AUTH-3]."""
    from workbench.toolkit import Failed, Refused, files

    inside, out = tmp_path / "in", tmp_path / "out"
    (inside / "sub").mkdir(parents=True)
    out.mkdir()
    (out / "keep.txt").write_text("keep", encoding="utf-8")
    (tmp_path / "link").symlink_to(out)
    # Exchanged in one go: in between, a tool would make the folder anew.
    code = (
        "import ctypes\n"
        "exchange, here = ctypes.CDLL(None).renameat2, -100\n"
        "print('on', flush=True)\n"
        "while exchange(here, b'in/sub', here, b'link', 2) == 0:\n"
        "    pass\n"
    )
    flipping = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE)
    tools = {one.name: one for one in files(inside)}
    done = refused = 0
    try:
        assert flipping.stdout is not None
        flipping.stdout.readline()
        for number in range(400):
            for name, more in (("write_text", {"text": str(number)}), ("delete_file", {})):
                try:
                    tools[name](path=Path("sub/keep.txt"), **more)
                    done += 1
                except (Refused, Failed):
                    refused += 1
    finally:
        flipping.kill()
        flipping.wait()
        flipping.stdout.close()
    assert (out / "keep.txt").read_text(encoding="utf-8") == "keep"
    assert [path.name for path in out.iterdir()] == ["keep.txt"]
    assert done, "the test must meet the folder"
    assert refused, "the test must meet the link"


@pytest.mark.xfail(strict=True, reason="a link made after the decision is not seen by it")
def test_a_link_under_a_tool_that_opens_by_itself(lab: Lab, world: World, tmp_path: Path) -> None:
    """NOT HELD: a link that replaces a folder between decision and call leads a tool of one's own
    out that opens a path as it is; it must open with O_NOFOLLOW, as the toolkit's do, or run in a
    sandbox [AUTH-3].
    """
    from workbench import points

    inside = tmp_path / "in"
    (inside / "sub").mkdir(parents=True)

    @wb.tool(effect="irreversible")
    def wipe_x(path: str) -> None:
        world.effects.append(os.path.realpath(path))

    def swap(name: str) -> None:
        if name == "after-intent-on-disk" and not (inside / "sub").is_symlink():
            (inside / "sub").rmdir()
            (inside / "sub").symlink_to("/etc")

    right = wb.Grant("wipe_x", where={"path": wb.under(inside)})
    one = wb.Step(id="a", tool="wipe_x", args={"path": str(inside / "sub" / "passwd")})
    points.install(swap)
    try:
        run = lab.bench(wipe_x, policy=wb.Policy()).start(plan=plan(one), grants=[right])
        run.wait_until("succeeded", "failed", timeout_s=20)
    finally:
        points.install(None)
    assert world.effects == []


def test_a_name_with_more_at_its_end(lab: Lab, world: World) -> None:
    """A right for `wipe_x` is none for `wipe_x2`: names match exactly [AUTH-1]."""
    tools = [wipe(world), wipe(world, "wipe_x2")]
    refused(lab, wb.Grant("wipe_x"), tools=tools, tool="wipe_x2", args={"path": "p"})


def test_a_name_in_another_case(lab: Lab, world: World) -> None:
    """A right for `wipe_x` is none for `Wipe_X` [AUTH-1]."""
    tools = [wipe(world), wipe(world, "Wipe_X")]
    refused(lab, wb.Grant("wipe_x"), tools=tools, tool="Wipe_X", args={"path": "p"})


def test_a_question_mark_is_no_pattern(lab: Lab, world: World) -> None:
    """Only `*` makes a pattern: `wipe_?` or `wipe_[a-z]` give nothing [AUTH-1]."""
    right = wb.Grant("wipe_?", "wipe_[a-z]")
    refused(lab, right, tools=[wipe(world)], tool="wipe_x", args={"path": "p"})


def test_an_alias_past_a_rule(lab: Lab, world: World) -> None:
    """A forbidden function that is registered under another name is forbidden too [AUTH-1]."""

    def drop_all(path: str) -> None:
        world.effects.append(path)

    alias = wb.Tool(drop_all, name="tidy", effect="irreversible")
    bench = lab.bench(alias)
    rule = wb.Rule("deny", "drop_all")
    run = bench.start(plan=plan(wb.Step(id="a", tool="tidy", args={"path": "p"})), rules=[rule])
    with pytest.raises(RunFailed, match="forbids"):
        run.wait(20)
    assert world.effects == []


def test_a_rule_whose_pattern_never_ends(lab: Lab, world: World) -> None:
    """A text that is too long for a pattern to be tried meets no demand [AUTH-3]."""
    right = wb.Grant("send", where={"name": wb.matches("(a|b)*")})
    refused(lab, right, args={"name": "a" * 20_000})


@pytest.mark.parametrize(
    "amount", [-1, float("nan"), float("inf"), "1", True, None, 10**400], ids=str
)
def test_an_amount_that_is_none(lab: Lab, world: World, amount: Any) -> None:
    """A negative, endless, textual or missing amount is refused before the call [AUTH-3]."""

    @wb.tool(effect="irreversible", spend=lambda **_: {"orders": amount})
    def order() -> None:
        world.effects.append("order")

    budget = wb.Budget(orders=10)
    run = lab.bench(order, budget=budget).start(plan=plan(wb.Step(id="a", tool="order")))
    run.wait_until("failed", "paused", "waiting", timeout_s=20)
    eventually(run, lambda view: view.state != "running")
    assert world.effects == []
