"""How a run shows itself: the widget where there is a notebook, HTML and text everywhere."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from workbench.oversight.anchors import METADATA
from workbench.whereabouts import in_kernel

if TYPE_CHECKING:
    from workbench.run import Run
    from workbench.widgets.run_widget import RunWidget
    from workbench.workbench import Workbench

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"

_widgets: weakref.WeakKeyDictionary[Workbench, dict[str, RunWidget]] = weakref.WeakKeyDictionary()


def mimebundle(run: Run, **_options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give all forms of a run: the live widget in a kernel, static HTML, text.

    The metadata beside them anchors the run's journal in the saved notebook.
    """
    forms: dict[str, Any] = {"text/plain": run.text(), "text/html": run.html()}
    if in_kernel():
        model = widget_of(run).model_id
        forms[WIDGET_VIEW] = {"version_major": 2, "version_minor": 0, "model_id": model}
    return forms, {METADATA: run.anchor()}


def widget_of(run: Run) -> RunWidget:
    """Give the one widget of a run in this process, made on first use."""
    from workbench.widgets.run_widget import RunWidget

    widgets = _widgets.setdefault(run.bench, {})
    if run.id not in widgets:
        widgets[run.id] = RunWidget(run)
    return widgets[run.id]
