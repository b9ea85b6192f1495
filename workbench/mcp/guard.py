"""Become a server that does not outlive its parent, however that ends: `guard.py PARENT COMMAND…`.

Run by its path, without the workbench: it is there for the blink in which it becomes the server.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask the kernel for a signal at the parent's death, then become the command."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            sys.exit(1)  # it died before the line above
    try:
        os.execvp(command[0], command)  # noqa: S606 - the command that the user gave
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")


if __name__ == "__main__":
    main()
