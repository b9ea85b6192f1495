"""The world of the first story, with its real parts."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage

import pandas as pd
import pytest

from workbench.demo import World
from workbench.errors import WorkbenchError


def send(world: World, identity: str) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.org", "b@example.org", "Hello"
    message["Message-ID"] = identity
    message.set_content("A line with an umlaut: ü")
    with smtplib.SMTP("127.0.0.1", world.port) as client:
        client.send_message(message)


def test_a_new_world_holds_the_figures_an_empty_database_and_no_mail():
    """The parts are real: a file of 1,704 rows, a database, a mail server [HARN-2]."""
    with World() as world:
        assert pd.read_csv(world.csv).shape == (1704, 8)
        assert world.count_rows("gapminder") == 0
        assert world.mails == []
    assert not world.folder.exists()


def test_a_mail_is_kept_as_a_file_and_found_by_its_message_id():
    """A mail that was accepted is in the outbox, and the probe finds it and no other."""
    with World() as world:
        send(world, "<first@example.org>")
        send(world, "<second@example.org>")

        assert [mail["Message-ID"] for mail in world.mails] == [
            "<first@example.org>",
            "<second@example.org>",
        ]
        assert "ü" in world.mails[0].get_content()
        assert world.was_sent("<second@example.org>")
        assert not world.was_sent("<third@example.org>")


def test_a_world_is_gone_on_with_after_a_restart(tmp_path):
    """Opened again, the folder has what it had; the mail server may have another port [ASYN-6]."""
    with World(tmp_path / "story") as world:
        send(world, "<first@example.org>")

    with World(tmp_path / "story") as again:
        assert again.was_sent("<first@example.org>")
        send(again, "<second@example.org>")
        assert len(again.mails) == 2


def test_a_fresh_world_forgets_the_earlier_story(tmp_path):
    """`fresh` deletes what an earlier story left, so that the notebook can be run from the top."""
    with World(tmp_path / "story") as world:
        send(world, "<first@example.org>")

    with World(tmp_path / "story", fresh=True) as again:
        assert again.mails == []


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path):
    """A folder of the person's own is neither used nor deleted, and the message says what to do."""
    (tmp_path / "thesis.md").write_text("years of work")

    with pytest.raises(WorkbenchError, match="holds something else") as refused:
        World(tmp_path, fresh=True)

    assert "Name a new folder" in str(refused.value)
    assert (tmp_path / "thesis.md").read_text() == "years of work"


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    """A path that is a file gives one clear error."""
    (tmp_path / "story").write_text("not a folder")

    with pytest.raises(WorkbenchError, match="holds something else"):
        World(tmp_path / "story")


def test_the_port_is_not_known_before_the_server_is_started(tmp_path):
    """A tool cannot be bound to a mail server that is not there."""
    with pytest.raises(WorkbenchError, match="not started"):
        _ = World(tmp_path / "story").port
