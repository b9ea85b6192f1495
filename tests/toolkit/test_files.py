"""Reading and writing files within one folder."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

from workbench.toolkit import Failed, Refused, files


@pytest.fixture
def box(kit, tmp_path):
    root = tmp_path / "box"
    root.mkdir()
    tools = kit(files(root, text_limit=10_000, image_limit=20_000))
    tools.root = root
    return tools


TEXT = "größer ≠ kleiner\r\n日本語 🦜\n\ttab, no end of line"


def test_text_comes_back_as_it_was_written(box) -> None:
    """A text is written to the byte: no line end and no character is translated."""
    path = box.get("write_text", path="a/b/ünï.txt", text=TEXT)

    assert str(box.root / "a/b/ünï.txt") == path
    assert TEXT.encode() == (box.root / "a/b/ünï.txt").read_bytes()
    assert box.get("read_text", path=path) == TEXT


def test_every_file_is_listed_once_and_links_out_are_left_out(box, tmp_path) -> None:
    """The listing shows what is in the folder, by names that the other tools take."""
    (tmp_path / "secret.txt").write_text("no")
    box.run("write_text", path="b.txt", text="b")
    box.run("write_text", path="sub/a.csv", text="x\n1")
    (box.root / "link.txt").symlink_to(tmp_path / "secret.txt")

    assert box.get("list_files") == ["b.txt", "sub/a.csv"]
    assert box.get("list_files", pattern="*.txt") == ["b.txt"]
    assert box.get("list_files", limit=1) == ["b.txt"]
    assert box.get("list_files", pattern="../*") == []


OUTSIDE = ["../secret.txt", "sub/../../secret.txt", "link.txt", "folder-link/secret.txt"]


@pytest.mark.parametrize("path", [*OUTSIDE, "ABSOLUTE", "bad\0name"])
def test_no_path_leads_out_of_the_folder(box, tmp_path, path) -> None:
    """Dots, absolute paths, links to files and links to folders are refused, for every tool."""
    secret = tmp_path / "secret.txt"
    secret.write_text("keep")
    (box.root / "link.txt").symlink_to(secret)
    (box.root / "folder-link").symlink_to(tmp_path)
    path = str(secret) if path == "ABSOLUTE" else path
    frame = pd.DataFrame({"x": [1]})

    for name, more in [
        ("read_text", {}),
        ("read_table", {}),
        ("write_text", {"text": "gone"}),
        ("write_table", {"frame": frame}),
        ("delete_file", {}),
        ("move_file", {"to": "here.txt"}),
    ]:
        with pytest.raises(Refused) as caught:
            box.run(name, path=path, **more)
        assert caught.value.next_step
    box.run("write_text", path="mine.txt", text="mine")
    with pytest.raises(Refused):
        box.run("move_file", path="mine.txt", to=path)
    assert secret.read_text() == "keep"


def test_a_link_within_the_folder_is_read_and_never_written_through(box) -> None:
    """Reading follows a link; what changes a file names the file itself, and says so: what was
    decided about is what is changed [AUTH-3]."""
    box.run("write_text", path="real.txt", text="1")
    (box.root / "sub").mkdir()
    (box.root / "link.txt").symlink_to("real.txt")
    (box.root / "folder-link").symlink_to("sub")

    assert box.get("read_text", path="link.txt") == "1"
    for name, args in [
        ("write_text", {"path": "link.txt", "text": "2"}),
        ("write_text", {"path": "folder-link/new.txt", "text": "2"}),
        ("delete_file", {"path": "link.txt"}),
        ("move_file", {"path": "real.txt", "to": "folder-link/real.txt"}),
    ]:
        with pytest.raises(Refused, match="leads through a link") as caught:
            box.run(name, **args)
        assert "Name the file itself" in caught.value.next_step
    assert (box.root / "link.txt").is_symlink()
    assert (box.root / "real.txt").read_text() == "1"
    assert list((box.root / "sub").iterdir()) == []


def test_another_name_of_the_folder_is_as_good(tmp_path) -> None:
    """A folder that is itself reached by a link can be named either way."""
    (tmp_path / "real").mkdir()
    (tmp_path / "alias").symlink_to("real")
    tools = {one.name: one for one in files(tmp_path / "alias")}
    for folder in ("alias", "real"):
        tools["write_text"](path=tmp_path / folder / "sub" / f"{folder}.txt", text=folder)
        assert (tmp_path / "real" / "sub" / f"{folder}.txt").read_text() == folder


def test_no_tool_writes_where_rules_are_kept(box) -> None:
    """A file of rules is changed by a person: writing, deleting and moving it are refused, wherever
    in the folder it is [REL-18]."""
    rules = box.root / "sub" / ".workbench" / "rules.toml"
    rules.parent.mkdir(parents=True)
    rules.write_text("")
    box.run("write_text", path="mine.txt", text="mine")
    for name, args in [
        ("write_text", {"path": "sub/.workbench/rules.toml", "text": "x"}),
        ("delete_file", {"path": "sub/.workbench/rules.toml"}),
        ("move_file", {"path": "sub/.workbench/rules.toml", "to": "away.toml"}),
        ("move_file", {"path": "mine.txt", "to": ".workbench/rules.toml"}),
    ]:
        with pytest.raises(Refused, match="where rules are kept"):
            box.run(name, **args)
    assert rules.read_text() == ""


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.parquet"])
def test_a_table_comes_back(box, name) -> None:
    """A table that was written is read again with its values and types."""
    frame = pd.DataFrame({"land": ["Tschad", "Curaçao", None], "n": [1, 2, 3]})

    box.run("write_table", path=name, frame=frame)

    pd.testing.assert_frame_equal(frame, box.get("read_table", path=name))


def test_an_index_that_says_something_is_written_too(box) -> None:
    """A grouped table keeps its groups as a column."""
    grouped = pd.DataFrame({"k": ["a", "b", "a"], "v": [1, 2, 3]}).groupby("k").sum()

    box.run("write_table", path="g.csv", frame=grouped)

    assert box.get("read_text", path="g.csv") == "k,v\na,4\nb,2\n"


def test_json_records_are_a_table(box) -> None:
    """A list of records in JSON is read as a table; dates stay text."""
    box.run("write_text", path="r.json", text='[{"date": "2024-01-01", "n": 1}]')

    frame = box.get("read_table", path="r.json")

    assert frame.to_dict("records") == [{"date": "2024-01-01", "n": 1}]


@pytest.mark.parametrize(
    ("name", "content"),
    [("t.xlsx", b"x"), ("t.parquet", b"no parquet"), ("t.csv", b""), ("t.json", b"{")],
)
def test_what_is_no_table_is_refused_with_advice(box, name, content) -> None:
    """A wrong ending or content gives one clear error."""
    (box.root / name).write_bytes(content)

    with pytest.raises(Refused) as caught:
        box.run("read_table", path=name)
    assert name in caught.value.what
    assert caught.value.next_step


def test_bad_text_is_refused(box) -> None:
    """A file that is no text, one that is too large, and a missing one are named."""
    (box.root / "x.bin").write_bytes(b"\xff\xfe\x00")
    (box.root / "big.txt").write_bytes(b"x" * 10_001)

    with pytest.raises(Refused, match="no text in UTF-8"):
        box.run("read_text", path="x.bin")
    with pytest.raises(Refused, match=r"10,001 bytes; the limit for reading text is 10,000"):
        box.run("read_text", path="big.txt")
    with pytest.raises(Refused, match=r"no file 'none.txt'.*list_files"):
        box.run("read_text", path="none.txt")
    with pytest.raises(Refused, match="UTF-8 cannot hold"):
        box.run("write_text", path="x.txt", text="\ud800")


def test_a_folder_or_a_pipe_is_no_file(box) -> None:
    """Neither is opened, so a pipe cannot hold the run."""
    (box.root / "sub").mkdir()
    os.mkfifo(box.root / "pipe")

    for name in ("sub", "pipe"):
        with pytest.raises(Refused, match="not a regular file"):
            box.run("read_text", path=name)
    with pytest.raises(Refused, match="not a regular file"):
        box.run("write_text", path="sub", text="x")


def test_a_write_that_fails_leaves_the_old_file_and_no_rest(box, monkeypatch) -> None:
    """A full disk in the middle of a write loses nothing and leaves no temporary file."""
    box.run("write_text", path="a.txt", text="old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Failed, match="No space left on device") as caught:
        box.run("write_text", path="a.txt", text="new")

    assert caught.value.happened is False
    assert [p.name for p in box.root.iterdir()] == ["a.txt"]
    assert (box.root / "a.txt").read_text() == "old"


def test_a_written_file_keeps_its_rights(box) -> None:
    """Replacing a file does not change who may read it."""
    box.run("write_text", path="a.sh", text="old")
    (box.root / "a.sh").chmod(0o750)

    box.run("write_text", path="a.sh", text="new")

    assert (box.root / "a.sh").stat().st_mode & 0o777 == 0o750


def test_previews_say_what_would_change_and_change_nothing(box) -> None:
    """Each preview names the file and shows the change [COMP-1, COMP-13]."""
    box.run("write_text", path="a.txt", text="one\ntwo\n")
    frame = pd.DataFrame({"x": range(100)})

    diff = box.preview("write_text", path="a.txt", text="one\n2\n")
    assert "-two" in diff
    assert "+2" in diff
    assert "nothing would change" in box.preview("write_text", path="a.txt", text="one\ntwo\n")
    assert "100 rows x 1 columns" in box.preview("write_table", path="t.csv", frame=frame)
    assert "8 bytes:\none" in box.preview("delete_file", path="a.txt")
    assert "a.txt to b/c.txt" in box.preview("move_file", path="a.txt", to="b/c.txt")
    assert [p.name for p in box.root.iterdir()] == ["a.txt"]
    box.run("write_text", path="a.txt", text="x" * 5000)
    assert box.preview("delete_file", path="a.txt").endswith(f"5,000 bytes:\n{'x' * 200}…")


def test_a_missing_folder_is_refused_at_once(tmp_path) -> None:
    """The mistake is named where the tools are made."""
    with pytest.raises(Refused, match="no folder"):
        files(Path(tmp_path) / "none")
