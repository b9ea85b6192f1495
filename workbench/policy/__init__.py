"""Policy: the pure function that decides whether a call is allowed, asked about or denied."""

from workbench.policy.decide import Allow, Ask, CallFacts, Decider, Decision, Deny, Policy

__all__ = ["Allow", "Ask", "CallFacts", "Decider", "Decision", "Deny", "Policy"]
