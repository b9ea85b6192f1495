"""`wb.mcp`: connect a server of somebody else."""

from __future__ import annotations

import atexit
import re
import weakref
from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from workbench.credentials import Keyed, Lookup, Secrets
from workbench.engine.parts import secret_from_environment
from workbench.errors import WorkbenchError
from workbench.mcp.client import OAuthClient
from workbench.mcp.connection import Spec, split
from workbench.mcp.ears import Ears
from workbench.mcp.given import Text
from workbench.mcp.keeping import TokenStore, store_of
from workbench.mcp.server import Server
from workbench.mcp.trust import Declared, Trust
from workbench.models import Model, model_named

_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
_open: weakref.WeakSet[Server] = weakref.WeakSet()


def mcp(
    command: str | Sequence[str],
    *,
    name: str | None = None,
    effects: Mapping[str, Declared] | None = None,
    trust_hints: bool = False,
    profile: Mapping[str, Any] | None = None,
    prefix: str | None = None,
    env: Mapping[str, Text] | None = None,
    headers: Mapping[str, Text] | None = None,
    token: Text | None = None,
    tokens: str | Path | TokenStore | None = None,
    client: OAuthClient | None = None,
    secrets: Keyed | Mapping[Any, Any] | Lookup | None = None,
    cwd: str | Path | None = None,
    roots: Iterable[str | Path] = (),
    sampling: Model | str | None = None,
    timeout_s: float | None = 60.0,
    start_timeout_s: float = 30.0,
) -> Server:
    """Connect an MCP server and make tools of what it offers: `Workbench(tools=[wb.mcp(…)])`.

    Without a word of yours each of its tools counts as irreversible and is asked about, whatever
    the server says of it. Nothing is started before the tools are asked for.

    Args:
        command: how to start it, as a shell would read it (no shell is involved); or its address,
            beginning with `https://` or `http://`.
        name: what it is called here; default: made of its command, or its host.
        effects: what its tools do, by the server's names: an effect, or a mapping of what `wb.tool`
            takes (`{"write": {"effect": "reversible", "undo": restore}}`). It holds for what the
            server lists when it is first started: a tool whose description or schema is another one
            later is irreversible again, and asked about as drift.
        trust_hints: whether to believe the server that a tool only reads. Reads that it calls
            open-world are still asked about; other hints relax nothing.
        profile: declarations that were reviewed, each for one listing; see `Server.profile`.
        prefix: before each tool's name; default: the server's name and a dot.
        env: further variables of its environment. Of ours it sees PATH, HOME and the like only.
            `wb.Secret["name"]` instead of a text is looked up when the server starts, a function is
            called then; what they give is taken out of whatever the server says.
        headers: of each HTTP request; likewise.
        token: shown to a server at an address, as a bearer token; likewise. Without one, and
            without a header `Authorization`, a server that wants a login is signed in at by the
            person: with OAuth, at an address that is a request of the run, or printed by hand.
        tokens: where what a login gives is kept: `"keyring"` (the system's, extra `keyring`), the
            path of a file that only its owner can read, or a `TokenStore`; default: this process.
        client: who you are to the one who gives out tokens, where nobody is registered without your
            doing; default: the workbench is registered when you first sign in.
        secrets: where secrets are looked up, as in `Workbench(secrets=…)`; default: the
            environment's variables.
        cwd: the folder that it runs in.
        roots: folders that it is told to work in, when it asks.
        sampling: a model, or its name, that the server may ask within the budget of the run;
            without one it is refused.
        timeout_s: seconds for one call, without the time in which it asks you something; None: no
            limit. What a call that took longer did is in doubt, unless it only reads.
        start_timeout_s: seconds that it may take to start, or to list what it has.

    Raises:
        WorkbenchError: the library is not installed, the command is empty, or the keyring is not
            there.
    """
    if find_spec("mcp") is None:
        raise WorkbenchError(
            "The library for MCP servers is not installed.",
            "pip install 'jupyter-agent-workbench[mcp]'",
        )
    url = command if isinstance(command, str) and "://" in command.split(" ")[0] else ""
    words = () if url else split(command)
    if not url and not words:
        raise WorkbenchError("There is no command to start an MCP server.", "wb.mcp('command …').")
    called = name or _name_of(url, words)
    if not _NAME.fullmatch(called):
        raise WorkbenchError(
            f"{called!r} cannot be the name of a server.",
            "Give name=… with letters, digits, - and _ only.",
        )
    spec = Spec(
        name=called,
        command=words,
        url=url,
        env=env or {},
        headers=headers or {},
        token=token,
        oauth=client,
        secrets=_lookup_in(secrets),
        cwd=cwd,
        start_timeout_s=start_timeout_s,
    )
    server = Server(
        spec,
        Trust(effects or {}, hints=trust_hints, profile=profile),
        Ears(called, model_named(sampling) if isinstance(sampling, str) else sampling, [*roots]),
        tokens=store_of(tokens),
        prefix=f"{called}." if prefix is None else prefix,
        timeout_s=timeout_s,
    )
    _open.add(server)
    return server


def _lookup_in(secrets: Keyed | Mapping[Any, Any] | Lookup | None) -> Keyed | Lookup:
    if secrets is None:
        return secret_from_environment
    return Secrets(secrets) if isinstance(secrets, Mapping) else secrets


def _name_of(url: str, words: Sequence[str]) -> str:
    if url:
        host = url.partition("://")[2].partition("/")[0].rpartition("@")[2].partition(":")[0]
        return re.sub(r"[^A-Za-z0-9_-]+", "-", host).strip("-")[:40]
    stems = [Path(word).stem.lower().replace("_", "-") for word in words if word[:1] != "-"]
    server = next((stem for stem in stems if "server" in stem or "mcp" in stem), stems[0])
    short = re.sub(r"^(mcp-)?(server-)?|(-server)?(-mcp)?$", "", server) or server
    return re.sub(r"[^a-z0-9_-]+", "-", short).strip("-")[:40]


@atexit.register
def _stop_all() -> None:
    """Stop what a program has left running."""
    for server in list(_open):
        server.close()
