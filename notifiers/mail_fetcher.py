"""Fetches mail from a mailbox by IMAP: stored first, and only then marked or moved.

Nothing is remembered between two sessions, no number of a mail least of all: what is
not marked is fetched, so a mailbox that was made anew is no special case.
"""

import imaplib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.consts import MailMessageFlags
from imap_tools.errors import ImapToolsError

from engine.domain.errors import TransientDeliveryError
from notifiers.mail_listener import Take

_BATCH: Final = 50
_MAILBOXES: Final = {
    "tls": MailBox, "starttls": MailBoxStartTls, "none": MailBoxUnencrypted,
}  # fmt: skip
_FAILURES: Final = (OSError, imaplib.IMAP4.error, ImapToolsError)


@dataclass(frozen=True, slots=True)
class ImapAccount:
    """The mailbox; `timeout` is in seconds, `largest` in bytes."""

    host: str
    port: int
    security: str
    username: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    done_folder: str | None = None
    timeout: float = 30.0
    largest: int = 25_000_000


class MailFetcher:
    """One connection, made when it is needed and made anew after a failure."""

    def __init__(self, account: ImapAccount, take: Take) -> None:
        self._account = account
        self._take = take
        self._mailbox: BaseMailBox | None = None

    def fetch(self, should_stop: Callable[[], bool] = lambda: False) -> int:
        """Take in all that is there; how many. TransientDeliveryError where it broke.

        What cannot be stored is left as it is, and fetched again by the next.
        """
        try:
            return self._fetch(self._connected(), should_stop)
        except _FAILURES as error:
            self.close()
            raise self._broken(error) from error

    def wait(self, seconds: float, should_stop: Callable[[], bool]) -> bool | None:
        """Wait until the server says that mail has come; None where it cannot say so."""
        try:
            mailbox = self._connected()
            if "IDLE" not in mailbox.client.capabilities:
                return None
            return self._idle(mailbox, seconds, should_stop)
        except _FAILURES as error:
            self.close()
            raise self._broken(error) from error

    def check(self) -> str:
        """Sign in and look; a sentence, or TransientDeliveryError."""
        try:
            mailbox = self._connected()
            waiting = len(mailbox.uids(self._criteria))
            idles = "IDLE" in mailbox.client.capabilities
        except _FAILURES as error:
            raise self._broken(error) from error
        finally:
            self.close()
        how = "says when mail has come" if idles else "has to be asked for mail"
        return f"{self._where} let us in and {how}; {waiting} to be fetched"

    def close(self) -> None:
        mailbox, self._mailbox = self._mailbox, None
        if mailbox is None:
            return
        try:
            mailbox.logout()
        except _FAILURES:
            mailbox.client.shutdown()

    def _connected(self) -> BaseMailBox:
        if self._mailbox is None:
            account = self._account
            kind = _MAILBOXES[account.security]
            made = kind(account.host, account.port, timeout=account.timeout)
            try:
                made.login(account.username, account.password, account.folder)
            except BaseException:
                made.client.shutdown()
                raise
            self._mailbox = made
        return self._mailbox

    def _fetch(self, mailbox: BaseMailBox, should_stop: Callable[[], bool]) -> int:
        # Selected anew: else some servers show what was there at first.
        mailbox.folder.set(self._account.folder)
        uids, taken = mailbox.uids(self._criteria), 0
        for start in range(0, len(uids), _BATCH):
            batch = uids[start : start + _BATCH]
            stored = []
            for uid, raw in self._bodies(mailbox, batch):
                if should_stop():
                    break
                if self._store(raw):
                    stored.append(uid)
            self._mark(mailbox, stored)
            taken += len(stored)
            if len(stored) < len(batch):
                break
        return taken

    def _store(self, raw: bytes) -> bool:
        try:
            self._take(raw, ())
        except Exception:
            # The database, say: it is not lost, since it is not marked.
            return False
        return True

    def _bodies(
        self, mailbox: BaseMailBox, uids: Sequence[str]
    ) -> Iterator[tuple[str, bytes]]:
        """Each mail as it lies there, no longer than is allowed."""
        part = f"(UID BODY.PEEK[]<0.{self._account.largest}>)"
        for uid in uids:
            kind, data = mailbox.client.uid("FETCH", uid, part)
            if kind != "OK":
                raise imaplib.IMAP4.error(f"FETCH: {data}")
            body = next((one[1] for one in data if isinstance(one, tuple)), None)
            if body is not None:
                yield uid, bytes(body)

    def _mark(self, mailbox: BaseMailBox, uids: Sequence[str]) -> None:
        if not uids:
            return
        if self._account.done_folder is not None:
            mailbox.move(uids, self._account.done_folder)
        else:
            mailbox.flag(uids, MailMessageFlags.SEEN, True)

    def _idle(
        self, mailbox: BaseMailBox, seconds: float, should_stop: Callable[[], bool]
    ) -> bool:
        idling: Any = mailbox.idle
        idling.start()
        try:
            for _ in range(max(1, int(seconds))):
                if should_stop():
                    return False
                if idling.poll(timeout=1):
                    return True
        finally:
            idling.stop()
        return False

    @property
    def _criteria(self) -> str:
        return "ALL" if self._account.done_folder is not None else "UNSEEN"

    @property
    def _where(self) -> str:
        return f"the mailbox at {self._account.host}:{self._account.port}"

    def _broken(self, error: Exception) -> TransientDeliveryError:
        return TransientDeliveryError(f"{self._where} cannot be used: {error}")
