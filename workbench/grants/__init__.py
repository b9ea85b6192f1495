"""Rights as data: predicates over arguments, rules, and grants with an end."""

from workbench.grants.grant import Grant
from workbench.grants.rule import Frozen, Kind, Rule, Verdict, freeze_rule, names_tool
from workbench.grants.subject import Subject
from workbench.values.predicate import (
    Predicate,
    at_least,
    at_most,
    equals,
    matches,
    one_of,
    under,
)

__all__ = [
    "Frozen",
    "Grant",
    "Kind",
    "Predicate",
    "Rule",
    "Subject",
    "Verdict",
    "at_least",
    "at_most",
    "equals",
    "freeze_rule",
    "matches",
    "names_tool",
    "one_of",
    "under",
]
