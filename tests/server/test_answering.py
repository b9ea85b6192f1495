"""Answers that come while the kernel is busy, gone, or coming back."""

from __future__ import annotations

from tests.server.jupyter import Jupyter, Kernel
from tests.server.test_doors import MAIL

ALLOW = {"verdict": "approve", "confirm": "yes"}


def gone(jupyter: Jupyter, place: str) -> bool:
    """Wait for the stream to say that nobody drives the run."""
    return any(
        event["event"] == "beat" and not event["data"]["driven"]
        for event in jupyter.events(f"{place}/stream")
    )


def ready(jupyter: Jupyter, place: str) -> dict:
    """Give the open request, when its class lets it be answered."""
    request = jupyter.request(place)
    shown = request["gate"]["shown_s"]
    answered = jupyter.answer(place, request, **ALLOW)
    assert answered.status_code == 409
    assert "shown" in answered.json()["message"]
    assert shown > 0
    return request


def allow(jupyter: Jupyter, place: str, request: dict) -> dict:
    """Approve it as soon as it has been shown long enough."""
    while (answer := jupyter.answer(place, request, **ALLOW)).status_code == 409:
        assert "long enough" in answer.json()["message"]
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_request_is_answered_while_a_cell_blocks(jupyter: Jupyter, kernel: Kernel) -> None:
    """While a cell blocks the kernel's main thread, the answer that comes through the server is
    carried out at once: the run has ended when the cell has not [ASYN-11] [CONC-11]."""
    kernel.run(MAIL.format(name="busy"))
    place = jupyter.place("busy")
    request = jupyter.request(place)
    kernel.begin("import time\nwhile not Path('busy.open').exists(): time.sleep(0.01)")
    assert allow(jupyter, place, request) == {"carried_out": True}
    assert jupyter.state(place, "succeeded")["done"] == 1
    (kernel.folder / "busy.open").touch()
    assert "boss@example.org: done" in (kernel.folder / "mails.txt").read_text()
    assert kernel.run("print(run.state)") == "succeeded\n"


def test_the_second_answer_is_told_that_it_came_second(jupyter: Jupyter, kernel: Kernel) -> None:
    """Two surfaces answer the same request: one counts, the other hears that it was answered
    elsewhere, and the call is made once at most [ASYN-11]."""
    kernel.run(MAIL.format(name="twice"))
    place = jupyter.place("twice")
    request = jupyter.request(place)
    kernel.run("run.inbox[0].deny('no')")
    late = jupyter.answer(place, request, **ALLOW)
    assert late.status_code == 409
    assert "answered" in late.json()["message"] or "does not change" in late.json()["message"]


def test_an_answer_to_a_dead_kernel_is_kept(jupyter: Jupyter) -> None:
    """The kernel is killed while it waits: the stream says that nobody drives the run, the answer
    says that it was only written down, and the restarted kernel carries it out, once [ASYN-11]
    [RUNT-10]. A freeze needs no kernel: it is set and lifted at once [COMP-10]."""
    kernel = jupyter.kernel("dead")
    kernel.run(MAIL.format(name="dead"))
    place = jupyter.place("dead")
    request = ready(jupyter, place)
    kernel.kill()
    assert gone(jupyter, place)
    freeze = {"command": {"kind": "freeze", "what": "deletes"}}
    assert jupyter.post(f"{place}/commands", freeze).json() == {"carried_out": True}
    (held,) = jupyter.get(place)["frozen"]
    (listed,) = jupyter.get("/freezes")["freezes"]
    assert held.items() <= listed.items()
    assert place.startswith(f"/journals/{listed['journal']}/")
    lift = {"command": {"kind": "lift", "rule": held["id"]}}
    assert jupyter.post(f"{place}/commands", lift).json() == {"carried_out": True}
    assert jupyter.get(place)["frozen"] == jupyter.get("/freezes")["freezes"] == []
    assert jupyter.answer(place, request, **ALLOW).json() == {"carried_out": False}
    assert jupyter.get(place)["header"]["state"] == "waiting"
    kernel.restart()
    assert jupyter.get(place)["header"]["state"] == "waiting"
    kernel.run(f"from tests.browser.world import *\nbench = bench()\n{MAIL.format(name='dead')}")
    assert jupyter.state(place, "succeeded")["done"] == 1
    assert (kernel.folder / "mails.txt").read_text() == "boss@example.org: done\n"


def test_what_is_no_order_changes_nothing(jupyter: Jupyter, kernel: Kernel) -> None:
    """A command that does not exist, or has faults, is refused with the field that is wrong; an
    order to a run that has ended says so [AUTH-17]."""
    kernel.run(MAIL.format(name="wrong"))
    place = jupyter.place("wrong")
    jupyter.request(place)
    address = f"{place}/commands"
    for command in ({"kind": "explode"}, {"kind": "raise", "unit": "usd", "to": "much"}, {}):
        assert jupyter.post(address, {"command": command}).status_code == 400
    assert (
        jupyter.post(address, {"command": {"kind": "pause"}, "surface": "python"}).status_code
        == 400
    )
    assert jupyter.http.post(f"{jupyter.api}{address}", content=b"\xff").status_code == 400
    assert jupyter.post(f"{place}x/commands", {"command": {"kind": "pause"}}).status_code == 404
    assert jupyter.post(address, {"command": {"kind": "stop"}}).json() == {"carried_out": True}
    late = jupyter.post(address, {"command": {"kind": "pause"}})
    assert (late.status_code, late.json()["error"]) == (409, "RunFinished")


def test_an_order_that_is_sent_again_is_carried_out_once(jupyter: Jupyter, kernel: Kernel) -> None:
    """A page whose connection broke off before it heard the answer sends the same order again, by
    its id: it is told what became of it, and nothing happens twice, also behind the end of the run
    [ASYN-11] [ASYN-5]."""
    kernel.run(MAIL.format(name="again"))
    place = jupyter.place("again")
    jupyter.request(place)
    mark = {"command": {"kind": "checkpoint", "name": "here"}, "id": "4711"}
    for sent in (mark, mark, {**mark, "id": "4712"}):
        assert jupyter.post(f"{place}/commands", sent).json() == {"carried_out": True}
    assert kernel.run("print([one.name for one in run.checkpoints].count('here'))") == "2\n"
    stop = {"command": {"kind": "stop"}, "id": "4713"}
    for sent in (stop, stop):
        assert jupyter.post(f"{place}/commands", sent).json() == {"carried_out": True}
    assert jupyter.post(f"{place}/commands", {**stop, "id": "4714"}).status_code == 409
    assert jupyter.post(f"{place}/commands", {**stop, "id": "'; drop"}).status_code == 400
    assert jupyter.post(f"{place}/commands", {**stop, "id": 4}).status_code == 400


def test_a_freeze_is_set_once_an_order_and_lifted_once(jupyter: Jupyter, kernel: Kernel) -> None:
    """A freeze that is sent again by its id, over either road, is one freeze, also after it was
    lifted; of a tool that the run does not have it is refused, and so is to lift what was never
    frozen. The view is told of what is frozen while nothing happens in the run [COMP-10]
    [ASYN-11]."""
    kernel.run(MAIL.format(name="freeze"))
    place = jupyter.place("freeze")
    jupyter.request(place)
    orders = f"{place}/commands"
    freeze = {"kind": "freeze", "what": "tool", "tool": "send_mail", "reason": "an audit"}
    batches = jupyter.batches(place)
    assert next(batches)["frozen"] == []
    for _ in range(2):
        sent = jupyter.post(orders, {"command": freeze, "id": "4801"})
        assert sent.json() == {"carried_out": True}
    (row,) = next(batches)["frozen"]
    assert (row["what"], row["tool"], row["why"]) == ("tool", "send_mail", "an audit")
    kernel.run(f"from workbench.widgets import widget_of\nwidget_of(run)._obey(4801, {freeze!r})")
    stands = kernel.run("print(bench.rules)")
    assert stands == f"{row['id']}: freeze: not tool send_mail (by person)\n"
    lift = {"command": {"kind": "lift", "rule": row["id"]}}
    for again in (lift, lift, {"command": freeze, "id": "4801"}):
        assert jupyter.post(orders, again).json() == {"carried_out": True}
        assert jupyter.get(place)["frozen"] == []
    assert next(batches)["frozen"] == []
    batches.close()
    slip = {"kind": "freeze", "what": "tool", "tool": "send_mial"}
    assert jupyter.post(orders, {"command": slip}).status_code == 409
    nothing = {"command": {"kind": "lift", "rule": "rule-none"}}
    assert jupyter.post(orders, nothing).status_code == 404


def test_a_freeze_is_lifted_where_no_run_is(jupyter: Jupyter, kernel: Kernel) -> None:
    """A freeze of a journal that has no run is listed, and lifted over the journal itself; what
    concerns one run is refused there [COMP-10] [ASYN-11]."""
    kernel.run("empty = wb.Workbench('empty.db', planner=None)\nempty.freeze('no writes', 'quiet')")
    (freeze,) = jupyter.get("/freezes")["freezes"]
    assert (freeze["journal_name"], freeze["why"]) == ("shared/empty.db", "quiet")
    orders = f"/journals/{freeze['journal']}/commands"
    for refused in ({"kind": "pause"}, {"kind": "freeze", "what": "deletes"}):
        answer = jupyter.post(orders, {"command": refused})
        assert (answer.status_code, answer.json()["error"]) == (409, "CommandRefused")
    lift = {"command": {"kind": "lift", "rule": freeze["id"]}}
    for _ in range(2):
        assert jupyter.post(orders, lift).json() == {"carried_out": True}
    assert jupyter.get("/freezes")["freezes"] == []
    assert kernel.run("print(empty.rules)\nempty.close()") == "No standing rules.\n"
    nowhere = jupyter.post(f"/journals/{'0' * 16}/commands", lift)
    assert (nowhere.status_code, nowhere.json()["error"]) == (404, "NotFound")


def test_an_order_takes_two_roads_and_arrives_once(jupyter: Jupyter, kernel: Kernel) -> None:
    """The server carried the order out and its answer was lost, so the page sends it to the kernel:
    the kernel knows it by its id [ASYN-11] [ASYN-5]."""
    kernel.run(MAIL.format(name="roads"))
    place = jupyter.place("roads")
    jupyter.request(place)
    command = {"kind": "checkpoint", "name": "here"}
    sent = jupyter.post(f"{place}/commands", {"command": command, "surface": "widget", "id": "99"})
    assert sent.json() == {"carried_out": True}
    kernel.run(
        "from workbench.widgets import widget_of\nshown = widget_of(run)\n"
        f"shown._obey(99, {command!r})\nshown._obey(100, {command!r})"
    )
    assert kernel.run("print([one.name for one in run.checkpoints].count('here'))") == "2\n"
