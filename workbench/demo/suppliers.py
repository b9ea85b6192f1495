"""A real web server on this machine that plays fourteen suppliers and keeps the book of orders."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable
from contextlib import closing
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from workbench.errors import WorkbenchError

HOST = "127.0.0.1"
"""Only this machine can reach it."""
PATIENCE_S = 10.0
TABLE = """
    CREATE TABLE IF NOT EXISTS orders (
        key TEXT PRIMARY KEY, supplier TEXT, item TEXT, quantity INTEGER, amount_usd INTEGER
    )
"""


class Suppliers:
    """Suppliers with a page of offers each, who take every order that is priced right.

    Args:
        book: file of the SQLite database in which the server writes the orders.
        prices: US dollars a piece, by supplier and item.
        notes: what a supplier's page says beside its prices, by supplier.
    """

    def __init__(
        self, book: Path, prices: dict[str, dict[str, int]], notes: dict[str, str]
    ) -> None:
        """Open the book; `start` begins to listen."""
        self.book, self.prices, self.notes = book, prices, notes
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None
        self._write(TABLE)

    @property
    def port(self) -> int:
        """The port of the server.

        Raises:
            WorkbenchError: it is not started.
        """
        if self._server is None:
            raise WorkbenchError(
                "The suppliers of this shop are not started.", "Call shop.start() first."
            )
        return int(self._server.server_address[1])

    def start(self) -> Self:
        """Listen on a free port, in a thread."""
        if self._server is None:
            counter = type("Counter", (Counter,), {"suppliers": self})
            self._server = ThreadingHTTPServer((HOST, 0), counter)
            self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
            self._thread.start()
        return self

    def close(self) -> None:
        """Stop listening; the book stays."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
            self._server = self._thread = None

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        """Send one request to the server; gives status and text."""
        with closing(HTTPConnection(HOST, self.port, timeout=PATIENCE_S)) as line:
            line.request(method, path, None if body is None else json.dumps(body))
            reply = line.getresponse()
            return reply.status, reply.read().decode()

    # -- what the server does ----------------------------------------------------------------

    def page(self, supplier: str) -> str | None:
        """Give a supplier's page of offers; None when there is no such supplier."""
        if supplier not in self.prices:
            return None
        lines = [f"{item}: ${price} a piece" for item, price in self.prices[supplier].items()]
        return "\n".join([f"Offers of {supplier}", *lines, self.notes.get(supplier, "")]).strip()

    def take(self, supplier: str, order: dict[str, Any]) -> str | None:
        """Write an order into the book; gives what is wrong with it, or None."""
        price = self.prices.get(supplier, {}).get(order["item"])
        if price is None:
            return f"{supplier} does not sell {order['item']}"
        if order["quantity"] * price != order["amount_usd"]:
            return f"{order['quantity']} x ${price} is not ${order['amount_usd']}"
        line = (order["key"], supplier, order["item"], order["quantity"], order["amount_usd"])
        self._write("INSERT OR IGNORE INTO orders VALUES (?, ?, ?, ?, ?)", line)
        return None

    def orders(self) -> list[dict[str, Any]]:
        """Give every order in the book, oldest first."""
        with closing(sqlite3.connect(self.book)) as base:
            base.row_factory = sqlite3.Row
            return [dict(row) for row in base.execute("SELECT * FROM orders ORDER BY rowid")]

    def forget(self) -> None:
        """Begin a new book."""
        self._write("DELETE FROM orders")

    def _write(self, sql: str, values: Iterable[Any] = ()) -> None:
        with closing(sqlite3.connect(self.book)) as base, base:
            base.execute(sql, tuple(values))


class Counter(BaseHTTPRequestHandler):
    """Answers `GET /NAME/offer`, `POST /NAME/orders`, `GET /orders` and `GET /orders/KEY`."""

    suppliers: Suppliers

    def do_GET(self) -> None:
        """Show an offer, the book, or one order."""
        match self.path.strip("/").split("/"):
            case ["orders"]:
                self._say(200, json.dumps(self.suppliers.orders()))
            case ["orders", key]:
                known = any(order["key"] == key for order in self.suppliers.orders())
                self._say(200 if known else 404, "taken" if known else "never heard of it")
            case [supplier, "offer"] if (page := self.suppliers.page(supplier)) is not None:
                self._say(200, page)
            case _:
                self._say(404, "no such page")

    def do_POST(self) -> None:
        """Take an order."""
        match self.path.strip("/").split("/"):
            case [supplier, "orders"]:
                order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                fault = self.suppliers.take(supplier, order)
                self._say(422 if fault else 201, fault or "order taken")
            case _:
                self._say(404, "no such page")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server names it so
        """Say nothing on the standard error."""

    def _say(self, status: int, text: str) -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
