"""Loads the vocabularies of replies, and reads a mail or a text with them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import rules
from engine.domain.errors import ProblemsError
from engine.domain.problems import Problem
from engine.domain.replies import (
    Outcome,
    Reading,
    Verdict,
    Vocabulary,
    compile_vocabulary,
    run_examples,
    understand,
)
from engine.domain.ruleset import Rulebook
from engine.domain.yaml_text import Source
from engine.store.rule_folder import read_reply_files
from notifiers.incoming import IncomingMail, MailKind, Reply, read_mail, read_text
from tacit.home import shipped

FOLDER: Final = "replies"
#: What tells a mail from a text that somebody pasted: two of these on top.
_HEADERS: Final = frozenset(
    b"from to subject date message-id received return-path mime-version delivered-to "
    b"content-type reply-to in-reply-to x-original-to dkim-signature".split()
)


@dataclass(frozen=True)
class Vocabularies:
    """The vocabularies that can be used, what came of their tests, all problems."""

    usable: tuple[Vocabulary, ...]
    outcomes: tuple[Outcome, ...] = ()
    problems: tuple[Problem, ...] = ()

    def checked(self) -> tuple[Vocabulary, ...]:
        """The vocabularies; ProblemsError where one is wrong or fails its tests."""
        if self.problems:
            raise ProblemsError(self.problems)
        return self.usable


@dataclass(frozen=True)
class Answer:
    """A mail or a text, read: its reply, and what that says."""

    reply: Reply
    reading: Reading
    mail: IncomingMail | None = None

    def as_json(self) -> Mapping[str, object]:
        """The documented fields of `tacit replies read`."""
        cuts = [{"what": cut.what, "text": cut.text} for cut in self.reply.cuts]
        of_mail = self.mail.as_json() if self.mail else {"kind": "text"}
        return {
            "reply": self.reply.text,
            **self.reading.as_json(),
            **of_mail,
            "cuts": cuts,
        }


def reply_folders(rules_folder: Path) -> list[Path]:
    """Where vocabularies lie: a home's own go before the shipped ones."""
    return [rules_folder / FOLDER, shipped(rules) / FOLDER]


def events_of(rulebook: Rulebook) -> frozenset[str]:
    """Every event that some state of the rules knows."""
    return frozenset(
        event
        for ruleset in rulebook.machines.values()
        for state in ruleset.states.values()
        for event in state.on
    )


def load_vocabularies(folders: Sequence[Path], events: Collection[str]) -> Vocabularies:
    """Every vocabulary, compiled and put to its own tests."""
    try:
        texts = read_reply_files(folders)
    except ProblemsError as error:
        return Vocabularies((), problems=tuple(error.problems))
    return _compiled(tuple(texts.items()), frozenset(events))


@lru_cache(maxsize=8)
def _compiled(
    texts: tuple[tuple[str, str], ...], events: frozenset[str]
) -> Vocabularies:
    """The same texts always come to the same; seconds are saved where they are known."""
    sources = {file: Source(file, text) for file, text in texts}
    usable: list[Vocabulary] = []
    problems: list[Problem] = []
    for source in sources.values():
        vocabulary, found = compile_vocabulary(source, events)
        problems += found or _second(source, vocabulary, usable)
        if vocabulary is not None:
            usable.append(vocabulary)
    if problems:
        # Half of the words read replies otherwise; their tests would prove nothing.
        return Vocabularies(tuple(usable), problems=tuple(problems))
    outcomes = tuple(run_examples(usable))
    failed = [one for one in outcomes if not one.holds]
    problems = [_failure(sources[one.file], one) for one in failed]
    return Vocabularies(tuple(usable), outcomes, tuple(problems))


def _second(
    source: Source, vocabulary: Vocabulary | None, others: Sequence[Vocabulary]
) -> list[Problem]:
    if vocabulary is None:
        return []
    first = [one for one in others if one.language == vocabulary.language]
    message = f'a second file for "{vocabulary.language}"'
    return [
        Problem(source.file, 1, 1, message, f"the first is {one.file}") for one in first
    ]


def _failure(source: Source, outcome: Outcome) -> Problem:
    message = f'this test gives "{outcome.got}", not "{outcome.example.expect}"'
    return source.problem(outcome.example.mark, message, outcome.reading.why)


def is_mail(raw: bytes) -> bool:
    """Whether bytes are a mail: its headers stand on top."""
    names = set()
    for line in raw[:20_000].splitlines():
        if not line.strip():
            break
        name, colon, _ = line.partition(b":")
        if colon and name.strip().lower() in _HEADERS:
            names.add(name.strip().lower())
    return len(names) > 1


def read_answer(
    vocabularies: Sequence[Vocabulary],
    raw: bytes,
    asks: Collection[str],
    language: str | None = None,
    *,
    mail: bool | None = None,
) -> Answer:
    """What a mail or a text answers. Without `mail` the bytes tell which it is."""
    if not (is_mail(raw) if mail is None else mail):
        reply = read_text(raw)
        return Answer(reply, _understood(vocabularies, reply, asks, language))
    read = read_mail(raw, ())
    if read.kind is not MailKind.HUMAN:
        verdict = Verdict.IGNORED
        if read.kind is MailKind.UNREADABLE:
            verdict = Verdict.PERSON
        reading = Reading(verdict, f"{read.kind.replace('_', ' ')}: {read.why}")
        return Answer(read.reply, reading, read)
    return Answer(
        read.reply, _understood(vocabularies, read.reply, asks, language), read
    )


def _understood(
    vocabularies: Sequence[Vocabulary],
    reply: Reply,
    asks: Collection[str],
    language: str | None,
) -> Reading:
    reading = understand(vocabularies, reply.text, asks, language)
    if reply.doubt and reading.verdict is not Verdict.PERSON:
        return Reading(
            Verdict.PERSON,
            reply.doubt,
            None,
            reading.language,
            reading.steps,
            reading.phrases,
        )
    return reading
