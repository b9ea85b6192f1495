"""What the toolkit overwrites or deletes is kept, and a rollback restores it to the last bit."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import workbench as wb
from workbench.events import CallIntended
from workbench.testing import allow_all
from workbench.toolkit import files, notebook, sql
from workbench.toolkit.database.image import Limit

PATIENCE_S = 60


@pytest.fixture
def benches(tmp_path: Path) -> Iterator[Any]:
    """Open workbenches over one journal; all rules allow everything."""
    made: list[wb.Workbench] = []

    def open_bench(tools: list[wb.Tool]) -> wb.Workbench:
        bench = wb.Workbench(tmp_path / "runs.db", tools=tools, planner=None, policy=allow_all())
        made.append(bench)
        return bench

    yield open_bench
    for bench in made:
        bench.close()


def started(bench: wb.Workbench, *calls: tuple[str, dict[str, Any]]) -> wb.Run:
    """Start a chain of calls."""
    steps = [
        wb.Step(id=f"s{n}", tool=tool, args=args, after=[f"s{n - 1}"] if n else [])
        for n, (tool, args) in enumerate(calls)
    ]
    return bench.start(plan=wb.Plan(goal="change it", steps=steps), on_failure="stop")


def intents(run: wb.Run) -> list[CallIntended]:
    return [r.event for r in run.events() if isinstance(r.event, CallIntended)]


# -- rows ------------------------------------------------------------------------------------


LITE = [
    "CREATE TABLE odd (id INTEGER PRIMARY KEY, label TEXT, raw BLOB, share REAL, any_kind)",
    "INSERT INTO odd VALUES (1, 'é''', x'00ff', 0.1, 9007199254740993)",
    "INSERT INTO odd (id) VALUES (2)",
    "INSERT INTO odd VALUES (3, '', x'', 1e300, x'61'), (4, 'x', x'0a', -0.5, 'text')",
]
POSTGRES = [
    (
        "CREATE TABLE odd (id INTEGER PRIMARY KEY, label TEXT, raw BYTEA, share DOUBLE PRECISION,"
        " price NUMERIC(30, 10), at TIMESTAMPTZ, day DATE, doc JSONB, list INTEGER[], flag BOOLEAN)"
    ),
    (
        "INSERT INTO odd VALUES (1, 'é''', '\\x00ff', 0.1, 12345678901234567890.0123456789,"
        " '2026-01-02 03:04:05.678901+02', '2026-02-03', '{\"a\": [1, null]}', '{1,NULL,3}', true)"
    ),
    "INSERT INTO odd (id) VALUES (2)",
    (
        "INSERT INTO odd VALUES (3, '', '\\x', 'NaN', 0, 'infinity', '0044-03-15 BC', 'null', '{}',"
        " false), (4, 'x', '\\x0a', -0.5, 1.10, now(), now(), '1', '{7}', NULL)"
    ),
]


@pytest.fixture
def odd(world: Any) -> Any:
    """Give a table with a value of every awkward kind."""
    world.do(*(LITE if world.is_sqlite else POSTGRES))
    return world


def exactly(world: Any) -> list[str]:
    """Write each row as the database itself writes it."""
    if world.is_sqlite:
        return [repr(row) for row in world.rows("SELECT * FROM odd ORDER BY id")]
    return [text for (text,) in world.rows("SELECT odd::text FROM odd ORDER BY id")]


def test_rows_come_back_to_the_last_bit(benches: Any, odd: Any) -> None:
    """Deleted, changed and replaced rows are the same again after a rollback, whatever their type,
    with blobs and NULLs; their images are artifacts or stand in the intent [COMP-13]."""
    start = exactly(odd)
    frame = pd.DataFrame({"id": [9], "label": ["new"]})
    tools = [*sql(odd.url), wb.tool(effect="pure", name="make")(lambda: frame)]
    run = started(
        benches(tools),
        ("delete_rows", {"table": "odd", "where": {"id": [1, 2]}}),
        ("update_rows", {"table": "odd", "where": {"id": [3, 4]}, "values": {"label": None}}),
        ("insert_rows", {"table": "odd", "rows": [{"id": 1, "label": "other"}]}),
        ("make", {}),
        ("write_frame", {"table": "odd", "frame": wb.ref("s3"), "if_exists": "replace"}),
    )
    run.wait(PATIENCE_S)
    assert odd.rows("SELECT id, label FROM odd") == [(9, "new")]

    report = run.rollback(timeout_s=PATIENCE_S)

    assert report.counts["undone"] == len(report) == 4
    assert exactly(odd) == start


@pytest.mark.parametrize(
    ("tool", "more", "left"),
    [
        ("delete_rows", {}, []),
        ("update_rows", {"values": {"label": "y"}}, [("y",)] * 200),
    ],
)
def test_rows_that_cannot_be_kept_are_asked_about(
    benches: Any, world: Any, tool: str, more: dict[str, Any], left: list[Any]
) -> None:
    """Above the bound nothing happens without a word, even where everything is allowed: a request
    says that it cannot be undone, shows how many rows there are and some of them. Allowed, it is
    done without an image, and the report says why it stays [COMP-13, COMP-2]."""
    values = ", ".join(f"({n}, 'x')" for n in range(200))
    world.do("CREATE TABLE many (id INTEGER PRIMARY KEY, label TEXT)")
    world.do(f"INSERT INTO many VALUES {values}")
    bench = benches(sql(world.url, image_limit=Limit(rows=150)))
    run = started(bench, (tool, {"table": "many", "where": {"label": "x"}, **more}))
    run.wait_until("waiting", timeout_s=PATIENCE_S)

    (request,) = run.inbox
    assert (request.kind, request.risk) == ("permission", "irreversible")
    assert "cannot be undone: its image of 200 rows of many exceeds 150" in request.why
    assert "200 rows of many" in str(request.preview)
    assert str(request).count("exceeds 150") == 1
    assert len(world.rows("SELECT 1 FROM many WHERE label = 'x'")) == 200
    assert intents(run) == []
    request.approve()
    run.wait(PATIENCE_S)

    assert world.rows("SELECT label FROM many") == left
    (intent,) = intents(run)
    assert (intent.before, intent.undo) == (None, None)
    assert "200 rows" in intent.not_undoable
    preview = run.undo_preview()
    (row,) = preview.not_undoable
    assert "exceeds 150" in row.why
    assert run.rollback(timeout_s=PATIENCE_S) == preview


# -- files -----------------------------------------------------------------------------------


def tree(root: Path) -> dict[str, tuple[str, int, str]]:
    """Describe everything in a folder: content, rights, and where links lead."""
    found = {}
    for path in sorted(root.rglob("*")):
        link = str(path.readlink()) if path.is_symlink() else ""
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        found[str(path.relative_to(root))] = (content, path.stat().st_mode, link)
    return found


def test_files_come_back_to_the_last_byte(benches: Any, tmp_path: Path) -> None:
    """Written, moved and deleted files are as before after a rollback: bytes, rights, links and
    folders [COMP-13]."""
    root = tmp_path / "box"
    (root / "deep").mkdir(parents=True)
    (root / "raw.bin").write_bytes(bytes(range(256)) * 10)
    (root / "raw.bin").chmod(0o600)
    (root / "deep" / "run.sh").write_text("#!/bin/sh\r\n\n")
    (root / "deep" / "run.sh").chmod(0o755)
    (root / "link.txt").symlink_to("deep/run.sh")
    start = tree(root)
    run = started(
        benches(files(root)),
        ("write_text", {"path": "raw.bin", "text": "over"}),
        ("write_text", {"path": "new/folder/a.txt", "text": "new"}),
        ("move_file", {"path": "new/folder/a.txt", "to": "other/b.txt"}),
        ("delete_file", {"path": "deep/run.sh"}),
        ("delete_file", {"path": "raw.bin"}),
    )
    run.wait(PATIENCE_S)
    assert not (root / "raw.bin").exists()

    report = run.rollback(timeout_s=PATIENCE_S)

    assert report.counts["undone"] == 5
    assert tree(root) == start


@pytest.mark.parametrize("tool", ["write_text", "delete_file"])
def test_a_file_that_cannot_be_kept_is_asked_about(benches: Any, tmp_path: Path, tool: str) -> None:
    """A refusal leaves the file; another content than the one that was asked about is asked about
    again [COMP-13]."""
    root = tmp_path / "box"
    root.mkdir()
    (root / "big").write_bytes(b"x" * 3000)
    bench = benches(files(root, image_limit=2048))
    args = {"path": "big", **({"text": "new"} if tool == "write_text" else {})}
    run = started(bench, (tool, args))
    run.wait_until("waiting", timeout_s=PATIENCE_S)
    (request,) = run.inbox
    assert "its image of 2.9 KiB exceeds 2 KiB" in request.why
    (root / "big").write_bytes(b"x" * 9000)
    request.approve()
    run.wait_until("waiting", timeout_s=PATIENCE_S)

    seen = set()
    while run.state == "waiting":
        (again,) = run.inbox
        assert again.id != request.id
        seen.add("8.8 KiB" in again.why)
        again.deny("keep it", then="continue")
        run.wait_until("waiting", timeout_s=PATIENCE_S)

    assert (root / "big").stat().st_size == 9000
    assert intents(run) == []


# -- variables -------------------------------------------------------------------------------


def test_variables_come_back(benches: Any) -> None:
    """The very frame is there again, and what was not there is gone [COMP-13]."""
    old = pd.DataFrame({"a": [1, 2]})
    space: dict[str, Any] = {"frame": old}
    run = started(
        benches(notebook(space)),
        ("set_variable", {"name": "frame", "value": 1}),
        ("set_variable", {"name": "more", "value": 2}),
    )
    run.wait(PATIENCE_S)
    assert space == {"frame": 1, "more": 2}

    run.rollback(timeout_s=PATIENCE_S)

    assert list(space) == ["frame"]
    assert space["frame"] is old


def test_a_variable_that_cannot_be_kept_is_asked_about(benches: Any) -> None:
    """A frame above the bound is replaced only when the person says so [COMP-13]."""
    space: dict[str, Any] = {"frame": pd.DataFrame({"a": range(1000)})}
    run = started(
        benches(notebook(space, image_limit=4096)), ("set_variable", {"name": "frame", "value": 1})
    )
    run.wait_until("waiting", timeout_s=PATIENCE_S)
    assert "exceeds 4 KiB" in run.inbox[0].why
    run.inbox[0].approve()
    run.wait(PATIENCE_S)

    assert space == {"frame": 1}
    assert run.undo_preview().counts["not_undoable"] == 1
