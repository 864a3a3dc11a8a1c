"""Accounts of others: who has one, links to sign in, disabling, signing out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from engine.domain.access import Action, Actor, Policy, Side
from engine.domain.accounts import Account
from engine.domain.errors import NotFoundError, TacitError
from engine.domain.interfaces import Storage, UnitOfWork
from engine.domain.place import Place
from engine.domain.records import Person
from engine.domain.slack_users import SlackUser
from engine.services.account_notes import note_account
from engine.services.link_slack import SlackLinker
from engine.services.sign_in import make_link
from engine.services.sign_in_by_identity import unlink_identity


class NoAccountError(TacitError):
    """Raised for a person who cannot sign in yet."""

    def __init__(self, person: str) -> None:
        super().__init__(
            f"{person} has no account; `tacit accounts link {person}` makes one"
        )


@dataclass(frozen=True)
class AccountKeeper:
    """Manages accounts that its actor may manage; each act is in the person's trail."""

    store: Storage
    actor: Actor
    now: datetime

    def listing(self) -> list[dict[str, Any]]:
        """Every account, with how its owner signs in; no hash and no subject."""
        reach = self.actor.must_somewhere(Action.MANAGE_ACCOUNTS)
        with self.store.begin(read_only=True) as unit:
            rows = unit.accounts.listing(reach)
            slack = unit.slack_links.users_of(row["person_id"] for row in rows)
        return [_shown(row, slack.get(row["person_id"], ())) for row in rows]

    def link(self, person: str, lasts: timedelta) -> str:
        """The token of a one-time link; a first one makes the account."""
        with self.store.begin() as unit:
            found = self._mine(unit, person)
            token = make_link(unit, found, self.now, lasts, self.actor.code)
            unit.commit()
        return token

    def disable(self, person: str) -> str:
        """Sign somebody out everywhere, and let them in no more."""
        with self.store.begin() as unit:
            found, account = self._account(unit, person)
            if account.disabled_at is None:
                unit.accounts.update_account(found.id, disabled_at=self.now)
                unit.accounts.end_sessions_of(found.id)
                unit.accounts.end_links_of(found.id)
                self._note(unit, found, "disabled")
                unit.commit()
        return f"{found.code}: the account is disabled, and its sessions are ended"

    def enable(self, person: str) -> str:
        """Let somebody in again."""
        with self.store.begin() as unit:
            found, account = self._account(unit, person)
            if account.disabled_at is not None:
                unit.accounts.update_account(found.id, disabled_at=None)
                self._note(unit, found, "enabled")
                unit.commit()
        return f"{found.code}: the account is enabled"

    def sign_out(self, person: str) -> str:
        """End all sessions of somebody, and what links they have not used."""
        with self.store.begin() as unit:
            found, _ = self._account(unit, person)
            unit.accounts.end_sessions_of(found.id)
            unit.accounts.end_links_of(found.id)
            self._note(unit, found, "signed out everywhere")
            unit.commit()
        return f"{found.code}: signed out everywhere"

    def identity_of(self, person: str) -> str | None:
        """The single sign-on provider that somebody's account is linked to."""
        with self.store.begin(read_only=True) as unit:
            account = unit.accounts.account(self._mine(unit, person).id)
        return account.issuer if account else None

    def unlink(self, person: str) -> str:
        """Let somebody's identity at single sign-on open their account no more."""
        with self.store.begin() as unit:
            found, _ = self._account(unit, person)
            done = unlink_identity(unit, found.id, self.actor.code, self.now)
            unit.commit()
        if not done:
            return f"{found.code}: the account is linked to no single sign-on"
        return (
            f"{found.code}: the account is linked to no single sign-on any more, and "
            "the sessions that it began are ended"
        )

    def unlink_slack(self, person: str, named: str) -> str:
        """Have a user of Slack, `team/user`, be that person no more."""
        with self.store.begin(read_only=True) as unit:
            found = self._mine(unit, person)
        team, _, user = named.partition("/")
        linker = SlackLinker(self.store, found, self.actor.code, self.now)
        linker.unlink(SlackUser(team, user))
        return f"{found.code}: {named} is linked no more"

    def _mine(self, unit: UnitOfWork, person: str) -> Person:
        reach = self.actor.must_somewhere(Action.MANAGE_ACCOUNTS)
        found = unit.book.person(person)
        if not reach.covers(Place(found.customer_id, found.partner_id)):
            raise NotFoundError("person", person)
        return found

    def _account(self, unit: UnitOfWork, person: str) -> tuple[Person, Account]:
        found = self._mine(unit, person)
        unit.accounts.hold(found.id)
        account = unit.accounts.account(found.id)
        if account is None:
            raise NoAccountError(found.code)
        return found, account

    def _note(self, unit: UnitOfWork, person: Person, said: str) -> None:
        note_account(unit, person.id, said, self.actor.code, self.now)


def has_nobody_in_charge(store: Storage, policy: Policy) -> bool:
    """Whether the installation is new: nobody has an account, or could manage one."""
    with store.begin(read_only=True) as unit:
        return not unit.accounts.any() or not _in_charge(unit, policy)


def first_operator(store: Storage, policy: Policy) -> Person | None:
    """Who is to be let in first; None where anybody was, or nobody could manage it."""
    with store.begin(read_only=True) as unit:
        if unit.accounts.any():
            return None
        return next(iter(_in_charge(unit, policy)), None)


def _in_charge(unit: UnitOfWork, policy: Policy) -> list[Person]:
    return [
        person
        for role in policy.roles.values()
        if Side.VENDOR in role.sides and Action.MANAGE_ACCOUNTS in role.may
        for person in unit.book.vendor_people(role.name)
    ]


def _shown(row: dict[str, Any], slack: Sequence[tuple[str, str]]) -> dict[str, Any]:
    return {
        "person": row["person"],
        "name": row["name"],
        "email": row["email"],
        "of": row["of"],
        "made_at": row["created_at"],
        "disabled_at": row["disabled_at"],
        "password": row["password_hash"] is not None,
        "single_sign_on": row["issuer"],
        "slack": [f"{team}/{user}" for team, user in slack],
        "sessions": row["sessions"],
        "seen_at": row["seen_at"],
    }
