"""Templates ready to write letters: read and checked at the start, compiled once.

Each Markdown file becomes three Jinja templates, for text, HTML and Slack. Markdown
is not read again for a letter, and every value is escaped for the shape it goes into.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from engine.domain.errors import ProblemsError, TacitError
from engine.domain.letters import (
    Audience,
    ChannelName,
    DigestRequest,
    LetterError,
    LetterRequest,
    Rendered,
)
from engine.domain.parsing import LANGUAGES
from engine.domain.problems import did_you_mean
from notifiers.filters import MissingValueError, filters_of
from notifiers.shapes import HTML, SLACK, TEXT, Shape, write_body, write_line
from notifiers.slack_blocks import Note, blocks_of, safe_in_mrkdwn
from notifiers.slack_buttons import buttons_of
from notifiers.slack_words import SlackWords, note_of
from notifiers.template_checks import problems_of
from notifiers.template_files import (
    DIGEST,
    DIGEST_FOOTER,
    FOOTER,
    FOOTERS,
    SHIPPED_TEMPLATES,
    SLOTS,
    Part,
    TemplateFile,
    TemplateFolder,
)
from notifiers.template_needs import Need, needs_of
from notifiers.values import SOMETIMES
from notifiers.wording import NO_BREAK, SHIPPED_WORDING, Wording

#: Stands between the parts of one rendering; no value can hold it.
_SEPARATOR: Final = "\x1e"
#: Which contract a part of a digest is about.
_ABOUT: Final = "{{ product }} ({{ contract_id }})."
#: The answers of a message within a digest: each has its own, so a reply cannot do.
_ANSWERS: Final = """{% if asks %}
{% for answer in asks %}
- [{{ answer | label }}]({{ answer | link }})
{% endfor %}
{% endif %}
"""
#: Languages whose own spelling has spaces that do not break, in any shape.
_SPACED_BY_RULE: Final = frozenset({"fr"})
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_BIDI: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
_FAILURES: Final = (TacitError, TemplateError, TypeError, ValueError)
_SLOT: Final = re.compile(rf"\{{\{{ ({'|'.join(SLOTS)}) \}}\}}")


class Items(NamedTuple):
    """The parts of a digest, in each shape."""

    text: str
    html: str
    slack: str


class Templates:
    """Every message, in every audience and language; renders letters.

    `folders` are searched in order, so a user's own folder comes first and the shipped
    one last. Raises ProblemsError with every mistake found in any of them.
    """

    def __init__(
        self,
        folders: Sequence[Path] = (SHIPPED_TEMPLATES,),
        wording_folders: Sequence[Path] = (SHIPPED_WORDING,),
    ) -> None:
        environments = {
            language: _Environments(Wording(language, wording_folders))
            for language in LANGUAGES
        }
        found = TemplateFolder(folders)
        files = (found.layout, *found.templates.values())
        syntax = environments[LANGUAGES[0]].text
        problems = [problem for file in files for problem in problems_of(file, syntax)]
        if problems or found.problems:
            raise ProblemsError(sorted(found.problems + problems))
        self._messages = {
            (message, audience, language): _Message(
                file,
                found.templates[_footer_of(message), audience, language],
                found.layout,
                environments[language],
            )
            for (message, audience, language), file in found.templates.items()
            if message not in FOOTERS
        }

    def messages(self) -> frozenset[str]:
        """The names that rules may use."""
        return frozenset(message for message, _, _ in self._messages) - {DIGEST}

    def audiences(self, message: str) -> frozenset[Audience]:
        """Who a message is written for; empty for an unknown one."""
        return frozenset(
            audience for name, audience, _ in self._messages if name == message
        )

    def needs(self, message: str, audience: Audience) -> frozenset[str]:
        """What a change may lack and the message writes without asking for it first.

        A rule that tells this message where these are unknown cannot be followed.
        """
        return frozenset(
            need.name
            for (name, reader, _), written in self._messages.items()
            if (name, reader) == (message, audience)
            for need in written.needs
            if need.name in SOMETIMES and not need.in_branch
        )

    def render(self, request: LetterRequest) -> Rendered:
        """Renders one letter; see Renderer."""
        message = self._found(request)
        try:
            return message.render(request)
        except _FAILURES as error:
            raise message.failure(error, request.values) from error

    def render_digest(self, request: DigestRequest) -> Rendered:
        """Renders several messages as one letter; see Renderer."""
        whole = LetterRequest(
            DIGEST, request.audience, request.language, request.values, request.channel
        )
        parts = [self._item(one) for one in request.items]
        items = Items(*("\n".join(each) for each in zip(*parts, strict=True)))
        message = self._found(whole)
        try:
            return message.render(whole, items)
        except _FAILURES as error:
            raise message.failure(error, request.values) from error

    def _item(self, request: LetterRequest) -> "Items":
        """A message as a part of a digest: its subject, its preview and its answers."""
        message = self._found(request)
        try:
            return message.item(request.values)
        except _FAILURES as error:
            raise message.failure(error, request.values) from error

    def _found(self, request: LetterRequest) -> "_Message":
        key = (request.message, request.audience, request.language)
        message = self._messages.get(key)
        if message is None:
            raise TacitError(self._unknown(request))
        return message

    def _unknown(self, request: LetterRequest) -> str:
        known = [f"{one}/{who}.{language}" for one, who, language in self._messages]
        wanted = f"{request.message}/{request.audience}.{request.language}"
        return f'no template "{wanted}" ({did_you_mean(wanted, known)})'


class _Environments:
    """Jinja for each shape in one language."""

    def __init__(self, wording: Wording) -> None:
        self.language = wording.language
        self.wording = wording
        self.text = _environment(wording, _as_is)
        self.html = _environment(wording, _in_html)
        self.slack = _environment(wording, _in_slack)


@dataclass(frozen=True)
class _Message:
    """One message for one audience in one language.

    Compiling is most of the cost of loading, and a run of the program writes few of
    the messages, so each is compiled when it is first written.
    """

    file: TemplateFile
    footer: TemplateFile
    layout: TemplateFile
    environments: _Environments

    def render(self, request: LetterRequest, items: "Items | None" = None) -> Rendered:
        """In the shapes of a channel; `items` come between the body and its foot."""
        values, channel = request.values, request.channel
        items = items or Items("", "", "")
        subject, body, foot = self._plain(self._text.render(values)).split(_SEPARATOR)
        text = f"{body}{items.text}{foot}"
        html = ""
        if channel is not ChannelName.SLACK:
            html = self._html.render(values).replace(_SEPARATOR, items.html)
        if channel is ChannelName.EMAIL:
            return Rendered(subject, text, html)
        sentence, body, foot = self._slack.render(values).split(_SEPARATOR)
        after = self._below(request)
        sentence = after.text or sentence
        blocks = blocks_of(subject, f"{body}\n\n{items.slack}", foot, after.blocks)
        return Rendered(subject, text, html, sentence, blocks)

    def _below(self, request: LetterRequest) -> Note:
        """What stands in Slack below the letter: its answers, or what came of them."""
        values, wording = request.values, self.environments.wording
        asks = values.get("asks")
        if request.ending is not None:
            words = SlackWords(wording, request.ending.zone)
            settled = words.settled(request.ending.settled)
            return note_of([settled, *words.still(request.ending.still)])
        if request.prompt_id is None or not isinstance(asks, tuple):
            return Note("")
        about = _as_is(f"{values['customer_name']}, {values['product']}")
        return Note("", buttons_of(wording, request.prompt_id, about, asks))

    def item(self, values: Mapping[str, object]) -> "Items":
        """The message as a part of a digest."""
        text, html, slack = (one.render(values) for one in self._item_templates)
        return Items(self._plain(text), html, slack)

    def _plain(self, written: str) -> str:
        if self.environments.language in _SPACED_BY_RULE:
            return written
        # Plain text breaks where its reader's window ends; what others search or
        # quote should hold ordinary spaces.
        return written.replace(NO_BREAK, " ")

    def failure(self, error: Exception, values: Mapping[str, object]) -> LetterError:
        """What went wrong at which place, and which value is missing if one is."""
        line, missing = self._line_of_failure(values), dict[str, None]()
        if isinstance(error, MissingValueError):
            missing = {
                need.name: None
                for need in self.needs
                if need.line == line and values.get(need.name) is None
            }
            error = MissingValueError(missing)
        return LetterError(f"{self.file.file}:{line}  {error}", tuple(missing))

    def _line_of_failure(self, values: Mapping[str, object]) -> int:
        """The file itself is tried, for its shapes have other lines."""
        whole = self.environments.text.from_string(self.file.text)
        try:
            whole.render(values)
        except _FAILURES as error:
            return _last_template_line(error)
        return 1

    @cached_property
    def needs(self) -> list[Need]:
        return needs_of(self.file, self.environments.text)

    @cached_property
    def _text(self) -> Template:
        foot = "-- \n" + self._footer(TEXT)
        parts = (self._subject(TEXT), self._body(TEXT), foot)
        return self.environments.text.from_string(_SEPARATOR.join(parts))

    @cached_property
    def _slack(self) -> Template:
        parts = (self._subject(SLACK), self._body(SLACK), self._footer(SLACK))
        return self.environments.slack.from_string(_SEPARATOR.join(parts))

    @cached_property
    def _html(self) -> Template:
        slots = {
            "language": self.environments.language,
            "subject": self._subject(HTML),
            "preview": self._line(self.file.preview, HTML),
            "body": self._body(HTML) + _SEPARATOR,
            "footer": self._footer(HTML),
        }
        framed = _SLOT.sub(lambda slot: slots[slot[1]], self.layout.text)
        return self.environments.html.from_string(framed)

    @cached_property
    def _item_templates(self) -> tuple[Template, Template, Template]:
        made = self.environments
        return (
            made.text.from_string(self._item(TEXT)),
            made.html.from_string(self._item(HTML)),
            made.slack.from_string(self._item(SLACK)),
        )

    def _item(self, shape: Shape) -> str:
        text, (start, end) = self.environments.text, shape.bold
        heading = f"{start}{self._subject(shape)}{end}".join(shape.paragraph)
        preview = self._line(self.file.preview, shape)
        preview = f"{write_line(_ABOUT, shape, text)} {preview}".join(shape.paragraph)
        answers = write_body(_ANSWERS, shape, text)
        return heading + preview + answers

    def _subject(self, shape: Shape) -> str:
        return self._line(self.file.subject, shape)

    def _line(self, part: Part | None, shape: Shape) -> str:
        text = part.text if part else ""
        return write_line(text, shape, self.environments.text)

    def _body(self, shape: Shape) -> str:
        return write_body(self.file.body.text, shape, self.environments.text)

    def _footer(self, shape: Shape) -> str:
        return write_body(self.footer.body.text, shape, self.environments.text)


def _footer_of(message: str) -> str:
    return DIGEST_FOOTER if message == DIGEST else FOOTER


def _environment(
    wording: Wording, escaped: Callable[[str], str]
) -> ImmutableSandboxedEnvironment:
    """Jinja for one shape; every value that is written is made safe for it here."""

    def finalize(value: object) -> str:
        if value is None:
            raise MissingValueError
        return value if isinstance(value, Markup) else escaped(str(value))

    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        finalize=finalize,
        # Jinja's own escaping makes an object of each value: most of a letter's time.
        autoescape=False,
    )
    environment.filters = dict(filters_of(wording))
    environment.tests = {"none": lambda value: value is None}
    environment.globals = {}
    return environment


# A batch of letters writes the same names, dates and amounts over and over.
_remembered: Final = lru_cache(maxsize=16_384)


@_remembered
def _as_is(text: str) -> str:
    """A value without line breaks, control characters or changes of direction."""
    if text.isprintable() and text.isascii():
        return text
    return _BIDI.sub("", _CONTROL.sub(" ", text))


@_remembered
def _in_html(text: str) -> str:
    return str(escape(_as_is(text)))


@_remembered
def _in_slack(text: str) -> str:
    return safe_in_mrkdwn(_as_is(text))


def _last_template_line(error: BaseException) -> int:
    line = getattr(error, "lineno", 1) or 1
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return int(line)
