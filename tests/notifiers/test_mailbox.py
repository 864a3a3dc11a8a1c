from pathlib import Path

import pytest

from engine.domain.errors import TransientDeliveryError
from notifiers.mailbox import MailboxChannel, read_mailbox
from tests.notifiers.builders import NOW, SENDER, a_letter, a_rendered, now


def a_mailbox(folder: Path) -> MailboxChannel:
    return MailboxChannel(folder, SENDER, now)


def test_a_letter_can_be_read_back(tmp_path: Path) -> None:
    rendered = a_rendered("Échéance", "Bonjour Inès,\nà bientôt")
    a_mailbox(tmp_path).send(a_letter(rendered=rendered))

    [mail] = read_mailbox(tmp_path)

    assert mail.subject == "Échéance"
    assert mail.text == rendered.text
    assert mail.html == rendered.html
    assert mail.sent_at == NOW
    assert "ines@marchand.example" in mail.to


@pytest.mark.req("BOT-2")
def test_the_same_key_twice_is_one_file(tmp_path: Path) -> None:
    first = a_mailbox(tmp_path).send(a_letter())
    again = a_mailbox(tmp_path).send(a_letter(attempt=2, ambiguous=True))

    assert len(read_mailbox(tmp_path)) == 1
    assert first == again


@pytest.mark.req("BOT-2")
def test_a_mail_already_seen_does_not_come_back(tmp_path: Path) -> None:
    a_mailbox(tmp_path).send(a_letter())
    [mail] = read_mailbox(tmp_path)
    mail.file.rename(tmp_path / "cur" / f"{mail.file.name}:2,S")

    a_mailbox(tmp_path).send(a_letter(attempt=2))

    assert len(read_mailbox(tmp_path)) == 1


def test_different_keys_are_different_files(tmp_path: Path) -> None:
    for key in ("one", "two", "../../three"):
        a_mailbox(tmp_path).send(a_letter(key=key))

    assert len(read_mailbox(tmp_path)) == 3


def test_an_empty_mailbox_reads_as_empty(tmp_path: Path) -> None:
    assert read_mailbox(tmp_path / "none") == []


def test_a_folder_that_cannot_be_written_is_transient(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    channel = a_mailbox(tmp_path / "file")

    with pytest.raises(TransientDeliveryError, match="cannot write"):
        channel.send(a_letter())
    with pytest.raises(TransientDeliveryError, match="cannot write"):
        channel.check()


def test_check_names_the_folder(tmp_path: Path) -> None:
    assert str(tmp_path) in a_mailbox(tmp_path).check()
