"""API keys, of which the secret's hash is kept."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, insert, select, update

from engine.domain.access import Action
from engine.domain.api_keys import ApiKey
from engine.store.account_tables import api_keys

_c = api_keys.c
_COLUMNS: Final = (
    _c.id, _c.person_id, _c.name, _c.prefix, _c.secret_hash, _c.actions,
    _c.created_at, _c.expires_at, _c.used_at, _c.revoked_at, _c.made_by,
)  # fmt: skip


class ApiKeyRows:
    """API keys, within one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, key: ApiKey) -> ApiKey:
        """Keep a new key; it comes back with the id that it got."""
        values = {**key._asdict(), "actions": "|".join(sorted(key.actions))}
        del values["id"]
        statement = insert(api_keys).values(values).returning(_c.id)
        return key._replace(id=self._connection.execute(statement).scalar_one())

    def by_prefix(self, prefix: str) -> ApiKey | None:
        query = select(*_COLUMNS).where(_c.prefix == prefix)
        found = self._connection.execute(query).one_or_none()
        return _key(found) if found else None

    def of_person(self, person_id: int) -> list[ApiKey]:
        """Somebody's keys, the newest first; also those that are over."""
        query = select(*_COLUMNS).where(_c.person_id == person_id)
        rows = self._connection.execute(query.order_by(_c.id.desc()))
        return [_key(row) for row in rows]

    def use(self, key_id: int, now: datetime) -> None:
        mine = update(api_keys).where(_c.id == key_id)
        self._connection.execute(mine.values(used_at=now))

    def revoke(self, key_id: int, now: datetime) -> None:
        mine = update(api_keys).where(_c.id == key_id)
        self._connection.execute(mine.values(revoked_at=now))


def _key(row: Sequence[Any]) -> ApiKey:
    # A word that is no action any more grants nothing.
    known = {action.value for action in Action}
    actions = frozenset(Action(word) for word in row[5].split("|") if word in known)
    return ApiKey._make(row)._replace(actions=actions)
