"""How a run shows itself: the widget where there is a notebook, HTML and text everywhere."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from workbench.oversight.anchors import METADATA
from workbench.whereabouts import in_kernel
from workbench.widgets.saved import FORM, SAVED_RUN, picture_of

if TYPE_CHECKING:
    from workbench.run import Run
    from workbench.widgets.run_widget import RunWidget
    from workbench.workbench import Workbench

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"

_widgets: weakref.WeakKeyDictionary[Workbench, dict[str, RunWidget]] = weakref.WeakKeyDictionary()


def mimebundle(run: Run, **_options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give all forms of a run: the live widget in a kernel, static HTML, text.

    The metadata beside them anchors the run's journal in the saved notebook, and holds the picture
    that our extension shows there when the kernel is gone.
    """
    forms: dict[str, Any] = {"text/plain": run.text(), "text/html": run.html()}
    metadata: dict[str, Any] = {METADATA: run.anchor()}
    if in_kernel():
        model = widget_of(run).model_id
        forms[WIDGET_VIEW] = {"version_major": 2, "version_minor": 0, "model_id": model}
        forms[SAVED_RUN] = dict(FORM)
        if run.bench.viewer != "plain":  # what is hidden from such a one is not sorted out in it
            metadata[SAVED_RUN] = picture_of(run)
    return forms, metadata


def widget_of(run: Run) -> RunWidget:
    """Give the one widget of a run in this process, made on first use."""
    from workbench.widgets.run_widget import RunWidget

    widgets = _widgets.setdefault(run.bench, {})
    if run.id not in widgets:
        widgets[run.id] = RunWidget(run)
    return widgets[run.id]
