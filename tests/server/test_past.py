"""The past of a run over the server: places, previews, comparisons, and orders about them."""

from __future__ import annotations

import pytest

from tests.server.jupyter import Jupyter, Kernel

CAPTURING = """
%load_ext workbench
bench.close()
from tests.browser.world import *
bench = bench()
"""
RUN = """
table = [1, 2, 3]
run = bench.start(key={name!r}, plan=chain(
    step("one", "write_down", text="one"), step("two", "write_down", text="two"),
    step("hold", "gate", name={name!r}), step("mail", "send_mail", to="a@example.org", body="x"),
    goal={name!r}))
while run.view.steps["two"].state != "succeeded": pass
run.pause()
Path({name!r} + ".open").touch()
run.wait_until("paused")
while run.view.steps["hold"].state != "succeeded": pass
"""


@pytest.fixture(scope="module")
def capturing(jupyter: Jupyter) -> Kernel:
    """A kernel that captures its variables."""
    kernel = jupyter.kernel("past")
    kernel.run(CAPTURING)
    return kernel


@pytest.fixture
def held(jupyter: Jupyter, capturing: Kernel, request: pytest.FixtureRequest) -> tuple[Kernel, str]:
    """A kernel whose run is paused before its mail; gives the address of the run."""
    name = request.node.name.removeprefix("test_")[:40]
    capturing.run(RUN.format(name=name))
    return capturing, jupyter.place(name)


def order(jupyter: Jupyter, place: str, **command) -> tuple[int, dict]:
    """Give an order; gives the status and what was said."""
    answer = jupyter.post(f"{place}/commands", {"command": command})
    return answer.status_code, answer.json()


def seq_of(jupyter: Jupyter, place: str, name: str) -> int:
    """Give the position of a place by its name."""
    places = jupyter.get(f"{place}/places")["places"]
    return next(one["seq"] for one in places if one["name"] == name)


def test_places_say_what_they_hold(jupyter: Jupyter, held) -> None:
    """Every place is listed; one of them says which variables and outputs it has, which variables
    it cannot have, its budget, and how many effects came since [RUNT-6] [RUNT-7]."""
    kernel, place = held
    kernel.run(
        "import threading\nlock = threading.Lock()\nrun.checkpoint('named')\n"
        "run.checkpoint_at('named')"
    )
    listed = jupyter.get(f"{place}/places")
    names = [(one["name"], one["kind"]) for one in listed["places"]]
    assert names[:3] == [("start", "start"), ("after one", "step"), ("after two", "step")]
    assert ("named", "named") in names
    found = jupyter.get(f"{place}/places/{seq_of(jupyter, place, 'named')}")
    assert ("table", "list") in [(one["name"], one["type"]) for one in found["variables"]]
    assert [one["step"] for one in found["outputs"]] == ["one", "two", "hold"]
    assert found["outputs"][0]["json"] == '"one"'
    assert found["effects_since"] == 0
    early = jupyter.get(f"{place}/places/{seq_of(jupyter, place, 'after one')}")
    assert ([one["step"] for one in early["outputs"]], early["effects_since"]) == (["one"], 1)
    assert "modules" in found["never"]
    missing = jupyter.http.get(f"{jupyter.api}{place}/places/9999")
    assert (missing.status_code, "no event 9999" in missing.json()["message"]) == (404, True)


def test_an_undo_is_foreseen_done_and_reported(jupyter: Jupyter, held) -> None:
    """The preview has a row for each effect and calls nothing; after the rollback the report has
    the same rows, as they came out [RUNT-8]."""
    kernel, place = held
    after_one = seq_of(jupyter, place, "after one")
    preview = jupyter.get(f"{place}/places/{after_one}/undo")
    assert [(row["step"], row["outcome"]) for row in preview["rows"]] == [("two", "undone")]
    assert (preview["preview"], preview["told_known"]) == (True, False)
    before = (kernel.folder / "effects.txt").read_text().count(" two")
    assert order(jupyter, place, kind="rollback", to=after_one) == (200, {"carried_out": True})
    kernel.run("while run.view.rollback is not None: pass")
    (report,) = jupyter.get(f"{place}/places")["undone"]
    assert [(row["step"], row["words"]) for row in report["rows"]] == [("two", "undone")]
    assert (kernel.folder / "effects.txt").read_text().count(" two") == before - 1


def test_a_fork_is_ordered_and_compared(jupyter: Jupyter, held) -> None:
    """A fork with a corrected output begins in the run's own kernel, once however often the same
    order comes; it stands beside its origin, and the two are compared step by step [RUNT-11]."""
    kernel, place = held
    wish = {"kind": "fork", "at": seq_of(jupyter, place, "after two"), "key": "fork-of-it"}
    wish |= {"paused": True, "outputs": {"one": "corrected"}}
    assert order(jupyter, place, **wish) == (200, {"carried_out": True})
    assert order(jupyter, place, **wish) == (200, {"carried_out": True})
    (kin,) = jupyter.get(f"{place}/places")["family"]
    assert (kin["key"], kin["kin"], kin["state"]) == ("fork-of-it", "fork", "paused")
    found = jupyter.get(f"{place}/compare/{kin['run']}")
    pairs = {row["step"]: row for row in found["steps"]}
    assert pairs["one"]["output"] == "different"
    assert pairs["two"]["shared"] is True
    assert found["prefix"].startswith(f"{kin['run']} is a fork of")
    assert kernel.run("print(bench.look(bench.start(key='fork-of-it', goal='x').id).output('one'))")
    refused = order(jupyter, place, kind="fork", key="another", outputs={"nosuch": 1})
    assert refused[0] in (404, 409)
    assert "nosuch" in refused[1]["message"]


def test_variables_are_restored_by_order(jupyter: Jupyter, held) -> None:
    """Variables are given back their values in the kernel; where they were changed by hand, nothing
    is, and they are named [RUNT-7]."""
    kernel, place = held
    kernel.run("run.checkpoint_at('after hold')")
    after = seq_of(jupyter, place, "after hold")
    kernel.run("del table")
    assert order(jupyter, place, kind="restore", to=after) == (200, {"carried_out": True})
    assert kernel.run("print(table)") == "[1, 2, 3]\n"
    kernel.run("table = 'by hand'")
    refused = order(jupyter, place, kind="restore", to=after, names=["table"])
    assert refused[0] == 409
    assert "table" in refused[1]["message"]
    assert kernel.run("print(table)") == "by hand\n"


def test_an_errand_that_nobody_takes_is_no_surprise_later(jupyter: Jupyter) -> None:
    """With the kernel dead, a fork is only written down, and says so; a kernel that opens the run
    much later refuses it, and no run begins [RUNT-11]."""
    kernel = jupyter.kernel("late")
    kernel.run(RUN.format(name="late"))
    place = jupyter.place("late")
    kernel.kill()
    assert order(jupyter, place, kind="fork", key="late-fork") == (200, {"carried_out": False})
    kernel.restart()
    run = place.rpartition("/")[2]
    kernel.run(
        "from tests.browser.world import *\nfrom datetime import timedelta\n"
        "from workbench.host import errands\nerrands.FRESH = timedelta(0)\nbench = bench()\n"
        f"run = bench.open({run!r})\n"
        "while bench.journal.errands(): pass"
    )
    assert kernel.run("print([r.key for r in bench.journal.runs()])") == "['late']\n"
