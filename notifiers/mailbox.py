"""A mailbox in a local folder, for trying things out without a mail server."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path

from engine.domain.errors import TransientDeliveryError
from engine.domain.letters import Letter, Receipt
from notifiers.mail import Sender, build_mail, message_id


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as it lies in the mailbox, decoded."""

    file: Path
    to: str
    subject: str
    sent_at: datetime
    text: str
    html: str


class MailboxChannel:
    """Writes each letter to a Maildir; see Channel. The same key is the same file."""

    def __init__(
        self, folder: Path, sender: Sender, now: Callable[[], datetime]
    ) -> None:
        self._folder = folder
        self._sender = sender
        self._now = now

    def send(self, letter: Letter) -> Receipt:
        name = f"{sha256(letter.key.encode()).hexdigest()}.tacit"
        mail = build_mail(letter, self._sender, self._now())
        try:
            self._make_folders()
            # A mail reader moves what was seen to cur/ and adds flags to its name.
            if not any((self._folder / "cur").glob(f"{name}*")):
                self._write(name, letter.attempt, mail)
        except OSError as error:
            raise TransientDeliveryError(
                f"cannot write to the mailbox: {error}"
            ) from error
        return Receipt(message_id(letter.key, self._sender))

    def check(self) -> str:
        try:
            self._make_folders()
        except OSError as error:
            raise TransientDeliveryError(
                f"cannot write to the mailbox: {error}"
            ) from error
        return f"mail is written to the folder {self._folder}"

    def close(self) -> None:
        """Holds nothing open."""

    def _make_folders(self) -> None:
        for part in ("tmp", "new", "cur"):
            (self._folder / part).mkdir(parents=True, exist_ok=True)

    def _write(self, name: str, attempt: int, mail: bytes) -> None:
        unfinished = self._folder / "tmp" / f"{name}.{attempt}"
        with unfinished.open("wb") as file:
            file.write(mail)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(self._folder / "new" / name)
        # Without this a power cut may undo the rename after we said "sent".
        folder = os.open(self._folder / "new", os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def read_mailbox(folder: Path) -> list[Mail]:
    """Every mail of a mailbox, oldest first."""
    files = [file for part in ("new", "cur") for file in (folder / part).glob("*")]
    return sorted((read_mail(file) for file in files), key=lambda mail: mail.sent_at)


def read_mail(file: Path) -> Mail:
    """One mail, decoded."""
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    return Mail(
        file=file,
        to=str(message["To"]),
        subject=str(message["Subject"]),
        sent_at=message["Date"].datetime,
        text=_content(message, "plain"),
        html=_content(message, "html"),
    )


def _content(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    content = str(body.get_content()) if body is not None else ""
    return content.replace("\r\n", "\n")
