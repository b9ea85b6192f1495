"""Reports: from journal and view to what people read. Pure functions; no I/O, no engine.

pandas and plotly are imported by the functions that need them, on their first call.
"""

from workbench.report.attempts import Attempt, Wait, attempts_of, authors_of, waits_of
from workbench.report.attention import ATTENTION_COLUMNS, STEERING_COLUMNS
from workbench.report.audit import AUDIT_COLUMNS, audit_frame
from workbench.report.call_audit import CALL_COLUMNS, calls_frame
from workbench.report.compare import COMPARE_COLUMNS, Comparison, compare_runs
from workbench.report.event_text import event_text, event_words
from workbench.report.figures import cost_figure, timeline_figure
from workbench.report.forecast import (
    FORECAST_COLUMNS,
    actual_path,
    actual_seconds,
    forecast_frame,
    forecast_words,
)
from workbench.report.frames import (
    RUNS_COLUMNS,
    SIZES_COLUMNS,
    TRACE_COLUMNS,
    runs_frame,
    sizes_frame,
    trace_frame,
)
from workbench.report.graph import graph_figure
from workbench.report.html import run_html
from workbench.report.measured import Measured, measure_tools
from workbench.report.model_calls import MODEL_CALLS_COLUMNS, model_calls_frame
from workbench.report.overview import OVERVIEW_COLUMNS
from workbench.report.provenance import provenance_frame
from workbench.report.request_text import request_text
from workbench.report.rights import RIGHTS_COLUMNS
from workbench.report.rows import (
    header_row,
    remark_rows,
    request_row,
    settled_row,
    step_row,
    tool_row,
    trace_row,
)
from workbench.report.spans import COSTS_COLUMNS, costs_frame
from workbench.report.text import done_count, run_line, run_text, short_id
from workbench.report.words import effect_words, risk_words

__all__ = [
    "ATTENTION_COLUMNS",
    "AUDIT_COLUMNS",
    "CALL_COLUMNS",
    "COMPARE_COLUMNS",
    "COSTS_COLUMNS",
    "FORECAST_COLUMNS",
    "MODEL_CALLS_COLUMNS",
    "OVERVIEW_COLUMNS",
    "RIGHTS_COLUMNS",
    "RUNS_COLUMNS",
    "SIZES_COLUMNS",
    "STEERING_COLUMNS",
    "TRACE_COLUMNS",
    "Attempt",
    "Comparison",
    "Measured",
    "Wait",
    "actual_path",
    "actual_seconds",
    "attempts_of",
    "audit_frame",
    "authors_of",
    "calls_frame",
    "compare_runs",
    "cost_figure",
    "costs_frame",
    "done_count",
    "effect_words",
    "event_text",
    "event_words",
    "forecast_frame",
    "forecast_words",
    "graph_figure",
    "header_row",
    "measure_tools",
    "model_calls_frame",
    "provenance_frame",
    "remark_rows",
    "request_row",
    "request_text",
    "risk_words",
    "run_html",
    "run_line",
    "run_text",
    "runs_frame",
    "settled_row",
    "short_id",
    "sizes_frame",
    "step_row",
    "timeline_figure",
    "tool_row",
    "trace_frame",
    "trace_row",
    "waits_of",
]
