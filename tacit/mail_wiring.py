"""Wires mail as far as it is configured: how it leaves, and how answers come in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from config.settings import Settings
from engine.domain.inbox import Source
from engine.domain.interfaces import Channel, Storage
from engine.services.read_mail_in import MailReader
from engine.services.take_in_mail import take_in_mail
from engine.services.take_reply import Answering
from engine.services.work_inbox import Handler
from notifiers.email import Security, SmtpChannel, SmtpSettings
from notifiers.mail import Sender
from notifiers.mail_fetcher import ImapAccount, MailFetcher
from notifiers.mail_listener import MailListener
from notifiers.mailbox import MailboxChannel
from web.site import InboundMail


def mail_channel(
    settings: Settings, mailbox: Path, clock: Callable[[], datetime]
) -> Channel:
    """What sends letters: a mail server, or the home's own mailbox."""
    mail, vendor = settings.mail, settings.vendor
    sender = Sender(vendor.name, vendor.email, bounces_to=mail.replies_to)
    if mail.via == "mailbox":
        return MailboxChannel(mailbox, sender, clock)
    smtp = SmtpSettings(
        mail.host,
        mail.port,
        Security(mail.security),
        mail.username,
        mail.password,
        mail.timeout.total_seconds(),
    )
    return SmtpChannel(smtp, sender, clock)


@dataclass(frozen=True)
class MailWiring:
    """The ways in; each is None, or nothing, where a setting lacks."""

    settings: Settings
    store: Callable[[], Storage]
    clock: Callable[[], datetime]
    signing_keys: Callable[[], Sequence[bytes]]
    answering: Callable[[], Answering]

    @cached_property
    def reader(self) -> MailReader | None:
        """What works on mails that came in; None where no answers are asked by mail."""
        address = self.settings.mail.replies_to
        if address is None:
            return None
        # What reads mails takes a while to load, and most commands do without.
        from tacit.incoming import reader_of

        trusted = self.settings.inbound.trusted_servers
        return MailReader(
            address, self.signing_keys, reader_of(trusted), self.answering()
        )

    def handlers(self) -> dict[Source, Handler]:
        """What works on what came by mail."""
        return {} if self.reader is None else {Source.MAIL: self.reader}

    def take(self, raw: bytes, envelope: Sequence[str]) -> bool:
        """Store a mail that came in; whether it was new."""
        return take_in_mail(self.store(), raw, envelope, self.clock())

    def door(self) -> InboundMail | None:
        """Where a provider hands mail over by a request."""
        inbound = self.settings.inbound
        if inbound.webhook_secret is None:
            return None
        return InboundMail(
            inbound.webhook_secret, inbound.webhook_tolerance, self._largest, self.take
        )

    def fetcher(self) -> MailFetcher | None:
        """What fetches answers from a mailbox, if there is one."""
        imap = self.settings.imap
        if imap.host is None:
            return None
        account = ImapAccount(
            imap.host,
            imap.port,
            imap.security,
            imap.username or "",
            imap.password or "",
            imap.folder,
            imap.done_folder,
            imap.timeout.total_seconds(),
            self._largest,
        )
        return MailFetcher(account, self.take)

    def listener(self) -> MailListener | None:
        """What a mail server hands answers over to, if it is to listen."""
        listener, address = self.settings.listener, self.settings.mail.replies_to
        if listener.port is None or address is None:
            return None
        return MailListener(
            listener.host,
            listener.port,
            address,
            self.take,
            largest=self._largest,
            is_lmtp=listener.protocol == "lmtp",
        )

    @property
    def _largest(self) -> int:
        """The largest mail, in bytes."""
        return self.settings.inbound.largest_mb * 1_000_000
