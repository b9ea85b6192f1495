"""What a user imports: the names, how light they are, and that nothing is missing."""

from __future__ import annotations

import ast
import importlib
import json
import pkgutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import workbench as wb

ROOT = Path(__file__).parents[2]
HEAVY = ("pandas", "numpy", "plotly", "sqlalchemy", "IPython", "ipywidgets", "anyio", "pydantic")
CORE_FORBIDDEN = ("IPython", "anywidget", "ipywidgets", "pandas", "plotly", "jsonschema")
"""The last takes longer to import than all the rest of the core, and few runs need it."""
MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(wb.__path__, "workbench.")
    if not module.name.endswith("__main__")
)
PUBLIC = {
    "Budget", "Finding", "Key", "Plan", "PlanDiff", "Retry", "Secret", "Step", "Workbench",
    "errors", "ref", "testing", "tool",
}  # fmt: skip
"""Names that design.md, section 4, fixes."""


def fresh(code: str, level: int = 0) -> set[str]:
    """Run code in a fresh interpreter; gives the packages that it has loaded: those at the top, or
    of a further level their own names."""
    ending = (
        "\nimport sys, json; names = [m.split('.') for m in sys.modules]"
        f"\nprint(json.dumps(sorted({{n[{level}] for n in names if len(n) > {level} "
        f"and ({level} == 0 or n[0] == 'workbench')}})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code + ending],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
    )
    lines = done.stdout.splitlines()
    assert len(lines) == 1, "importing prints nothing"
    assert done.stderr == ""
    return set(json.loads(lines[0]))


def test_importing_is_light() -> None:
    """`import workbench` loads no heavy library, prints nothing, and knows its names [HARN-2]."""
    loaded = fresh("import workbench as wb; dir(wb), wb.__version__, wb.__all__")

    assert not loaded & set(HEAVY)


@pytest.mark.parametrize(
    ("duty", "without"),
    [
        ("tools", {"policy", "journal", "engine", "models", "planner", "context"}),
        ("policy", {"journal", "engine", "models", "planner", "context"}),
        ("journal", {"policy", "engine", "models", "planner", "context"}),
        ("models", {"tools", "policy", "journal", "engine", "planner", "context"}),
        ("context", {"policy", "journal", "engine", "planner"}),
        ("planner", {"policy", "journal", "engine"}),
    ],
)
def test_a_duty_of_the_harness_stands_alone(duty: str, without: set[str]) -> None:
    """Tools, permission, persistence, models, context and planning are parts of their own: each is
    loaded, and so tested and replaced, without those that it does not build on [HARN-3]."""
    loaded = fresh(f"import workbench.{duty}", level=1)

    assert duty in loaded
    assert not loaded & without


def test_the_core_knows_no_notebook_and_no_frame() -> None:
    """The engine, and what is below it, load no IPython, pandas, plotly, jsonschema [HARN-3]."""
    names = ("run", "engine", "planner", "journal", "tools")
    loaded = fresh(f"import {', '.join(f'workbench.{name}' for name in names)}")

    assert not loaded & set(CORE_FORBIDDEN)


def test_every_public_name_can_be_had() -> None:
    """Each name of `__all__` is there, in `dir`, and documented; the fixed ones are among them."""
    for name in wb.__all__:
        assert getattr(wb, name).__doc__, name
        assert name in dir(wb)
    assert set(wb.__all__) >= PUBLIC
    assert sorted(wb.__all__) == list(wb.__all__)


def test_type_checkers_see_the_same_names() -> None:
    """What is loaded on first use, and what a type checker is told, are the same names."""
    tree = ast.parse((ROOT / "workbench" / "__init__.py").read_text(encoding="utf-8"))
    (checking,) = (
        node
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    )
    told = {
        alias.asname or alias.name
        for node in checking.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }

    assert told == set(wb.__all__) == set(wb._HOMES)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    """A wrong name fails as in any module, so `hasattr` and completion work."""
    with pytest.raises(AttributeError, match="no attribute 'Plann'"):
        _ = wb.Plann
    assert not hasattr(wb, "whatever")


@pytest.mark.parametrize("name", MODULES)
def test_every_module_keeps_its_word(name: str) -> None:
    """Each module can be imported, says what it is for, and has every name that it promises."""
    module = importlib.import_module(name)

    assert module.__doc__, "a module says in its first line what it is for"
    promised = getattr(module, "__all__", [])
    assert len(set(promised)) == len(promised)
    for one in promised:
        assert hasattr(module, one), one


def test_packages_export_what_their_parts_share() -> None:
    """The pure parts say in `__all__` what others may use, sorted and complete."""
    for name in ("commands", "events", "plan", "policy", "testing", "tools", "values", "view"):
        package = importlib.import_module(f"workbench.{name}")
        assert list(package.__all__) == sorted(package.__all__, key=_as_ruff_sorts), name


def _as_ruff_sorts(name: str) -> tuple[int, str]:
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def test_the_doubles_are_shipped() -> None:
    """Users get the doubles that the workbench is tested with."""
    assert set(wb.testing.__all__) >= {
        "CrashPoint", "FakeClock", "ScriptedModel", "ScriptedPerson", "allow_all", "capture_events",
    }  # fmt: skip


def test_every_module_stands_in_a_layer() -> None:
    """The layers of pyproject.toml name every top-level module, and only those that exist."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (layers,) = (
        contract["layers"]
        for contract in project["tool"]["importlinter"]["contracts"]
        if contract["id"] == "layers"
    )
    named = [part.strip() for line in layers for part in line.replace("|", ":").split(":")]
    required = {name for name in named if not name.startswith("(")}
    top = {module.name for module in pkgutil.iter_modules(wb.__path__)}

    assert len(named) == len(set(named))
    assert required <= top
    assert top <= {name.strip("()") for name in named}
