"""Rules in files that a project or a user keeps: read when a workbench is made.

Such a file may come with a repository that somebody else wrote, or have been written by a tool. So
what it denies or wants to be asked about holds at once, and what it allows only after a person has
said so, about exactly this content at exactly this place.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL

from workbench.errors import CommandRefused, NotFound
from workbench.grants import Rule
from workbench.ids import digest, digest_bytes
from workbench.policy.files import read_bytes, rules_in

PROJECT = Path(".workbench", "rules.toml")
"""Where a project's rules are, in the working folder, in that of the journal, or above."""
USER = Path("workbench", "rules.toml")
"""Where a user's rules are, in the folder of settings (`XDG_CONFIG_HOME`, `~/.config`)."""
WORDS = Path("workbench", "trusted")
"""Where it is kept which files a person has trusted (`XDG_STATE_HOME`, `~/.local/state`)."""


@dataclass(frozen=True)
class RuleFile:
    """A file of rules, as it was read."""

    path: Path
    digest: str
    """Of its content and its place: what a person's word is bound to."""
    rules: tuple[tuple[int, Rule], ...]
    """With the number of the line that each begins at."""
    trusted: bool
    """Whether a person has said that what it allows holds."""

    @property
    def in_force(self) -> list[tuple[str, Rule]]:
        """The rules that hold, each with where it stands."""
        return [
            (f"{self.path}:{line}", rule)
            for line, rule in self.rules
            if self.trusted or rule.verdict != "allow"
        ]

    @property
    def waiting(self) -> list[Rule]:
        """The rules that hold only when a person trusts the file."""
        return [] if self.trusted else [rule for _, rule in self.rules if rule.verdict == "allow"]

    def __str__(self) -> str:
        """Give one line a rule."""
        lines = [f"{where}: {rule}" for where, rule in self.in_force]
        lines += [
            f"{self.path}: {rule} (does not hold: bench.rules.trust({str(self.path)!r}))"
            for rule in self.waiting
        ]
        return "\n".join(lines)


def read(places: Iterable[str | Path] | None, journal: URL) -> list[RuleFile]:
    """Read files of rules.

    Args:
        places: which; each must be there. None: those of the project and of the user that are.
        journal: beside which a project's rules may be.

    Raises:
        ToolError: one cannot be read, or has a fault; file and line are named.
    """
    if places is None:
        return [_read(place) for place in usual_places(journal) if place.is_file()]
    return [_read(Path(place).expanduser().absolute()) for place in places]


def usual_places(journal: URL) -> list[Path]:
    """Name where rules may be: from the working folder and the journal's upwards, and the user's.

    It goes up while the folders belong to who works here, and takes what is on the way as well: a
    file further down takes no rule away.
    """
    begin = [_working_folder()]
    if journal.get_backend_name() == "sqlite" and journal.database not in (None, "", ":memory:"):
        begin.append(Path(str(journal.database)).absolute().parent)
    found = [folder / PROJECT for start in begin if start for folder in _upwards(start)]
    if (settings := _home("XDG_CONFIG_HOME", ".config")) is not None:
        found.append(settings / USER)
    return list(dict.fromkeys(found))


def trust(file: RuleFile) -> RuleFile:
    """Keep that a person trusts a file as it was read.

    Raises:
        CommandRefused: it is not what was read any more, or there is no place to keep the word.
    """
    if digest_of(file.path, read_bytes(file.path)) != file.digest:
        raise CommandRefused(
            f"{file.path} is not as it was read: somebody has changed it.",
            "Look at it, make the workbench again, and look at bench.rules.files.",
        )
    if (word := _word(file.digest)) is None:
        raise CommandRefused("There is no home folder to keep the word in.", "Set XDG_STATE_HOME.")
    word.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    word.write_text(f"{file.path}\n", encoding="utf-8")
    return RuleFile(file.path, file.digest, file.rules, trusted=True)


def distrust(file: RuleFile) -> RuleFile:
    """Take the word back."""
    if (word := _word(file.digest)) is not None:
        word.unlink(missing_ok=True)
    return RuleFile(file.path, file.digest, file.rules, trusted=False)


def named(files: Iterable[RuleFile], path: str | Path) -> RuleFile:
    """Find the file of a path among those that were read.

    Raises:
        NotFound: none of them is there.
    """
    wanted = Path(path).expanduser().absolute()
    known = {file.path: file for file in files}
    if wanted not in known:
        listed = ", ".join(map(str, known)) or "none"
        raise NotFound(f"No rules were read from {wanted}.", f"Rules were read from: {listed}.")
    return known[wanted]


def digest_of(path: Path, content: bytes) -> str:
    """Name a content at a place."""
    return digest([str(path), digest_bytes(content)])


def _read(path: Path) -> RuleFile:
    content = read_bytes(path)
    name = digest_of(path, content)
    word = _word(name)
    trusted = word is not None and word.is_file()
    return RuleFile(path, name, tuple(rules_in(content, path)), trusted)


def _word(name: str) -> Path | None:
    state = _home("XDG_STATE_HOME", ".local/state")
    return None if state is None else state / WORDS / name


def _home(variable: str, otherwise: str) -> Path | None:
    """Give a folder of the user, as the XDG names it; None: there is no home."""
    named = Path(os.environ.get(variable, ""))
    if named.is_absolute():  # a relative one is to be left aside
        return named
    try:
        return Path.home() / otherwise
    except RuntimeError:
        return None


def _working_folder() -> Path | None:
    try:
        return Path.cwd()
    except OSError:
        return None


def _upwards(start: Path) -> Iterator[Path]:
    """Give a folder, and those above it as long as they belong to the same user as this process."""
    yield start
    for folder, above in zip((start, *start.parents), start.parents, strict=False):
        if not (_is_mine(folder) and _is_mine(above)):
            return
        yield above


def _is_mine(folder: Path) -> bool:
    try:
        return hasattr(os, "getuid") and folder.stat().st_uid == os.getuid()
    except OSError:
        return False
