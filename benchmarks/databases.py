"""A prepared database, and working copies of it to be spoilt one after the other."""

import contextlib
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import psycopg
from psycopg import sql

from tests.support import postgresql

DATABASES = ("sqlite", "postgresql")


class Copies(Protocol):
    """`prepared` is filled once; `restore` makes `working` equal to it."""

    @property
    def prepared(self) -> str: ...
    @property
    def working(self) -> str: ...
    def restore(self) -> None: ...


@contextlib.contextmanager
def copies(database: str, server_url: str | None = None) -> Iterator[Copies]:
    """A database to prepare, empty, gone afterwards with its working copy."""
    if database == "sqlite":
        with tempfile.TemporaryDirectory(prefix="tacit-bench-") as folder:
            yield _Files(Path(folder))
        return
    with contextlib.ExitStack() as stack:
        url = server_url or stack.enter_context(postgresql.server())
        made = _Templates(url, f"tacit_bench_{uuid.uuid4().hex[:12]}")
        stack.callback(made.drop)
        made.create()
        yield made


class _Files:
    """SQLite: a file and its copy."""

    def __init__(self, folder: Path) -> None:
        self._prepared = folder / "prepared.db"
        self._working = folder / "working.db"
        self.prepared = f"sqlite:///{self._prepared}"
        self.working = f"sqlite:///{self._working}"

    def restore(self) -> None:
        for leftover in self._working.parent.glob("working.db*"):
            leftover.unlink()
        shutil.copyfile(self._prepared, self._working)
        # Otherwise the first commit would wait until the copy itself is on the disk.
        with self._working.open("rb") as file:
            os.fsync(file.fileno())


class _Templates:
    """PostgreSQL: a template and a database made of it."""

    def __init__(self, server_url: str, name: str) -> None:
        self._server_url = server_url
        self._names = (name, f"{name}_copy")
        base = server_url.rsplit("/", 1)[0]
        self.prepared, self.working = (f"{base}/{each}" for each in self._names)

    def create(self) -> None:
        self._run("CREATE DATABASE {}", self._names[0])

    def restore(self) -> None:
        prepared, working = self._names
        self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", working)
        self._run("CREATE DATABASE {} TEMPLATE {}", working, prepared)
        # Otherwise writing out the copy would fall into what is measured.
        self._run("CHECKPOINT")

    def drop(self) -> None:
        for name in reversed(self._names):
            self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def _run(self, statement: str, *names: str) -> None:
        with psycopg.connect(self._server_url, autocommit=True) as connection:
            identifiers = [sql.Identifier(name) for name in names]
            connection.execute(sql.SQL(statement).format(*identifiers))
