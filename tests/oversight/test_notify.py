"""A person who is away is told that a run waits: over real HTTP and SMTP, at least once."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, asking, eventually, plan, step
from tests.toolkit.test_mail import Postbox, Server
from workbench.host import notices
from workbench.notify import Asking
from workbench.testing import FakeClock


class Told:
    """Notes what it is told; fails as often as it should."""

    def __init__(self, failures: int = 0) -> None:
        self.asked: list[Asking] = []
        self.failures = failures
        self._changed = threading.Condition()

    def __call__(self, asking: Asking) -> None:
        with self._changed:
            self.asked.append(asking)
            self._changed.notify_all()
        if len(self.asked) <= self.failures:
            raise ConnectionError("nobody answers")

    def wait(self, count: int = 1) -> list[Asking]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.asked) >= count, 20), "it was not told"
        return self.asked


class Hookbox(HTTPServer):
    """Takes POSTs; answers as told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Poster)
        self.posts: list[tuple[str, dict]] = []
        self.answers: list[int] = []
        self.came = threading.Condition()


class Poster(BaseHTTPRequestHandler):
    server: Hookbox

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.came:
            self.server.posts.append((self.headers["Idempotency-Key"], body))
            self.server.came.notify_all()
        self.send_response(self.server.answers.pop(0) if self.server.answers else 204)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Stay quiet."""


@pytest.fixture
def hookbox() -> Iterator[Hookbox]:
    server = Hookbox()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "LOOK_S", 0.02)
    monkeypatch.setattr(notices, "RETRY_S", (0.0,))


def test_a_webhook_is_told_until_it_takes_it(lab: Lab, world: World, hookbox: Hookbox) -> None:
    """A webhook that fails twice is told again with the same event id; the JSON has the question
    and no token [ASYN-13, ASYN-16]."""
    hookbox.answers = [500, 302]
    url = f"http://127.0.0.1:{hookbox.server_port}/in"
    run = asking(lab, step("a", "send"), notify=[wb.notify.webhook(url)])
    with hookbox.came:
        assert hookbox.came.wait_for(lambda: len(hookbox.posts) >= 3, 20)
    request = run.inbox[0]
    event_id = f"{run.id}:{request.view.seq}"
    assert {key for key, _ in hookbox.posts} == {event_id}
    body = hookbox.posts[-1][1]
    assert (body["run"], body["request"], body["tool"]) == (run.id, request.id, "send")
    assert request.view.opened.token not in json.dumps(hookbox.posts)
    assert [fault.attempt for fault in run.bench.notices.faults] == [1, 2]
    request.approve()
    assert run.wait(20) == "a"


def test_a_mail_is_sent_through_a_real_server(lab: Lab, world: World) -> None:
    """A mail says what waits, in one line of harmless text, and carries the event id [ASYN-13]."""
    box = Postbox()
    server = Server(box)
    server.start()
    try:
        hook = wb.notify.mail(
            "127.0.0.1", port=server.port, to="ada@example.org", sender="wb@example.org"
        )
        title = "Send it\r\nBcc: all@example.org \x1b[2J"
        run = asking(lab, step("a", "send", title=title), notify=[hook], request_expires_s=3600)
        eventually(run, lambda _view: bool(box.mails))
    finally:
        server.stop()
    (recipients, message) = box.mails[0]
    assert recipients == ["ada@example.org"]
    assert message["Bcc"] is None
    assert message["Subject"].startswith("[Workbench] Send it Bcc: all@example.org")
    seq = run.inbox[0].view.seq
    assert message["Message-ID"] == f"<{run.id}.{seq}@workbench.invalid>"
    text = message.get_content()
    assert "\x1b" not in text
    times = re.findall(r"^(Since|Refused at): [-0-9]{10} [:0-9]{8} UTC\r?$", text, re.MULTILINE)
    assert times == ["Since", "Refused at"]
    assert run.inbox[0].view.opened.token not in text
    run.stop()


def test_a_hook_that_fails_or_hangs_touches_no_run(lab: Lab, world: World) -> None:
    """One that always raises and one that hangs do not hold a run, and the fault is kept; the
    others are told [ASYN-16]."""
    release, broken, fine = threading.Event(), Told(failures=10**9), Told()

    def hanging(_asking: Asking) -> None:
        release.wait(20)

    run = asking(lab, step("a", "send"), notify=[broken, fine, hanging])
    assert fine.wait()[0].title == "send"
    run.inbox[0].approve()
    assert run.wait(20) == "a"
    assert run.bench.notices.faults[0].hook == "Told"
    assert "nobody answers" in run.bench.notices.faults[0].error
    release.set()


def test_after_a_restart_only_what_nobody_was_told_of_is_told(lab: Lab, world: World) -> None:
    """What was told is in the journal: the next process tells what is new, and what its hook could
    not be told before, under the same id; nothing twice [ASYN-16]."""
    first, second, deaf = Told(), Told(), Told(failures=99)
    steps = [step("a", "send"), step("b", "send", after=["a"]), step("c", "send", after=["b"])]
    hooks = [first, wb.notify.Hook("deaf", deaf)]
    run = asking(lab, *steps, notify=hooks)
    run.inbox[0].approve()
    first.wait(2)
    deaf.wait(2)
    heard = Told()
    anew = [second, wb.notify.Hook("deaf", heard)]
    run = lab.reopen(run, notify=anew, policy=wb.Policy())
    assert [one.event_id for one in heard.wait()] == [first.asked[1].event_id]
    run.inbox[0].approve()
    heard.wait(2)
    new = f"{run.id}:{next(iter(run.view.open_requests)).seq}"
    assert [one.event_id for one in second.wait()] == [new]
    assert len({one.event_id for one in first.asked}) == len(first.asked) == 2
    run.stop()


def test_a_waiting_run_is_read_once(
    lab: Lab, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often a hook's thread looks, a run that has not gone on is not folded again
    [ASYN-7]."""
    folded: list[str] = []
    real = notices.load_view

    def load(journal: object, run: str) -> object:
        folded.append(run)
        return real(journal, run)  # type: ignore[arg-type]

    monkeypatch.setattr(notices, "load_view", load)
    told = Told()
    run = asking(lab, step("a", "send"), notify=[told])
    told.wait()
    before = len(folded)
    for _ in range(5):
        run.bench.notices._look()
    assert len(folded) == before
    run.stop()


def test_only_what_nobody_has_answered_for_a_while(lab: Lab, world: World) -> None:
    """A hook with `after_s` is not told of what is answered in time [ASYN-13]."""
    clock, told, slow = FakeClock(), Told(), Told()
    hooks = [told, wb.notify.Hook("slow", slow, after_s=60)]
    run = asking(lab, step("a", "send"), notify=hooks, clock=clock)
    told.wait()
    run.inbox[0].approve()
    run.wait(20)
    again = run.bench.start(plan=plan(step("b", "send")))
    told.wait(2)
    assert slow.asked == []
    clock.advance(61)
    assert [one.run for one in slow.wait()] == [again.id]
    again.stop()
