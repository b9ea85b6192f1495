"""A server behind a login, made of the library's own parts: it gives out its tokens itself."""

from __future__ import annotations

import secrets
import socket
import threading
import time
from typing import Any

import uvicorn
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import (
    AccessToken,
    AuthorizationCode,
    AuthorizationParams,
    OAuthAuthorizationServerProvider,
    ProviderTokenVerifier,
    RefreshToken,
    construct_redirect_uri,
)
from mcp.server.auth.settings import AuthSettings, ClientRegistrationOptions
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.shared.auth import OAuthClientInformationFull, OAuthToken
from mcp.types import (
    ElicitRequest,
    ElicitRequestFormParams,
    InputRequiredResult,
    ToolAnnotations,
)
from pydantic import AnyHttpUrl

Client = OAuthClientInformationFull


class Doorkeeper(OAuthAuthorizationServerProvider[AuthorizationCode, RefreshToken, AccessToken]):
    """Gives out tokens to whoever comes with the right code; counts what it was asked for."""

    def __init__(self) -> None:
        self.clients: dict[str, Client] = {}
        self.codes: dict[str, AuthorizationCode] = {}
        self.access: dict[str, AccessToken] = {}
        self.renewable: dict[str, RefreshToken] = {}
        self.asked: list[AuthorizationParams] = []
        self.given: list[str] = []
        """Every text that is a secret."""
        self.renewed = 0
        self.refuses = False

    def mint(self, client: str = "tester", resource: str | None = None) -> OAuthToken:
        access, renew = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        self.given += [access, renew]
        self.access[access] = AccessToken(
            token=access, client_id=client, scopes=["use"], resource=resource
        )
        self.renewable[renew] = RefreshToken(
            token=renew, client_id=client, scopes=["use"], resource=resource
        )
        return OAuthToken(access_token=access, refresh_token=renew, expires_in=3600, scope="use")

    def forget(self) -> None:
        """Take all tokens back."""
        self.access.clear()
        self.renewable.clear()

    async def get_client(self, client_id: str) -> Client | None:
        return self.clients.get(client_id)

    async def register_client(self, client_info: Client) -> None:
        self.clients[client_info.client_id] = client_info
        self.given += [client_info.client_secret or ""]

    async def authorize(self, client: Client, params: AuthorizationParams) -> str:
        self.asked.append(params)
        if self.refuses:
            back = {"error": "access_denied", "error_description": "not \x1b[31myou"}
            return construct_redirect_uri(str(params.redirect_uri), **back, state=params.state)
        code = secrets.token_urlsafe(24)
        self.given.append(code)
        self.codes[code] = AuthorizationCode(
            code=code,
            scopes=params.scopes or ["use"],
            expires_at=time.time() + 60,
            client_id=client.client_id,
            code_challenge=params.code_challenge,
            redirect_uri=params.redirect_uri,
            redirect_uri_provided_explicitly=params.redirect_uri_provided_explicitly,
            resource=params.resource,
        )
        return construct_redirect_uri(str(params.redirect_uri), code=code, state=params.state)

    async def load_authorization_code(
        self, client: Client, authorization_code: str
    ) -> AuthorizationCode | None:
        return self.codes.get(authorization_code)

    async def exchange_authorization_code(
        self, client: Client, authorization_code: AuthorizationCode
    ) -> OAuthToken:
        del self.codes[authorization_code.code]
        return self.mint(client.client_id, authorization_code.resource)

    async def load_refresh_token(self, client: Client, refresh_token: str) -> RefreshToken | None:
        return self.renewable.get(refresh_token)

    async def exchange_refresh_token(
        self, client: Client, refresh_token: RefreshToken, scopes: list[str]
    ) -> OAuthToken:
        self.renewed += 1
        del self.renewable[refresh_token.token]
        return self.mint(client.client_id, refresh_token.resource)

    async def load_access_token(self, token: str) -> AccessToken | None:
        return self.access.get(token)

    async def revoke_token(self, token: AccessToken | RefreshToken) -> None:
        self.access.pop(token.token, None)


class Locked:
    """The server on a port of loopback, in a thread."""

    def __init__(self, issuer: str = "", *, registers: bool = True) -> None:
        """Give out the tokens itself, or leave that to somebody else at `issuer`."""
        self._registers = registers
        self.door, self.calls = Doorkeeper(), 0
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.place = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.url = f"{self.place}/mcp"
        app = self._server(issuer).streamable_http_app()
        self._uvicorn = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none"))
        self._thread = threading.Thread(target=self._uvicorn.run, args=([self._socket],))
        self._thread.start()

    def _server(self, issuer: str) -> MCPServer[Any]:
        server: MCPServer[Any] = MCPServer(
            "locked",
            auth_server_provider=None if issuer else self.door,
            token_verifier=ProviderTokenVerifier(self.door) if issuer else None,
            auth=AuthSettings(
                issuer_url=AnyHttpUrl(issuer or self.place),
                resource_server_url=AnyHttpUrl(self.url),
                client_registration_options=ClientRegistrationOptions(
                    enabled=self._registers, valid_scopes=["use"], default_scopes=["use"]
                ),
                required_scopes=["use"],
                validate_token_resource=False,
            ),
        )

        @server.tool(annotations=ToolAnnotations(read_only_hint=True, open_world_hint=False))
        async def leak(how: str, ctx: Context[Any, Any]) -> str | InputRequiredResult:
            """Give the caller's own token away, in any way that there is."""
            self.calls += 1
            token = get_access_token()
            text = f"you are {token.token if token else 'nobody'}"
            if how == "error":
                raise ToolError(text)
            if how == "question" and ctx.input_responses is None:
                form = ElicitRequestFormParams(
                    message=text, requested_schema={"type": "object", "properties": {}}
                )
                return InputRequiredResult(
                    input_requests={"who": ElicitRequest(params=form)}, request_state="asked"
                )
            await ctx.report_progress(1, 2, text)
            return text

        return server

    def stop(self) -> None:
        self._uvicorn.should_exit = True
        self._thread.join()
