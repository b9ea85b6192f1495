"""What a user gives to a workbench, made into what its engine takes, or refused."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast, get_args

from workbench.credentials import Keyed, Lookup, Secrets
from workbench.engine.hooks import Hooks
from workbench.engine.parts import secret_from_environment
from workbench.errors import PlanError, ToolError, WorkbenchError
from workbench.events import OnFailure
from workbench.grants import Grant, Rule
from workbench.host.importing import load_tools
from workbench.ids import new_id
from workbench.models import Model, model_named
from workbench.plan import Check, Finding, Plan, Replan
from workbench.plan.check import check_faults
from workbench.plan.replan import When
from workbench.plan.step import checks_of
from workbench.planner import Planner
from workbench.policy import Decider, Policy
from workbench.tools import Registry, Tool

T = TypeVar("T")
SecretSource = Secrets | Mapping[Any, Any] | Callable[[str], str | None]


def checked_policy(policy: Decider, tools: Registry) -> Decider:
    """Give the policy; one with a rule that matches no tool is refused."""
    if isinstance(policy, Policy):
        policy.check(tools)
    return policy


def run_rules(rules: Iterable[Rule], tools: Registry) -> tuple[Rule, ...]:
    """Give the rules of a run; one that matches no call would protect nothing: refused."""
    given = _each(rules, Rule, "rule", 'Write rules=[wb.Rule("deny", "drop_*")].')
    for rule in given:
        if (idle := rule.idle(tools)) is not None:
            raise ToolError(*idle, rule=rule.tool)
    return given


def run_grants(grants: Iterable[Grant] | None) -> dict[str, Grant] | None:
    """Give the rights of a run, by new ids; None: it was given none, and may be asked about."""
    if grants is None:
        return None
    given = _each(grants, Grant, "grant", 'Write grants=[wb.Grant("send_mail")].')
    return {new_id("grant"): grant for grant in given}


def _each(given: Iterable[T] | T, kind: type[T], noun: str, cure: str) -> tuple[T, ...]:
    items: tuple[Any, ...] = (given,) if isinstance(given, (str, kind)) else tuple(given)  # type: ignore[arg-type]  # not one, so many
    for item in items:
        if not isinstance(item, kind):
            raise WorkbenchError(f"{item!r} is no {noun}.", cure)
    return items


def registry(
    tools: Iterable[Tool | Callable[..., Any] | Iterable[Tool]], named: Iterable[str]
) -> Registry:
    """Give the tools, or those that can be imported from the places that are named."""
    given = tuple(tools) or [tool for name in named for tool in load_tools(name)]
    return Registry(_flat(given))


def _flat(tools: Iterable[Any]) -> Iterable[Any]:
    for item in tools:
        if isinstance(item, Tool) or callable(item):
            yield item
        else:
            yield from item


def planner_of(planner: Planner | Model | str | None) -> Planner | None:
    """Give the planner that is meant: the built-in one, one of a model, or the one given."""
    if planner is None:
        return None
    from workbench.planner import BuiltinPlanner, ModelPlanner

    if planner == "builtin":
        return BuiltinPlanner(workspace=Path.cwd())
    if isinstance(planner, str) and ":" in planner:
        return ModelPlanner(model_named(planner))
    if isinstance(planner, str):
        raise WorkbenchError(
            f"There is no planner called {planner!r}.",
            "Use 'builtin', provider:model, replay:<file>, a Planner, a model or None.",
        )
    if hasattr(planner, "propose"):
        return cast("Planner", planner)
    return ModelPlanner(planner)


def hooks_of(hooks: Hooks | Iterable[Hooks]) -> tuple[Hooks, ...]:
    """Give one hook, or several, as several."""
    return (hooks,) if isinstance(hooks, Hooks) else tuple(hooks)


def secrets_of(secrets: SecretSource | None) -> Keyed | Lookup:
    """Give where secrets are looked up; default: the environment."""
    if secrets is None:
        return secret_from_environment
    return Secrets(secrets) if isinstance(secrets, Mapping) else secrets


def user(given: str | None) -> str:
    """Name the person for whom the agent acts; default: the user of this process."""
    if given is not None:
        return given
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def replan(said: Replan | When | None, planner: Planner | None) -> Replan | None:
    """Read a policy of re-planning: by its name, or that of the planner when none is said.

    Raises:
        WorkbenchError: there is no policy of that name.
    """
    if said is None:
        own = getattr(planner, "replan", None)
        return own if isinstance(own, Replan) else None
    if isinstance(said, Replan):
        return said
    if said not in get_args(When):
        known = ", ".join(get_args(When))
        raise WorkbenchError(f"There is no policy {said!r} of re-planning.", f"Use {known}.")
    return Replan(when=said)


def on_failure(said: OnFailure, policy: Replan | None) -> OnFailure:
    """Plan again after a failure where there is a policy for it and nothing else was said."""
    return "replan" if policy is not None and said == "stop" else said


def verifier(said: Model | str | None, planner: Planner | None) -> Model | None:
    """Give the verifying model; the one that plans does not judge its own work.

    Raises:
        WorkbenchError: it is the planner's model.
    """
    model = model_named(said) if isinstance(said, str) else said
    plans = getattr(planner, "model", None)
    if model is not None and model.label == getattr(plans, "label", None):
        raise WorkbenchError(
            f"The model {model.label} plans, so it cannot verify what comes of it.",
            "Give another one: Workbench(verifier=…).",
        )
    return model


def checked_done(
    done: Check | None, tools: Registry, model: Model | None, plan: Plan | None
) -> None:
    """Refuse checks that could only fail when it is too late.

    Raises:
        PlanError: the completion check names a tool that there is not, or one that changes the
            world; or a criterion in words has no model that could look.
    """
    known = tools.tool_map()
    faults = list(check_faults(None, done, "done", known)) if done is not None else []
    places = [("the completion check", done)] if done is not None else []
    places += [(f"step {s.id}", c) for s in (plan.steps if plan else ()) for _, c in checks_of(s)]
    asked = [where for where, check in places if check.judge]
    if asked and model is None:
        message = f"{asked[0]} has a criterion in words and there is no Workbench(verifier=…)"
        faults.append(Finding(code="unknown_check", step=None, path="judge", message=message))
    if faults:
        listed = "\n".join(f"  - {fault}" for fault in faults)
        raise PlanError(f"The checks have faults:\n{listed}", "Nothing was called.")


def asks(said: OnFailure, policy: Replan | None) -> OnFailure:
    """Give what a run's host must know: with a policy it needs the planner, whatever fails."""
    return "replan" if policy is not None else said
