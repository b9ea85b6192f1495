"""The command line: tell the story, look at runs, answer them, from any terminal."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; an error of the workbench is one message, and exit code 1."""
    from workbench.cli.app import app
    from workbench.errors import WorkbenchError

    try:
        app(prog_name="workbench")
    except WorkbenchError as error:
        print(error, file=sys.stderr)
        sys.exit(1)


__all__ = ["main"]
