"""Archives of the audit trail on disk: whole under their name, or not there."""

import glob
import gzip
import os
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from engine.domain.errors import TacitError


class ArchiveFile:
    """One archive, compressed where its name ends in `.gz`.

    It is written as a draft beside its place, and gets its name only when published.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        # Of this process only: another's half-written draft must not get the name.
        self._draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
        self.name = str(path.resolve())

    def exists(self) -> bool:
        return self._path.exists()

    def lines(self) -> Iterator[str]:
        """The lines of the file, or of its draft; TacitError where it is no text."""
        path = self._path if self.exists() else self._draft
        try:
            with self._open(path, "rt") as file:
                yield from file
        except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
            why = getattr(error, "strerror", None) or error
            raise TacitError(f"{self._path} cannot be read: {why}") from None

    def write(self, lines: Iterable[str]) -> None:
        """Write a draft, after those that died; it is on the disk when this returns."""
        try:
            for left in self._path.parent.glob(
                f".{glob.escape(self._path.name)}.*.draft"
            ):
                left.unlink()
            with self._open(self._draft, "wt") as file:
                file.writelines(f"{line}\n" for line in lines)
            _sync(self._draft)
        except OSError as error:
            self.discard()
            raise TacitError(f"{self._path} cannot be written: {error}") from None

    def publish(self) -> None:
        """Give the draft its name, for good; nothing where there is none."""
        if not self._draft.exists():
            return
        if self.exists():
            raise TacitError(f"{self._path} was written by somebody else in between")
        self._draft.replace(self._path)
        _sync(self._path.parent)

    def discard(self) -> None:
        """Remove the draft."""
        self._draft.unlink(missing_ok=True)

    def _open(self, path: Path, mode: str) -> Any:
        # An entry may hold any character that ends a line elsewhere: only \n does here.
        if self._path.suffix == ".gz":
            return gzip.open(path, mode, encoding="utf-8", newline="\n")
        return path.open(mode, encoding="utf-8", newline="\n")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
