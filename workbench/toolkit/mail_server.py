"""A mail server: connect, protect, log in, hand over one message."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage
from typing import Literal

from workbench.toolkit.faults import Failed, Uncertain
from workbench.tools import SecretValue

Tls = Literal["starttls", "ssl", "none"]
"""How a connection is protected: by switching to TLS, by TLS from the start, or not."""


class Server:
    """A mail server, reached anew for each mail."""

    def __init__(self, host: str, port: int, user: str | None, tls: Tls, timeout_s: float) -> None:
        self.host, self.port, self.user, self.tls = host, port, user, tls
        self.timeout_s = timeout_s

    def send(self, message: EmailMessage, password: SecretValue | None) -> dict[str, str]:
        """Hand over a message; gives the recipients that the server refused, with its reason.

        Raises:
            Failed: the server cannot be reached, or refuses; nothing was sent.
            Uncertain: the connection broke while the message was on its way.
        """
        client = self._connect(password)
        try:
            refused = client.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            raise self._failed(
                "accepts none of the recipients", _reasons(error.recipients)
            ) from error
        except (smtplib.SMTPServerDisconnected, TimeoutError) as error:
            raise Uncertain(
                f"The connection to {self.host}:{self.port} broke while the mail was handed over.",
                "Whether it was sent is not known: look into the outbox.",
            ) from error
        except (smtplib.SMTPResponseException, smtplib.SMTPNotSupportedError) as error:
            raise self._failed("did not take the mail", error) from error
        except OSError as error:
            raise Uncertain(
                f"The connection to {self.host}:{self.port} broke: {error}.",
                "Whether the mail was sent is not known: look into the outbox.",
            ) from error
        else:
            with suppress(OSError):
                client.quit()
            return _reasons(refused)
        finally:
            client.close()

    def _connect(self, password: SecretValue | None) -> smtplib.SMTP:
        context = ssl.create_default_context() if self.tls != "none" else None
        try:
            if self.tls == "ssl":
                client: smtplib.SMTP = smtplib.SMTP_SSL(
                    self.host, self.port, timeout=self.timeout_s, context=context
                )
            else:
                client = smtplib.SMTP(self.host, self.port, timeout=self.timeout_s)
        except (OSError, smtplib.SMTPException) as error:
            raise self._failed("cannot be reached", error) from error
        try:
            if self.tls == "starttls":
                client.starttls(context=context)
            if self.user is not None:
                client.login(self.user, password.reveal() if password else "")
        except (OSError, smtplib.SMTPException) as error:
            client.close()
            raise self._failed("did not let us in", error) from error
        return client

    def _failed(self, what: str, why: object) -> Failed:
        return Failed(
            f"The mail server {self.host}:{self.port} {what}: {why}.",
            "Nothing was sent; check the address, the login and tls=… in mail(…).",
            happened=False,
        )


def _reasons(refused: dict[str, tuple[int, bytes]]) -> dict[str, str]:
    return {
        name: f"{code} {text.decode(errors='replace')}" for name, (code, text) in refused.items()
    }
