"""API keys: made, listed and revoked by their owner, and who calls with one."""

import hmac
from collections.abc import Iterable
from datetime import datetime

from engine.domain.access import Action, Actor, Policy
from engine.domain.accounts import hash_of
from engine.domain.api_keys import (
    LONGEST_NAME,
    ApiKey,
    ApiKeyError,
    KeyHolder,
    KeyLimits,
    NewKey,
    TooManyKeysError,
    WantedKey,
    new_secret,
    prefix_of,
)
from engine.domain.errors import NotFoundError
from engine.domain.interfaces import Storage, UnitOfWork
from engine.services.account_notes import note_account
from engine.services.sign_in import NOTED_EVERY, actor_for


def create_key(
    store: Storage,
    policy: Policy,
    actor: Actor,
    wanted: WantedKey,
    limits: KeyLimits,
    now: datetime,
) -> NewKey:
    """A key that does no more, and works no longer, than whoever makes it may.

    Its secret is not to be had again. ApiKeyError says what is wrong with the wish,
    NotPermittedError what its maker may not do themselves.
    """
    owner, called = _owner(actor), wanted.name.strip()
    _refuse_bad(called, wanted, limits, now)
    if actor.until is not None and wanted.expires_at > actor.until:
        raise ApiKeyError("a key cannot make one that works longer than itself")
    prefix, secret = new_secret()
    with store.begin() as unit:
        # One after the other, so that two at once do not both find the last place free.
        unit.accounts.hold(owner)
        alive = [key for key in unit.api_keys.of_person(owner) if not key.is_over(now)]
        if len(alive) >= limits.most:
            raise TooManyKeysError(limits.most)
        # By what the roles grant now; somebody may have lost one since they signed in.
        may = actor_for(unit, policy, unit.book.people([owner])[owner])
        for action in sorted(wanted.actions):
            if not (actor.may(action) and may.may(action)):
                raise actor.refused(action)
        key = unit.api_keys.add(
            ApiKey(
                0, owner, called, prefix, hash_of(secret),
                wanted.actions, now, wanted.expires_at, made_by=actor.key_id,
            )
        )  # fmt: skip
        note_account(unit, owner, "key made", actor.code, now, key=prefix)
        unit.commit()
    return NewKey(secret, key)


def keys_of(store: Storage, actor: Actor, now: datetime) -> list[ApiKey]:
    """Somebody's own keys that still work, the newest first."""
    owner = _owner(actor)
    with store.begin(read_only=True) as unit:
        return [key for key in unit.api_keys.of_person(owner) if not key.is_over(now)]


def revoke_key(store: Storage, actor: Actor, key_id: int, now: datetime) -> None:
    """End a key of one's own at once; NotFoundError where there is none that works.

    What it made ends with it: whoever had got hold of it would go on with those.
    """
    owner = _owner(actor)
    with store.begin() as unit:
        found = unit.api_keys.of_person(owner)
        if not any(key.id == key_id and not key.is_over(now) for key in found):
            raise NotFoundError("key", str(key_id))
        for key in _with_what_it_made(found, key_id):
            if not key.is_over(now):
                unit.api_keys.revoke(key.id, now)
                note_account(
                    unit, owner, "key revoked", actor.code, now, key=key.prefix
                )
        unit.commit()


def _with_what_it_made(keys: Iterable[ApiKey], key_id: int) -> list[ApiKey]:
    """A key and those that it made, and those that they made."""
    ids, found = {key_id}, []
    for key in sorted(keys, key=lambda one: one.id):  # a maker is there before
        if key.id in ids or key.made_by in ids:
            ids.add(key.id)
            found.append(key)
    return found


def caller_of_key(
    store: Storage, policy: Policy, secret: str, now: datetime
) -> KeyHolder | None:
    """Who calls with a key; None where it is over, unknown, or of no use any more."""
    prefix = prefix_of(secret)
    if prefix is None:
        return None
    with store.begin(read_only=True) as unit:
        key = unit.api_keys.by_prefix(prefix)
        if key is None or not hmac.compare_digest(key.secret_hash, hash_of(secret)):
            return None
        if key.is_over(now) or not _can_sign_in(unit, key.person_id):
            return None
        person = unit.book.people([key.person_id])[key.person_id]
        owner = actor_for(unit, policy, person)
    if key.used_at is None or now - key.used_at >= NOTED_EVERY:
        with store.begin() as unit:
            unit.api_keys.use(key.id, now)
            unit.commit()
    return KeyHolder(person, owner.limited(key.actions, key.expires_at, key.id))


def _owner(actor: Actor) -> int:
    actor.must_somewhere(Action.OWN_ACCOUNT)
    if actor.person_id is None:
        raise ApiKeyError("a key belongs to a person of the book: name one")
    return actor.person_id


def _can_sign_in(unit: UnitOfWork, person_id: int) -> bool:
    account = unit.accounts.account(person_id)
    return account is not None and account.disabled_at is None


def _refuse_bad(name: str, wanted: WantedKey, limits: KeyLimits, now: datetime) -> None:
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise ApiKeyError(
            f"name: write 1 to {LONGEST_NAME} characters that tell what the key is for"
        )
    if not wanted.actions:
        raise ApiKeyError("actions: choose at least one thing that the key may do")
    if wanted.expires_at <= now:
        raise ApiKeyError("expires_at: choose a time to come")
    if wanted.expires_at - now > limits.longest:
        raise ApiKeyError(
            f"expires_at: a key works for {limits.longest.days} days at most"
        )
