"""Signing in at a server: the person goes to an address, the browser comes back with a code.

Nothing opens the address. In a run it is a request; by hand it is printed. The tokens are kept by
name in a `TokenStore` and go nowhere but to the server, and to who gives them out.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import anyio
from anyio.abc import TaskGroup

from workbench.executor.soon import call_soon
from workbench.mcp.client import OAuthClient
from workbench.mcp.errors import LoginFailed, clean
from workbench.mcp.keeping import TokenStore
from workbench.mcp.patience import Patience
from workbench.mcp.receiving import Arrival, Receiver, arrival_of
from workbench.tools.talking import Asked, Said, Unanswered, host_of

if TYPE_CHECKING:
    from mcp.shared.auth import AuthorizationCodeResult

LOGIN_S = 600.0
"""Seconds in which a person signs in; afterwards it begins anew."""
LOGIN = """{text} Nothing here opens the address:
{url}
Where the browser cannot come back to this machine: server.redirected("the address it ends at").
"""
HERE = frozenset({"127.0.0.1", "localhost", "::1"})
SAID = 200
"""Characters of what a login says when it is refused."""
Ask = Callable[[Asked], Awaitable[Said]]


class Login:
    """The login of one server; for its own loop, but for `take`."""

    def __init__(
        self,
        name: str,
        url: str,
        store: TokenStore,
        patience: Patience,
        *,
        own: OAuthClient | None = None,
        limit_s: float = LOGIN_S,
    ) -> None:
        """Do nothing until the server wants it; without a client of the user's be registered."""
        self.own, self.own_secret = own, ""
        self.name, self.url, self.store, self.limit_s = name, url, store, limit_s
        self.secrets: set[str] = set()
        """Texts that nobody may see."""
        self.failures = 0
        """Logins that came to nothing."""
        self.why: LoginFailed | None = None
        """The last of them."""
        self.asked: Asked | None = None
        """Where the person is to go now; None: nowhere."""
        self.ask: Callable[[], Ask | None] = lambda: None
        """Gives what asks the person during a call; None: no call is in flight."""
        self.receiver: Receiver | None = None
        self._patience = patience
        self._address = self._state = ""
        self._arrival: Arrival | None = None
        self._stirred = anyio.Event()
        self._soon: Callable[[Callable[[], Any]], None] | None = None

    def check(self, url: str) -> None:
        """See that an address of the login is safe to go to, for us and for the person.

        Raises:
            LoginFailed: a code or a token would travel in the clear, or it hides where it leads.
        """
        try:
            host_of(url)
        except ValueError as fault:
            raise self.failed(f"{fault}: {url[:SAID]!r}") from fault
        parts, own = urlsplit(url), urlsplit(self.url)
        local = parts.hostname in HERE and own.hostname in HERE
        if parts.scheme != "https" and not local:
            raise self.failed(f"it would go in the clear to {host_of(url)}")

    # -- called by the library, in this order --------------------------------------------------

    async def show(self, url: str) -> None:
        """Take the address that the person must go to."""
        self.check(url)
        self._address = clean(url)
        self._state = parse_qs(urlsplit(url).query)["state"][0]

    async def come_back(self) -> AuthorizationCodeResult:
        """Wait for the person; no limit of the server's counts meanwhile.

        Raises:
            LoginFailed: it was refused, or nobody came in time.
        """
        from mcp.shared.auth import AuthorizationCodeResult

        assert self.receiver is not None  # noqa: S101 - the provider has made it
        self._soon, self._arrival = call_soon(), None
        with self._patience.held(), self.receiver.listening(self._state, self._come):
            try:
                said = await self._arrived()
                if "code" not in said:
                    raise self.failed(said.get("error_description") or said.get("error", ""))
            finally:
                self.asked = None
                self._stir()
        return AuthorizationCodeResult(code=said["code"], state=said["state"], iss=said.get("iss"))

    async def _arrived(self) -> Arrival:
        self.asked = Asked(
            by=f"the MCP server {self.name}",
            text=f"Sign in at {host_of(self._address)}, which then lets this workbench use "
            f"{self.name}. The browser comes back to this machine with a code.",
            url=self._address,
        )
        if (ask := self.ask()) is not None:
            if (await ask(self.asked)).verdict != "accept":
                raise self.failed("it was declined")
        else:
            self._stir()
        with anyio.move_on_after(self.limit_s):
            while self._arrival is None:
                await self._stirred.wait()
        if self._arrival is None:
            raise self.failed(f"nobody signed in within {self.limit_s:g} s")
        return self._arrival

    def failed(self, why: str) -> LoginFailed:
        """Take note that it came to nothing, and give the error to raise."""
        self.failures += 1
        self.why = LoginFailed(
            f"The login at the MCP server {self.name!r} failed: "
            f"{clean(why)[:SAID] or 'it was refused'}.",
            "Try it again: resume the run, or ask for its tools; or give token=… to wb.mcp, or "
            "client=…, where nobody is registered without your doing.",
        )
        return self.why

    # -- the person comes back -----------------------------------------------------------------

    def take(self, address: str) -> bool:
        """Take the address at which a browser ended that cannot reach this machine; any thread."""
        said = arrival_of(address, self._state) if self._state else None
        if said is not None:
            self._come(said)
        return said is not None

    def _come(self, said: Arrival) -> None:
        def now() -> None:
            if self._arrival is None:
                self._arrival = said
                self._stir()

        if self._soon is not None:
            self._soon(now)

    # -- who waits -----------------------------------------------------------------------------

    async def unless_asked(self, tasks: TaskGroup, work: Callable[[], Awaitable[Any]]) -> Any:
        """Do some work that may want a login; while the person is away the work stays where it is.

        Raises:
            Unanswered: the person must go somewhere first; then call again.
        """
        await self._not_asked()
        outcome: list[tuple[bool, Any]] = []

        async def aside() -> None:
            try:
                outcome.append((True, await work()))
            except Exception as error:  # noqa: BLE001 - it belongs to who waits
                outcome.append((False, error))
            finally:
                self._stir()

        tasks.start_soon(aside)
        while not outcome:
            await self._not_asked()
            if not outcome:
                await self._stirred.wait()
        fine, value = outcome[0]
        if not fine:
            raise value
        return value

    async def signed_in(self, failures: int) -> None:
        """Wait until nobody is asked any more.

        Args:
            failures: how many there were before the person was asked, who may be back already.

        Raises:
            LoginFailed: it came to nothing.
        """
        while self.asked is not None:
            await self._stirred.wait()
        if self.failures != failures and self.why is not None:
            raise self.why

    def broke(self, error: Exception) -> None:
        """Take note that a login ended with an error of the library's."""
        if not isinstance(error, LoginFailed):
            self.failed(str(error) or type(error).__name__)

    def forget(self) -> None:
        """Be as if nobody had been asked: its loop has ended."""
        self.asked, self._stirred, self._soon = None, anyio.Event(), None
        if self.receiver is not None:
            self.receiver.close()
            self.receiver = None

    async def _not_asked(self) -> None:
        if self.asked is None:
            return
        if self._arrival is None:
            raise Unanswered({"": self.asked}, "")
        await self.signed_in(self.failures)

    def _stir(self) -> None:
        stirred, self._stirred = self._stirred, anyio.Event()
        stirred.set()


def tell(text: str) -> None:
    """Show a person something by hand: in the cell, or where a program's own output is not."""
    out = sys.stdout if "ipykernel" in sys.modules else sys.stderr
    out.write(text)
    out.flush()
