"""Tools on the variables of a notebook."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from workbench.toolkit import Changed, Failed, Refused, notebook

OLD_VALUES = {
    "number": 1,
    "text": "ü",
    "nothing": None,
    "frame": pd.DataFrame({"x": [1, 2]}),
    "tuple": (1, 2),
    "set": {1, 2},
    "function": math.sin,
    "object": object(),
}
NEW_VALUES = [2, "new", None, [1, {"a": None}], pd.DataFrame({"y": ["a"]})]


@pytest.fixture
def space():
    return {}


@pytest.fixture
def cell(kit, space):
    return kit(notebook(space))


@pytest.mark.parametrize("old", OLD_VALUES.values(), ids=OLD_VALUES.keys())
@pytest.mark.parametrize("new", NEW_VALUES, ids=repr)
def test_undo_brings_the_very_object_back(cell, space, old, new) -> None:
    """Whatever was there, storable or not, is there again after one undo or two [COMP-5]."""
    space["v"] = old

    call = cell.run("set_variable", name="v", value=new)
    assert space["v"] is new
    call.undo()
    assert space["v"] is old
    call.undo()
    assert space["v"] is old


def test_undo_removes_a_new_variable(cell, space) -> None:
    """What was not there before is not there after the undo."""
    call = cell.run("set_variable", name="v", value=1)
    call.undo()
    call.undo()

    assert "v" not in space


@pytest.mark.parametrize("old", [{}, {"v": 5}, {"v": object()}])
def test_undo_of_what_never_happened_changes_nothing(cell, space, old) -> None:
    """An intent without effect is undone without harm [COMP-5]."""
    space.update(old)

    call = cell.prepare("set_variable", name="v", value=1)
    assert not call.probe()
    call.undo()

    assert space == old


def test_the_probe_knows_whether_it_was_set(cell) -> None:
    """Before no, after yes [COMP-12]."""
    call = cell.prepare("set_variable", name="v", value=[1])
    assert not call.probe()
    call.run()
    assert call.probe()


def change_in_place(space):
    space["v"]["new"] = 1


def assign(space):
    space["v"] = pd.DataFrame({"theirs": [1]})


def delete(space):
    del space["v"]


@pytest.mark.parametrize("change", [change_in_place, assign, delete])
def test_undo_overwrites_nobody_elses_work(cell, space, change) -> None:
    """A variable that was assigned, changed in place or deleted since is left alone [RUNT-16]."""
    space["v"] = 1
    call = cell.run("set_variable", name="v", value=pd.DataFrame({"x": [1]}))
    change(space)
    theirs = dict(space)

    with pytest.raises(Changed, match="'v' was changed by somebody else"):
        call.undo()
    assert list(space) == list(theirs)
    assert all(space[name] is theirs[name] for name in theirs)


def test_a_variable_changed_after_the_before_image_is_not_overwritten(cell, space) -> None:
    """The call replaces only what the before-image holds [RUNT-16]."""
    space["v"] = 1
    call = cell.prepare("set_variable", name="v", value=2)
    space["v"] = 3

    with pytest.raises(Changed):
        call.run()
    assert space["v"] == 3


def test_after_a_restart_the_value_on_disk_is_restored(kit, space) -> None:
    """A new kernel knows the old value by its before-image [COMP-3]."""
    space["v"] = pd.DataFrame({"x": [1, 2]})
    call = kit(notebook(space)).run("set_variable", name="v", value=[1, 2])

    call.tool = kit(notebook(space)).tools["set_variable"]
    call.undo()

    assert space["v"].equals(pd.DataFrame({"x": [1, 2]}))


def test_after_a_restart_a_value_without_a_form_on_disk_is_not_invented(kit, space) -> None:
    """What lived in memory only cannot be restored, and the error says which."""
    space["v"] = object()
    call = kit(notebook(space)).run("set_variable", name="v", value=1)

    call.tool = kit(notebook(space)).tools["set_variable"]
    with pytest.raises(Refused, match="lived only in a kernel that has ended"):
        call.undo()
    assert space["v"] == 1


@pytest.mark.parametrize("name", ["", "a b", "class", "_private", "__builtins__", "1x"])
def test_only_names_of_users_variables_are_taken(cell, space, name) -> None:
    """Hidden names and keywords are refused."""
    for tool, more in [("get_variable", {}), ("set_variable", {"value": 1})]:
        with pytest.raises(Refused, match="no name of a user's variable"):
            cell.run(tool, name=name, **more)
    assert space == {}


def test_a_missing_variable_is_named_with_those_that_are_there(cell, space) -> None:
    """The person is told which cell to run."""
    space.update(sales=1, _hidden=2)

    with pytest.raises(Refused, match=r"no variable 'sale'.*There are: sales") as caught:
        cell.run("get_variable", name="sale")
    assert "_hidden" not in str(caught.value)
    assert cell.get("get_variable", name="sales") == 1


def test_the_preview_shows_old_and_new(cell, space) -> None:
    """Large values are shown by their shape [COMP-13]."""
    space["v"] = pd.DataFrame({"x": range(1000)})

    assert cell.preview("set_variable", name="w", value=1) == "w is new; would be 1"
    shown = cell.preview("set_variable", name="v", value="x" * 1000)
    assert shown.startswith("v was DataFrame of 1000 x 1; would be 'xxx")
    assert len(shown) < 300
    assert "could do anything" in cell.preview("run_python", code="x = v", uses=["v"], makes="x")


def test_code_gets_copies_and_gives_what_it_makes(cell, space) -> None:
    """The notebook's variables stay as they are, even if the code changes its inputs."""
    space.update(frame=pd.DataFrame({"x": [1, 2]}), pd=pd, n=10)
    code = "frame['y'] = frame['x'] * n\ntotal = int(frame['y'].sum())\nn = 0"

    assert cell.get("run_python", code=code, uses=["frame", "n"], makes="total") == 30
    both = cell.get("run_python", code=code, uses=["frame", "n"], makes=["total", "n"])
    made = cell.get(
        "run_python", code="t = pd.concat([frame] * 2)", uses=["frame", "pd"], makes="t"
    )

    assert both == {"total": 30, "n": 0}
    assert len(made) == 4
    assert list(space) == ["frame", "pd", "n"]
    assert list(space["frame"].columns) == ["x"]


@pytest.mark.parametrize(
    ("code", "error", "said"),
    [
        ("x = (", Refused, "not Python in line 1"),
        ("a = 1\nb = a / 0", Failed, r"ZeroDivisionError.*line 2"),
        ("def f():\n    exit(3)\nf()", Failed, r"SystemExit.*line 2"),
        ("y = 1", Failed, "made no 'x'.*It made: y"),
        ("x = other", Failed, "'other' is not defined"),
    ],
)
def test_code_that_fails_is_explained(cell, space, code, error, said) -> None:
    """The error names the line of the code; nothing that was not named is seen."""
    space["other"] = 1

    with pytest.raises(error, match=said) as caught:
        cell.run("run_python", code=code, makes="x")
    assert caught.value.happened is (False if error is Refused else None)


def test_an_input_that_cannot_be_copied_is_named(cell, space) -> None:
    """Nothing is run on an original by mistake."""
    space["gen"] = (n for n in range(3))

    with pytest.raises(Refused, match=r"'gen' \(generator\) cannot be copied"):
        cell.run("run_python", code="x = 1", uses=["gen"], makes="x")


def test_code_is_pure_only_by_the_callers_word(kit) -> None:
    """Without a promise code counts as irreversible [COMP-1]."""
    assert kit(notebook({})).tools["run_python"].effect == "irreversible"
    assert kit(notebook({}, pure=True)).tools["run_python"].effect == "pure"
