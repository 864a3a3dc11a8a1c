"""One's own account: what there is, its password, its language, its sessions."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from engine.domain.accounts import Account, SessionLimits, SessionRow, hash_of
from engine.domain.interfaces import Storage
from engine.domain.parsing import LANGUAGES
from engine.domain.records import Person
from engine.domain.wishes import DELIVERY, Wishes
from engine.services.account_notes import note_account
from engine.services.book_notes import Edit, note_edits
from engine.services.passwords import Passwords
from engine.services.sign_in import SignedIn, SignInError, begin_session
from engine.services.sign_in_by_identity import unlink_identity


class OwnAccount(NamedTuple):
    """What a person sees of their account."""

    account: Account
    organisation: str | None  # None: the vendor
    sessions: list[SessionRow]


@dataclass(frozen=True)
class AccountHolder:
    """Somebody who is signed in, and keeps their own account."""

    store: Storage
    signed_in: SignedIn
    now: datetime

    @property
    def person(self) -> Person:
        return self.signed_in.person

    @property
    def session_hash(self) -> str:
        """By which this very session is known among others."""
        return hash_of(self.signed_in.token)

    def look(self, limits: SessionLimits) -> OwnAccount:
        """The account with the sessions that are not over."""
        person = self.person
        with self.store.begin(read_only=True) as unit:
            account = unit.accounts.account(person.id)
            assert account is not None  # noqa: S101 - it is signed in with
            found = unit.accounts.sessions_of(person.id)
            organisation = unit.accounts.organisation_of(person.id)
        alive = [one for one in found if not limits.is_over(one, self.now)]
        alive.sort(key=lambda one: one.token_hash != self.session_hash)  # this first
        return OwnAccount(account, organisation, alive)

    def set_password(
        self, passwords: Passwords, new: str, present: str, vendor: str
    ) -> str:
        """Set it, and sign out everywhere; the token of the session that goes on.

        SignInError where the present one is another, PasswordRefusedError for a new
        one that would be guessed. Without one so far, being signed in is enough.
        """
        person = self.person
        with self.store.begin(read_only=True) as unit:
            account = unit.accounts.account(person.id)
        kept = account.password_hash if account else None
        if kept is not None and not passwords.check(present, kept)[0]:
            raise SignInError("this is not the present password")
        passwords.refuse_weak(new, person.name, person.code, person.email or "", vendor)
        hashed = passwords.hash(new)
        with self.store.begin() as unit:
            unit.accounts.hold(person.id)
            now_kept = unit.accounts.account(person.id)
            if now_kept is None or now_kept.password_hash != kept:
                raise SignInError("this is not the present password")
            unit.accounts.update_account(person.id, password_hash=hashed)
            unit.accounts.end_sessions_of(person.id)
            unit.accounts.end_links_of(person.id)
            note_account(unit, person.id, "password set", person.code, self.now)
            token = begin_session(unit, person.id, self.now, self.signed_in.how)
            unit.commit()
        return token

    def sign_out_elsewhere(self) -> None:
        """End every session but this one."""
        with self.store.begin() as unit:
            unit.accounts.end_sessions_of(self.person.id, but=self.session_hash)
            said = "signed out elsewhere"
            note_account(unit, self.person.id, said, self.person.code, self.now)
            unit.commit()

    def unlink_identity(self) -> bool:
        """Let one's identity at single sign-on open this account no more.

        Whether there was one. Other sessions that it began end.
        """
        person = self.person
        with self.store.begin() as unit:
            unit.accounts.hold(person.id)
            done = unlink_identity(
                unit, person.id, person.code, self.now, but=self.session_hash
            )
            unit.commit()
        return done

    def choose_language(self, language: str) -> None:
        """Read pages and messages in a language from now on."""
        person = self.person
        if language not in LANGUAGES or language == person.language:
            return
        with self.store.begin() as unit:
            unit.accounts.hold(person.id)
            unit.book.update("people", person.id, {"language": language})
            edit = Edit(person.id, person.code, {"language": language})
            note_edits(unit, "person", [edit], person.code, self.now)
            unit.commit()

    def delivery(self) -> Wishes | None:
        """When they want to be written to; None where they chose nothing."""
        kept = self.signed_in.preferences.get(DELIVERY)
        return Wishes.read(kept) if kept else None

    def choose_delivery(self, wishes: Wishes, channel: str) -> None:
        """Be written to at these times, over this channel (email, slack or both)."""
        person = self.person
        with self.store.begin() as unit:
            unit.accounts.hold(person.id)
            unit.accounts.prefer(person.id, DELIVERY, wishes.text)
            edit: dict[str, object] = {"delivery": wishes.text}
            if channel != person.channel:
                unit.book.update("people", person.id, {"channel": channel})
                edit["channel"] = channel
            note_edits(
                unit,
                "person",
                [Edit(person.id, person.code, edit)],
                person.code,
                self.now,
            )
            unit.commit()
