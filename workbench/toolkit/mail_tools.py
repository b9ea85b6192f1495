"""Sending mail through a server, with a Message-ID that names the call."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from workbench.clock import Clock, SystemClock
from workbench.ids import new_id
from workbench.toolkit.faults import Refused
from workbench.toolkit.folder import Folder
from workbench.toolkit.mail_server import Server, Tls
from workbench.toolkit.seen import NO_KEY
from workbench.toolkit.with_secret import with_secret
from workbench.tools import Happened, Key, SecretValue, Tool, tool

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def mail(
    host: str,
    port: int,
    sender: str,
    *,
    user: str | None = None,
    tls: Tls = "starttls",
    attachments: Path | str | None = None,
    probe: Callable[[str], bool] | None = None,
    timeout_s: float = 30.0,
    max_bytes: int = 20_000_000,
    clock: Clock | None = None,
) -> list[Tool]:
    """Make the tool that sends mail; it cannot be undone.

    Args:
        host: the mail server (SMTP).
        port: its port: usually 587 for "starttls", 465 for "ssl", 25 for "none".
        sender: the address that the mail comes from.
        user: the name to log in with; the password is the secret "smtp_password".
        tls: how the connection is protected; "none" only without login or on this machine.
        attachments: the folder that attached files may come from; None: no attachments.
        probe: says whether a mail with that Message-ID was sent, for instance by a search in the
            outbox. With it a call in doubt settles itself; without it the person is asked.
        timeout_s: seconds that one exchange with the server may take.
        max_bytes: bytes of all attached files together, at most.
        clock: gives the date of the mail; default: the system's.

    Raises:
        Refused: the sender is no address, or a password would travel in the clear.
    """
    if user is not None and tls == "none" and host not in LOOPBACK:
        raise Refused(
            f"The password would travel to {host} unprotected.", 'Use tls="starttls" or tls="ssl".'
        )
    folder = None if attachments is None else Folder(attachments)
    server = Server(host, port, user, tls, timeout_s)
    own = MailTools(server, _address(sender), folder, max_bytes, clock or SystemClock())

    def was_sent(to: str | list[str], key: str) -> Happened | bool:
        identity = own.message_id(key)
        if probe is None or not probe(identity):
            return False
        found = {"message_id": identity, "accepted": _names(to), "refused": {}, "replayed": True}
        return Happened(output=found)

    secret = "smtp_password" if user is not None else None
    send = with_secret(own.send_mail, "password", secret)
    return [
        tool(
            effect="irreversible",
            risk="public",
            preview=own.preview,
            probe=None if probe is None else was_sent,
            timeout_s=timeout_s * 4,
        )(send)
    ]


class MailTools:
    """The tool of `mail(…)`."""

    def __init__(
        self,
        server: Server,
        sender: Address,
        folder: Folder | None,
        max_bytes: int,
        clock: Clock,
    ) -> None:
        self.server, self.sender, self.folder = server, sender, folder
        self.max_bytes, self.clock = max_bytes, clock

    def send_mail(
        self,
        to: str | list[str],
        subject: str,
        body: str,
        attachments: list[Path] | None = None,
        *,
        key: Key = NO_KEY,
        password: SecretValue | None = None,
    ) -> dict[str, Any]:
        """Send a mail; says who was accepted and who was refused by the server.

        Args:
            to: address or addresses.
            subject: one line.
            body: the text, without formatting.
            attachments: files to send along.
            key: filled in by the runtime; makes the Message-ID.
            password: filled in by the runtime.
        """
        message = self.compose(to, subject, body, attachments or [], key)
        refused = self.server.send(message, password)
        accepted = [name for name in _names(to) if name not in refused]
        return {"message_id": message["Message-ID"], "accepted": accepted, "refused": refused}

    def message_id(self, key: str) -> str:
        """Give the Message-ID of the mail that a call with this key sends."""
        return f"<workbench-{key or new_id('mail', 20)}@{self.sender.domain}>"

    def compose(
        self, to: str | list[str], subject: str, body: str, attachments: list[Path], key: str
    ) -> EmailMessage:
        """Make the message.

        Raises:
            Refused: an address or the subject is none, or a file may not be attached.
        """
        message = EmailMessage()
        recipients = [_address(one) for one in _listed(to)]
        if not recipients:
            raise Refused("The mail has no recipient.", "Name at least one address.")
        try:
            message["From"] = self.sender
            message["To"] = recipients
            message["Subject"] = subject
            message["Date"] = format_datetime(self.clock.now())
            message["Message-ID"] = self.message_id(key)
            message.set_content(body)
        except (ValueError, MessageError) as error:
            raise Refused(f"The mail cannot be made: {error}.", "Correct the subject.") from error
        for path, content in self._attached(attachments):
            kind, _ = mimetypes.guess_type(path.name)
            main, _, sub = (kind or "application/octet-stream").partition("/")
            message.add_attachment(content, maintype=main, subtype=sub, filename=path.name)
        return message

    def preview(
        self,
        to: str | list[str],
        subject: str,
        body: str,
        attachments: list[Path] | None = None,
    ) -> str:
        """Show who would get what."""
        listed = "".join(
            f"\nattached: {path.name}, {len(content):,} bytes"
            for path, content in self._attached(attachments or [])
        )
        shown = body if len(body) <= 4000 else f"{body[:4000]}\n… ({len(body):,} characters)"  # noqa: PLR2004 - a screenful
        names = ", ".join(_names(to))
        return f"from: {self.sender}\nto: {names}\nsubject: {subject}{listed}\n\n{shown}"

    def _attached(self, paths: list[Path]) -> list[tuple[Path, bytes]]:
        if not paths:
            return []
        if self.folder is None:
            raise Refused(
                "This mail tool may attach no files.", "Name their folder: mail(attachments=…)."
            )
        found: list[tuple[Path, bytes]] = []
        room = self.max_bytes
        for path in paths:
            content = self.folder.read(self.folder.inside(path), room, "for attached files")
            room -= len(content)
            found.append((path, content))
        return found


def _listed(to: str | list[str]) -> list[str]:
    return [to] if isinstance(to, str) else list(to)


def _names(to: str | list[str]) -> list[str]:
    return [_address(one).addr_spec for one in _listed(to)]


def _address(text: str) -> Address:
    try:
        found = Address(addr_spec=text.strip())
    except (ValueError, IndexError, MessageError) as error:
        raise Refused(f"{text!r} is no mail address: {error}.", "Correct it.") from error
    if not found.username or not found.domain:
        raise Refused(f"{text!r} is no mail address.", "Write it as name@example.org.")
    return found
