"""Answers by mail: proven, read, done once, and written back to in their thread."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from engine.domain.inbox import InboxStatus
from engine.domain.mail_in import Doubt
from engine.domain.prompts import AnswerOutcome, PromptEnd
from engine.domain.tokens import Addressed, Purpose, address_with, sign
from tests.support.books import a_partner, a_person, at
from tests.support.installation import RENEWAL, Installation
from tests.support.mails import (
    AWAY,
    CANCEL,
    REPLIES_TO,
    YES,
    Post,
    a_mail,
    asked_by_mail,
)

LISTED = at("2026-11-01T08:00")
LATER = at("2026-11-02T12:00")
CUSTOMER, PARTNER = "acme.contact", "nord.poc"


@pytest.mark.req("BOT-3")
def test_each_question_has_a_reply_address_of_its_own_and_a_copy_has_none(
    post: Post,
) -> None:
    [asking] = post.letters_to(CUSTOMER)
    [copy] = post.letters_to(PARTNER)

    assert asking.reply_to is not None
    assert asking.reply_to.startswith("replies+")
    assert copy.reply_to is None
    assert "reply to this message" in asking.rendered.text


@pytest.mark.req("BOT-3", "BOT-5")
def test_a_proven_answer_is_done_and_its_words_are_kept(post: Post) -> None:
    item = post.answers(a_mail(post.address_of(CUSTOMER), YES), LATER)

    assert (item.status, item.reason) == (InboxStatus.DONE, "done")
    assert post.tacit.change().state == "renewed"
    [prompt] = post.tacit.prompts()
    assert prompt.ended is PromptEnd.ANSWERED
    [kept] = post.tacit.rows("SELECT via, event, outcome, text, inbox_id FROM answers")
    assert kept["inbox_id"] == item.id
    assert (kept["via"], kept["event"], kept["text"].strip()) == (
        "mail",
        "accept",
        YES,
    )


@pytest.mark.req("BOT-5")
def test_who_is_told_of_it_by_the_rules_is_not_told_twice(post: Post) -> None:
    post.answers(a_mail(post.address_of(CUSTOMER), YES), LATER)

    assert post.tacit.told_to(CUSTOMER) == ["renewal_notice", "renewal_done"]


@pytest.mark.req("BOT-5")
def test_who_is_not_told_by_the_rules_gets_an_acknowledgement_in_their_thread(
    post: Post,
) -> None:
    post.tacit.edit(LATER).owner_of_change(RENEWAL, "partner")
    mail = a_mail(post.address_of(CUSTOMER), YES, answers="<ours@vendor.example>")

    post.answers(mail, LATER)

    # The partner speaks with the customer now, and hears of the step by the rules.
    last = post.letters_to(CUSTOMER)[-1]
    assert post.tacit.told_to(CUSTOMER)[-1] == "answer_noted"
    assert last.thread == "<ours@vendor.example> <1.mail@example.com>"
    assert "Accept the new conditions" in last.rendered.text


@pytest.mark.req("BOT-5")
@pytest.mark.parametrize("door_times", [10])
def test_the_same_mail_however_often_it_comes_does_and_says_one_thing(
    post: Post, door_times: int
) -> None:
    mail = a_mail(post.address_of(CUSTOMER), "perhaps")
    traced = b"Received: from a by b; Mon, 2 Nov 2026 12:00:01 +0000\r\n" + mail
    marked = b"X-Spam-Score: 0\r\n" + mail.replace(b"\r\n", b"\n")

    new = [post.comes(one, LATER) for one in [mail, traced, marked] * door_times]
    done = post.works(LATER)

    assert new == [True] + [False] * (3 * door_times - 1)
    assert done == {"done": 1}
    assert post.tacit.told_to(CUSTOMER) == ["renewal_notice", "ask_again"]


@pytest.mark.req("BOT-5")
def test_another_mail_of_the_same_message_id_is_another_mail(post: Post) -> None:
    to = post.address_of(CUSTOMER)

    post.answers(a_mail(to, CANCEL, "mallory@evil.example", proven=False), LATER)
    item = post.answers(a_mail(to, YES), LATER)

    assert item.status is InboxStatus.DONE
    assert post.tacit.change().state == "renewed"


@pytest.mark.req("BOT-5")
def test_what_is_not_proven_waits_for_a_person_and_nobody_is_written_to(
    post: Post,
) -> None:
    to = post.address_of(CUSTOMER)
    token = to.removeprefix("replies+").partition("@")[0]
    others = sign([b"somebody else's"], Purpose.MAIL, Addressed(1, 1))
    link = sign(post._keys(), Purpose.LINK, Addressed(1, 2))
    mails = {
        a_mail(REPLIES_TO, YES): Doubt.NO_ADDRESS,
        a_mail(to.replace("replies", "others"), YES): Doubt.NO_ADDRESS,
        a_mail(address_with(REPLIES_TO, token[:-1] + "a"), YES): (
            Doubt.CHANGED_ADDRESS
        ),
        a_mail(address_with(REPLIES_TO, others), YES): Doubt.CHANGED_ADDRESS,
        a_mail(address_with(REPLIES_TO, link), YES): Doubt.CHANGED_ADDRESS,
        a_mail(
            to, YES, headers={"Cc": address_with(REPLIES_TO, "1.1.x")}
        ): Doubt.TWO_QUESTIONS,
        a_mail(to, YES, "nord.poc@example.com"): Doubt.OTHER_SENDER,
        a_mail(to, YES, "acme.contact@example.com.evil.example"): (Doubt.OTHER_SENDER),
        a_mail(to, YES, number=2, proven=False): Doubt.UNPROVEN,
    }
    if token.endswith("a"):
        mails.pop(a_mail(address_with(REPLIES_TO, token[:-1] + "a"), YES))

    found = {mail: post.answers(mail, LATER) for mail in mails}

    assert {mail: one.reason for mail, one in found.items()} == mails
    assert {one.status for one in found.values()} == {InboxStatus.WAITING}
    assert post.tacit.change().state == "pending"
    assert post.tacit.told_to(CUSTOMER) == ["renewal_notice"]
    assert post.outcomes() == []


@pytest.mark.req("BOT-4")
def test_what_is_not_understood_is_asked_again_with_the_answers(post: Post) -> None:
    post.answers(a_mail(post.address_of(CUSTOMER), "perhaps"), LATER)

    assert post.outcomes() == [AnswerOutcome.ASK_AGAIN]
    again = post.letters_to(CUSTOMER)[-1]
    assert again.reply_to == post.address_of(CUSTOMER)
    assert "Ask to cancel" in again.rendered.text
    answer = a_mail(post.address_of(CUSTOMER), YES, number=2)
    post.answers(answer, LATER + timedelta(hours=1))
    assert post.tacit.change().state == "renewed"


@pytest.mark.req("BOT-4")
def test_what_only_a_person_can_read_is_handed_to_one_and_both_are_told(
    post: Post,
) -> None:
    item = post.answers(
        a_mail(post.address_of(CUSTOMER), "What if the price goes up?"), LATER
    )

    assert (item.status, item.reason) == (InboxStatus.WAITING, Doubt.TO_READ)
    assert post.tacit.told_to(CUSTOMER)[-1] == "handed_to_person"
    assert post.tacit.told_to("ops") == ["reply_to_read"]
    [to_read] = post.letters_to("ops")
    assert "What if the price goes up?" in to_read.rendered.text
    assert f"tacit inbox answer {item.id}" in to_read.rendered.text
    # What operations answer to that is for a person.
    assert to_read.reply_to is None
    assert post.tacit.change().state == "pending"


@pytest.mark.req("BOT-4")
def test_an_empty_answer_decides_nothing_and_is_not_answered(post: Post) -> None:
    item = post.answers(a_mail(post.address_of(CUSTOMER), " "), LATER)

    assert (item.status, item.reason) == (InboxStatus.DONE, "ignored")
    assert post.tacit.told_to(CUSTOMER) == ["renewal_notice"]


@pytest.mark.req("BOT-5")
def test_who_answers_otherwise_than_somebody_before_is_told_who_and_what_can_be_done(
    post: Post,
) -> None:
    post.tacit.fire("request_cancellation", "ops", LATER)

    post.answers(a_mail(post.address_of(CUSTOMER), YES), LATER)

    assert post.outcomes() == [AnswerOutcome.SETTLED]
    last = post.letters_to(CUSTOMER)[-1].rendered.text
    assert "Ask to cancel, by Ops, on 2 November 2026" in last
    assert "Withdraw the cancellation" in last
    assert post.tacit.change().state == "cancellation_requested"


@pytest.mark.req("BOT-5")
def test_the_same_answer_in_another_mail_changes_nothing_and_says_so(
    post: Post,
) -> None:
    to = post.address_of(CUSTOMER)
    post.answers(a_mail(to, YES), LATER)

    post.answers(a_mail(to, YES, number=2), LATER + timedelta(hours=1))

    assert post.outcomes() == [AnswerOutcome.DONE, AnswerOutcome.REPEATED]
    assert "Nothing has changed" in post.letters_to(CUSTOMER)[-1].rendered.text


@pytest.mark.req("BOT-5", "REN-17")
def test_an_answer_to_terms_that_have_changed_is_asked_again_with_the_new_ones(
    post: Post,
) -> None:
    to = post.address_of(CUSTOMER)
    post.tacit.edit(LATER).renewal_start(RENEWAL, at("2027-04-01").date())

    post.answers(a_mail(to, YES), LATER)

    assert post.outcomes() == [AnswerOutcome.CHANGED]
    again = post.letters_to(CUSTOMER)[-1].rendered.text
    assert "The terms have changed" in again
    assert "1 April 2027" in again
    assert post.tacit.change().state == "pending"
    post.answers(
        a_mail(post.address_of(CUSTOMER), YES, number=2), LATER + timedelta(hours=1)
    )
    assert post.tacit.change().state == "renewed"


@pytest.mark.req("BOT-5", "REN-6")
def test_an_answer_that_comes_too_late_says_why(tacit: Installation) -> None:
    post = asked_by_mail(tacit, LISTED, automatic_renewal=False)
    to = post.address_of(CUSTOMER)

    post.answers(a_mail(to, CANCEL), at("2027-01-20T12:00"))

    assert post.outcomes() == [AnswerOutcome.REFUSED]
    last = post.letters_to(CUSTOMER)[-1].rendered.text
    assert "too late" in last
    assert "15 January 2027" in last


@pytest.mark.req("REN-14", "BOT-5")
def test_a_former_partner_decides_nothing_and_is_told_nothing(
    tacit: Installation,
) -> None:
    post = asked_by_mail(tacit, LISTED, a_partner(owns_conversations=True))
    to = post.address_of(PARTNER)
    tacit.edit(LATER).association("acme", None)
    before = tacit.told_to(PARTNER)

    item = post.answers(a_mail(to, YES, "nord.poc@example.com"), LATER)

    assert (item.status, item.reason) == (InboxStatus.WAITING, Doubt.NO_PART)
    assert tacit.change().state == "pending"
    assert tacit.told_to(PARTNER) == before


@pytest.mark.req("BOT-4")
def test_whoever_answers_again_and_again_without_end_is_not_answered_for_ever(
    post: Post,
) -> None:
    """A program that looks like a person would else be written to for ever."""
    for number in range(20):
        to = post.address_of(CUSTOMER)
        post.answers(a_mail(to, "I am a robot", number=number), LATER)

    written = post.tacit.told_to(CUSTOMER)[1:]
    assert written == ["ask_again"] * 3
    assert post.tacit.told_to("ops") == ["reply_to_read"]
    waiting = [one for one in post.items() if one.status is InboxStatus.WAITING]
    assert len(waiting) == 17


@pytest.mark.req("BOT-4")
@pytest.mark.parametrize("headers", [AWAY, {"List-Id": "<news.example.com>"}])
def test_what_a_program_writes_is_recorded_and_never_decides_or_is_answered(
    post: Post, headers: dict[str, str]
) -> None:
    item = post.answers(a_mail(post.address_of(CUSTOMER), YES, headers=headers), LATER)

    assert item.status is InboxStatus.DONE
    assert post.tacit.change().state == "pending"
    assert post.tacit.told_to(CUSTOMER) == ["renewal_notice"]


@pytest.mark.req("BOT-4")
def test_an_absence_is_kept_with_the_question(post: Post) -> None:
    away = a_mail(post.address_of(CUSTOMER), "I am away.", headers=AWAY)

    post.answers(away, LATER)

    [kept] = post.tacit.rows("SELECT outcome, reason, text FROM answers")
    assert (kept["outcome"], kept["reason"]) == ("ignored", "away")
    assert "I am away." in kept["text"]


@pytest.mark.req("BOT-4")
@pytest.mark.parametrize(
    "words",
    ["I am away, write to zoe@example.com.", "En mon absence : Zoé Durand-Marín."],
)
def test_a_delegate_at_the_same_organisation_is_asked_once_and_can_answer(
    tacit: Installation, words: str
) -> None:
    zoe = a_person(
        "zoe", customer="acme", name="Zoé Durand-Marín", email="zoe@example.com",
        roles=("customer_owner",),
    )  # fmt: skip
    post = asked_by_mail(tacit, LISTED, zoe)
    to = post.address_of(CUSTOMER)
    for number in range(3):
        post.answers(a_mail(to, words, number=number, headers=AWAY), LATER)

    assert tacit.told_to("zoe") == ["renewal_notice"]
    answer = a_mail(post.address_of("zoe"), YES, "zoe@example.com", number=9)
    item = post.answers(answer, LATER + timedelta(hours=1))

    assert (item.status, item.reason) == (InboxStatus.DONE, "done")
    assert tacit.change().state == "renewed"
    assert tacit.flaws() == []


@pytest.mark.req("BOT-5", "BOT-4")
@pytest.mark.parametrize(
    "words",
    ["Write to zoe@example.com", "Write to ops@example.com", "Zoe Elsewhere is here"],
)
def test_a_delegate_of_another_organisation_is_not_asked(
    tacit: Installation, words: str
) -> None:
    zoe = a_person("zoe", partner="nord", name="Zoe Elsewhere", email="zoe@example.com")
    post = asked_by_mail(tacit, LISTED, zoe)
    away = a_mail(post.address_of(CUSTOMER), words, headers=AWAY)

    post.answers(away, LATER)

    assert tacit.told_to("zoe") == tacit.told_to("ops") == []


@pytest.mark.req("BOT-3", "BOT-5")
def test_of_two_who_answer_at_once_one_is_taken_and_the_other_is_told(
    post: Post,
) -> None:
    to = post.address_of(CUSTOMER)
    for number, word in enumerate([YES, CANCEL] * 5):
        post.comes(a_mail(to, word, number=number), LATER)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: post.works(LATER), range(2)))
    post.relay(LATER)

    found = sorted(one.value for one in post.outcomes())
    assert found.count("done") == 1
    assert len(found) == 10
    assert post.tacit.kinds().count("transition") == 1
