"""The corpus of replies is whole: its lists and files agree, and no kind is missing."""

import email
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Final

import pytest
import yaml

HALVES: Final = sorted(
    list_.parent for list_ in Path(__file__).parent.glob("*/cases.yaml")
)
EVENTS: Final = {"accept", "request_cancellation", "withdraw", "take_back"}
VERDICTS: Final = {"event", "ask_again", "person", "ignored"}
FEWEST: Final = 150


@dataclass(frozen=True, slots=True)
class Case:
    """One mail or thread reply, and what a careful human makes of it."""

    file: str
    language: str
    client: str
    prompt: str
    asks: list[str]
    verdict: list[str]
    clear: bool
    reply: str | None
    event: str | None = None
    note: str = ""


def cases_of(half: Path) -> list[Case]:
    listed = yaml.safe_load((half / "cases.yaml").read_text(encoding="utf-8"))
    return [Case(**case) for case in listed]


def mails_of(half: Path) -> Iterator[tuple[Case, EmailMessage]]:
    for case in cases_of(half):
        if case.file.endswith(".eml"):
            raw = (half / case.file).read_bytes()
            yield case, email.message_from_bytes(raw, policy=policy.default)


def words_in(mail: EmailMessage) -> str:
    """All that is written in a mail, HTML as text, white space and marks levelled."""
    parts = [part for part in mail.walk() if part.get_content_maintype() == "text"]
    plain = " ".join(str(part.get_content()) for part in parts)
    plain = re.sub(r"<[^>]*>", " ", plain).replace("&nbsp;", " ")
    return levelled(plain.replace("&amp;", "&"))


def levelled(text: str) -> str:
    return " ".join(re.sub(r"(?m)^>.*$", " ", text).split())


@pytest.fixture(params=HALVES, ids=lambda half: half.name)
def half(request: pytest.FixtureRequest) -> Path:
    assert isinstance(request.param, Path)
    return request.param


def test_there_is_a_half_to_build_with() -> None:
    assert "building" in {half.name for half in HALVES}


def test_the_list_names_every_file_once_and_no_other(half: Path) -> None:
    listed = [case.file for case in cases_of(half)]
    found = {file.name for file in half.iterdir()} - {"cases.yaml"}

    assert len(listed) >= FEWEST
    assert len(set(listed)) == len(listed)
    assert set(listed) == found


def test_no_two_files_are_the_same(half: Path) -> None:
    contents = {(half / case.file).read_bytes() for case in cases_of(half)}

    assert len(contents) == len(cases_of(half))


def test_every_verdict_makes_sense(half: Path) -> None:
    for case in cases_of(half):
        assert case.verdict, case.file
        assert set(case.verdict) <= VERDICTS, case.file
        assert set(case.asks) <= EVENTS, case.file
        assert (case.event is not None) == ("event" in case.verdict), case.file
        assert case.event is None or case.event in case.asks, case.file
        assert not case.clear or case.verdict == ["event"], case.file


def test_every_mail_parses_without_a_defect(half: Path) -> None:
    for case, mail in mails_of(half):
        assert mail["From"], case.file
        assert mail["Date"], case.file
        assert not [part.defects for part in mail.walk() if part.defects], case.file


def test_what_is_called_the_reply_stands_in_the_mail(half: Path) -> None:
    for case, mail in mails_of(half):
        if case.reply:
            written = words_in(mail)
            missing = [word for word in case.reply.split() if word not in written]
            assert not missing, case.file


def test_what_is_called_the_reply_stands_in_the_thread(half: Path) -> None:
    for case in cases_of(half):
        if case.file.endswith(".txt"):
            text = (half / case.file).read_text(encoding="utf-8")
            assert " ".join(text.split()) == case.reply, case.file


def test_both_languages_have_their_share(half: Path) -> None:
    cases = cases_of(half)
    languages = Counter(case.language for case in cases)

    assert languages["en"] >= 0.45 * len(cases)
    assert languages["fr"] >= 0.45 * len(cases)
    assert languages.keys() - {"en", "fr"}


def test_no_client_is_alone(half: Path) -> None:
    cases = cases_of(half)
    clients = Counter(case.client for case in cases)

    assert len(clients) >= 30
    assert max(clients.values()) <= len(cases) / 4


def test_each_verdict_has_its_share(half: Path) -> None:
    cases = cases_of(half)
    human = [case for case in cases if case.reply is not None]
    first = Counter(case.verdict[0] for case in cases)

    assert sum(case.clear for case in cases) >= 0.45 * len(human)
    assert all(first[verdict] >= 0.08 * len(cases) for verdict in VERDICTS)
    for language in ("en", "fr"):
        clear = [case for case in human if case.clear and case.language == language]
        assert {case.event for case in clear} == EVENTS
