"""Mails whoever asks for it a link to sign in, if they may; a stranger learns nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from engine.domain.accounts import LinksFor, SignInLimits
from engine.domain.errors import TacitError
from engine.domain.interfaces import Storage, UnitOfWork
from engine.domain.records import Person
from engine.services.sign_in import SignInError, make_link
from engine.services.sign_in_limits import (
    TooManyAttemptsError,
    count_attempt,
    for_account,
)

log = structlog.get_logger("tacit.sign_in")

#: Mails a person the link of a token.
Post = Callable[[Person, str], None]


@dataclass(frozen=True, slots=True)
class LinkMail:
    """Who is mailed a link, how often, and by what."""

    store: Storage
    links_for: LinksFor
    limits: SignInLimits
    lasts: timedelta
    post: Post

    def send(self, address: str, now: datetime) -> None:
        """Mail a link to each who may sign in at this address.

        What fails is logged: whoever asked has been answered already. A mailbox is not
        filled by whoever knows its address: after a few, none is mailed for a while.
        Those that were mailed work, so nobody is kept out by it.
        """
        try:
            key = for_account("link", address)
            count_attempt(self.store, [key], self.limits, now, self.limits.links)
            links = self._links(address, now)
        except TooManyAttemptsError:
            log.info("no further link is mailed for now")
        except TacitError as error:
            log.error("no link could be made", error=str(error))
        else:
            self._post_all(links)

    def _post_all(self, links: list[tuple[Person, str]]) -> None:
        for person, token in links:
            try:
                self.post(person, token)
            except TacitError as error:
                log.warning("link not mailed", person=person.code, error=str(error))

    def _links(self, address: str, now: datetime) -> list[tuple[Person, str]]:
        made = []
        with self.store.begin() as unit:
            for person in self._invited(unit, address):
                try:
                    token = make_link(unit, person, now, self.lasts, person.code)
                except SignInError:
                    continue  # disabled
                made.append((person, token))
            unit.commit()
        return made

    def _invited(self, unit: UnitOfWork, address: str) -> list[Person]:
        ids = {account.person_id for account in unit.accounts.at_address(address)}
        everybody = self.links_for is LinksFor.ROLES
        return [
            person
            for person in unit.book.people_at(address)
            if person.id in ids or (everybody and person.roles)
        ]
