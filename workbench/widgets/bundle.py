"""The built front end: a loader that travels with each widget, and the view that it asks for."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import WorkbenchError
from workbench.ids import digest_bytes

STATIC = Path(__file__).parent.parent / "static"


@dataclass(frozen=True)
class Bundle:
    """The view's program and style, named by their digest."""

    digest: str
    text: str
    css: str


def loader() -> str:
    """Give the program that every widget carries.

    Raises:
        WorkbenchError: the front end was not built.
    """
    return _read("loader.js")


@functools.cache
def bundle() -> Bundle:
    """Give the view, sent to a page once.

    Raises:
        WorkbenchError: the front end was not built.
    """
    text, css = _read("view.js"), _read("view.css")
    return Bundle(digest_bytes(f"{text}\0{css}".encode())[:16], text, css)


def _read(name: str) -> str:
    try:
        return (STATIC / name).read_text(encoding="utf-8")
    except OSError as error:
        raise WorkbenchError(
            f"The front end is missing: {name} was not built.",
            "Run `make front`, or install the package from a wheel.",
        ) from error
