"""The home that the demo runs in: its own, and nobody else's."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import config
from config.settings import FILE
from engine.domain.errors import TacitError
from tacit import home as homes
from tacit.home import Home

#: By this file the demo knows a home that it made.
MARK: Final = "MADE-BY-THE-DEMO.txt"
_SAYS: Final = (
    "`tacit demo` made this home, and begins its book and its mail anew each time it "
    "runs here.\nKeep nothing of your own in it: `tacit init` makes a home for that.\n"
)


class NotTheDemosError(TacitError):
    """Raised for a folder that may hold somebody's work; nothing in it was changed."""

    def __init__(self, folder: Path, why: str) -> None:
        super().__init__(
            f"{folder} is not a home of the demo's own: {why}; name a new folder"
        )


@contextmanager
def demo_home(folder: Path | None) -> Iterator[Home]:
    """A home without a book: in the folder, which is kept, or else in a passing one."""
    if folder is not None:
        _claim(folder)
        yield begin_anew(Home(folder))
        return
    with tempfile.TemporaryDirectory(prefix="tacit-demo-") as made:
        yield begin_anew(Home(Path(made)))


def _claim(folder: Path) -> None:
    """Make sure that what is in the folder, if anything, is the demo's."""
    if folder.exists() and not folder.is_dir():
        raise NotTheDemosError(folder, "it is a file")
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARK).exists():
            raise NotTheDemosError(folder, "the demo did not make what is in it")
        settings = folder / FILE
        shipped = homes.shipped(config) / FILE
        # Whoever takes such a home into use begins by writing their own name there.
        if settings.exists() and settings.read_bytes() != shipped.read_bytes():
            raise NotTheDemosError(folder, f"its {FILE} was changed")


def begin_anew(home: Home) -> Home:
    """The home with everything but a book; what was edited in it stays."""
    home.path.mkdir(parents=True, exist_ok=True)
    (home.path / MARK).write_text(_SAYS, encoding="utf-8")
    for file in home.path.glob("tacit.db*"):
        file.unlink()
    shutil.rmtree(home.mailbox, ignore_errors=True)
    homes.create(home)
    return home
