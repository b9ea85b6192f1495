"""What holds for all families of tools."""

from __future__ import annotations

import subprocess
import sys

import pytest

from workbench.toolkit import Failed, Refused, Uncertain, files, http, mail, notebook, sql, tables
from workbench.toolkit import __all__ as names
from workbench.tools import Registry

HEAVY = ("pandas", "httpx", "plotly", "sqlalchemy", "pyarrow")


def test_importing_the_toolkit_loads_no_heavy_library() -> None:
    """Each family's libraries are loaded when it is used."""
    code = f"""
import sys, workbench.toolkit
assert not [m for m in {HEAVY} if m in sys.modules]
workbench.toolkit.http("http://x")
assert "httpx" not in sys.modules
assert not [n for n in workbench.toolkit.__all__ if not hasattr(workbench.toolkit, n)]
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def test_an_unknown_name_is_an_attribute_error() -> None:
    """A typing mistake in an import is an ordinary error."""
    import workbench.toolkit

    assert set(names) <= set(dir(workbench.toolkit))
    with pytest.raises(AttributeError, match="has no attribute 'ftp'"):
        _ = workbench.toolkit.ftp


@pytest.fixture
def everything(tmp_path) -> Registry:
    return Registry(
        [
            *files(tmp_path),
            *sql("sqlite:///shop.db"),
            *http(),
            *mail("localhost", 25, "me@example.org"),
            *notebook({}),
            *tables(),
        ]
    )


def test_every_tool_declares_its_effect_and_explains_itself(everything) -> None:
    """One registry takes all families; no tool is undeclared or without a description [COMP-1]."""
    assert len(everything) == 29
    for tool in everything:
        assert tool.declared
        assert tool.summary.endswith((".", "gives", ";")), tool.summary
        assert "filled in by" not in str(tool.signature.args_schema)


def test_what_changes_the_world_has_a_preview(everything) -> None:
    """Whatever can be asked about shows what it would do, and how to undo it [COMP-1, COMP-2]."""
    for tool in everything:
        if not tool.repeatable:
            assert tool.preview is not None, tool.name
        if tool.effect == "reversible":
            assert None not in (tool.undo, tool.probe, tool.before), tool.name


def test_what_cannot_be_undone_is_said_to_be_irreversible(everything) -> None:
    """Mail, web writes, free SQL and free Python are not called harmless [COMP-1]."""
    irreversible = {t.name for t in everything if t.effect == "irreversible"}

    assert irreversible == {
        "send_mail",
        "http_post",
        "http_put",
        "http_delete",
        "execute",
        "run_python",
    }
    assert not any(everything[name].idempotent for name in irreversible)


def test_errors_say_whether_it_happened() -> None:
    """Every error of the toolkit tells what is known about the effect."""
    assert Refused("x").happened is False
    assert Failed("x").happened is None
    assert Failed("x", happened=True).happened is True
    assert isinstance(Uncertain("x"), TimeoutError)
