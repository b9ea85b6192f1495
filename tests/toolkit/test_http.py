"""Calls to a real web server on this machine."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import pytest

import workbench as wb
from tests.engine.harness import eventually
from workbench.testing import FakeClock, capture_events
from workbench.toolkit import Failed, Refused, Uncertain, http
from workbench.tools import SecretValue


class Answers(BaseHTTPRequestHandler):
    """Answers by path, and writes down what came."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        content = self.rfile.read(length)
        self.server.seen.append((self.command, self.path, dict(self.headers), content))
        path, _, query = self.path.partition("?")
        path = path.removeprefix("/api")
        if path == "/slow":
            self.server.go_on.wait(30)
        if path == "/drop":
            self.close_connection = True
            return
        if path == "/large":
            self.reply(200, b"x" * 5000, {"Content-Type": "text/plain"})
        elif path == "/to":
            self.reply(302, b"", {"Location": unquote(query.removeprefix("at="))})
        elif path.startswith("/counted/") and len(self.server.seen) == self.busy_at:
            self.reply(429, b"slow down", {"Retry-After": self.asked})
        elif path.startswith("/status/"):
            body = b"<h1>sorry</h1> " + b"y" * 2000
            self.reply(int(path.removeprefix("/status/")), body, {"Retry-After": "7"})
        elif path == "/text":
            self.reply(
                200, "grüß".encode("latin-1"), {"Content-Type": "text/plain; charset=latin-1"}
            )
        elif path == "/broken":
            self.reply(200, b"{no json", {"Content-Type": "application/json"})
        else:
            body = json.dumps({"path": self.path, "items": [1, 2]}).encode()
            self.reply(
                200, body, {"Content-Type": "application/json", "X-Secret": "no", "ETag": "e"}
            )

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - names that the library calls

    def reply(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def server(monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    served = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    served.seen, served.go_on = [], threading.Event()
    served.url = f"http://127.0.0.1:{served.server_port}"
    thread = threading.Thread(target=served.serve_forever, args=(0.02,))
    thread.start()
    yield served
    served.go_on.set()
    served.shutdown()
    thread.join()
    served.server_close()


@pytest.fixture
def web(kit, server):
    return kit(http(f"{server.url}/api", timeout_s=10, max_bytes=4000))


def test_json_is_read_and_only_useful_headers_are_kept(web, server) -> None:
    """The answer has status, address, some headers and the parsed body."""
    reply = web.get("http_get", url="orders", params={"q": "a b&c"})

    assert reply == {
        "status": 200,
        "url": f"{server.url}/api/orders?q=a+b%26c",
        "headers": {"content-type": "application/json", "etag": "e"},
        "text": "",
        "json": {"path": "/api/orders?q=a+b%26c", "items": [1, 2]},
    }


def test_text_is_read_in_its_own_encoding(web) -> None:
    """Text that is no JSON comes as text, also when it only claims to be JSON."""
    assert web.get("http_get", url="/text")["text"] == "grüß"
    assert web.get("http_get", url="/broken")["text"] == "{no json"


def test_the_key_of_the_call_goes_along(web, server) -> None:
    """Writing sends the key, the same for every attempt; reading sends none [COMP-1]."""
    call = web.run("http_post", url="orders", body={"n": 1})
    call.run()
    web.run("http_put", url="orders/1", text="ünï")
    web.run("http_delete", url="orders/1")
    web.run("http_get", url="orders/1")

    keys = [headers.get("Idempotency-Key") for _, _, headers, _ in server.seen]
    verbs = [verb for verb, *_ in server.seen]
    assert verbs == ["POST", "POST", "PUT", "DELETE", "GET"]
    assert keys[:2] == [call.key, call.key]
    assert len(set(keys[1:])) == 4
    assert keys[4] is None
    assert json.loads(server.seen[0][3]) == {"n": 1}
    assert server.seen[2][3] == "ünï".encode()


@pytest.mark.parametrize(
    ("status", "verb", "happened"),
    [
        (404, "http_get", False),
        (422, "http_post", False),
        (409, "http_post", None),
        (500, "http_get", False),
        (503, "http_post", None),
    ],
)
def test_a_refusal_is_an_error_that_quotes_the_body(web, status, verb, happened) -> None:
    """Any answer but a success is an error with status, excerpt and what is known."""
    with pytest.raises(Failed, match=f"{status}.*sorry") as caught:
        web.run(verb, url=f"status/{status}")

    assert caught.value.happened is happened
    assert caught.value.fields["status"] == status
    assert caught.value.fields["retry_after"] == "7"
    assert len(str(caught.value)) < 900


def test_no_answer_to_a_write_is_uncertain(kit, server) -> None:
    """A write without an answer may have happened; a read without one surely changed nothing."""
    web = kit(http(server.url, timeout_s=0.3))

    with pytest.raises(Uncertain, match=r"within 0\.3 s") as caught:
        web.run("http_post", url="slow")
    assert caught.value.happened is None
    with pytest.raises(Failed) as caught:
        web.run("http_get", url="slow")
    assert caught.value.happened is False
    with pytest.raises(Failed, match="broke") as caught:
        kit(http(server.url)).run("http_post", url="drop")
    assert caught.value.happened is None


def test_a_service_that_is_not_there_is_named(kit) -> None:
    """Nothing was sent, and the error says so."""
    with pytest.raises(Failed, match="Cannot reach") as caught:
        kit(http()).run("http_post", url="http://127.0.0.1:9/x")
    assert caught.value.happened is False


def test_a_long_answer_is_refused(web) -> None:
    """The answer is bounded; an effect that took place is not denied."""
    with pytest.raises(Failed, match="more than 4,000 bytes") as caught:
        web.run("http_get", url="large")
    assert caught.value.happened is False
    with pytest.raises(Failed, match="more than 4,000 bytes") as caught:
        web.run("http_post", url="large")
    assert caught.value.happened is True


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "//example.org/x",
        "../admin",
        "a/%2e%2e/%2e%2e/admin",
        "https://127.0.0.1/api/x",
        "http://127.0.0.1:1/api/x",
        "SERVER/other",
        "to?at=SERVER/other",
        "to?at=http://example.org/",
        "to?at=../admin",
    ],
)
def test_a_tool_for_one_service_reaches_no_other(web, server, url) -> None:
    """Other hosts, ports, schemes and paths are refused, through redirects too."""
    with pytest.raises(Refused, match="nothing was sent"):
        web.run("http_get", url=url.replace("SERVER", server.url))
    assert all(path.startswith("/api/to?") for _, path, *_ in server.seen)


def test_a_redirect_within_the_service_is_followed_for_reading_only(web, server) -> None:
    """A write is never repeated at another address on the server's word."""
    assert web.get("http_get", url="to?at=/api/orders")["json"]["path"] == "/api/orders"
    with pytest.raises(Failed, match="302"):
        web.run("http_post", url="to?at=/api/orders")
    with pytest.raises(Failed, match="without end"):
        web.run("http_get", url="to?at=")


def test_the_token_goes_to_its_service_only_and_no_model_sees_it(kit, server) -> None:
    """A secret is injected, is in no schema, and needs a service to go to."""
    web = kit(http(server.url, token="shop_token"))
    tool = web.tools["http_get"]

    tool(url="x", token=SecretValue("shop_token", "s3cret"))

    assert server.seen[0][2]["Authorization"] == "Bearer s3cret"
    assert tool.signature.secrets == {"token": "shop_token"}
    assert "token" not in tool.signature.args_schema["properties"]
    with pytest.raises(Refused, match="no base_url"):
        http(token="shop_token")


def test_what_is_known_better_can_be_declared(kit) -> None:
    """The owner of a service may declare more; a wrong name is refused."""
    tools = kit(http("http://x", declare={"http_put": {"idempotent": True}})).tools

    assert tools["http_put"].idempotent
    assert not tools["http_post"].idempotent
    with pytest.raises(Refused, match="no tool http_patch"):
        http(declare={"http_patch": {}})


def test_the_preview_shows_what_would_be_sent(web, server) -> None:
    """Nothing is sent for a preview [COMP-13]."""
    assert '"n": 1' in web.preview("http_post", url="orders", body={"n": 1})
    assert "PUT orders with:\nx" in web.preview("http_put", url="orders", text="x")
    assert "cannot be told" in web.preview("http_delete", url="orders/1")
    assert server.seen == []


def test_wrong_arguments_are_refused(web) -> None:
    """Two bodies, or an address that is none."""
    with pytest.raises(Refused, match="Give one"):
        web.run("http_post", url="x", body=1, text="x")
    with pytest.raises(Refused):
        web.run("http_get", url="http://[bad")


@pytest.mark.parametrize("how", ["seconds", "date"])
def test_a_run_waits_when_the_service_says_so(server, tmp_path, monkeypatch, how):
    """429 at call 23: the run waits as asked, goes on by itself, and repeats nothing [RUNT-3]."""
    clock = FakeClock()
    asked = "40" if how == "seconds" else format_datetime(clock.now() + timedelta(seconds=40))
    monkeypatch.setattr(Answers, "busy_at", 23, raising=False)
    monkeypatch.setattr(Answers, "asked", asked, raising=False)
    names = [f"c{number}" for number in range(1, 31)]
    steps = [
        wb.Step(id=name, tool="http_get", args={"url": f"counted/{name}"}, after=before)
        for name, before in zip(names, [[], *([n] for n in names)], strict=False)
    ]
    tools = http(server.url, declare={"http_get": {"limit": wb.Limit(in_flight=4)}})
    bench = wb.Workbench(
        tmp_path / "runs.db", tools=tools, planner=None, clock=clock, policy=wb.Policy(allow=["*"])
    )
    with bench:
        run = bench.start(plan=wb.Plan(steps=steps))
        eventually(run, lambda view: any(step.not_before for step in view.steps.values()))
        (retrying,) = capture_events(run, "call.retrying")
        assert retrying.step == "c23"
        assert retrying.wait_s == pytest.approx(40, abs=1)
        clock.advance(41)
        run.wait(60)
        paths = [path.rpartition("/")[2] for _, path, _, _ in server.seen]
        assert paths == [*names[:23], *names[22:]]
        assert [result.attempts for result in run.results] == [1] * 22 + [2] + [1] * 7
        assert sum(result.tries for result in run.results) == len(server.seen) == 31


def test_a_redirect_is_a_request_too(server, tmp_path):
    """Each request that is really sent counts as a try, redirects included [CONC-14]."""
    step = wb.Step(id="a", tool="http_get", args={"url": "to?at=/text"})
    policy = wb.Policy(allow=["*"])
    with wb.Workbench(
        tmp_path / "runs.db", tools=http(server.url), planner=None, policy=policy
    ) as bench:
        run = bench.start(plan=wb.Plan(steps=[step]))
        run.wait(20)
        assert [result.tries for result in run.results] == [2]
        assert list(run.trace()["tries"]) == [2]
