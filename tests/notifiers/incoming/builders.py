"""Mails as bytes, each part defaulted."""

from collections.abc import Sequence


def a_mail(
    body: str = "Please renew.",
    *,
    sender: str = "Ana Lee <ana@partner.example>",
    headers: Sequence[str] = (),
    kind: str = "text/plain",
) -> bytes:
    """A mail of one part, with further headers on top."""
    lines = [
        *headers,
        f"From: {sender}",
        "To: Northlight <contracts+token@northlight.example>",
        "Subject: Re: Your contract renews",
        "Date: Thu, 01 Oct 2026 10:02:04 +0100",
        "Message-ID: <one@partner.example>",
        "In-Reply-To: <two@northlight.example>",
        "MIME-Version: 1.0",
        f"Content-Type: {kind}; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        "",
        body,
    ]
    return "\r\n".join(lines).encode()


def alternatives(text: str, html: str) -> bytes:
    """A mail that says the same twice, or does not."""
    head = [
        "From: Ana Lee <ana@partner.example>",
        "Date: Thu, 01 Oct 2026 10:02:04 +0100",
        'Content-Type: multipart/alternative; boundary="b"',
        "",
        "--b",
        "Content-Type: text/plain; charset=utf-8",
        "",
        text,
        "--b",
        "Content-Type: text/html; charset=utf-8",
        "",
        html,
        "--b--",
    ]
    return "\n".join(head).encode()
