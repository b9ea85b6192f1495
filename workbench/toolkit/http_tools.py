"""Tools on web services, through httpx."""

from __future__ import annotations

import json as jsonlib
from collections.abc import Callable, Mapping
from typing import Any

from workbench.toolkit.faults import Refused
from workbench.toolkit.http_service import Service
from workbench.toolkit.with_secret import with_secret
from workbench.tools import Tool, tool


def http(
    base_url: str | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    token: str | None = None,
    timeout_s: float = 30.0,
    max_bytes: int = 1_000_000,
    declare: Mapping[str, Mapping[str, Any]] | None = None,
) -> list[Tool]:
    """Make the tools for one web service, or for any.

    Reading is declared `read` with the risk "public", because an address can carry something
    outward. Writing is irreversible and not idempotent, because nobody but the service's owner
    knows better; whoever does says so in `declare`. The idempotency key goes along in the header
    `Idempotency-Key`.

    Args:
        base_url: the tools then reach no other service, redirects included.
        headers: sent with every call; no secrets here, they would be in no list of secrets.
        token: name of the secret that is sent as bearer token; needs `base_url`.
        timeout_s: seconds that one call may take in all.
        max_bytes: length of the longest answer that is read.
        declare: what is known better, by tool:
            `{"http_put": {"idempotent": True, "probe": is_there}}`.

    Raises:
        Refused: a token without a service that it belongs to.
    """
    if token is not None and base_url is None:
        raise Refused("A token was given, but no base_url.", "Say which service it belongs to.")
    service = Service(base_url, dict(headers or {}), timeout_s, max_bytes)
    outward: dict[str, dict[str, Any]] = {
        "http_get": {"effect": "read", "risk": "public"},
        "http_post": {"effect": "irreversible", "risk": "public", "preview": preview_post},
        "http_put": {"effect": "irreversible", "risk": "public", "preview": preview_put},
        "http_delete": {"effect": "irreversible", "risk": "public", "preview": preview_delete},
    }
    known = declare or {}
    if unknown := known.keys() - outward.keys():
        raise Refused(f"There is no tool {', '.join(unknown)}.", f"Use {', '.join(outward)}.")
    return [
        tool(**{"timeout_s": timeout_s + 5, **declared, **known.get(name, {})})(
            with_secret(getattr(service, name), "token", token)
        )
        for name, declared in outward.items()
    ]


def _preview(verb: str) -> Callable[..., str]:
    def preview(url: str, body: Any = None, text: str | None = None) -> str:
        shown = "nothing" if body is None else jsonlib.dumps(body, ensure_ascii=False, indent=2)
        return f"would send {verb} {url} with:\n{(shown if text is None else text)[:4000]}"

    return preview


preview_post, preview_put = _preview("POST"), _preview("PUT")


def preview_delete(url: str) -> str:
    """Name the address."""
    return f"would send DELETE {url}; what the service deletes cannot be told from here"
