"""Policy: the pure function that decides whether a call is allowed, asked about or denied."""

from workbench.events import Autonomy
from workbench.policy.authority import authorize
from workbench.policy.decide import Policy
from workbench.policy.facts import (
    Allow,
    Ask,
    CallFacts,
    Decider,
    Decision,
    Deny,
    Rights,
)
from workbench.view import Held

__all__ = [
    "Allow",
    "Ask",
    "Autonomy",
    "CallFacts",
    "Decider",
    "Decision",
    "Deny",
    "Held",
    "Policy",
    "Rights",
    "authorize",
]
