"""Signing in as somebody that a single sign-on provider vouches for; unlinking it."""

from datetime import datetime

from engine.domain.accounts import Account, Identity
from engine.domain.interfaces import Storage, UnitOfWork
from engine.services.account_notes import note_account
from engine.services.sign_in import SignInError, begin_session


def sign_in_by_identity(store: Storage, identity: Identity, now: datetime) -> str:
    """The token of a new session; SignInError unless it is one person's, who may.

    An identity belongs to the account that it is linked to, whatever its address has
    become since. One that is linked to none is linked to the one account at its
    verified address; nobody is ever made by signing in.
    """
    with store.begin() as unit:
        account = _linked(unit, identity) or _link(unit, identity, now)
        session = begin_session(unit, account.person_id, now, "sso")
        unit.commit()
    return session


def unlink_identity(
    unit: UnitOfWork, person_id: int, by: str, now: datetime, but: str | None = None
) -> bool:
    """Let an account's identity sign nobody in any more; False where it has none.

    What it began is over: sessions by single sign-on end, `but` the one of this hash.
    The account has to be held.
    """
    account = unit.accounts.account(person_id)
    if account is None or account.issuer is None:
        return False
    unit.accounts.update_account(person_id, issuer=None, subject=None)
    unit.accounts.end_sessions_of(person_id, but=but, begun_by="sso")
    note_account(
        unit, person_id, "single sign-on unlinked", by, now, issuer=account.issuer
    )
    return True


def _linked(unit: UnitOfWork, identity: Identity) -> Account | None:
    return unit.accounts.of_identity(identity.issuer, identity.subject)


def _link(unit: UnitOfWork, identity: Identity, now: datetime) -> Account:
    if identity.email is None:
        raise SignInError("the provider has not verified an address of this identity")
    found = unit.accounts.at_address(identity.email)
    if len(found) != 1:
        raise SignInError("this address is not one account's")
    unit.accounts.hold(found[0].person_id)
    account = unit.accounts.account(found[0].person_id)
    if account is None or account.disabled_at is not None:
        raise SignInError("this account cannot be used")
    if account.subject is not None:
        if (account.issuer, account.subject) == identity[:2]:
            return account  # somebody else linked it meanwhile
        raise SignInError("this account is linked to another identity")
    unit.accounts.update_account(
        account.person_id, issuer=identity.issuer, subject=identity.subject
    )
    code = unit.book.people([account.person_id])[account.person_id].code
    note_account(
        unit, account.person_id, "single sign-on linked", code, now,
        issuer=identity.issuer,
    )  # fmt: skip
    return account
