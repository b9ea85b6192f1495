"""Where the tokens of a login are kept: by name, and nowhere where a run can see them."""

from __future__ import annotations

import contextlib
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, runtime_checkable

from workbench.errors import WorkbenchError

_here: dict[str, str] = {}


@runtime_checkable
class TokenStore(Protocol):
    """Texts by name that only their owner can read; both methods may take their time."""

    def read(self, name: str) -> str | None:
        """Give a text; None: there is none."""
        ...

    def write(self, name: str, text: str) -> None:
        """Keep a text instead of the one before."""
        ...


class InProcess:
    """Keeps them as long as this process lives."""

    def read(self, name: str) -> str | None:
        """Give a text; None: there is none."""
        return _here.get(name)

    def write(self, name: str, text: str) -> None:
        """Keep a text instead of the one before."""
        _here[name] = text


class InKeyring:
    """Keeps them in the system's keyring; needs the extra `keyring`."""

    def __init__(self, service: str = "workbench") -> None:
        """Use the entries of this service.

        Raises:
            WorkbenchError: the package is not installed.
        """
        try:
            import keyring
        except ImportError:
            raise WorkbenchError(
                "Tokens cannot be kept in the system's keyring: its package is not installed.",
                "pip install 'jupyter-agent-workbench[keyring]'",
            ) from None
        self._service = service
        self._get: Callable[[str, str], str | None] = keyring.get_password
        self._set: Callable[[str, str, str], None] = keyring.set_password

    def read(self, name: str) -> str | None:
        """Give a text; None: there is none."""
        return self._get(self._service, name)

    def write(self, name: str, text: str) -> None:
        """Keep a text instead of the one before."""
        self._set(self._service, name, text)


class InFile:
    """Keeps them in a file that only its owner can read."""

    def __init__(self, path: str | Path) -> None:
        """Name the file; it is made when there is something to keep."""
        self._path = Path(path).expanduser()

    def read(self, name: str) -> str | None:
        """Give a text; None: there is none.

        Raises:
            WorkbenchError: others can read the file, or it is none of ours.
        """
        found = self._all().get(name)
        return found if isinstance(found, str) else None

    def write(self, name: str, text: str) -> None:
        """Keep a text instead of the one before; the file is replaced as a whole."""
        texts = json.dumps({**self._all(), name: text})
        self._path.parent.mkdir(parents=True, exist_ok=True)
        beside = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        with contextlib.suppress(FileNotFoundError):
            beside.unlink()
        with open(beside, "x", opener=_private, encoding="utf-8") as file:
            file.write(texts)
        beside.replace(self._path)

    def _all(self) -> dict[str, object]:
        try:
            with self._path.open(encoding="utf-8") as file:
                if os.fstat(file.fileno()).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                    raise WorkbenchError(
                        f"The tokens in {self._path} can be read by others than their owner.",
                        f"chmod 600 {self._path}, and sign in again where it matters.",
                    )
                found = json.load(file)
        except FileNotFoundError:
            return {}
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise WorkbenchError(f"{self._path} holds no tokens.", "Name another file.")
        return found


def store_of(tokens: str | Path | TokenStore | None) -> TokenStore:
    """Give the place: `"keyring"`, the path of a file, an own one; None: this process.

    Raises:
        WorkbenchError: the keyring's package is not installed.
    """
    if tokens is None:
        return InProcess()
    if tokens == "keyring":
        return InKeyring()
    return InFile(tokens) if isinstance(tokens, (str, Path)) else tokens


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
