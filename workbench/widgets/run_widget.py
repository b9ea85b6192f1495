"""The widget of one run: a transport between the page and the run's journal."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets
from pydantic import ValidationError

from workbench.delivery import order_of
from workbench.errors import WorkbenchError
from workbench.feed import Feed
from workbench.lookback import WITHHELD, Lookback
from workbench.whereabouts import journal_id
from workbench.widgets.bundle import bundle, loader
from workbench.widgets.subshell import answer_while_busy
from workbench.widgets.ticker import ticker

if TYPE_CHECKING:
    from workbench.run import Run

UNSEEN_S = 30.0
"""Seconds without a sign of a page after which nothing is sent any more."""


class RunWidget(anywidget.AnyWidget):  # type: ignore[misc, unused-ignore]
    """Shows one run and takes the orders of the person who looks at it.

    Everything that a button does is one call of `Run`; what the person selected is `selection`.
    """

    snapshot = traitlets.Dict().tag(sync=True)
    """The last header, saved with the notebook."""
    bundle_digest = traitlets.Unicode().tag(sync=True)
    journal = traitlets.Unicode().tag(sync=True)
    """Its id at the Jupyter server; empty when that has no note of it."""
    live_while_busy = traitlets.Bool(default_value=False).tag(sync=True)
    """Whether its own messages are handled while a cell runs."""

    def __init__(self, run: Run) -> None:
        """Make the widget; nothing is sent before a page says hello."""
        self._run_handle = run
        self._feed = Feed(
            run.bench.journal,
            run.id,
            run.bench.tool_map(),
            run.bench.clock,
            run.bench.stakes_of,
            visible=run.bench.visible if run.bench.viewer == "plain" else None,
        )
        self._seen = 0.0
        self._sending = threading.Lock()
        self.selection: str | None = None
        path = run.bench.journal.path
        super().__init__(
            _esm=loader(),
            bundle_digest=bundle().digest,
            snapshot=self._feed.header(),
            journal=journal_id(path) if path is not None else "",
        )
        self.live_while_busy = answer_while_busy(self.comm)
        self.on_msg(self._receive)
        self._unsubscribe = run.bench.journal.subscribe(ticker.nudge)
        ticker.add(self)

    def feed(self) -> None:
        """Send what is new, if a page has been heard of lately."""
        if time.monotonic() - self._seen > UNSEEN_S:
            return
        with self._sending:
            while (batch := self._feed.next()) is not None:
                self._send_batch(batch)

    def _receive(self, _widget: Any, message: Any, _buffers: Any) -> None:
        """Handle one message of the page; unknown ones are left alone."""
        self._seen = time.monotonic()
        closed = self._run_handle.bench.journal.closed
        match message:
            case {"kind": "ping" | "ask"} if closed:
                return  # the page hears no sign of life, and goes on over the server
            case {"kind": "hello" | "resync"}:
                with self._sending:
                    self._send_batch(self._feed.full())
            case {"kind": "ping"}:
                self.send({"kind": "pong", "n": self._feed.number})
            case {"kind": "bundle"}:
                self.send({"kind": "bundle", **vars(bundle())})
            case {"kind": "select", "step": step}:
                self.selection = step
            case {"kind": "ask", "id": number, "ask": asked}:
                threading.Thread(
                    target=self._tell, args=(number, asked), name="workbench-asked", daemon=True
                ).start()
            case {"kind": "command", "id": number, "command": command}:
                threading.Thread(
                    target=self._obey, args=(number, command), name="workbench-order", daemon=True
                ).start()

    def _send_batch(self, batch: dict[str, Any]) -> None:
        self.send(batch)
        self.snapshot = batch["header"]

    def _obey(self, number: int, command: Any) -> None:
        """Carry out one order, off the kernel's main thread, and say what became of it."""
        error: str | None = None
        try:
            self._run_handle.send(order_of(command, "widget", str(number)))
        except ValidationError as fault:
            first = fault.errors()[0]
            error = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        except WorkbenchError as refusal:
            error = self._feed.plain(str(refusal))
        except Exception as fault:  # noqa: BLE001 - the person must see that it did not work
            error = self._feed.plain(f"{type(fault).__name__}: {fault}")
        self.send({"kind": "reply", "id": number, "ok": error is None, "error": error})
        ticker.nudge()

    def _tell(self, number: int, asked: Any) -> None:
        """Answer a question about the past of the run, off the kernel's main thread."""
        bench = self._run_handle.bench
        past = Lookback(bench.journal, self._run_handle.id, bench.tool_map())
        answer, error = None, None
        if bench.viewer == "plain":
            self.send({"kind": "told", "id": number, "answer": None, "error": WITHHELD})
            return
        try:
            answer = past.answer(asked if isinstance(asked, dict) else {})
        except WorkbenchError as refusal:
            error = str(refusal)
        except Exception as fault:  # noqa: BLE001 - the person must see that it did not work
            error = f"{type(fault).__name__}: {fault}"
        self.send({"kind": "told", "id": number, "answer": answer, "error": error})

    def __repr__(self) -> str:
        """Say how the run stands."""
        return repr(self._run_handle)
