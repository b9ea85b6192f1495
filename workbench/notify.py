"""Telling a person who is away that a run waits for them: by a webhook, a mail, or any function.

What is told holds no token: it says that there is a question, and cannot be used to answer it.
"""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from email.message import EmailMessage
from typing import Any

TIMEOUT_S = 15.0


@dataclass(frozen=True, slots=True)
class Asking:
    """A question that waits for a person."""

    event_id: str
    """Names this question; it is the same when it is told again."""
    run: str
    request: str
    about: str
    """permission, budget, doubt, question …"""
    title: str
    tool: str
    risk: str
    why: str
    opened: str
    """When, in UTC."""
    expires: str | None
    """When it counts as refused, in UTC; None: never."""


@dataclass(frozen=True)
class Hook:
    """Somebody who is told."""

    name: str
    tell: Callable[[Asking], Any]
    after_s: float = 0.0
    """Told only of what nobody has answered for so many seconds."""

    def __call__(self, asking: Asking) -> None:
        """Tell it once; what is raised is tried again."""
        self.tell(asking)


def webhook(url: str, *, after_s: float = 0.0, timeout_s: float = TIMEOUT_S) -> Hook:
    """Tell by a POST of JSON, with the event's id as `Idempotency-Key`.

    Args:
        url: an answer below 300 counts as told; redirects are not followed.
        after_s: only what nobody has answered for so many seconds.
        timeout_s: seconds that it may take.
    """

    def post(asking: Asking) -> None:
        import httpx

        headers = {"Idempotency-Key": asking.event_id}
        answer = httpx.post(url, json=asdict(asking), headers=headers, timeout=timeout_s)
        if not answer.is_success:
            raise ConnectionError(f"the webhook answered {answer.status_code}")

    return Hook("webhook", post, after_s)


def mail(
    host: str,
    *,
    to: str,
    sender: str,
    port: int = 25,
    user: str = "",
    password: Callable[[], str] | None = None,
    starttls: bool = False,
    after_s: float = 0.0,
    timeout_s: float = TIMEOUT_S,
) -> Hook:
    """Tell by a mail, with the event's id in its `Message-ID`.

    Args:
        host: of the SMTP server.
        to: who is told.
        sender: who it comes from.
        port: of the server.
        user: to log in with; empty: no login.
        password: gives the password when it is needed; it is not kept.
        starttls: whether the connection must be encrypted.
        after_s: only what nobody has answered for so many seconds.
        timeout_s: seconds that it may take.
    """

    def send(asking: Asking) -> None:
        message = EmailMessage()
        message["Subject"] = f"[Workbench] {_line(asking.title)}"
        message["From"], message["To"] = sender, to
        message["Message-ID"] = f"<{asking.event_id.replace(':', '.')}@workbench.invalid>"
        message.set_content(_text(asking))
        with smtplib.SMTP(host, port, timeout=timeout_s) as server:
            if starttls:
                server.starttls()
            if user:
                server.login(user, password() if password is not None else "")
            server.send_message(message)

    return Hook("mail", send, after_s)


def hook_of(given: Callable[[Asking], Any]) -> Hook:
    """Take any function as a hook."""
    if isinstance(given, Hook):
        return given
    return Hook(getattr(given, "__name__", type(given).__name__), given)


def _text(asking: Asking) -> str:
    lines = [
        f"Run {asking.run} waits for you: {_line(asking.title)}",
        "",
        f"What: {asking.about}" + (f", {asking.tool} ({asking.risk})" if asking.tool else ""),
        f"Why: {_line(asking.why)}",
        f"Since: {asking.opened} UTC",
        f"Refused at: {asking.expires} UTC" if asking.expires else "It waits until you answer.",
        "",
        f"Answer in the notebook, or: workbench inbox {asking.run}",
    ]
    return "\n".join(lines)


def _line(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in " ".join(text.split()))[:200]
