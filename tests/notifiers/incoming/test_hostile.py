"""Whatever the bytes: no error, and never more work than the mail is long."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from notifiers.incoming import MailKind, read_mail, read_text
from notifiers.incoming.html_lines import html_lines
from notifiers.incoming.parts import MAX_BYTES
from tests.notifiers.incoming.builders import a_mail

SERVERS = ["mx.example"]
PIECES = st.sampled_from(
    [
        b"From: ", b"a@b.example", b"<", b">", b'"', b"(", b")", b",", b"\n", b"\r\n",
        b"\n\n", b"Content-Type: multipart/mixed; boundary=b\n", b"--b\n", b"--b--\n",
        b"Content-Type: text/html\n", b"Content-Transfer-Encoding: base64\n", b"=?utf-8?b?",
        b"?=", b"=?x?q?=", b"\xff\xfe", b"Authentication-Results: mx.example; dkim=pass ",
        b"Date: 99", b"On 1 x wrote:\n", b"> q\n", b"<div class=gmail_quote>", b"<blockquote",
        b"Content-Type: message/rfc822\n", b"Content-Type: text/plain; charset=punycode\n",
        b"Content-Type: text/plain; charset*=x'y'z\n", b"\x00", b"Auto-Submitted: x\n",
        b"until 31/12/9999\n", b"Date: Fri, 31 Dec 9999 23:59:59 +0000\n", b"-- \n",
    ]
)  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=600))
def test_any_bytes_are_read(raw: bytes) -> None:
    read_mail(raw, SERVERS)
    read_text(raw)


@settings(deadline=None, max_examples=300)
@given(st.lists(PIECES, max_size=40).map(b"".join))
@example(b"Content-Type: text/plain; charset=punycode\n\n\xff\xfe")
def test_any_pieces_of_mails_are_read(raw: bytes) -> None:
    read_mail(raw, SERVERS)


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_is_read_as_text_and_as_markup(text: str, other: str) -> None:
    read_mail(a_mail(text.encode("utf-8", "replace").decode()), SERVERS)
    html_lines(f"<p>{text}<{other}>")


@pytest.mark.parametrize(
    "raw",
    [
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" * 20_000,
        b"Content-Type: message/rfc822\n\n" * 50_000,
        b'Content-Type: text/plain; a="' + b";" * 1_000_000,
        b"From: " + b'"' * 1_000_000,
        b"From: " + b"(" * 1_000_000,
        b"Subject: " + b"=?utf-8?q?" * 100_000,
        b"X: y\n" * 200_000 + b"\nPlease renew.",
        b"Authentication-Results: mx.example; " + b"(" * 1_000_000,
        b"Authentication-Results: mx.example; " + b"dkim=pass;" * 100_000,
        a_mail("On " * 300_000),
        a_mail("On a\n" * 100_000),
        a_mail("De : a\n" * 100_000),
        a_mail("-" * 1_000_000),
        a_mail(" " * 1_000_000 + "x"),
        a_mail("\n" * 1_000_000),
        a_mail("a" * 1_000_000 + "@"),
        a_mail("> " * 500_000),
        a_mail("<div>" * 200_000, kind="text/html"),
        a_mail("<!--" * 200_000, kind="text/html"),
        a_mail('<a "' * 200_000, kind="text/html"),
        a_mail("<" * 1_000_000, kind="text/html"),
        a_mail("&#" * 500_000, kind="text/html"),
        a_mail("<div " + 'class="' * 200_000 + ">", kind="text/html"),
        a_mail("<p " + "id=x " * 200_000 + ">", kind="text/html"),
        a_mail("until " * 100_000, headers=["Auto-Submitted: auto-replied"]),
        a_mail("550 " * 200_000, headers=["X-Failed-Recipients: a@b.example"]),
    ],
    ids=range(26),
)
def test_mails_built_to_do_harm_do_none(raw: bytes) -> None:
    read_mail(raw, SERVERS)


def test_what_was_left_unread_is_a_doubt() -> None:
    mail = read_mail(a_mail("Please renew.\n" + "x\n" * MAX_BYTES), [])

    assert "only the first" in mail.reply.doubt


def test_a_mail_of_too_many_parts_is_not_taken_apart() -> None:
    mail = read_mail(b"From: a@b.example\n" + b"X: boundary=b\n" * 100 + b"\nHi", [])

    assert mail.kind is MailKind.UNREADABLE
    assert mail.sender.address == "a@b.example"


def test_nothing_is_no_mail() -> None:
    assert read_mail(b"", []).kind is MailKind.UNREADABLE
