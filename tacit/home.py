"""A home: the folder that holds one installation's settings, rules, templates and data."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import config
import notifiers
import rules
from config.permissions import FILE as PERMISSIONS
from config.permissions import SHIPPED as SHIPPED_PERMISSIONS
from config.settings import FILE, Settings, load_settings
from engine.domain.errors import TacitError

DEFAULT: Final = Path("tacit-home")


@dataclass(frozen=True, slots=True)
class Home:
    """Where things are in a home."""

    path: Path

    @property
    def settings_file(self) -> Path:
        return self.path / FILE

    @property
    def rules(self) -> Path:
        return self.path / "rules"

    @property
    def templates(self) -> Path:
        return self.path / "templates"

    @property
    def wording(self) -> Path:
        return self.path / "wording"

    @property
    def permissions(self) -> Path:
        """Who may do what; a home made before there were roles runs as shipped."""
        own = self.path / PERMISSIONS
        return own if own.exists() else SHIPPED_PERMISSIONS

    @property
    def mailbox(self) -> Path:
        return self.path / "mailbox"

    def database_url(self, settings: Settings) -> str:
        return settings.database.url or f"sqlite:///{self.path / 'tacit.db'}"

    def settings(self) -> Settings:
        """The home's settings; TacitError where there is no home."""
        if not self.settings_file.exists():
            raise TacitError(
                f"{self.path} is not a home of Tacit: make one with "
                f"`tacit init --home {self.path}`, or name another with --home or "
                "TACIT_HOME"
            )
        return load_settings(self.settings_file)


def shipped(package: object) -> Path:
    """The folder of a package that ships files."""
    return Path(next(iter(package.__path__)))  # type: ignore[attr-defined]


def create(home: Home) -> list[Path]:
    """Lay out a home; what is there already is left as it is. The files made.

    TacitError where files cannot be made there.
    """
    made: list[Path] = []
    sources = (
        (shipped(config) / FILE, home.settings_file),
        (SHIPPED_PERMISSIONS, home.path / PERMISSIONS),
        (shipped(rules), home.rules),
        (shipped(notifiers) / "templates", home.templates),
        (shipped(config) / "mappings", home.path / "mappings"),
    )
    try:
        for source, target in sources:
            made += _copy(source, target)
    except OSError as error:
        raise TacitError(
            f"cannot make a home in {home.path}: {error.strerror}"
        ) from None
    return made


def _copy(source: Path, target: Path) -> list[Path]:
    if source.is_file():
        if target.exists():
            return []
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        return [target]
    made: list[Path] = []
    for below in sorted(source.iterdir()):
        if not below.name.startswith(("_", ".")) and below.suffix != ".py":
            made += _copy(below, target / below.name)
    return made
