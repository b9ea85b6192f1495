"""A plotly figure that shows without a network, and never puts plotly.js (4.8 MB) into a notebook.

Importing this imports plotly: do it inside the function that makes the figure.
"""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from typing import Any

from plotly import graph_objects as go

from workbench.report.words import count_words, one_line

MIME = "application/vnd.plotly.v1+json"

ROWS_SHOWN = 200
"""Rows that the table beside a figure has at most."""

INK, PALE, LINE = "#24292f", "#e6e9ed", "#f0f2f4"

CALM = go.layout.Template(
    layout={
        "font": {"family": "system-ui, sans-serif", "size": 12, "color": INK},
        "title": {"x": 0, "xanchor": "left", "xref": "paper", "font": {"size": 14}},
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "xaxis": {"gridcolor": LINE, "linecolor": PALE, "zeroline": False, "automargin": True},
        "yaxis": {"gridcolor": LINE, "linecolor": PALE, "zeroline": False, "automargin": True},
        "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "traceorder": "normal"},
        "hoverlabel": {"bgcolor": "white", "font": {"color": INK}},
        "margin": {"l": 10, "r": 20, "t": 70, "b": 40},
    }
)
"""White, thin lines, no colour of its own: colour is for state."""


class OfflineFigure(go.Figure):  # type: ignore[misc]
    """A figure with a table of its content beside it, for viewers that cannot draw it.

    JupyterLab and Notebook draw it with the extension in the plotly wheel; everything else shows
    the table. All methods of `plotly.graph_objects.Figure` work.
    """

    _ipython_display_ = None
    """Switched off: plotly's own would put plotly.js into the notebook."""

    def describe(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> OfflineFigure:
        """Give the content as a table of texts, for the fallbacks."""
        listed = [list(row) for row in rows[:ROWS_SHOWN]]
        if len(rows) > ROWS_SHOWN:
            listed.append([f"… {count_words(len(rows) - ROWS_SHOWN, 'row')} more"])
        object.__setattr__(self, "_described", (list(columns), listed))
        return self

    def _repr_mimebundle_(self, *_args: Any, **_kwargs: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = {"text/plain": repr(self), "text/html": self._repr_html_()}
        return {MIME: json.loads(self.to_json()), **bundle}

    def _repr_html_(self) -> str:
        columns, rows = self._table()
        head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in columns)
        body = "".join(
            f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in rows
        )
        return (
            f"<table><caption>{html.escape(self._title())}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )

    def __repr__(self) -> str:
        """Give the title and the table as text, the same for the same content."""
        _, rows = self._table()
        return "\n".join([self._title(), *("  " + "  ".join(filter(None, row)) for row in rows)])

    def _table(self) -> tuple[list[str], list[list[str]]]:
        described: tuple[list[str], list[list[str]]] = self.__dict__.get("_described", ([], []))
        return described

    def _title(self) -> str:
        return html.unescape(str(self.layout.title.text or "Figure").replace("<br>", ": "))


def label(text: str, width: int = 40) -> str:
    """Make text from outside safe for plotly, which reads tags and `$…$` in labels."""
    return html.escape(one_line(text, width), quote=False).replace("$", "&#36;")
