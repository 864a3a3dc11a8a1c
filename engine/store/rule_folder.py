"""Reads the rule files of a folder from disk; what they say is the domain's to judge."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from engine.domain.errors import ProblemsError, TacitError
from engine.domain.problems import Problem

MAX_BYTES: Final = 1_000_000


def read_rule_files(folder: Path) -> dict[str, str]:
    """The text of every YAML file of a folder, by name.

    Hidden files are not rules: editors keep their own there. Raises TacitError where
    there is no such folder, and ProblemsError for a file that cannot be read, is too
    large or is not text, before any of it is parsed.
    """
    if not folder.is_dir():
        raise TacitError(f"there is no folder {folder}")
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    for path in sorted(folder.glob("[!.]*.y*ml")):
        try:
            texts[path.name] = _read(path)
        except ValueError as error:
            problems.append(Problem(path.name, 1, 1, str(error)))
    if problems:
        raise ProblemsError(problems)
    if not texts:
        raise TacitError(f"{folder} has no rule files")
    return texts


def read_reply_files(folders: Sequence[Path]) -> dict[str, str]:
    """The text of every vocabulary of replies, by its path.

    A file of an earlier folder stands in for one of the same name in a later. Folders
    that are not there hold nothing. Raises ProblemsError as `read_rule_files` does.
    """
    found: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.glob("[!.]*.y*ml")):
            found.setdefault(path.name, path)
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    for path in found.values():
        try:
            texts[str(path)] = _read(path)
        except ValueError as error:
            problems.append(Problem(str(path), 1, 1, str(error)))
    if problems:
        raise ProblemsError(problems)
    return texts


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"the file is larger than {MAX_BYTES:,} bytes")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"the file is not UTF-8 text (byte {error.start})") from None
    except OSError as error:
        raise ValueError(f"the file cannot be read: {error.strerror}") from None
