"""Where secrets come from: keyed by person, tool and name, fetched for one call.

A right that is narrower than the name: two tools of one provider, each with a secret of its own,
cannot use each other's.
"""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from workbench.errors import NotFound

Key = tuple[str, str, str]
"""Person, tool and the secret's name; `*`: any."""
Source = Callable[[Key], str | None]
Lookup = Callable[[str], str | None]
ANY = "*"


@runtime_checkable
class Keyed(Protocol):
    """Secrets that depend on who acts and what is called."""

    def find(self, person: str, tool: str, name: str) -> str | None:
        """Give a secret's text; None: it is not set."""
        ...


class Secrets:
    """Secrets by person, tool and name.

    Args:
        sources: mappings, `Secrets.environment()`, `Secrets.file(path)`, `Secrets.keyring(service)`
            or functions of (person, tool, name). A mapping's keys are `(person, tool, name)`,
            `(tool, name)` or `name`, where `"*"` stands for any person or tool; its values are
            texts, or functions that give one at the time of the call.

    The most specific key counts: person and tool, then tool, then person, then the name alone. For
    one key the sources are asked in their order. Nothing is kept: each call asks again.
    """

    def __init__(self, *sources: Mapping[Any, Any] | Source) -> None:
        """Hold the sources; nothing is read yet."""
        self._sources = [_source(source) for source in sources]

    def find(self, person: str, tool: str, name: str) -> str | None:
        """Give a secret's text for one call; None: no source has it."""
        for key in keys(person, tool, name):
            for source in self._sources:
                text = source(key)
                if text is not None:
                    return text
        return None

    def __repr__(self) -> str:
        """Show nothing of what they give."""
        return f"<Secrets of {len(self._sources)} sources>"

    @staticmethod
    def environment() -> Source:
        """Look in the environment: `SEND_MAIL__PASSWORD` for one tool, else `PASSWORD`."""
        return _from_environment

    @staticmethod
    def file(path: str | Path) -> Source:
        """Look in a file of lines `name = text`, `tool/name = text` or `person/tool/name = text`.

        It is read at each call, and must be readable by its owner alone (`chmod 600`); otherwise
        the run pauses and says so.
        """
        return partial(_from_file, Path(path).expanduser())

    @staticmethod
    def keyring(service: str = "workbench") -> Source:
        """Look in the system's keyring; the user names are as the names in a file.

        Needs the extra `keyring`: `pip install 'jupyter-agent-workbench[keyring]'`.
        """
        return partial(_from_keyring, service)


def lookup(source: Keyed | Lookup, person: str, tool: str) -> Lookup:
    """Give the function by which one call finds its secrets."""
    if isinstance(source, Keyed):
        return partial(source.find, person, tool)
    return source


def keys(person: str, tool: str, name: str) -> Iterator[Key]:
    """Give the keys of a secret, the most specific first."""
    yield (person, tool, name)
    yield (ANY, tool, name)
    yield (person, ANY, name)
    yield (ANY, ANY, name)


def path_of(key: Key) -> str:
    """Write a key as in a file: `person/tool/name`, shorter where any will do."""
    person, tool, name = key
    if person == ANY:
        return name if tool == ANY else f"{tool}/{name}"
    return f"{person}/{tool}/{name}"


def _source(source: Mapping[Any, Any] | Source) -> Source:
    return partial(_from_mapping, source) if isinstance(source, Mapping) else source


def _from_mapping(mapping: Mapping[Any, Any], key: Key) -> str | None:
    person, tool, name = key
    found = mapping.get(key)
    if found is None and person == ANY:
        found = mapping.get((tool, name))
        if found is None and tool == ANY:
            found = mapping.get(name)
    given = found() if callable(found) else found
    return None if given is None else str(given)


def _from_environment(key: Key) -> str | None:
    person, tool, name = key
    if person != ANY:
        return None
    if tool == ANY:
        return os.environ.get(name, os.environ.get(name.upper()))
    return os.environ.get(f"{tool}__{name}".upper())


def _from_file(path: Path, key: Key) -> str | None:
    try:
        with path.open(encoding="utf-8") as file:
            mode = os.fstat(file.fileno()).st_mode
            if mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise NotFound(
                    f"The secrets in {path} can be read by others than their owner.",
                    f"chmod 600 {path}",
                    secret=key[2],
                )
            lines = file.readlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise NotFound(
            f"The secrets in {path} cannot be read: {reason}.",
            "Name the right file.",
            secret=key[2],
        ) from None
    wanted, found = path_of(key), None
    for line in lines:
        name, equals, text = line.strip().removeprefix("export ").partition("=")
        if equals and not name.startswith("#") and name.strip() == wanted:
            found = _unquoted(text.strip())
            if found is None:
                raise NotFound(
                    f"The secret {wanted!r} in {path} is not one text in quotation marks.",
                    'Write \\" for a quotation mark in it, or leave the outer ones out.',
                    secret=key[2],
                )
    return found


def _unquoted(text: str) -> str | None:
    """Give a text without its quotation marks; None: they do not fit."""
    if len(text) < 2 or text[0] != text[-1] or text[0] not in "'\"":  # noqa: PLR2004 - a pair
        return text
    if text[0] == "'":
        return text[1:-1]
    try:
        parts = shlex.split(text)
    except ValueError:
        return None
    return parts[0] if len(parts) == 1 else None


def _from_keyring(service: str, key: Key) -> str | None:
    try:
        import keyring
    except ImportError:
        raise NotFound(
            "The system's keyring cannot be asked: the package keyring is not installed.",
            "pip install 'jupyter-agent-workbench[keyring]'",
            secret=key[2],
        ) from None
    text = keyring.get_password(service, path_of(key))
    return None if text is None else str(text)
