import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from engine.domain.outcome import RefusalReason
from engine.domain.prompts import (
    Answered,
    AnswerOutcome,
    NoSuchPromptError,
    PromptEnd,
    Via,
)
from tests.support.books import (
    a_customer,
    a_partner,
    a_person,
    a_small_book,
    at,
    with_rows,
)
from tests.support.channels import a_channel_that_is_down
from tests.support.installation import RENEWAL, Installation

LISTED = at("2026-11-01T08:00")
LATER = at("2026-11-02T12:00")
CUSTOMER, PARTNER = "acme.contact", "nord.poc"


@pytest.fixture
def asked(tacit: Installation) -> Installation:
    """The customer was sent the first notice, and the partner a copy of it."""
    tacit.imports(a_small_book(), at("2026-06-01"))
    tacit.passes(LISTED)
    return tacit


@pytest.fixture
def asked_of_partner(tacit: Installation) -> Installation:
    """The partner owns the conversation, and was sent the first notice."""
    rows = with_rows(a_small_book(), a_partner(owns_conversations=True))
    tacit.imports(rows, at("2026-06-01"))
    tacit.passes(LISTED)
    return tacit


@pytest.mark.req("BOT-3")
def test_a_message_that_asks_puts_one_prompt_however_often_it_is_tried(
    tacit: Installation,
) -> None:
    tacit.imports(a_small_book(), at("2026-06-01"))
    tacit.tick(LISTED)
    tacit.relay(LISTED, email=a_channel_that_is_down(1))
    tacit.relay(LISTED + timedelta(minutes=5))

    [prompt] = tacit.prompts()

    assert (prompt.message, prompt.state) == ("renewal_notice", "pending")
    assert prompt.asks == ("accept", "request_cancellation")
    assert prompt.ended is None


@pytest.mark.req("BOT-3")
def test_the_first_valid_answer_is_fired_and_ends_every_question_of_the_change(
    asked: Installation,
) -> None:
    asked.passes(at("2026-12-01T08:00"))
    first, second = asked.prompts()

    found = asked.answers(first, CUSTOMER, "accept", at("2026-12-01T09:00"))

    assert found.outcome is AnswerOutcome.DONE
    assert (found.state, asked.change().state) == ("renewed", "renewed")
    ended = [(one.ended, one.ended_seq) for one in asked.prompts()]
    entry = next(
        number
        for number, one in enumerate(asked.trail(), start=1)
        if one["kind"] == "transition"
    )
    assert ended == [(PromptEnd.ANSWERED, entry), (PromptEnd.MOVED_ON, entry)]
    again = asked.answers(second, CUSTOMER, "accept", at("2026-12-01T09:01"))
    assert again.outcome is AnswerOutcome.REPEATED
    assert asked.flaws() == []


@pytest.mark.req("BOT-5")
def test_the_same_answer_again_changes_nothing_and_says_so(asked: Installation) -> None:
    [prompt] = asked.prompts()
    asked.answers(prompt, CUSTOMER, "accept", LATER)
    before = asked.trail()

    found = asked.answers(prompt, CUSTOMER, "accept", LATER + timedelta(hours=1))

    assert found.outcome is AnswerOutcome.REPEATED
    assert found.settled is not None
    assert (found.settled.by, found.settled.event) == (CUSTOMER, "accept")
    assert found.settled.at == LATER
    assert asked.trail() == before


@pytest.mark.req("BOT-3", "BOT-5")
def test_another_answer_is_told_who_answered_and_when(asked: Installation) -> None:
    [prompt] = asked.prompts()
    asked.fire("request_cancellation", "ops", LATER)

    found = asked.answers(prompt, CUSTOMER, "accept", LATER + timedelta(hours=1))

    assert found.outcome is AnswerOutcome.SETTLED
    assert found.settled is not None
    assert (found.settled.how, found.settled.event, found.settled.by) == (
        PromptEnd.MOVED_ON,
        "request_cancellation",
        "ops",
    )
    assert asked.change().state == "cancellation_requested"


@pytest.mark.req("BOT-5")
def test_who_was_sent_a_copy_for_information_was_not_asked(asked: Installation) -> None:
    [prompt] = asked.prompts()

    with pytest.raises(NoSuchPromptError):
        asked.answers(prompt, PARTNER, "accept", LATER)

    assert asked.change().state == "pending"
    assert asked.rows("SELECT id FROM answers") == []


@pytest.mark.req("BOT-5")
@pytest.mark.parametrize("event", ["withdraw", "take_back", "nonsense"])
def test_what_was_not_asked_cannot_be_answered(asked: Installation, event: str) -> None:
    [prompt] = asked.prompts()

    with pytest.raises(NoSuchPromptError):
        asked.answers(prompt, CUSTOMER, event, LATER)


@pytest.mark.req("BOT-5", "REN-6")
def test_an_answer_that_comes_too_late_is_refused_with_the_reason_and_kept(
    tacit: Installation,
) -> None:
    tacit.imports(a_small_book(automatic_renewal=False), at("2026-06-01"))
    tacit.passes(LISTED)
    [prompt] = tacit.prompts()
    after = at("2027-01-20T12:00")

    found = tacit.answers(prompt, CUSTOMER, "request_cancellation", after)

    assert found.outcome is AnswerOutcome.REFUSED
    assert found.refusal is not None
    assert found.refusal.reason is RefusalReason.TOO_LATE
    [kept] = tacit.rows("SELECT event, outcome, reason FROM answers")
    assert kept == {
        "event": "request_cancellation",
        "outcome": "refused",
        "reason": "too_late",
    }
    assert tacit.kinds()[-1] == "refused"


@pytest.mark.req("BOT-5")
def test_what_they_answered_in_which_words_and_to_which_terms_is_kept(
    asked: Installation,
) -> None:
    [prompt] = asked.prompts()

    asked.answers(
        prompt, CUSTOMER, "accept", LATER, via=Via.MAIL, text="Oui, on renouvelle."
    )

    [kept] = asked.rows("SELECT via, text, terms, seq FROM answers")
    terms = json.loads(kept["terms"])
    assert (kept["via"], kept["text"]) == ("mail", "Oui, on renouvelle.")
    assert (terms["renewal_start"], terms["message"]) == (
        "2027-03-01",
        "renewal_notice",
    )
    assert asked.trail()[kept["seq"] - 1]["name"] == "accept"


@pytest.mark.req("BOT-4", "REN-17")
def test_an_answer_to_terms_that_have_changed_since_is_not_taken(
    asked: Installation,
) -> None:
    [prompt] = asked.prompts()
    asked.edit(LATER).renewal_start(RENEWAL, at("2027-04-01").date())

    found = asked.answers(prompt, CUSTOMER, "accept", LATER + timedelta(hours=1))

    assert found.outcome is AnswerOutcome.CHANGED
    assert asked.change().state == "pending"


@pytest.mark.req("REN-14")
def test_the_open_questions_of_a_former_partner_are_closed(
    asked_of_partner: Installation,
) -> None:
    tacit = asked_of_partner
    [prompt] = tacit.prompts()
    tacit.edit(LATER).association("acme", None)
    tacit.relay(LATER)

    found = tacit.answers(prompt, PARTNER, "accept", LATER + timedelta(hours=1))

    assert found.outcome is AnswerOutcome.NOT_THEIRS
    assert tacit.change().state == "pending"
    first, second = tacit.prompts()
    assert (first.ended, second.ended) == (PromptEnd.WITHDRAWN, None)
    answered = tacit.answers(second, CUSTOMER, "accept", LATER + timedelta(hours=2))
    assert answered.outcome is AnswerOutcome.DONE


@pytest.mark.req("BOT-5")
def test_who_has_left_the_customer_answers_nothing_more(tacit: Installation) -> None:
    others = [a_customer("other"), a_person("other.contact", customer="other")]
    tacit.imports([*a_small_book(), *others], at("2026-06-01"))
    tacit.passes(LISTED)
    [prompt] = tacit.prompts()
    tacit.execute("UPDATE customers SET primary_contact_id = NULL")
    tacit.imports([a_person(CUSTOMER, customer="other")], LATER)

    found = tacit.answers(prompt, CUSTOMER, "accept", LATER)

    assert found.outcome is AnswerOutcome.NOT_THEIRS
    assert tacit.change().state == "pending"


@pytest.mark.req("BOT-3")
def test_of_twenty_answers_at_once_one_is_taken(asked: Installation) -> None:
    [prompt] = asked.prompts()
    together = Barrier(20)

    def press(number: int) -> Answered:
        together.wait()
        event = "accept" if number % 2 else "request_cancellation"
        return asked.answers(prompt, CUSTOMER, event, LATER)

    with ThreadPoolExecutor(20) as pool:
        found = [*pool.map(press, range(20))]

    outcomes = sorted(one.outcome.value for one in found)
    assert outcomes == ["done"] + ["repeated"] * 9 + ["settled"] * 10
    done = next(one for one in found if one.outcome is AnswerOutcome.DONE)
    assert asked.change().state == done.state
    assert asked.kinds().count("transition") == 1
    assert asked.flaws() == []


@pytest.mark.req("BOT-5", "REN-4")
def test_an_answer_at_the_moment_of_the_tacit_renewal_comes_before_or_after_it(
    asked: Installation,
) -> None:
    asked.runs(at("2026-12-01T08:00"), at("2027-01-10"))
    prompt = asked.prompts()[-1]
    silence = at("2027-01-15T23:00")  # midnight of the 16th in Paris

    before = asked.answers(
        prompt, CUSTOMER, "request_cancellation", silence - timedelta(seconds=1)
    )
    asked.passes(silence)

    assert before.outcome is AnswerOutcome.DONE
    assert asked.change().state == "cancellation_requested"


@pytest.mark.req("BOT-5", "REN-4")
def test_an_answer_just_after_the_tacit_renewal_is_refused_even_before_its_tick(
    asked: Installation,
) -> None:
    asked.runs(at("2026-12-01T08:00"), at("2027-01-10"))
    prompt = asked.prompts()[-1]
    silence = at("2027-01-15T23:00")

    after = asked.answers(prompt, CUSTOMER, "request_cancellation", silence)
    asked.passes(silence)

    assert after.outcome is AnswerOutcome.REFUSED
    assert asked.change().state == "renewed"
    late = asked.answers(prompt, CUSTOMER, "accept", silence + timedelta(hours=1))
    assert late.settled is not None
    assert (late.settled.event, late.settled.by_name) == ("silence", None)
