from dataclasses import replace
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage

import pytest

from engine.domain.errors import PermanentDeliveryError, TacitError
from engine.domain.letters import Letter
from notifiers.mail import Sender, build_mail, envelope_sender
from tests.notifiers.builders import (
    HOSTILE,
    NOW,
    SENDER,
    a_letter,
    a_rendered,
)

HEADERS = [
    "From",
    "Reply-To",
    "MIME-Version",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Content-Language",
    "Content-Type",
]


def parsed(letter: Letter, sender: Sender = SENDER) -> EmailMessage:
    return message_from_bytes(build_mail(letter, sender, NOW), policy=policy.default)


def content(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Bonjour Inès,\n\nÀ bientôt.\n", id="French"),
        pytest.param("x" * 5000, id="one very long line"),
        pytest.param("trailing space \n\ttab\t\n.\n..\nFrom here\n=3D", id="awkward"),
        pytest.param("--=_\n\n--\n", id="looks like a boundary"),
        pytest.param("", id="empty"),
        pytest.param("👋 \u202f« \u00a0»", id="beyond ASCII"),
    ],
)
def test_what_is_written_is_what_is_read(text: str) -> None:
    mail = parsed(a_letter(rendered=a_rendered(text=text)))

    assert content(mail, "plain") == text
    assert content(mail, "html") == f"<p>{text}</p>"
    assert not mail.defects


@pytest.mark.parametrize(
    "value",
    [
        "Votre contrat se renouvelle le 1er mars 2027",
        "Échéance\u00a0: l’équipe vous écrit",
        'Ana "the boss", Ltd. <x@y.example>',
        "=?utf-8?q?not_encoded?=",
        "A very long subject. " * 20 + "end",
        "é" * 400,
    ],
)
def test_subjects_and_names_survive(value: str) -> None:
    letter = a_letter(recipient_name=value, rendered=a_rendered(subject=value))

    mail = parsed(letter)

    assert mail["Subject"] == value
    assert mail["To"].addresses[0].addr_spec == "ines@marchand.example"
    # The modern parser puts spaces into names of several encoded words.
    raw = message_from_bytes(build_mail(letter, SENDER, NOW))["To"]
    name = str(make_header(decode_header(raw.rpartition(" <")[0])))
    assert name == value


@pytest.mark.parametrize("hostile", [HOSTILE, "a\r\nBcc: x@y", "a\u2028Bcc: x@y\x00"])
def test_nothing_in_a_letter_adds_a_header(hostile: str) -> None:
    letter = a_letter(recipient_name=hostile, rendered=a_rendered(subject=hostile))

    mail = parsed(letter, Sender(hostile, "renewals@solaris.example"))

    assert mail.keys() == HEADERS
    assert len(mail["To"].addresses) == 1


def test_no_line_is_longer_than_mail_allows() -> None:
    letter = a_letter(rendered=a_rendered(subject="é" * 400, text="x" * 5000))

    lines = build_mail(letter, SENDER, NOW).split(b"\r\n")

    assert max(map(len, lines)) <= 998
    assert not any(b"\n" in line for line in lines)


def test_a_mail_says_who_sends_it_when_and_that_a_program_does() -> None:
    sender = Sender("Solaris", "bot@solaris.example", "renewals@solaris.example")

    mail = parsed(a_letter(), sender)

    assert mail["From"] == "Solaris <bot@solaris.example>"
    assert mail["Reply-To"] == "renewals@solaris.example"
    assert mail["Date"].datetime == NOW
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["Content-Language"] == "fr"


@pytest.mark.req("BOT-2")
def test_the_message_id_follows_from_the_key_alone() -> None:
    first = parsed(a_letter(key="one"))["Message-ID"]
    again = parsed(a_letter(key="one", attempt=2, recipient_name="Other"))["Message-ID"]
    other = parsed(a_letter(key="two"))["Message-ID"]

    assert first == again != other
    assert first.endswith("@solaris.example>")


def test_an_address_that_is_not_plain_is_refused() -> None:
    with pytest.raises(PermanentDeliveryError, match="is not a plain mail address"):
        build_mail(a_letter(address="Ana <ana@x.example>"), SENDER, NOW)


def test_a_sender_that_is_not_plain_is_refused() -> None:
    with pytest.raises(TacitError, match="is not a plain mail address"):
        Sender("Solaris", "bot@solaris.example\r\nBcc: x@y.example")


@pytest.mark.req("BOT-3")
def test_an_answer_goes_to_the_address_of_its_question_and_so_does_what_came_back() -> (
    None
):
    sender = Sender("Solaris", "bot@solaris.example", bounces_to="re@solaris.example")
    asking = replace(a_letter(), reply_to="re+1.2.x@solaris.example")

    mail = parsed(asking, sender)

    assert mail["Reply-To"] == "re+1.2.x@solaris.example"
    assert "OOF" not in mail["X-Auto-Response-Suppress"]
    assert envelope_sender(asking, sender) == "re+1.2.x@solaris.example"
    assert parsed(a_letter(), sender)["Reply-To"] == "bot@solaris.example"
    assert envelope_sender(a_letter(), sender) == "re@solaris.example"
    assert envelope_sender(a_letter(), SENDER) == SENDER.address


def test_a_mail_goes_into_the_conversation_that_it_answers() -> None:
    thread = "<first@x.example> <second@y.example>"

    mail = parsed(replace(a_letter(), thread=thread))

    assert mail["In-Reply-To"] == "<second@y.example>"
    assert str(mail["References"]).split() == thread.split()


@pytest.mark.parametrize(
    "thread",
    [
        "1700000000.0001",
        "<a@b>\r\nBcc:\u00a0x@y.example",
        "<a b@c>",
        "<é@x.example>",
        f"<{'a' * 500}@x.example>",
    ],
)
def test_what_is_no_message_id_goes_into_no_header(thread: str) -> None:
    mail = parsed(replace(a_letter(), thread=thread))

    assert mail.keys() in (
        HEADERS,
        [*HEADERS[:9], "In-Reply-To", "References", *HEADERS[9:]],
    )
    assert mail["In-Reply-To"] in (None, "<a@b>")


def test_a_very_long_conversation_is_named_by_its_first_and_its_latest_mails() -> None:
    thread = " ".join(f"<{number}@x.example>" for number in range(500))

    mail = parsed(replace(a_letter(), thread=thread))

    told = str(mail["References"]).split()
    assert (told[0], told[-1]) == ("<0@x.example>", "<499@x.example>")
    assert len(told) < 20
