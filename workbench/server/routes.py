"""Which address is answered by what, and the objects that all of them share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jupyter_server.utils import url_path_join
from traitlets import List, Unicode
from traitlets.config import LoggingConfigurable

from workbench.server import handlers as h
from workbench.server.journals import Journals
from workbench.server.looking import Looking
from workbench.server.ordering import Ordering
from workbench.server.streams import InboxStream, RunStream
from workbench.server.threads import Threads

API = "workbench/api"
JOURNAL = "([0-9a-f]{16})"
ROOM = f"{JOURNAL}/runs/([a-z0-9-]{{1,64}})"
ROUTES: tuple[tuple[str, type[h.Door]], ...] = (
    ("", h.ApiHandler),
    ("/openapi.json", h.DescriptionHandler),
    ("/journals", h.JournalsHandler),
    ("/runs", h.RunsHandler),
    ("/freezes", h.FreezesHandler),
    ("/inbox", h.InboxHandler),
    ("/inbox/stream", InboxStream),
    (f"/journals/{JOURNAL}/commands", h.CommandsHandler),
    (f"/journals/{ROOM}", h.RunHandler),
    (f"/journals/{ROOM}/trace", h.TraceHandler),
    (f"/journals/{ROOM}/stream", RunStream),
    (f"/journals/{ROOM}/places", h.PlacesHandler),
    (f"/journals/{ROOM}/places/([0-9]{{1,15}})", h.PlaceHandler),
    (f"/journals/{ROOM}/places/([0-9]{{1,15}})/undo", h.UndoHandler),
    (f"/journals/{ROOM}/compare/([a-z0-9-]{{1,64}})", h.CompareHandler),
    (f"/journals/{ROOM}/changes/([0-9]{{1,9}})", h.ChangesHandler),
    (f"/journals/{ROOM}/terms", h.TermsHandler),
    (f"/journals/{ROOM}/commands", h.CommandsHandler),
    ("/.*", h.NowhereHandler),
)


class WorkbenchServer(LoggingConfigurable):  # type: ignore[misc, unused-ignore]
    """Configuration: `c.WorkbenchServer.journals = ["/home/ada/runs.db"]`."""

    journals = List(
        Unicode(), help="Files of journals to show, besides those that kernels have opened."
    ).tag(config=True)


def attach(server: Any) -> None:
    """Add the addresses to a Jupyter server; nothing is opened before somebody asks."""
    settings = WorkbenchServer(parent=server)
    root = getattr(server, "root_dir", "") or getattr(server.contents_manager, "root_dir", "")
    looking = Looking(Journals(Path(root) if root else None, settings.journals))
    shared = {"looking": looking, "ordering": Ordering(looking), "threads": Threads()}
    base = server.web_app.settings["base_url"]
    routes = [(url_path_join(base, API) + end, door, shared) for end, door in ROUTES]
    server.web_app.add_handlers(".*$", routes)
