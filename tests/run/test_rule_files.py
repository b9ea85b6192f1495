"""Files of rules that are read by themselves: stricter at once, looser only by a person's word."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, plan, states, step
from workbench.errors import CommandRefused, NotFound, ToolError
from workbench.rule_files import PROJECT, usual_places
from workbench.testing import ScriptedPerson

DENIES = '[[rule]]\nverdict = "deny"\ntool = "put"\nwhy = "not in this project"\n'
ALLOWS = '\n[[rule]]\nverdict = "allow"\ntool = "send"\n'


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give settings and words of their own, and a project to work in."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    work = tmp_path / "project" / "notebooks"
    work.mkdir(parents=True)
    monkeypatch.chdir(work)
    return tmp_path


def put_rules(place: Path, content: str) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(content, encoding="utf-8")
    return place


def again(lab: Lab, **options: Any) -> wb.Workbench:
    """Close everything, and make a new workbench over the same journal."""
    lab.close()
    return lab.bench(**options)


def asked(run: wb.Run) -> list[str]:
    person = ScriptedPerson(otherwise="approve")
    person.attend(run)
    return [request.tool for request in person.seen]


def test_a_project_and_a_user_have_rules(home: Path, lab: Lab, world: World) -> None:
    """Both files are read when a workbench is made, from the working folder upwards; what they deny
    and ask holds at once, and it is said where each rule stands [AUTH-6, MULT-12]."""
    project = put_rules(home / "project" / PROJECT, f"\n{DENIES}")
    user = put_rules(
        home / "settings" / "workbench" / "rules.toml", '[[rule]]\nverdict="ask"\ntool="look"\n'
    )
    bench = lab.bench(policy=wb.Policy())
    assert [file.path for file in bench.rules.files] == [project, user]
    assert f"{project}:2: deny 'put'" in repr(bench.rules)
    assert f"{user}:1: ask 'look'" in repr(bench.rules)
    run = bench.start(plan=plan(step("a", "look"), step("b", "put")), on_failure="continue")
    assert asked(run) == ["look"]
    assert states(run)["b"] == "denied"
    assert f"it stands in {project}:2" in (run.view.steps["b"].error or "")
    assert world.effects == []


def test_what_a_file_allows_needs_a_word_once(home: Path, lab: Lab, world: World) -> None:
    """A file that came with a project allows nothing until a person trusts it; then it does, in a
    new workbench too, and no longer once it was changed or the word was taken back [AUTH-1]."""
    path = put_rules(home / "project" / "notebooks" / PROJECT, DENIES + ALLOWS)
    bench = lab.bench(policy=wb.Policy())
    assert f"does not hold: bench.rules.trust({str(path)!r})" in repr(bench.rules)
    assert asked(bench.start(plan=plan(step("a", "send")))) == ["send"]
    bench.rules.trust(path)
    assert asked(bench.start(plan=plan(step("a", "send")))) == []
    anew = again(lab, policy=wb.Policy())
    assert anew.rules.files[0].trusted
    assert asked(anew.start(plan=plan(step("a", "send")))) == []
    put_rules(path, DENIES + ALLOWS.replace("send", "*"))
    other = again(lab, policy=wb.Policy())
    assert not other.rules.files[0].trusted
    assert asked(other.start(plan=plan(step("a", "send")))) == ["send"]
    other.rules.trust(path)
    other.rules.distrust(path)
    assert asked(other.start(plan=plan(step("a", "send")))) == ["send"]


def test_a_word_is_about_what_was_read(home: Path, lab: Lab) -> None:
    """A file that was changed between being read and being trusted is refused, and so is one that
    nobody read [AUTH-7]."""
    path = put_rules(home / "project" / PROJECT, DENIES)
    bench = lab.bench()
    put_rules(path, ALLOWS)
    with pytest.raises(CommandRefused, match="not as it was read"):
        bench.rules.trust(path)
    with pytest.raises(NotFound, match="No rules were read"):
        bench.rules.trust(home / "other.toml")


def test_a_copy_elsewhere_is_not_trusted(home: Path, lab: Lab) -> None:
    """The word is about one place: the same content in another project allows nothing [AUTH-9]."""
    path = put_rules(home / "project" / PROJECT, ALLOWS)
    lab.bench().rules.trust(path)
    copy = put_rules(home / "elsewhere.toml", ALLOWS)
    bench = again(lab, rule_files=[copy])
    assert [file.trusted for file in bench.rules.files] == [False]


def test_a_call_trusts_no_file(home: Path, lab: Lab) -> None:
    """A tool that writes rules and wants them to hold is refused [REL-18, MULT-12]."""
    path = put_rules(home / "project" / PROJECT, ALLOWS)
    benches: list[wb.Workbench] = []

    @wb.tool(effect="read")
    def loosen() -> str:
        benches[0].rules.trust(path)
        return "loose"

    benches.append(lab.bench(loosen))
    run = benches[0].start(plan=plan(wb.Step(id="a", tool="loosen")))
    run.wait_until(timeout_s=20)
    assert states(run)["a"] == "failed"
    assert "tried to trust a file of rules" in (run.view.steps["a"].error or "")
    assert not benches[0].rules.files[0].trusted


def test_a_file_with_a_fault_opens_no_workbench(home: Path) -> None:
    """It is named with its line, and the journal can be opened once it is mended: rules that cannot
    be read are not left out [AUTH-1]."""
    path = put_rules(home / "project" / PROJECT, '[[rule]]\ntool = "put"\nverdict = "denny"\n')
    with pytest.raises(ToolError, match=f"{path}, line 3: the rule is not valid: verdict"):
        wb.Workbench(home / "runs.db")
    put_rules(path, DENIES)
    with wb.Workbench(home / "runs.db") as bench:
        assert len(bench.rules.files) == 1
    with pytest.raises(ToolError, match="cannot be read"):
        wb.Workbench(home / "runs.db", rule_files=[home / "none.toml"])


def test_rules_beside_the_journal_and_above_are_found(home: Path) -> None:
    """A file further down takes away nothing of one further up; folders of others are left aside
    [AUTH-6]."""
    with wb.Workbench(home / "runs.db", rule_files=()) as bench:
        places = usual_places(bench.journal.url)
        assert bench.rules.files == []
    assert places.index(home / "project" / "notebooks" / PROJECT) == 0
    assert home / "project" / PROJECT in places
    assert home / PROJECT in places
    assert places[-1] == home / "settings" / "workbench" / "rules.toml"
    if os.getuid() == 0:
        os.chown(home / "project", 12345, 12345)
        with wb.Workbench(home / "project" / "runs.db", rule_files=()) as bench:
            assert home / PROJECT not in usual_places(bench.journal.url)


def test_a_detached_run_has_the_rules_of_its_files(
    home: Path, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process that drives it reads the same files: what they deny is denied there [AUTH-1]."""
    path = put_rules(home / "project" / PROJECT, '[[rule]]\nverdict = "deny"\ntool = "*"\n')
    monkeypatch.syspath_prepend(str(home))
    (home / "few_tools.py").write_text(
        "import workbench as wb\n\n\n@wb.tool(effect='read')\ndef peek() -> str:\n"
        "    return 'seen'\n\n\nTOOLS = [peek]\n",
        encoding="utf-8",
    )
    with wb.Workbench(home / "runs.db", tools_from=["few_tools:TOOLS"], planner=None) as bench:
        run = bench.start(plan=plan(wb.Step(id="a", tool="peek")), mode="detached")
        run.wait_until(timeout_s=60)
        assert states(run)["a"] == "denied"
        assert str(path) in (run.view.steps["a"].error or "")


def test_the_terminal_looks_at_a_journal_whatever_the_files_say(home: Path) -> None:
    """Who only looks is not kept out by a fault in a file of rules [AUTH-14]."""
    wb.Workbench(home / "runs.db", rule_files=()).close()
    put_rules(home / "project" / PROJECT, "no toml")
    command = [sys.executable, "-m", "workbench", "runs", "--journal", str(home / "runs.db")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
