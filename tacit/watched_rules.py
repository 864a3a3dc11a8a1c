"""The problems of the rules in a home's folder, found anew only when a file changed."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engine.domain.errors import TacitError
from engine.domain.problems import Problem

_Look = tuple[tuple[str, int, int], ...]


@dataclass
class WatchedRules:
    """Checks what is in the folders; what it found holds until they look otherwise."""

    check: Callable[[], Sequence[Problem]]
    folders: Sequence[Path]
    _known: tuple[_Look, Sequence[Problem]] | None = field(default=None, init=False)

    def __call__(self) -> Sequence[Problem]:
        look = tuple(_look_of(self.folders))
        # Read once: another thread may find something newer in between.
        known = self._known
        if known is not None and known[0] == look:
            return known[1]
        found = self._checked()
        self._known = look, found
        return found

    def _checked(self) -> Sequence[Problem]:
        try:
            return self.check()
        except TacitError as error:
            # No folder, or nothing in it: that is wrong with them too.
            return [Problem(str(self.folders[0]), 1, 1, str(error))]


def _look_of(folders: Sequence[Path]) -> Iterator[tuple[str, int, int]]:
    """Every file with its size and when it was written; one that goes is not there."""
    for folder in folders:
        for path in sorted(folder.glob("*")):
            try:
                said = path.stat()
            except FileNotFoundError:
                continue
            yield str(path), said.st_mtime_ns, said.st_size
