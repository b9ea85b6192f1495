"""Calls to one web service: confined to it, bounded in time and size."""

from __future__ import annotations

import json as jsonlib
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from typing_extensions import TypedDict

from workbench.toolkit.faults import Failed, Refused, Uncertain
from workbench.toolkit.seen import NO_KEY
from workbench.tools import Key, SecretValue
from workbench.tools.tries import note_tries

if TYPE_CHECKING:
    import httpx

KEPT_HEADERS = ("content-type", "etag", "last-modified", "link", "location", "retry-after")
EXCERPT = 500
"""Characters of an error's body that its message quotes."""
MOST_REDIRECTS = 5


class Reply(TypedDict):
    """What a web service answered."""

    status: int
    url: str
    headers: dict[str, str]
    text: str
    """The body; empty when it was read as JSON."""
    json: Any


class Service:
    """One web service, or any when there is no base address."""

    def __init__(
        self, base_url: str | None, headers: dict[str, str], timeout_s: float, max_bytes: int
    ) -> None:
        self.base_url = base_url
        self.headers, self.timeout_s, self.max_bytes = headers, timeout_s, max_bytes

    def http_get(
        self, url: str, params: dict[str, str] | None = None, token: SecretValue | None = None
    ) -> Reply:
        """Read from a web service.

        Args:
            url: the address, or the part after the service's base address.
            params: fields of the query.
            token: filled in by the runtime.
        """
        return self._call("GET", url, token, params=params)

    def http_post(
        self,
        url: str,
        body: Any = None,
        text: str | None = None,
        *,
        key: Key = NO_KEY,
        token: SecretValue | None = None,
    ) -> Reply:
        """Send something to a web service.

        Args:
            url: the address, or the part after the service's base address.
            body: what is sent, as JSON.
            text: what is sent, as plain text, instead of `body`.
            key: filled in by the runtime.
            token: filled in by the runtime.
        """
        return self._call("POST", url, token, key=key, **_content(body, text))

    def http_put(
        self,
        url: str,
        body: Any = None,
        text: str | None = None,
        *,
        key: Key = NO_KEY,
        token: SecretValue | None = None,
    ) -> Reply:
        """Put something in place at a web service; the arguments are those of `http_post`."""
        return self._call("PUT", url, token, key=key, **_content(body, text))

    def http_delete(self, url: str, key: Key = NO_KEY, token: SecretValue | None = None) -> Reply:
        """Delete something at a web service."""
        return self._call("DELETE", url, token, key=key)

    def _call(
        self, verb: str, url: str, token: SecretValue | None, *, key: str = "", **content: Any
    ) -> Reply:
        import httpx

        headers = {**self.headers, **content.pop("headers", {})}
        if key:
            headers["Idempotency-Key"] = key
        if token is not None:
            headers["Authorization"] = f"Bearer {token.reveal()}"
        try:
            address = self._address(httpx.URL(url))
            deadline = time.monotonic() + self.timeout_s
            with httpx.Client(timeout=self.timeout_s, headers=headers) as client:
                request = client.build_request(verb, address, **content)
                return self._exchange(client, request, deadline)
        except httpx.InvalidURL as error:
            raise Refused(f"{url!r} is no address: {error}.", "Correct it in the step.") from error
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol) as error:
            raise Failed(
                f"Cannot reach {url!r}: {error}.",
                "Check the address and whether the service runs.",
                happened=False,
            ) from error
        except httpx.TimeoutException as error:
            raise _too_slow(verb, url, self.timeout_s) from error
        except httpx.HTTPError as error:
            raise Failed(
                f"The connection to {url!r} broke: {str(error) or type(error).__name__}.",
                "Whether the service did it is not known: look there before trying again.",
                happened=False if verb == "GET" else None,
            ) from error

    def _address(self, url: httpx.URL) -> httpx.URL:
        import httpx

        if self.base_url is None:
            return url
        base = httpx.URL(self.base_url.rstrip("/") + "/")
        full = url if url.host or url.scheme else base.join(str(url).lstrip("/"))
        full = full.copy_with(fragment=None)
        same = (full.scheme, full.host, full.port) == (base.scheme, base.host, base.port)
        climbs = ".." in unquote(full.path).split("/")
        if not same or climbs or not full.raw_path.startswith(base.raw_path):
            raise Refused(
                f"{str(full)!r} is not at {self.base_url}; nothing was sent.",
                "Give the workbench http(…) for that service too.",
            )
        return full

    def _exchange(self, client: httpx.Client, request: httpx.Request, deadline: float) -> Reply:
        for _ in range(MOST_REDIRECTS + 1):
            note_tries()
            response = client.send(request, stream=True)
            try:
                if response.next_request is None or request.method != "GET":
                    return self._read(response, deadline)
                request = response.next_request
                request.url = self._address(request.url)
            finally:
                response.close()
        raise Failed(f"{request.url} redirects without end.", "Look at it in a browser.")

    def _read(self, response: httpx.Response, deadline: float) -> Reply:
        body, verb, url = bytearray(), response.request.method, str(response.url)
        for chunk in response.iter_bytes(65536):
            body += chunk
            if time.monotonic() > deadline:
                raise _too_slow(verb, url, self.timeout_s)
            if len(body) > self.max_bytes and response.is_success:
                raise Failed(
                    f"{url} answered with more than {self.max_bytes:,} bytes.",
                    "Ask for less, or raise max_bytes in http(…).",
                    happened=verb != "GET",
                )
            if len(body) > self.max_bytes:
                break
        text = bytes(body).decode(response.encoding or "utf-8", errors="replace")
        if not response.is_success:
            raise _said_no(response, text)
        return _reply(response, text)


def _reply(response: httpx.Response, text: str) -> Reply:
    parsed: Any = None
    if "json" in response.headers.get("content-type", "") and text:
        try:
            parsed, text = jsonlib.loads(text), ""
        except ValueError:
            parsed = None
    return Reply(
        status=response.status_code,
        url=str(response.url),
        headers={n: response.headers[n] for n in KEPT_HEADERS if n in response.headers},
        text=text,
        json=parsed,
    )


def _said_no(response: httpx.Response, text: str) -> Failed:
    status, verb = response.status_code, response.request.method
    excerpt = " ".join(text[: EXCERPT * 2].split())[:EXCERPT]
    surely_not = verb == "GET" or (400 <= status < 500 and status not in (408, 409))  # noqa: PLR2004 - the class of refusals
    fault = "refused the call" if status < 500 else "has a fault of its own"  # noqa: PLR2004 - the class of refusals
    return Failed(
        f"{response.url} {fault}: {status} {response.reason_phrase}"
        + (f", saying: {excerpt}" if excerpt else "."),
        "Correct the step." if status < 500 else "Try again later.",  # noqa: PLR2004 - the class of refusals
        happened=False if surely_not else None,
        status=status,
        retry_after=response.headers.get("retry-after"),
    )


def _too_slow(verb: str, url: str, timeout_s: float) -> Failed:
    advice = "Try again later, or give http(…) a longer timeout_s."
    if verb == "GET":
        return Failed(f"{url} did not answer within {timeout_s:g} s.", advice, happened=False)
    return Uncertain(
        f"{url} did not answer within {timeout_s:g} s.",
        "Whether the service did it is not known: look there before trying again.",
    )


def _content(body: Any, text: str | None) -> dict[str, Any]:
    if body is not None and text is not None:
        raise Refused("Both `body` and `text` are given.", "Give one of them.")
    if text is not None:
        plain = {"Content-Type": "text/plain; charset=utf-8"}
        return {"content": text.encode(), "headers": plain}
    return {} if body is None else {"json": body}
