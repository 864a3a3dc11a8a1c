"""What wrote a mail: people answer, machines do not."""

from datetime import date

import pytest

from notifiers.incoming import MailKind, read_mail
from tests.notifiers.incoming.builders import a_mail


def kind_of(*headers: str, body: str = "Please renew.") -> MailKind:
    return read_mail(a_mail(body, headers=headers), []).kind


def test_a_person_is_a_person() -> None:
    mail = read_mail(a_mail(), [])

    assert mail.kind is MailKind.HUMAN
    assert mail.message_id == "<one@partner.example>"
    assert mail.in_reply_to == ("<two@northlight.example>",)
    assert mail.subject == "Re: Your contract renews"
    assert mail.sent_at is not None
    assert mail.recipients == ("contracts+token@northlight.example",)


@pytest.mark.req("BOT-4")
@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("Auto-Submitted: auto-replied", MailKind.AUTO_REPLY),
        ("Auto-Submitted: auto-generated (x)", MailKind.AUTO_REPLY),
        ("X-Autoreply: yes", MailKind.AUTO_REPLY),
        ("Precedence: auto_reply", MailKind.AUTO_REPLY),
        ("Return-Path: <>", MailKind.AUTO_REPLY),
        ("X-Auto-Response-Suppress: All", MailKind.AUTO_REPLY),
        ("List-Id: <l.example>", MailKind.LIST),
        ("List-Unsubscribe: <https://l.example>", MailKind.LIST),
        ("X-Spam-Flag: YES", MailKind.SPAM),
        ("X-Failed-Recipients: a@b.example", MailKind.BOUNCE),
        ("Auto-Submitted: no", MailKind.HUMAN),
        ("X-Auto-Response-Suppress: DR", MailKind.HUMAN),
    ],
)
def test_headers_say_what_wrote_it(header: str, kind: MailKind) -> None:
    assert kind_of(header) is kind


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: Accepted",
        "Out of office",
        "Réponse automatique : Votre contrat",
        "Absence du bureau",
    ],
)
def test_an_absence_may_be_told_by_its_subject_alone(subject: str) -> None:
    raw = a_mail().replace(b"Re: Your contract renews", subject.encode())

    assert read_mail(raw, []).kind is MailKind.AUTO_REPLY


def test_our_own_mail_is_known_by_its_marks() -> None:
    mine = a_mail(sender="contracts@northlight.example")
    mine = mine.replace(
        b"<one@partner.example>", b"<%s@northlight.example>" % (b"a" * 64)
    )

    assert read_mail(mine, []).kind is MailKind.OURS


def test_a_standard_bounce_says_who_why_and_which() -> None:
    raw = b"\n".join(
        [
            b"Return-Path: <>",
            b"From: MAILER-DAEMON@mx.example",
            b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
            b"",
            b"--b",
            b"",
            b"It was not delivered.",
            b"--b",
            b"Content-Type: message/delivery-status",
            b"",
            b"Reporting-MTA: dns; mx.example",
            b"",
            b"Final-Recipient: rfc822; ana@partner.example",
            b"Action: failed",
            b"Status: 5.1.1",
            b"--b",
            b"Content-Type: text/rfc822-headers",
            b"",
            b"Message-ID: <ours@northlight.example>",
            b"--b--",
        ]
    )

    mail = read_mail(raw, [])

    assert mail.kind is MailKind.BOUNCE
    assert mail.bounce is not None
    assert mail.bounce.recipients == ("ana@partner.example",)
    assert mail.bounce.statuses == ("5.1.1",)
    assert mail.bounce.message_id == "<ours@northlight.example>"
    assert mail.bounce.is_permanent
    assert read_mail(raw.replace(b"failed", b"delayed"), []).kind is MailKind.DELAY
    assert read_mail(raw.replace(b"failed", b"relayed"), []).kind is MailKind.RECEIPT


def test_a_bounce_of_no_standard_is_read_as_far_as_it_goes() -> None:
    body = (
        "Hi. This is the qmail-send program at mx.example.\n"
        "<ana@partner.example>:\n550 5.1.1 no such user\n"
        "--- Below this line is a copy of the message.\n"
        "Message-ID: <ours@northlight.example>\n"
        "To: somebody@else.example\n"
    )

    mail = read_mail(a_mail(body, sender="MAILER-DAEMON@mx.example"), [])

    assert mail.bounce is not None
    assert mail.bounce.recipients == ("ana@partner.example",)
    assert mail.bounce.statuses == ("5.1.1",)
    assert mail.bounce.message_id == "<ours@northlight.example>"


@pytest.mark.parametrize(
    ("body", "delegate", "returns"),
    [
        ("I am away until 12 January 2027. Ask Bob: bob@partner.example.",
         "bob@partner.example", date(2027, 1, 12)),
        ("Back on October 9th.", None, date(2026, 10, 9)),
        ("I'm off until the 9th.", None, date(2026, 10, 9)),
        ("Absent jusqu'au 12/01/2027, voir luc@partner.example", "luc@partner.example",
         date(2027, 1, 12)),
        ("Retour le 20.", None, date(2026, 10, 20)),
        ("Back on 01/02/2027", None, None),
        ("Until 2027-01-05.", None, date(2027, 1, 5)),
        ("Back soon. Until 31 February 2027.", None, None),
        ("I am ana@partner.example, gone.", None, None),
    ],
)  # fmt: skip
def test_an_absence_names_a_delegate_and_a_day(
    body: str, delegate: str | None, returns: date | None
) -> None:
    mail = read_mail(a_mail(body, headers=["Auto-Submitted: auto-replied"]), [])

    assert mail.absence is not None
    assert (mail.absence.delegate, mail.absence.returns) == (delegate, returns)


def test_addresses_that_may_hold_a_token_are_all_found() -> None:
    mail = read_mail(
        a_mail(
            headers=[
                "Delivered-To: contracts+a@northlight.example",
                "X-Original-To: contracts+b@northlight.example",
                'Cc: "X" <contracts+c@northlight.example>, d@x.example',
            ]
        ),
        [],
    )

    assert [one.partition("@")[0] for one in mail.recipients] == [
        "contracts+a", "contracts+b", "contracts+token", "contracts+c", "d",
    ]  # fmt: skip
