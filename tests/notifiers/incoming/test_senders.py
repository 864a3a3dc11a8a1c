"""Who a mail is by: one plain mailbox and a trusted server's word, or nobody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifiers.incoming import read_mail
from notifiers.incoming.addresses import sender_of
from notifiers.incoming.authentication import aligned
from tests.notifiers.incoming.builders import a_mail

SERVER = "mx.northlight.example"


@pytest.mark.parametrize(
    ("written", "address", "name"),
    [
        ("ana@partner.example", "ana@partner.example", ""),
        ("Ana Lee <ana@partner.example>", "ana@partner.example", "Ana Lee"),
        ('"Lee, Ana" <ana@partner.example>', "ana@partner.example", "Lee, Ana"),
        ("=?utf-8?q?Dupont=2C_Ren=C3=A9?= <rene@p.example>", "rene@p.example",
         "Dupont, René"),
        ("ana@partner.example (Ana Lee)", "ana@partner.example", ""),
        ('"ana@partner.example" <ana@partner.example>', "ana@partner.example",
         "ana@partner.example"),
    ],
)  # fmt: skip
def test_one_plain_mailbox_is_the_sender(written: str, address: str, name: str) -> None:
    found = sender_of([written])

    assert (found.address, found.name) == (address, name)


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("bob@evil.example <owner@partner.example>", "another address"),
        ('"bob@evil.example" <owner@partner.example>', "another address"),
        ("=?utf-8?q?bob=40evil.example?= <owner@partner.example>", "another address"),
        ("owner@partner.example <bob@evil.example>", "another address"),
        ("<owner@partner.example> <bob@evil.example>", "bracket too many"),
        ("<owner@partner.example> bob", "follows the address"),
        ("owner@partner.example, bob@evil.example", "more than one mailbox"),
        ("Owners: owner@partner.example;", "more than one mailbox"),
        ('"owner <owner@partner.example>', "quotation mark"),
        ("(owner@partner.example", "bracket too many"),
        ("Owner <owner@partner.example", "bracket too many"),
        ("@ <owner@partner.example>", "looks like an address"),
        ("owner at partner.example", "no plain address"),
        ("<>", "no plain address"),
        ("", "no plain address"),
    ],
)
def test_what_can_be_read_in_two_ways_is_nobody(written: str, why: str) -> None:
    found = sender_of([written])

    assert found.address is None
    assert why in found.why


def test_two_from_headers_are_nobody() -> None:
    found = sender_of(["ana@partner.example", "bob@evil.example"])

    assert (found.address, found.why) == (None, "the mail has several From headers")


@given(st.text(max_size=200))
def test_any_from_is_one_address_or_a_reason(written: str) -> None:
    found = sender_of([written])

    assert bool(found.address) != bool(found.why)


def vouched(*headers: str, sender: str = "ana@partner.example") -> bool:
    mail = read_mail(a_mail(headers=headers, sender=sender), [SERVER])
    return mail.authentication.passed


def results(text: str, server: str = SERVER) -> str:
    return f"Authentication-Results: {server}; {text}"


@pytest.mark.parametrize(
    "said",
    [
        "dmarc=pass header.from=partner.example",
        "dkim=pass header.d=partner.example",
        "dkim=pass header.i=@partner.example; spf=fail smtp.mailfrom=x@y.example",
        "spf=pass smtp.mailfrom=bounces@mail.partner.example",
        "spf=none; dkim=pass (2048-bit; key \"a;b\") header.d=partner.example",
        "dmarc=none; dkim=pass reason=\"good; signature\" header.d=partner.example",
    ],
)  # fmt: skip
def test_a_trusted_server_vouches(said: str) -> None:
    assert vouched(results(said))


@pytest.mark.parametrize(
    "said",
    [
        "none",
        "dmarc=fail header.from=partner.example; dkim=pass header.d=partner.example",
        "dmarc=pass header.from=evil.example",
        "dkim=pass header.d=evil.example; spf=pass smtp.mailfrom=evil.example",
        "spf=pass smtp.helo=partner.example",
        "spf=pass smtp.mailfrom=notpartner.example",
        "dkim=fail header.d=partner.example",
        "dkim=pass header.d=example",
        "x=y (dkim=pass header.d=partner.example)",
        'x=y reason="; dkim=pass header.d=partner.example"',
    ],
)
def test_what_does_not_belong_to_the_sender_vouches_for_nothing(said: str) -> None:
    assert not vouched(results(said))


def test_a_server_that_is_not_trusted_says_nothing() -> None:
    good = "dmarc=pass header.from=partner.example"

    assert not vouched(results(good, "mx.evil.example"))
    assert not vouched(results(good, f"{SERVER}.evil.example"))
    assert not read_mail(a_mail(headers=[results(good)]), []).authentication.passed


def test_a_forged_header_below_the_true_one_is_ignored() -> None:
    forged = results("dmarc=pass header.from=partner.example")
    true = results("dmarc=fail header.from=partner.example")

    assert not vouched(true, f"Received: by {SERVER}", forged)
    assert not vouched(f"Received: by {SERVER}", true, forged)
    assert not vouched(f"Received: by {SERVER}", results("spf=none"), forged)


def test_headers_of_one_server_above_the_first_received_count_together() -> None:
    assert vouched(
        results("spf=fail smtp.mailfrom=x.example"),
        results("dkim=pass header.d=partner.example"),
        f"Received: by {SERVER}",
    )


def test_no_sender_is_never_vouched_for() -> None:
    said = results("dmarc=pass header.from=partner.example")

    assert not vouched(said, sender="bob@evil.example <ana@partner.example>")


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("a.example", "a.example", True),
        ("mail.a.example", "a.example", True),
        ("a.example", "mail.a.example", True),
        ("xa.example", "a.example", False),
        ("b.a.example", "c.a.example", False),
        ("example", "a.example", False),
        ("example", "example", False),
    ],
)
def test_alignment_is_relaxed_not_loose(one: str, other: str, near: bool) -> None:
    assert aligned(one, other) is near
