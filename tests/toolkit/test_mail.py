"""Mail through a real SMTP server on this machine."""

from __future__ import annotations

import email
import email.policy
import socket
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from workbench.toolkit import Failed, Refused, Uncertain, mail
from workbench.tools import SecretValue


class Postbox:
    """Takes mail; refuses or hangs up as told."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], email.message.EmailMessage]] = []
        self.answer = "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it so
        self, server, session, envelope, address, options
    ) -> str:
        if address.startswith("nobody"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802 - as above
        parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.mails.append((envelope.rcpt_tos, parsed))
        if self.answer == "drop":
            server.transport.abort()
        return self.answer

    def ids(self) -> list[str]:
        return [message["Message-ID"] for _, message in self.mails]


class Server(Controller):
    """An SMTP server on a port of its own that knows one user."""

    def __init__(self, box: Postbox) -> None:
        self._bound = socket.create_server(("127.0.0.1", 0))
        super().__init__(box, hostname="127.0.0.1", port=self._bound.getsockname()[1])

    def _create_server(self):
        return self.loop.create_server(self._factory_invoker, sock=self._bound)

    def factory(self) -> SMTP:
        def check(server, session, envelope, mechanism, login):
            known = (login.login, login.password) == (b"me", b"s3cret")
            return AuthResult(success=known, handled=known)

        return SMTP(self.handler, authenticator=check, auth_require_tls=False)


@pytest.fixture
def postbox():
    box = Postbox()
    server = Server(box)
    box.port = server.port
    server.start()
    yield box
    server.stop()


NOON = SimpleNamespace(now=lambda: datetime(2024, 5, 6, 12, 0, tzinfo=UTC))


@pytest.fixture
def post(kit, postbox, tmp_path):
    def make(**options):
        options = {"tls": "none", "clock": NOON, "attachments": tmp_path, **options}
        return kit(mail("127.0.0.1", postbox.port, "me@example.org", **options))

    return make


MAIL = {"to": ["a@example.org", "b@example.org"], "subject": "Größe ☃", "body": "Grüße\n日本語\n"}


def test_a_mail_arrives_as_it_was_written(post, postbox, tmp_path) -> None:
    """Recipients, subject, text, date and attached files arrive unchanged, in any script."""
    (tmp_path / "r.csv").write_bytes(b"x\n1\n")
    (tmp_path / "r.bin").write_bytes(bytes(range(256)))

    call = post().run("send_mail", **MAIL, attachments=["r.csv", str(tmp_path / "r.bin")])

    [(recipients, message)] = postbox.mails
    assert recipients == MAIL["to"]
    assert message["To"] == "a@example.org, b@example.org"
    assert message["From"] == "me@example.org"
    assert message["Subject"] == MAIL["subject"]
    assert message["Date"].datetime == NOON.now()
    assert message.get_body().get_content().replace("\r\n", "\n") == MAIL["body"]
    files = {part.get_filename(): part for part in message.iter_attachments()}
    assert files["r.csv"].get_content_type() == "text/csv"
    assert files["r.bin"].get_payload(decode=True) == bytes(range(256))
    assert call.output == {
        "message_id": message["Message-ID"],
        "accepted": MAIL["to"],
        "refused": {},
    }


def test_the_message_id_is_the_key_of_the_call(post, postbox) -> None:
    """Two attempts of one call are one message to every mail program; another call is another."""
    call = post().run("send_mail", **MAIL)
    call.run()
    other = post().run("send_mail", **MAIL)

    first, second, third = postbox.ids()
    assert first == second == f"<workbench-{call.key}@example.org>"
    assert third == other.output["message_id"] != first


def test_a_probe_finds_the_mail_by_its_message_id(post, postbox) -> None:
    """With a look into the outbox a call in doubt settles itself; else nobody guesses [COMP-12]."""
    assert post().tools["send_mail"].probe is None
    call = post(probe=lambda identity: identity in postbox.ids()).prepare("send_mail", **MAIL)

    assert not call.probe()
    call.run()
    assert call.probe()
    assert call.found == {**call.output, "replayed": True}


def test_the_preview_shows_recipients_and_text_and_sends_nothing(post, postbox, tmp_path) -> None:
    """The person sees who would get what [COMP-13]."""
    (tmp_path / "r.csv").write_bytes(b"x\n1\n")

    text = post().preview("send_mail", **MAIL, attachments=["r.csv"])

    assert text == (
        "from: me@example.org\nto: a@example.org, b@example.org\nsubject: Größe ☃\n"
        "attached: r.csv, 4 bytes\n\nGrüße\n日本語\n"
    )
    assert postbox.mails == []


def test_a_refused_recipient_is_told(post, postbox) -> None:
    """Some refused: the others get it and the result says who did not; all refused: an error."""
    some = post().get("send_mail", **{**MAIL, "to": ["a@example.org", "nobody@example.org"]})
    assert some["accepted"] == ["a@example.org"]
    assert some["refused"] == {"nobody@example.org": "550 no such user"}

    with pytest.raises(Failed, match=r"none of the recipients.*no such user") as caught:
        post().run("send_mail", **{**MAIL, "to": "nobody@example.org"})
    assert caught.value.happened is False
    assert len(postbox.mails) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"to": []}, "no recipient"),
        ({"to": "nobody"}, "no mail address"),
        ({"to": "a@b.c, d@e.f"}, "no mail address"),
        ({"to": "a@b.c\nBcc: spy@x.y"}, "no mail address"),
        ({"subject": "Hi\nBcc: spy@x.y"}, "cannot be made"),
        ({"body": "\ud800"}, "cannot be made"),
        ({"attachments": ["../secret"]}, "leads out"),
        ({"attachments": ["none.csv"]}, "no file"),
    ],
)
def test_a_wrong_mail_is_refused_and_nothing_is_sent(post, postbox, change, said) -> None:
    """No header is smuggled in and no file from elsewhere is attached."""
    with pytest.raises(Refused, match=said) as caught:
        post().run("send_mail", **{**MAIL, **change})
    assert caught.value.next_step
    assert postbox.mails == []


def test_attached_files_are_bounded_and_need_a_folder(post, tmp_path) -> None:
    """The limit is for all files together; without a folder none may be attached."""
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"x" * 60)

    with pytest.raises(Refused, match="limit for attached files is 40"):
        post(max_bytes=100).run("send_mail", **MAIL, attachments=["a", "b"])
    with pytest.raises(Refused, match="no files"):
        post(attachments=None).run("send_mail", **MAIL, attachments=["a"])


def test_the_password_is_a_secret(post, postbox) -> None:
    """It is asked for only with a login, is in no schema, and a wrong one is an error."""
    assert post().tools["send_mail"].signature.secrets == {}
    tool = post(user="me").tools["send_mail"]
    assert tool.signature.secrets == {"password": "smtp_password"}
    assert "password" not in tool.signature.args_schema["properties"]

    tool(**MAIL, password=SecretValue("smtp_password", "s3cret"))
    with pytest.raises(Failed, match="did not let us in") as caught:
        tool(**MAIL, password=SecretValue("smtp_password", "wr0ng"))

    assert "wr0ng" not in str(caught.value)
    assert len(postbox.mails) == 1


def test_a_password_never_travels_in_the_clear(post) -> None:
    """Without protection a login is refused, and a server that offers none gets no mail."""
    with pytest.raises(Refused, match="unprotected"):
        mail("mail.example.org", 25, "me@example.org", user="me", tls="none")
    with pytest.raises(Failed, match="did not let us in") as caught:
        post(tls="starttls").run("send_mail", **MAIL)
    assert caught.value.happened is False


def test_what_is_known_after_a_failure_is_said(kit, post, postbox) -> None:
    """Not reached or refused: surely not sent; broken off while handing over: not known."""
    with pytest.raises(Failed, match="cannot be reached") as caught:
        kit(mail("127.0.0.1", 9, "me@example.org", tls="none")).run("send_mail", **MAIL)
    assert caught.value.happened is False
    postbox.answer = "554 spam"
    with pytest.raises(Failed, match=r"did not take the mail.*spam") as caught:
        post().run("send_mail", **MAIL)
    assert caught.value.happened is False
    postbox.answer = "drop"
    with pytest.raises(Uncertain, match="broke while") as caught:
        post().run("send_mail", **MAIL)
    assert caught.value.happened is None


def test_a_sender_that_is_none_is_refused_at_once() -> None:
    """The mistake is named where the tool is made."""
    with pytest.raises(Refused, match="'me' is no mail address"):
        mail("localhost", 25, "me")
