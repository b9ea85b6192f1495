"""Undo, probe and before-image of files."""

from __future__ import annotations

import hashlib

import pandas as pd
import pytest

from workbench.errors import ImageTooLarge
from workbench.toolkit import Changed, Refused, files

FRAME = pd.DataFrame({"x": [1, 2], "y": ["a", "ß"]})
OLD = bytes(range(256)) + b"\r\n\xff"
WRITES = [("write_text", {"text": "new ☃"}, "f.txt"), ("write_table", {"frame": FRAME}, "f.csv")]


@pytest.fixture
def box(kit, tmp_path):
    tools = kit(files(tmp_path, image_limit=20_000))
    tools.root = tmp_path
    return tools


def tree(root):
    """Name everything below a folder by its content."""
    return {
        p.relative_to(root).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        if p.is_file()
        else "folder"
        for p in root.rglob("*")
    }


@pytest.mark.parametrize(("name", "more", "path"), WRITES)
@pytest.mark.parametrize("twice", [False, True])
def test_undo_brings_the_same_bytes_back(box, name, more, path, twice) -> None:
    """After the undo, once or twice, the old file is there to the byte [COMP-3, COMP-5]."""
    (box.root / path).write_bytes(OLD)
    start = tree(box.root)

    call = box.run(name, path=path, **more)
    assert tree(box.root) != start
    for _ in range(1 + twice):
        call.undo()

    assert tree(box.root) == start


@pytest.mark.parametrize(("name", "more", "path"), WRITES)
def test_undo_takes_a_new_file_and_its_new_folders_away(box, name, more, path) -> None:
    """What was not there before is not there after the undo, folders included [COMP-5]."""
    (box.root / "kept").mkdir()
    start = tree(box.root)

    call = box.run(name, path=f"kept/new/deep/{path}", **more)
    call.undo()
    call.undo()

    assert tree(box.root) == start


def test_undo_leaves_a_new_folder_that_somebody_uses(box) -> None:
    """A folder that holds another's file stays."""
    call = box.run("write_text", path="new/a.txt", text="a")
    (box.root / "new/theirs.txt").write_text("b")

    call.undo()

    assert list(tree(box.root)) == ["new", "new/theirs.txt"]


CHANGES = [
    ("write_text", {"path": "f.txt", "text": "new"}),
    ("write_table", {"path": "f.csv", "frame": FRAME}),
    ("delete_file", {"path": "f.txt"}),
    ("move_file", {"path": "f.txt", "to": "sub/g.txt"}),
]


@pytest.mark.parametrize(("name", "args"), CHANGES)
def test_undo_of_what_never_happened_changes_nothing(box, name, args) -> None:
    """A crash before the call leaves an intent; its undo does no harm [COMP-5]."""
    (box.root / "f.txt").write_bytes(OLD)
    start = tree(box.root)

    call = box.prepare(name, **args)
    call.undo(result=None)

    assert tree(box.root) == start


@pytest.mark.parametrize(("name", "args"), CHANGES)
def test_the_probe_knows_whether_it_happened(box, name, args) -> None:
    """Before the call it says no, after it yes, with the output [COMP-12]."""
    (box.root / "f.txt").write_bytes(OLD)

    call = box.prepare(name, **args)
    assert not call.probe()
    call.run()
    assert call.probe()
    assert call.found == call.output


@pytest.mark.parametrize(("name", "args"), CHANGES)
def test_undo_overwrites_nobody_elses_work(box, name, args) -> None:
    """A file that was changed since is left alone, and the error says so [RUNT-16]."""
    (box.root / "f.txt").write_bytes(OLD)
    call = box.run(name, **args)
    target = box.root / args.get("to", args["path"])
    target.write_text("somebody else's")
    theirs = tree(box.root)

    with pytest.raises(Changed, match="changed by somebody else") as caught:
        call.undo()

    assert caught.value.next_step
    assert tree(box.root) == theirs


@pytest.mark.parametrize(("name", "args"), [CHANGES[0], CHANGES[2], CHANGES[3]])
def test_a_file_changed_after_the_before_image_is_not_touched(box, name, args) -> None:
    """The call overwrites only what the before-image holds [RUNT-16, COMP-13]."""
    (box.root / "f.txt").write_bytes(OLD)
    call = box.prepare(name, **args)
    (box.root / "f.txt").write_text("somebody else's")
    theirs = tree(box.root)

    with pytest.raises(Changed, match="while this call was being prepared"):
        call.run()

    assert tree(box.root) == theirs


def test_writing_again_with_the_same_key_is_harmless(box) -> None:
    """A repeated write is idempotent, as declared, even if the first one got through."""
    (box.root / "f.txt").write_bytes(OLD)
    call = box.run("write_text", path="f.txt", text="new")

    call.run()
    call.undo()

    assert (box.root / "f.txt").read_bytes() == OLD


def test_a_deleted_file_comes_back_with_rights_and_time(box) -> None:
    """Undo of a deletion restores bytes, rights and modification time [COMP-13]."""
    file = box.root / "run.sh"
    file.write_bytes(OLD)
    file.chmod(0o741)
    old = file.stat()

    call = box.run("delete_file", path="run.sh")
    assert not file.exists()
    call.undo()
    call.undo()

    new = file.stat()
    assert (file.read_bytes(), new.st_mode, new.st_mtime) == (OLD, old.st_mode, old.st_mtime)


def test_a_move_is_undone_once(box) -> None:
    """The file is back at its old place, and the folder made for it is gone [COMP-5]."""
    (box.root / "f.txt").write_bytes(OLD)
    start = tree(box.root)

    call = box.run("move_file", path="f.txt", to="new/g.txt")
    assert list(tree(box.root)) == ["new", "new/g.txt"]
    call.undo()
    call.undo()

    assert tree(box.root) == start


def test_a_move_overwrites_nothing(box) -> None:
    """A place that is taken is refused."""
    (box.root / "f.txt").write_text("f")
    (box.root / "g.txt").write_text("g")

    with pytest.raises(Refused, match=r"already is 'g\.txt'"):
        box.run("move_file", path="f.txt", to="g.txt")
    assert (box.root / "g.txt").read_text() == "g"


@pytest.mark.parametrize(("name", "args"), [CHANGES[0], CHANGES[2]])
def test_a_file_too_large_to_be_kept_is_not_changed(box, name, args) -> None:
    """Where the before-image would be too large, it is not taken: only a person may go on without
    [COMP-13]."""
    (box.root / "f.txt").write_bytes(b"x" * 20_001)

    with pytest.raises(ImageTooLarge, match="image of 20,001 bytes exceeds 20,000"):
        box.run(name, **args)
    assert (box.root / "f.txt").stat().st_size == 20_001
