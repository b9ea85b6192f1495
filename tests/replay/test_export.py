"""A run in one file: replayed elsewhere, and read as coming from a stranger."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import workbench as wb
from tests.replay.conftest import Opened, Shop, step
from workbench.errors import NotFound, RecordingError, WorkbenchError
from workbench.journal.chain import GENESIS, link
from workbench.replay import read_file

ELSEWHERE = """
import sys, workbench as wb
with wb.Workbench(sys.argv[2], tools=[], planner=None) as bench:
    replay = bench.replay(sys.argv[1], head=sys.argv[3]).check()
    print(len(replay.events), replay.view.state, sorted(replay.stand_ins), replay.calls)
"""


@pytest.fixture
def run(shop: Shop, bench_of: Opened) -> wb.Run:
    """A run with a large value, an answer and an undo that was kept for."""

    @wb.tool(effect="read")
    def table() -> pd.DataFrame:
        return pd.DataFrame({"n": range(3000), "t": ["x"] * 3000})

    @wb.tool(effect="pure")
    def rows(frame: pd.DataFrame) -> int:
        return len(frame)

    bench = bench_of("here", [*shop.tools(), table, rows])
    steps = [
        step("t", "table"),
        step("n", "rows", args={"frame": wb.ref("t")}),
        step("a", "add", args={"item": "pens", "amount": wb.ref("n")}),
        step("o", "order", args={"item": "ink", "usd": 5}, after=["a"]),
    ]
    made = bench.start(plan=wb.Plan(goal="stock up", steps=steps))
    while made.state not in ("succeeded", "failed"):
        made.wait_until("waiting", timeout_s=20)
        for request in made.inbox:
            request.approve()
        made.wait_until("succeeded", "waiting", timeout_s=20)
    return made


@pytest.fixture
def file(run: wb.Run, tmp_path: Path) -> Path:
    return run.export(tmp_path / "run.wbrun")


def head_of(run: wb.Run) -> str:
    return run.bench.journal.run(run.id).head


def test_elsewhere_without_the_tools(run: wb.Run, file: Path, shop: Shop, tmp_path: Path) -> None:
    """One file is enough: another process in another folder, without journal and tools, replays the
    run to the same end; what the tools declare stands in the file [HARN-12]."""
    calls = len(shop.calls)
    away = tmp_path / "away"
    away.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, str(file), str(away / "j.db"), head_of(run)],
        cwd=away,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "HOME": str(away)},
    )
    assert done.returncode == 0, done.stderr
    events = sum(1 for _ in run.events())
    names = sorted(["count", "price", "add", "order", "polish", "is_loud", "table", "rows"])
    assert done.stdout.strip() == f"{events} succeeded {names} 0"
    assert len(shop.calls) == calls


def test_values_come_along(run: wb.Run, file: Path) -> None:
    """Frames and images are in the file, under their digests."""
    course = read_file(file)
    output = run.view.steps["t"].output
    assert output is not None
    assert output.artifact is not None
    assert len(course.artifact(output.artifact.digest)) == output.artifact.size
    with pytest.raises(NotFound):
        course.artifact("0" * 64)


def rewritten(
    file: Path, change: Callable[[list[dict[str, Any]]], None], *, end: bool = True
) -> Path:
    """Change the lines of a file as an attacker would, who fits the last line to them again."""
    items = [json.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()][:-1]
    change(items)
    lines = [
        json.dumps(i, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for i in items
    ]
    total = hashlib.sha256(b"".join(lines)).hexdigest()
    last = [json.dumps({"end": total}).encode() + b"\n"] if end else []
    made = file.with_name("made.wbrun")
    made.write_bytes(gzip.compress(b"".join([*lines, *last])))
    return made


def events(items: list[dict[str, Any]]) -> list[list[Any]]:
    return [item["event"] for item in items if "event" in item]


def test_a_changed_event_is_found(file: Path) -> None:
    """An event that was changed breaks the hash chain: it is named [AUTH-14]."""

    def change(items: list[dict[str, Any]]) -> None:
        found = events(items)[6]
        found[4] = found[4].replace("1", "2", 1)

    with pytest.raises(RecordingError, match=r"event 7 of run-.* was changed"):
        read_file(rewritten(file, change))


def test_a_missing_event_is_found(file: Path) -> None:
    """Events that were taken out, in the middle or at the end, are missed."""

    def middle(items: list[dict[str, Any]]) -> None:
        del items[5]

    def last(items: list[dict[str, Any]]) -> None:
        del items[[n for n, item in enumerate(items) if "event" in item][-1]]

    with pytest.raises(RecordingError, match="event 5 of run-"):
        read_file(rewritten(file, middle))
    with pytest.raises(RecordingError, match="events are missing"):
        read_file(rewritten(file, last))


def test_a_changed_value_is_found(file: Path) -> None:
    """A value whose bytes are not those of its digest is refused."""

    def change(items: list[dict[str, Any]]) -> None:
        value = next(item["value"] for item in items if "value" in item)
        value[1] = "QUJD"

    with pytest.raises(RecordingError, match="is not the one that it is named by"):
        read_file(rewritten(file, change))


def test_a_whole_new_chain_needs_the_head(run: wb.Run, file: Path) -> None:
    """Who makes up a whole file makes it sound in itself; the head, known from elsewhere, tells."""

    def change(items: list[dict[str, Any]]) -> None:
        before = GENESIS
        for seq, event in enumerate(events(items), start=1):
            event[4] = event[4].replace("stock up", "sell all")
            before = event[5] = link(before, event[0], seq, *event[1:5])
        items[0]["head"] = before

    made = rewritten(file, change)
    assert read_file(made).created.goal == "sell all"
    with pytest.raises(RecordingError, match="was demanded"):
        read_file(made, head=head_of(run))
    assert read_file(file, head=head_of(run)).run == run.id


def test_a_refusal_of_before_it_froze(shop: Shop, bench_of: Opened, tmp_path: Path) -> None:
    """In a recording of a version whose `freeze` only paused the run, it only pauses: the tool is
    called afterwards, as it was then [HARN-12, COMP-10]."""
    bench = bench_of("shop", shop.tools())
    steps = [step(n, "order", args={"item": n, "usd": 1}) for n in ("a", "b")]
    run = bench.start(plan=wb.Plan(goal="orders", steps=steps))
    while len(run.inbox) < len(steps):
        run.wait_until("waiting", timeout_s=20)
    refused, later = run.inbox
    refused.deny("too dear", then="freeze")
    bench.unfreeze()
    later.approve()
    run.resume()
    run.wait(20)

    def change(items: list[dict[str, Any]]) -> None:
        items[:] = [item for item in items if "rule" not in item]
        head = GENESIS
        for seq, event in enumerate(events(items), start=1):
            fields = json.loads(event[4])
            event[4] = json.dumps({n: v for n, v in fields.items() if n not in ("rule", "rule_id")})
            head = event[5] = link(head, event[0], seq, *event[1:5])
        items[0]["head"] = head

    old = rewritten(run.export(tmp_path / "run.wbrun"), change)
    replay = bench.replay(old).check()
    assert replay.view.steps[refused.step].state == "denied"
    assert replay.view.steps[later.step].state == "succeeded"
    assert [getattr(r.event, "rule", None) for r in replay.events].count(None) == len(replay.events)


def test_a_changed_order_takes_another_course(run: wb.Run, file: Path, bench_of: Opened) -> None:
    """Orders are not in the chain; one that was changed no longer brings the recorded events."""

    def change(items: list[dict[str, Any]]) -> None:
        for item in items:
            if "order" in item:
                item["order"] = item["order"].replace('"approve"', '"deny"')

    replay = bench_of("else", []).replay(rewritten(file, change), patience_s=1)
    assert replay.divergence is not None
    assert "recorded was request.answered" in str(replay.divergence)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "breaks off"),
        (b"no gzip", "unpacked"),
        (gzip.compress(b"{}\n"), "breaks off|no run"),
        (gzip.compress(b"[1]\n"), "sense"),
        (gzip.compress(b'{"format":"other"}\n'), "no run of a workbench"),
        (gzip.compress(b'{"format":"workbench-run","version":9,"run":"r"}\n'), "version is 9"),
        (gzip.compress(b"[" * 100_000), "sense"),
    ],
    ids=["nothing", "no gzip", "no fields", "a list", "other format", "other version", "too deep"],
)
def test_what_is_no_run(tmp_path: Path, content: bytes, why: str) -> None:
    """Whatever else a file holds, it is refused with the reason, and nothing is written."""
    path = tmp_path / "x.wbrun"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=why):
        read_file(path)
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_breaks_off(file: Path) -> None:
    """Half a file, or one without its last line, is no run."""
    half = file.with_name("half.wbrun")
    half.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(RecordingError, match="unpacked"):
        read_file(half)
    with pytest.raises(RecordingError, match="breaks off"):
        read_file(rewritten(file, lambda _: None, end=False))


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """A small file that would unpack to a gigabyte is left at the bound."""
    bomb = tmp_path / "bomb.wbrun"
    head = b'{"format":"workbench-run","version":1,"run":"r","events":1,"head":""}\n'
    with gzip.open(bomb, "wb", 1) as packed:
        packed.write(head)
        for _ in range(64):
            packed.write(b" " * 2**20)
    assert bomb.stat().st_size < 2**20
    with pytest.raises(RecordingError, match="more than 1,000,000 bytes"):
        read_file(bomb, max_bytes=1_000_000)


def test_names_in_a_file_are_no_paths(file: Path, bench_of: Opened, tmp_path: Path) -> None:
    """A run, an artifact or a tool with the name of a path touches no file."""
    before = sorted(tmp_path.rglob("*"))

    def change(items: list[dict[str, Any]]) -> None:
        run = "../../escaped"
        items[0]["run"] = run
        head = GENESIS
        for seq, event in enumerate(events(items), start=1):
            event[0] = run
            head = event[5] = link(head, run, seq, *event[1:5])
        items[0]["head"] = head

    made = rewritten(file, change)
    bench_of("else", []).replay(made, patience_s=1)
    after = {path for path in tmp_path.rglob("*") if "else.db" not in path.name} - {made}
    assert sorted(after) == before


def test_a_tool_that_cannot_be(file: Path, bench_of: Opened) -> None:
    """A recorded tool whose arguments have no possible names is refused."""

    def change(items: list[dict[str, Any]]) -> None:
        tool = next(item["tool"] for item in items if "tool" in item)
        tool["args"]["properties"] = {"a b; import os": {"type": "string"}}

    with pytest.raises(RecordingError, match="is none"):
        bench_of("else", []).replay(rewritten(file, change))


def test_no_file_and_no_run(bench_of: Opened) -> None:
    """A name that is neither is said to be neither."""
    with pytest.raises(NotFound):
        bench_of("a", []).replay("run-nothing")
    with pytest.raises(NotFound, match="no file"):
        bench_of("b", []).replay("nothing.wbrun")


# -- as a test ------------------------------------------------------------------------------------


def pytest_of(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(path)]
    alone = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""}
    return subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=path.parent, env=alone
    )


def test_a_run_becomes_a_test(run: wb.Run, tmp_path: Path, shop: Shop) -> None:
    """One call makes a pytest file and its recording; pytest runs it, green, with no call
    [HARN-12]."""
    calls = len(shop.calls)
    made = run.as_test(tmp_path / "tests" / "test_stock.py")
    assert (made.parent / "recordings" / "test_stock.wbrun").is_file()
    assert "def test_stock_up() -> None:" in made.read_text()
    done = pytest_of(made)
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
    assert len(shop.calls) == calls
    with pytest.raises(WorkbenchError, match="there already"):
        run.as_test(made)
    run.as_test(made, name="test_other", overwrite=True)
    assert "def test_other()" in made.read_text()


@pytest.mark.parametrize(
    "options",
    [
        {"policy": wb.Policy(allow=["order"])},
        {"rights": wb.Rights(agent=(wb.Grant("co*"), wb.Grant("price")))},
        {"attended": False},
    ],
    ids=["policy", "rights", "unattended"],
)
def test_what_it_was_decided_with_comes_along(
    bench_of: Opened, tmp_path: Path, shop: Shop, options: dict[str, object]
) -> None:
    """Elsewhere, without the tools, a run is played under the policy and the rights that it had, so
    it takes the same course; one call makes a test of it, too [HARN-12]."""
    bench = bench_of("shop", shop.tools(), **options)
    steps = [
        wb.Step(id="n", tool="count", args={"item": "pens"}),
        wb.Step(id="o", tool="order", args={"item": "pens", "usd": 1}, after=["n"]),
    ]
    run = bench.start(plan=wb.Plan(goal="order", steps=steps))
    run.wait_until("succeeded", "failed", timeout_s=20)
    calls = list(shop.calls)
    file = run.export(tmp_path / "order.wbrun")
    assert bench_of("away", []).replay(file).check().same
    made = run.as_test(tmp_path / "test_order.py")
    assert pytest_of(made).returncode == 0
    assert shop.calls == calls


TOOLS = """
import workbench as wb

@wb.tool(effect="{effect}")
def greet(name: str) -> str:
    return "hello " + name

TOOLS = [greet]
"""


def test_the_test_fails_when_the_tool_has_changed(
    bench_of: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `tools_from` the test is red, with event and reason, once a tool declares another
    effect; a tool whose code alone was changed is green, for its output is recorded."""
    module = tmp_path / "greeting.py"
    module.write_text(TOOLS.format(effect="pure"))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    bench = bench_of("greet", [], tools_from=["greeting:TOOLS"])
    plan = wb.Plan(goal="greet", steps=[wb.Step(id="g", tool="greet", args={"name": "Ann"})])
    run = bench.start(plan=plan)
    run.wait(20)
    made = run.as_test(tmp_path / "test_greet.py", tools_from=["greeting:TOOLS"])
    module.write_text(TOOLS.format(effect="pure").replace("hello", "good morning"))
    assert pytest_of(made).returncode == 0
    module.write_text(TOOLS.format(effect="irreversible"))
    done = pytest_of(made)
    assert done.returncode == 1
    assert "recorded was call.intended of step 'g', the replay has request.opened" in done.stdout
