"""Mails of ours that came back: held, told to the fallback, and no notice any more."""

import pytest

from engine.domain.inbox import InboxStatus
from tests.support.books import at
from tests.support.mails import (
    REPLIES_TO,
    Post,
    a_bounce,
)

LISTED = at("2026-11-01T08:00")
LATER = at("2026-11-02T12:00")
CUSTOMER, PARTNER = "acme.contact", "nord.poc"


@pytest.mark.req("REN-18", "RULE-10")
def test_what_came_back_is_held_told_to_the_fallback_and_counts_as_no_notice(
    post: Post,
) -> None:
    tacit = post.tacit
    [asking] = tacit.rows(
        "SELECT reference FROM deliveries WHERE audience = 'customer'"
    )
    bounce = a_bounce(
        post.address_of(CUSTOMER), asking["reference"], "acme.contact@example.com"
    )
    assert tacit.change().notice_out_at is not None

    item = post.answers(bounce, LATER)
    post.answers(bounce, LATER)

    assert (item.status, item.reason) == (InboxStatus.DONE, "bounce of ours")
    [held] = tacit.messages("held")
    assert (held["message"], held["reason"]) == (
        "renewal_notice",
        "it came back (5.1.1)",
    )
    assert tacit.told_to("ops") == ["undeliverable"]
    assert tacit.change().notice_out_at is None
    assert "returned" in tacit.kinds()
    assert tacit.told_to(CUSTOMER) == ["renewal_notice"]


@pytest.mark.req("RULE-10")
def test_a_notice_that_came_back_leaves_an_earlier_one_out(post: Post) -> None:
    first = post.tacit.change().notice_out_at
    post.passes(at("2026-12-01T14:00"))
    [*_, last] = post.tacit.rows(
        "SELECT reference FROM deliveries WHERE audience = 'customer' ORDER BY id"
    )

    post.answers(a_bounce(post.address_of(CUSTOMER), last["reference"], "x@y.example"))

    assert post.tacit.change().notice_out_at == first


@pytest.mark.req("REN-18")
def test_what_came_back_is_sent_again_when_a_person_releases_it(post: Post) -> None:
    tacit = post.tacit
    [asking] = tacit.rows(
        "SELECT reference FROM deliveries WHERE audience = 'customer'"
    )
    post.answers(
        a_bounce(post.address_of(CUSTOMER), asking["reference"], "x@y.example")
    )

    with tacit.store.begin() as unit:
        unit.outbox.release([tacit.change().id], LATER)
        unit.commit()
    post.passes(LATER)

    assert tacit.told_to(CUSTOMER) == ["renewal_notice"] * 2
    assert tacit.messages("held") == []
    assert tacit.change().notice_out_at == LATER


@pytest.mark.req("REN-18")
@pytest.mark.parametrize(
    ("to", "action"),
    [(REPLIES_TO, "failed"), (None, "delayed")],
    ids=["forged", "late"],
)
def test_what_anybody_could_say_or_is_still_tried_changes_nothing(
    post: Post, to: str | None, action: str
) -> None:
    [asking] = post.tacit.rows(
        "SELECT reference FROM deliveries WHERE audience = 'customer'"
    )
    address = to or post.address_of(CUSTOMER)

    item = post.answers(a_bounce(address, asking["reference"], "x@y.example", action))

    assert item.status is InboxStatus.DONE
    assert post.tacit.messages("held") == []
    assert post.tacit.change().notice_out_at is not None
