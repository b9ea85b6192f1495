"""A small catalogue and two small worlds for planners to plan with; nothing here is ever called."""

import json
from pathlib import Path
from typing import Literal

import pandas as pd
import plotly.graph_objects as go

import workbench as wb

HERE = Path(__file__).parent
GAPMINDER = "country,continent,year,lifeExp,pop,gdpPercap\nChad,Africa,2007,50.6,10238807,1704\n"
SALES = "region,product,units,unit_price,sold_on\nnorth,tea,3,2.5,2024-01-02\n"


class Called(AssertionError):
    """A planner called a tool."""


def never(*args: object) -> None:
    """Refuse to be called."""
    raise Called(args)


@wb.tool(effect="read")
def read_table(path: Path) -> pd.DataFrame:
    """Read a table from a CSV file."""
    never(path)


@wb.tool(effect="pure")
def check_columns(frame: pd.DataFrame, required: list[str]) -> pd.DataFrame:
    """Fail unless the table has these columns; give it back unchanged."""
    never(frame)


@wb.tool(effect="pure")
def filter_rows(
    frame: pd.DataFrame,
    column: str,
    op: Literal["==", "!=", ">", "<", ">=", "<="],
    value: float | str,
) -> pd.DataFrame:
    """Keep the rows whose column compares so with the value."""
    never(frame)


@wb.tool(effect="pure")
def sort_rows(frame: pd.DataFrame, by: str, descending: bool = False) -> pd.DataFrame:
    """Sort the rows by a column."""
    never(frame)


@wb.tool(effect="pure")
def aggregate(
    frame: pd.DataFrame, by: str, column: str, how: Literal["mean", "sum", "max", "min", "count"]
) -> pd.DataFrame:
    """Reduce a column to one value for each group."""
    never(frame)


@wb.tool(effect="pure")
def bar_chart(frame: pd.DataFrame, x: str, y: str, title: str) -> go.Figure:
    """Draw bars."""
    never(frame)


@wb.tool(effect="pure")
def markdown_report(title: str, frame: pd.DataFrame) -> str:
    """Word a table as a report in Markdown."""
    never(frame)


def delete_file(path: Path) -> None:
    """Take the file away again."""
    never(path)


@wb.tool(effect="reversible", undo=delete_file)
def write_text(path: Path, text: str) -> str:
    """Write a text to a file; give its path."""
    never(path)


@wb.tool(effect="irreversible")
def send_mail(to: str, subject: str, body: str) -> str:
    """Send a mail; give its id."""
    never(to)


TOOLS = [
    read_table,
    check_columns,
    filter_rows,
    sort_rows,
    aggregate,
    bar_chart,
    markdown_report,
    write_text,
    send_mail,
]


def make_world(folder: Path) -> Path:
    """Write the two tables into a folder."""
    (folder / "gapminder.csv").write_text(GAPMINDER, encoding="utf-8")
    (folder / "sales.csv").write_text(SALES, encoding="utf-8")
    return folder


def goals() -> list[dict]:
    """Give the goals with what is expected of the rules."""
    return json.loads((HERE / "goals.json").read_text(encoding="utf-8"))


def skeleton(plan: wb.Plan, like: list) -> list:
    """Give tool and key arguments of each step, with the keys that `like` has; references as `@id`."""
    shown = []
    for number, step in enumerate(plan.steps):
        args = step.model_dump(mode="json")["args"]
        keys = like[number][1] if number < len(like) else args
        values = {k: _short(args.get(k)) for k in keys}
        shown.append([step.tool, values, *(["ask"] if step.ask else [])])
    return shown


def _short(value: object) -> object:
    return f"@{value['$ref']}" if isinstance(value, dict) and "$ref" in value else value
