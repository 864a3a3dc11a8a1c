"""Template files: which there are, which of two goes first, and their parts.

`<folder>/<message>/<audience>.<language>.md` opens with `Subject:`, may go on with
`Preview:` (what inboxes show after the subject), and has its body after a blank line.
`footer/` holds the line that ends every mail, and `layout.html` the frame around it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.domain.errors import TacitError
from engine.domain.letters import Audience
from engine.domain.parsing import LANGUAGES
from engine.domain.problems import Problem, did_you_mean
from notifiers.values import NAMES

SHIPPED_TEMPLATES: Final = Path(__file__).with_name("templates")
FOOTER: Final = "footer"
#: The message that several reminders come in, and the lines that end it.
DIGEST: Final = "digest"
DIGEST_FOOTER: Final = "digest_footer"
FOOTERS: Final = (FOOTER, DIGEST_FOOTER)
_NOT_FOR_RULES: Final = (*FOOTERS, DIGEST)
LAYOUT: Final = "layout.html"
#: Where the frame takes what is written elsewhere.
SLOTS: Final = ("language", "subject", "preview", "body", "footer")

_HEADER: Final = re.compile(r"(Subject|Preview): *(\S.*)")
_VARIANTS: Final = tuple(
    f"{audience}.{language}.md" for audience in Audience for language in LANGUAGES
)

Key = tuple[str, Audience, str]


class TemplateNames:
    """Which messages there are and for whom, by the names of their files alone.

    Enough to check rules against, and a hundred times quicker than reading them all.
    """

    def __init__(self, folders: Sequence[Path] = (SHIPPED_TEMPLATES,)) -> None:
        self._found = {
            (path.parent.name, Audience(path.name.split(".")[0]))
            for folder in folders
            for path in folder.glob("*/*.md")
            if path.name in _VARIANTS and path.parent.name not in _NOT_FOR_RULES
        }

    def messages(self) -> frozenset[str]:
        """The names that rules may use."""
        return frozenset(message for message, _ in self._found)

    def audiences(self, message: str) -> frozenset[Audience]:
        """Who a message is written for; empty for an unknown one."""
        return frozenset(who for name, who in self._found if name == message)


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a file that is a template of its own; lines count from 1."""

    text: str
    line: int
    names: frozenset[str] = frozenset(NAMES)
    is_html: bool = False


@dataclass(frozen=True, slots=True)
class TemplateFile:
    """One file, taken apart. A footer has a body only."""

    file: str
    text: str
    body: Part
    subject: Part | None = None
    preview: Part | None = None

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts that the file has."""
        return tuple(
            part for part in (self.subject, self.preview, self.body) if part is not None
        )


class TemplateFolder:
    """What several folders hold together; a file of an earlier one goes first."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)
        self.problems: list[Problem] = []
        self._paths = self._find()
        self.templates: Mapping[Key, TemplateFile] = {
            key: self._read(path, key) for key, path in sorted(self._paths.items())
        }
        self.layout = self._read_layout()
        self.problems.extend(self._missing())

    def _find(self) -> dict[Key, Path]:
        found: dict[Key, Path] = {}
        for path in self._all_paths():
            if path.name not in _VARIANTS:
                hint = did_you_mean(path.name, _VARIANTS)
                what = "not a template: name it <audience>.<language>.md"
                self.problems.append(Problem(str(path), 1, 1, what, hint))
                continue
            audience, language, _ = path.name.split(".")
            found[path.parent.name, Audience(audience), language] = path
        return found

    def _all_paths(self) -> Iterator[Path]:
        for folder in reversed(self._folders):
            yield from sorted(folder.glob("*/*.md"))

    def _read(self, path: Path, key: Key) -> TemplateFile:
        text = _text_of(path)
        if key[0] in FOOTERS:
            return TemplateFile(str(path), text, Part(text, 1))
        lines = text.split("\n")
        headers: dict[str, Part] = {}
        for number, line in enumerate(lines, start=1):
            header = _HEADER.fullmatch(line)
            if not header:
                break
            headers[header[1]] = Part(header[2], number)
        if "Subject" not in headers or number > len(lines) or line.strip():
            what = "a template opens with Subject: …, then a blank line, then the body"
            self.problems.append(Problem(str(path), 1, 1, what, source=lines[0]))
        body = Part("\n".join(lines[number:]), number + 1)
        return TemplateFile(
            str(path), text, body, headers.get("Subject"), headers.get("Preview")
        )

    def _read_layout(self) -> TemplateFile:
        path = next(
            folder / LAYOUT
            for folder in (*self._folders, SHIPPED_TEMPLATES)
            if (folder / LAYOUT).exists()
        )
        text = _text_of(path)
        for slot in SLOTS:
            if f"{{{{ {slot} }}}}" not in text:
                what = f"the layout has no {{{{ {slot} }}}}"
                self.problems.append(Problem(str(path), 1, 1, what))
        part = Part(text, 1, frozenset(NAMES) | frozenset(SLOTS), is_html=True)
        return TemplateFile(str(path), text, part)

    def _missing(self) -> Iterator[Problem]:
        for message, audience, language in self.templates:
            for other in LANGUAGES:
                if (message, audience, other) not in self.templates:
                    here = self._paths[message, audience, language]
                    what = f"the same message in {other} is missing"
                    file = here.with_name(f"{audience}.{other}.md")
                    yield Problem(str(file), 1, 1, what, f"copy {here.name}")
            if (FOOTER, audience, language) not in self.templates:
                file = SHIPPED_TEMPLATES / FOOTER / f"{audience}.{language}.md"
                yield Problem(str(file), 1, 1, "the footer is missing")


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise TacitError(f"{path} is not UTF-8 text: {error.reason}") from error
