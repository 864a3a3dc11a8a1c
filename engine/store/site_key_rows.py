"""The keys by which the site knows its own tokens again."""

from datetime import datetime

from sqlalchemy import Connection, insert, select

from engine.store.prompt_tables import site_keys


class SiteKeyRows:
    """Keys to sign with, within one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> list[bytes]:
        """The newest first."""
        query = select(site_keys.c.secret).order_by(site_keys.c.id.desc())
        return [bytes(secret) for secret in self._connection.execute(query).scalars()]

    def add(self, secret: bytes, now: datetime) -> None:
        values = {"secret": secret, "made_at": now}
        self._connection.execute(insert(site_keys).values(values))
