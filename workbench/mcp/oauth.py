"""The library's OAuth client with our store, our port, and no step in the clear."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import anyio.to_thread
import httpx2
from mcp.client.auth import OAuthClientProvider, OAuthFlowError
from mcp.client.auth.utils import issuers_match
from mcp.shared.auth import (
    OAuthClientInformationFull,
    OAuthClientMetadata,
    OAuthMetadata,
    OAuthToken,
    ProtectedResourceMetadata,
)
from pydantic import AnyUrl, BaseModel, ValidationError

from workbench.mcp.login import Login
from workbench.mcp.receiving import Receiver

BASIC = "client_secret_basic"
FAULTS = 400
"""The least of the numbers by which HTTP says that something is wrong."""
UNKNOWN = 401
"""What a server answers when it does not know who asks."""


class Kept(BaseModel):
    """What is kept of a login, for one address."""

    url: str
    client: OAuthClientInformationFull | None = None
    tokens: OAuthToken | None = None
    expires_at: float | None = None
    """Seconds since 1970."""
    issuer: str | None = None
    metadata: OAuthMetadata | None = None
    resource: ProtectedResourceMetadata | None = None

    @property
    def port(self) -> int:
        """The port that was registered; 0: none."""
        uris = (self.client.redirect_uris if self.client is not None else None) or []
        return next((uri.port or 0 for uri in uris if uri.host == "127.0.0.1"), 0)


class Provider(OAuthClientProvider):
    """Signs requests to one server; reads and writes what is kept by itself."""

    def __init__(self, login: Login, kept: Kept) -> None:
        """Go on with what is kept."""
        own = login.own
        if login.receiver is None:
            login.receiver = Receiver(own.port if own is not None else kept.port)
        self._login, self._kept = login, kept
        self._refusals, self._welcome = login.failures, False
        super().__init__(
            server_url=login.url,
            client_metadata=OAuthClientMetadata(
                client_name="Workbench", redirect_uris=[AnyUrl(login.receiver.address)]
            ),
            storage=self,
            redirect_handler=login.show,
            callback_handler=login.come_back,
        )
        context = self.context
        context.token_expiry_time = kept.expires_at
        context.oauth_metadata, context.auth_server_url = kept.metadata, kept.issuer
        context.protected_resource_metadata = kept.resource

    async def async_auth_flow(
        self, request: httpx2.Request
    ) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        """Sign a request, and look at each that the login itself makes before it is sent."""
        flow = super().async_auth_flow(request)
        try:
            wanted = await anext(flow)
            while True:
                if wanted is not request:
                    self._login.check(str(wanted.url))
                    self._stay_who_we_are()
                response = yield wanted
                if wanted is request:
                    self._take(response.status_code)
                try:
                    wanted = await flow.asend(response)
                except (OAuthFlowError, ValueError, KeyError) as error:
                    self._login.broke(error)
                    raise
        except StopAsyncIteration:
            return
        finally:
            await flow.aclose()

    def _take(self, status: int) -> None:
        """Look at an answer; where the first login came to nothing, ask nobody a second time.

        The library may still try an older protocol then, over the same connection.

        Raises:
            LoginFailed: it came to nothing before, or the browser could not come back.
        """
        if status < FAULTS:
            self._welcome = True
        if status != UNKNOWN:
            return
        again = self._login.failures != self._refusals and not self._welcome
        if again and self._login.why is not None:
            raise self._login.why
        self._may_come_back()

    def _may_come_back(self) -> None:
        """Be registered anew where the browser would be sent to another port than ours."""
        receiver, own = self._login.receiver, self._login.own
        if receiver is None:
            return
        if own is None and self._kept.port != receiver.port:
            self.context.client_info = None
        if own is not None and own.port not in (0, receiver.port):
            raise self._login.failed(f"the port {own.port} of this machine is taken")

    def _stay_who_we_are(self) -> None:
        """Go nowhere that a client of the user's was not given out for; and register no other.

        Raises:
            LoginFailed: the server leads to somebody else.
        """
        own, context = self._login.own, self.context
        if own is None:
            return
        if context.client_info is None:
            there = context.auth_server_url or "itself"
            raise self._login.failed(f"it leads to {there}, and your client is of {own.issuer}")
        context.client_info.token_endpoint_auth_method = self._shown_by()

    def _shown_by(self) -> str:
        """Say how the client shows its secret: as it is usual, or as the metadata want it."""
        if not self._login.own_secret:
            return "none"
        metadata = self.context.oauth_metadata
        ways = (metadata and metadata.token_endpoint_auth_methods_supported) or [BASIC]
        return BASIC if BASIC in ways else "client_secret_post"

    # -- the library's store -----------------------------------------------------------------

    async def get_tokens(self) -> OAuthToken | None:
        """Give the tokens that are kept."""
        return self._kept.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        """Keep new tokens, and where they can be renewed."""
        context = self.context
        self._kept = self._kept.model_copy(
            update={
                "tokens": tokens,
                "expires_at": context.token_expiry_time,
                "issuer": context.auth_server_url,
                "metadata": context.oauth_metadata,
                "resource": context.protected_resource_metadata,
            }
        )
        await self._keep()

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        """Give what the server that gives out tokens calls us."""
        own = self._login.own
        if own is None:
            return self._kept.client
        return OAuthClientInformationFull(
            client_id=own.id,
            client_secret=self._login.own_secret or None,
            redirect_uris=self.context.client_metadata.redirect_uris,
            token_endpoint_auth_method=self._shown_by(),
            issuer=own.issuer or None,
        )

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        """Keep what the server that gives out tokens calls us."""
        self._kept = self._kept.model_copy(update={"client": client_info, "tokens": None})
        await self._keep()

    async def _keep(self) -> None:
        note_secrets(self._login, self._kept)
        text = self._kept.model_dump_json(exclude_none=True)
        await anyio.to_thread.run_sync(self._login.store.write, _name(self._login), text)


async def provider_of(login: Login) -> Provider:
    """Make the provider for one connection; what was kept for another address counts for nothing.

    Raises:
        WorkbenchError: the store cannot be read.
    """
    text = await anyio.to_thread.run_sync(login.store.read, _name(login))
    kept = Kept(url=login.url)
    if text:
        try:
            found = Kept.model_validate_json(text)
        except ValidationError:
            found = kept
        kept = found if found.url == login.url and _is_ours(login, found) else kept
    note_secrets(login, kept)
    return Provider(login, kept)


def _is_ours(login: Login, kept: Kept) -> bool:
    """Whether what is kept belongs to the client of the user's; another one's is not renewed."""
    own = login.own
    if own is None:
        return True
    named = str(kept.metadata.issuer) if kept.metadata is not None else kept.issuer or ""
    return kept.client is None and (not own.issuer or issuers_match(named, own.issuer))


def note_secrets(login: Login, kept: Kept) -> None:
    """Say which texts nobody may see."""
    texts = [kept.client.client_secret] if kept.client is not None else []
    if kept.tokens is not None:
        texts += [kept.tokens.access_token, kept.tokens.refresh_token]
    login.secrets |= {text for text in texts if text}


def _name(login: Login) -> str:
    return f"mcp/{login.name}"
