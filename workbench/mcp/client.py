"""A client of one's own, for servers that register nobody by themselves."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.errors import WorkbenchError
from workbench.mcp.given import Text


@dataclass(frozen=True)
class OAuthClient:
    """What the one who gives out tokens calls you, because you have registered there by hand.

        wb.mcp("https://api.example.org/mcp", client=OAuthClient("my-id", port=8976))

    Register `http://127.0.0.1:PORT/signed-in` there as the address to come back to.
    """

    id: str
    """Its name; no secret."""
    secret: Text | None = None
    """Its secret, as in `wb.mcp(token=…)`; None: it has none (PKCE suffices)."""
    issuer: str = ""
    """Who gave you the client, as it names itself. With a secret it must be said: nobody else is
    shown the secret, wherever the server leads."""
    port: int = 0
    """Of this machine, which was registered; 0: the browser may come back to any."""

    def __post_init__(self) -> None:
        """Refuse what could show the secret to a stranger.

        Raises:
            WorkbenchError: it has a secret and no issuer.
        """
        if self.secret is not None and not self.issuer:
            raise WorkbenchError(
                f"The client {self.id!r} has a secret, and nobody said to whom it may be shown.",
                'OAuthClient(…, issuer="https://…"): who has given it to you.',
            )
