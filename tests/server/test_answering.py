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
    [RUNT-10]."""
    kernel = jupyter.kernel("dead")
    kernel.run(MAIL.format(name="dead"))
    place = jupyter.place("dead")
    request = ready(jupyter, place)
    kernel.kill()
    assert gone(jupyter, place)
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
