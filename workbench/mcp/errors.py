"""What goes wrong with a server of somebody else."""

from __future__ import annotations

from workbench.errors import ToolError
from workbench.executor import NoAnswer

SAID = 2000
"""Characters of a server's own words that an error holds."""


class ServerError(ToolError):
    """The server answered that it could not do it; what it says is its own word."""


class BadAnswer(ServerError):
    """The server answered with something that cannot be used; it may have done its work."""

    error_class = "bad_output"


class NoModel(ServerError):
    """The server failed when a limit refused it a model; the person can raise the limit."""

    error_class = "budget"


class ServerDown(ToolError):
    """The server cannot be reached, and nothing was called: the run pauses and can be resumed."""

    error_class = "missing_capability"
    happened = False


class LoginFailed(ServerDown):
    """The person, or who gives out the tokens, refused the login; or nobody signed in."""


class ServerGone(NoAnswer):
    """The server ended, or fell silent, in the middle of a call."""


def quoted(text: str, at_most: int = SAID) -> str:
    """Give the last words of a server, on one line, for an error."""
    text = " | ".join(line for line in clean(text).splitlines() if line.strip())
    return text if len(text) <= at_most else f"…{text[-at_most:]}"


def clean(text: str) -> str:
    """Leave out what would move a cursor, colour a terminal, or hide or turn round other text."""
    return "".join(c for c in text if c in "\n\t" or c.isprintable())
