"""Signing in with an address or a code, and a password."""

from datetime import datetime

from engine.domain.accounts import Account
from engine.domain.interfaces import Storage
from engine.services.passwords import Passwords
from engine.services.sign_in import SignInError, begin_session


def sign_in_by_password(
    store: Storage, passwords: Passwords, name: str, password: str, now: datetime
) -> str:
    """The token of a new session; SignInError, the same for whatever was wrong.

    The work is the same, too: where there is no such account, a hash of nobody's is
    compared. It is done outside of any transaction, since it takes long on purpose.
    """
    with store.begin(read_only=True) as unit:
        found = unit.accounts.called(name)
    account = found[0] if len(found) == 1 else None
    right, better = passwords.check(
        password, account.password_hash if account else None
    )
    if account is None or not right:
        raise SignInError("the password is not this account's")
    with store.begin() as unit:
        unit.accounts.hold(account.person_id)
        _refuse_outdated(unit.accounts.account(account.person_id), account)
        session = begin_session(unit, account.person_id, now, "password")
        if better is not None:
            unit.accounts.update_account(account.person_id, password_hash=better)
        unit.commit()
    return session


def _refuse_outdated(now: Account | None, then: Account) -> None:
    """It may have been changed while it was compared."""
    if now is None or now.password_hash != then.password_hash:
        raise SignInError("the password is not this account's")
