"""A policy without questions."""

from __future__ import annotations

from workbench.policy import Policy


def allow_all() -> Policy:
    """Give a policy that allows every call: for tests, and for a world that is a toy."""
    return Policy(allow=["*"])
