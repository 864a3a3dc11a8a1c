"""What people write, and what comes of it: rather nothing than the wrong thing."""

from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain.replies import Reading, Verdict, Vocabulary, understand

RENEWAL: Final = ("accept", "request_cancellation")
CANCELLED: Final = ("withdraw",)
RENEWED: Final = ("take_back", "request_cancellation")

Shipped = tuple[Vocabulary, ...]


def read(
    shipped: Shipped, text: str, asks: tuple[str, ...] = RENEWAL, language: str = "en"
) -> Reading:
    return understand(shipped, text, asks, language)


@pytest.mark.req("BOT-4")
@pytest.mark.parametrize(
    ("text", "event"),
    [
        ("We won't renew.", "request_cancellation"),
        ("Ne renouvelez pas.", "request_cancellation"),
        ("on renouvelle pas", "request_cancellation"),
        ("Pas de souci, on renouvelle", "accept"),
        ("No problem, go ahead", "accept"),
        ("We do not want to cancel, please renew.", "accept"),
        ("Why not, please renew.", "accept"),
        ("We can't wait to renew!", "accept"),
    ],
)
def test_a_negation_turns_what_it_stands_with_and_nothing_else(
    shipped: Shipped, text: str, event: str
) -> None:
    assert read(shipped, text).event == event


def test_not_to_cancel_is_no_acceptance(shipped: Shipped) -> None:
    assert read(shipped, "We are not going to cancel.").verdict is Verdict.ASK_AGAIN


def test_not_to_cancel_any_more_withdraws_a_cancellation(shipped: Shipped) -> None:
    text = "We don't want to cancel any more."

    assert read(shipped, text, CANCELLED).event == "withdraw"


@pytest.mark.req("BOT-4")
@pytest.mark.parametrize(
    "text",
    [
        "They did not say that they want to cancel.",
        "Nobody wants to cancel here.",
        "We never asked you to not cancel.",
        "Je ne dis pas que je résilie.",
    ],
)
def test_a_negation_of_something_else_decides_nothing(
    shipped: Shipped, text: str
) -> None:
    assert read(shipped, text).event is None
    assert read(shipped, text, CANCELLED).event is None


@pytest.mark.parametrize(
    ("text", "event"),
    [
        ("Please renew. Actually, cancel it.", "request_cancellation"),
        ("Renouvelez. Finalement, résiliez.", "request_cancellation"),
        ("Please cancel. On second thought, renew it.", "accept"),
    ],
)
def test_after_a_change_of_mind_the_last_word_counts(
    shipped: Shipped, text: str, event: str
) -> None:
    assert read(shipped, text).event == event


@pytest.mark.parametrize(
    "text",
    [
        "oui, mais en fait non",
        "Please renew. Please cancel.",
        "Renew. Actually, cancel. Actually, renew.",
        "Renouvelez et résiliez.",
    ],
)
def test_where_two_things_are_said_nothing_is_done(shipped: Shipped, text: str) -> None:
    assert read(shipped, text).event is None


@pytest.mark.parametrize(
    "text",
    [
        "OK if the price stays",
        "Renew, provided that we get two more seats.",
        "D'accord à condition que le prix ne bouge pas.",
        "Oui, sauf si le prix augmente.",
        "We accept, but the price is not the one we agreed on.",
        "Yes, once our lawyer has read it.",
    ],
)
def test_a_condition_goes_to_a_person(shipped: Shipped, text: str) -> None:
    assert read(shipped, text).verdict is Verdict.PERSON


@pytest.mark.parametrize(
    "text",
    ["Can we still cancel?", "how much would it be", "Peut-on encore résilier ?"],
)
def test_a_question_goes_to_a_person(shipped: Shipped, text: str) -> None:
    assert read(shipped, text).verdict is Verdict.PERSON


@pytest.mark.parametrize(
    "text",
    ["Could you please cancel our contract?", "Pouvez-vous résilier notre contrat ?"],
)
def test_a_request_put_politely_is_no_question(shipped: Shipped, text: str) -> None:
    assert read(shipped, text).event == "request_cancellation"


@pytest.mark.parametrize(
    "text", ["Yes", "oui", "OK", "No.", "non", "👍", "Sounds good"]
)
def test_a_bare_yes_or_no_to_several_choices_is_asked_again(
    shipped: Shipped, text: str
) -> None:
    reading = read(shipped, text)

    assert reading.verdict is Verdict.ASK_AGAIN
    assert "could mean any" in reading.why


@pytest.mark.parametrize(
    "text",
    [
        "Call me on the 3rd",
        "Cancel on 15 March.",
        "We will renew in June.",
        "Résiliez le contrat au 15 mars.",
        "Renew for three years.",
        "Renew for 5,000 contacts.",
        "We'd renew for half the price.",
    ],
)
def test_another_date_or_number_is_never_taken_along(
    shipped: Shipped, text: str
) -> None:
    assert read(shipped, text).event is None


@pytest.mark.parametrize(
    ("text", "event"),
    [
        ("yes pleas renwe the contract", "accept"),
        ("pls dont renew thx", "request_cancellation"),
        ("on veux résillier le contra", "request_cancellation"),
        ("oui on renouvele merçi", "accept"),
        ("CANCEL", "request_cancellation"),
        ("merci de resilier", "request_cancellation"),
        ("we want to contineu, please renew", "accept"),
    ],
)
def test_slips_missing_accents_and_short_spellings_do_no_harm(
    shipped: Shipped, text: str, event: str
) -> None:
    assert read(shipped, text).event == event


@pytest.mark.parametrize(
    "text", ["Please review the contract.", "We want to review it.", "Rebew cancwl ok"]
)
def test_a_slip_never_chooses_between_meanings(shipped: Shipped, text: str) -> None:
    assert read(shipped, text).event is None


@pytest.mark.parametrize(
    "text",
    [
        "Please cancel the invoice.",
        "Cancel our meeting tomorrow please.",
        "We accept your apology.",
        "Annulez notre rendez-vous.",
        "Nous restons en contact.",
        "Please continue to send invoices by mail.",
        "I am leaving the company.",
    ],
)
def test_the_same_words_about_something_else_decide_nothing(
    shipped: Shipped, text: str
) -> None:
    for asks in (RENEWAL, CANCELLED, RENEWED):
        assert read(shipped, text, asks).event is None


def test_what_stands_unknown_beside_an_answer_is_asked_about(shipped: Shipped) -> None:
    reading = read(shipped, "Please renew the frobnicator.")

    assert reading.verdict is Verdict.ASK_AGAIN
    assert "frobnicator" in reading.why


def test_an_answer_that_is_not_open_is_asked_again(shipped: Shipped) -> None:
    assert read(shipped, "We accept.", CANCELLED).verdict is Verdict.ASK_AGAIN


def test_staying_means_what_is_open(shipped: Shipped) -> None:
    assert read(shipped, "We are staying.", CANCELLED).event == "withdraw"
    assert read(shipped, "We are staying.", RENEWAL).event == "accept"
    assert read(shipped, "We are staying.", RENEWED).event is None


def test_each_sentence_is_read_in_its_own_language(shipped: Shipped) -> None:
    text = "Please renew. Sous réserve de l'accord de notre avocat."

    assert read(shipped, text).verdict is Verdict.PERSON


def test_a_text_that_answers_for_several_goes_to_a_person(shipped: Shipped) -> None:
    text = "For Acme: please renew. For Globex: please renew."

    assert read(shipped, text).verdict is Verdict.PERSON


def test_nothing_said_is_ignored(shipped: Shipped) -> None:
    assert read(shipped, " \n ").verdict is Verdict.IGNORED


def test_the_steps_say_what_was_found_where(shipped: Shipped) -> None:
    reading = read(shipped, "Hello. We won't renew.")

    assert ("We won't renew.", '"renew" is negated: read as refuse') in [
        (step.sentence, step.found) for step in reading.steps
    ]


def test_a_text_without_end_is_a_persons(shipped: Shipped) -> None:
    text = "Please renew. " + "And so on. " * 3_000

    assert read(shipped, text).verdict is Verdict.PERSON


@settings(deadline=None, max_examples=150)
@given(st.text(max_size=400))
def test_any_text_comes_to_a_verdict(shipped: Shipped, text: str) -> None:
    reading = read(shipped, text)

    assert (reading.event is not None) == (reading.verdict is Verdict.EVENT)


@settings(deadline=None, max_examples=150)
@given(
    st.lists(
        st.sampled_from(
            [
                "we",
                "not",
                "renew",
                "cancel",
                "if",
                "yes",
                "no",
                "?",
                ".",
                ",",
                "but",
                "please",
                "accept",
                "the",
                "want",
                "to",
                "ne",
                "pas",
                "résilie",
                "renouvelez",
                "mais",
                "oui",
                "non",
                "for",
                "Acme",
                "12",
                "actually",
                "finalement",
            ]
        ),
        max_size=40,
    )
)
def test_only_what_is_open_is_ever_said(shipped: Shipped, words: list[str]) -> None:
    for asks in (RENEWAL, CANCELLED, RENEWED, ()):
        assert read(shipped, " ".join(words), asks).event in {None, *asks}
