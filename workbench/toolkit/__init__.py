"""The first toolkit: families of tools, each bound to a place that the caller names.

`files(folder)`, `sql(url)`, `http(base_url)`, `mail(host, …)`, `notebook(namespace)`, `tables()`
and `parts()` return lists of tools for `Workbench(tools=[…])`. A family and its libraries are
loaded on first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.toolkit.database.family import sql
    from workbench.toolkit.faults import Changed, Failed, Refused, Uncertain
    from workbench.toolkit.file_tools import files
    from workbench.toolkit.http_tools import http
    from workbench.toolkit.mail_tools import mail
    from workbench.toolkit.notebook_tools import notebook
    from workbench.toolkit.part_tools import parts
    from workbench.toolkit.table_tools import tables

_HOMES = {
    "Changed": "workbench.toolkit.faults",
    "Failed": "workbench.toolkit.faults",
    "Refused": "workbench.toolkit.faults",
    "Uncertain": "workbench.toolkit.faults",
    "files": "workbench.toolkit.file_tools",
    "http": "workbench.toolkit.http_tools",
    "mail": "workbench.toolkit.mail_tools",
    "notebook": "workbench.toolkit.notebook_tools",
    "parts": "workbench.toolkit.part_tools",
    "sql": "workbench.toolkit.database.family",
    "tables": "workbench.toolkit.table_tools",
}

__all__ = [
    "Changed",
    "Failed",
    "Refused",
    "Uncertain",
    "files",
    "http",
    "mail",
    "notebook",
    "parts",
    "sql",
    "tables",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        message = f"module 'workbench.toolkit' has no attribute {name!r}"
        raise AttributeError(message)
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
