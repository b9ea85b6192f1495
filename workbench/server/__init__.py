"""The Jupyter server's door to runs: it answers while a kernel is busy, gone or restarting.

It stands behind the server's own authentication, XSRF checks and authorizer. Reading asks for the
action `read` on `workbench-runs`, ordering for `write` on `workbench-commands`. It opens no journal
before somebody asks for one.
"""

from __future__ import annotations

from typing import Any


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "workbench.server"}]


def _load_jupyter_server_extension(server: Any) -> None:
    from workbench.server.routes import attach

    attach(server)
