"""The first story as data: its tools, its plan, and the step that the person adds."""

from __future__ import annotations

from typing import Any

from workbench import toolkit
from workbench.demo.world import World
from workbench.plan import Check, Draft, Estimate, Plan, Step, ref
from workbench.tools import Tool

SENDER, READER = "agent@example.org", "boss@example.org"

COLUMNS = ["country", "continent", "year", "lifeExp", "pop", "gdpPercap"]

MEAN = """
    SELECT continent, round(avg(lifeExp), 1) AS lifeExp FROM gapminder
    WHERE year = (SELECT max(year) FROM gapminder) GROUP BY continent ORDER BY continent
"""

RICHEST = """
    SELECT country, round(gdpPercap) AS gdpPercap FROM gapminder
    WHERE year = (SELECT max(year) FROM gapminder) ORDER BY gdpPercap DESC LIMIT 3
"""


def tools(world: World) -> list[Tool]:
    """Give the toolkit's tools, bound to this world and to nothing else.

    Raises:
        WorkbenchError: the world is not started.
    """
    return [
        *toolkit.files(world.folder),
        *toolkit.sql(f"sqlite:///{world.database}"),
        *toolkit.tables(),
        *toolkit.mail("127.0.0.1", world.port, SENDER, tls="none", probe=world.was_sent),
    ]


def first_plan(world: World) -> Plan:
    """Give the plan of the story: eight steps, of which two ask the person."""
    return Plan(
        goal="Report how long people live on each continent",
        steps=(*_reading(world), *_computing(), *_telling(world)),
    )


def _reading(world: World) -> list[Step]:
    return [
        Step(
            id="load",
            title="load gapminder.csv",
            tool="read_table",
            args={"path": world.csv.name},
            check=Check(not_empty=True),
            estimate=Estimate(seconds=0.1),
        ),
        Step(
            id="check",
            title="check the columns",
            tool="check_columns",
            args={"frame": ref("load"), "required": COLUMNS, "complete": True},
            why="a figure that is missing would make every mean wrong",
            check=Check(output_schema={"properties": {"rows": {"minimum": 1000}}}),
        ),
        Step(
            id="store",
            title="store the table in world.db",
            tool="write_frame",
            args={"table": "gapminder", "frame": ref("load")},
            after=("check",),
            why="the next steps ask the database",
        ),
    ]


def _computing() -> list[Step]:
    return [
        Step(
            id="mean",
            title="mean life expectancy by continent",
            tool="query",
            args={"sql": " ".join(MEAN.split())},
            after=("store",),
            check=Check(not_empty=True),
        ),
        Step(
            id="chart",
            title="draw a bar chart",
            tool="bar_chart",
            args={
                "frame": ref("mean"),
                "x": "continent",
                "y": "lifeExp",
                "title": "Mean life expectancy in 2007 (years)",
            },
        ),
    ]


def _telling(world: World) -> list[Step]:
    return [
        Step(
            id="text",
            title="write the text of the report",
            tool="markdown_report",
            args={"title": "Life expectancy, 2007", "sections": [_section()]},
        ),
        Step(
            id="write",
            title="write report.md",
            tool="write_text",
            args={"path": world.report.name, "text": ref("text")},
        ),
        Step(
            id="mail",
            title="mail the report",
            tool="send_mail",
            args={"to": READER, "subject": "Life expectancy, 2007", "body": ref("text")},
            after=("write", "chart"),
            why="the report is for the boss",
        ),
    ]


def _section() -> dict[str, Any]:
    return {"heading": "Mean by continent, in years", "body": ref("mean")}


def add_richest(draft: Draft) -> None:
    """Add the step that the person thinks of on the way, and take it into the report."""
    draft.add(
        Step(
            id="richest",
            title="the three richest countries",
            tool="query",
            args={"sql": " ".join(RICHEST.split())},
            after=("store",),
        ),
        before="text",
    )
    richest = {"heading": "The richest, US dollars a head", "body": ref("richest")}
    draft.change("text", args={"sections": [_section(), richest]})
