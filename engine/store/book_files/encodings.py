"""Tells how the bytes of a text file become text, before anything is read from it."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FALLBACK: Final = "cp1252"
_LABELS: Final = {"cp1252": "UTF-8 or Windows-1252", "utf-16": "UTF-16"}
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Encoding:
    """How to decode a file; `assumed` when nothing in the file says so."""

    name: str
    assumed: bool = False
    has_nul: bool = False


class UnreadableTextError(Exception):
    """Raised when a file is no text that a book could be written in."""

    def __init__(self, line: int, reason: str, hint: str) -> None:
        self.line = line
        self.reason = reason
        self.hint = hint
        super().__init__(reason)


def encoding_of(path: Path) -> Encoding:
    """The mark's encoding, else UTF-8 if all of the file is, else Windows-1252.

    The whole file is decoded once: one French name on the last line decides.
    """
    marked = _marked(path)
    if marked:
        return Encoding(marked, has_nul=_scan(path, marked))
    try:
        return Encoding("utf-8", has_nul=_scan(path, "utf-8"))
    except UnreadableTextError:
        return Encoding(_FALLBACK, assumed=True, has_nul=_scan(path, _FALLBACK))


def _marked(path: Path) -> str | None:
    with path.open("rb") as stream:
        start = stream.read(4)
    return next((name for mark, name in _MARKS if start.startswith(mark)), None)


def _scan(path: Path, encoding: str) -> bool:
    """Whether the text has a NUL in it; raises UnreadableTextError if it is no text."""
    line, has_nul = 1, False
    for text in _decoded(path, encoding):
        breaks = text.count("\n")
        if len(text) >= _CHUNK and not breaks and "\r" not in text:
            raise UnreadableTextError(
                line, "a million characters without a line break", "is this a CSV file?"
            )
        line += breaks
        has_nul = has_nul or "\0" in text
    return has_nul


def _decoded(path: Path, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    with path.open("rb") as stream:
        for chunk in iter(lambda: stream.read(_CHUNK), b""):
            text = _decode(decoder, chunk, encoding, line)
            line += text.count("\n")
            yield text
    yield _decode(decoder, b"", encoding, line)


def _decode(
    decoder: codecs.IncrementalDecoder, chunk: bytes, encoding: str, line: int
) -> str:
    try:
        return decoder.decode(chunk, final=not chunk)
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode(error.encoding, "replace")
        raise UnreadableTextError(
            line + before.count("\n"),
            f"the bytes are not {_LABELS.get(encoding, 'UTF-8')} text",
            "save the file as CSV UTF-8",
        ) from None
