"""Every shipped message, for every reader, in whatever situation it may leave."""

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest

from engine.domain.letters import Audience, LetterRequest
from notifiers.rendering import Templates
from notifiers.values import example_values
from notifiers.wording import Wording

SHIPPED: Final = Templates()
KINDS: Final = ("renewal", "contact_tier_upgrade", "email_overage")
SITUATIONS: Final[dict[str, dict[str, Any]]] = {
    "as in the examples": {},
    "automatic renewal is off": {"automatic_renewal": False},
    "nothing can be answered": {"asks": (), "answer_by": None, "days_left": 0},
    "nothing can be answered, automatic renewal is off": {
        "asks": (),
        "answer_by": None,
        "days_left": 0,
        "automatic_renewal": False,
    },
    "no last day is set": {"answer_by": None},
    "held for a person": {"is_held": True},
    "no price": {"mrr_minor": None, "new_mrr_minor": None, "currency": None},
    "the same price": {"mrr_minor": 72_000, "new_mrr_minor": 72_000},
    "no partner": {"partner_name": None},
    "no contact": {"contact_name": None, "contact_email": None},
    "a contact without an address": {"contact_email": None},
    "nobody did it": {"actor_name": None, "actor_role": None, "actor_company": None},
    "above the largest tier": {"new_contact_limit": None},
    "a reason of somebody else's": {"reason_code": None},
    "no reason": {"reason": None, "reason_code": None},
}
#: What is written back to whoever answers.
ANSWERS: Final = (
    "answer_noted", "answer_refused", "answer_settled", "ask_again",
    "handed_to_person", "reply_to_read",
)  # fmt: skip
CODES: Final = {
    code
    for section in ("types", "states", "events", "messages", "roles", "reasons")
    for code in Wording("en").section(section)
    if "_" in code
}


def letters(language: str, **changes: Any) -> Iterator[tuple[str, str]]:
    """Where from, and the whole text of every message for every kind of change."""
    for message in sorted(SHIPPED.messages()):
        for audience in SHIPPED.audiences(message):
            for kind in KINDS:
                values = example_values(**{"type": kind, **changes})
                request = LetterRequest(message, audience, language, values)
                rendered = SHIPPED.render(request)
                where = f"{message}/{audience}.{language} of {kind}"
                yield where, f"{rendered.subject}\n\n{rendered.text}"


def prose(text: str) -> str:
    """The text without commands and addresses, which have spellings of their own."""
    return re.sub(
        r"tacit (fire|inbox|set contact|show|release|import)( \S+)+|\S+@\S+", "", text
    )


every_situation = pytest.mark.parametrize(
    "changes", SITUATIONS.values(), ids=SITUATIONS.keys()
)
both_languages = pytest.mark.parametrize("language", ["en", "fr"])


@pytest.mark.req("BOT-1")
@every_situation
@both_languages
def test_a_letter_is_whole_whatever_is_missing(
    language: str, changes: dict[str, Any]
) -> None:
    for where, text in letters(language, **changes):
        assert "None" not in text, where
        assert not re.search(r"\S  \S| [.,]|\(\)|: *\n\n\S+ *$", text), where
        assert [code for code in CODES if code in prose(text)] == [], where


@pytest.mark.req("BOT-1")
@every_situation
def test_french_is_spelt_as_french_is(changes: dict[str, Any]) -> None:
    for where, text in letters("fr", **changes):
        said = prose(text)
        assert "'" not in said, where
        assert not re.search(r"(?<![\u00a0\u202f])[:;!?»](?=\s|$)", said), where
        assert not re.search("«(?!\u00a0)", said), where


@pytest.mark.req("REN-6", "REN-7")
@both_languages
def test_no_day_is_named_for_an_answer_that_is_not_possible(language: str) -> None:
    past = {"asks": (), "answer_by": None, "days_left": 0}
    day = {"en": "15 January 2027", "fr": "15\u00a0janvier\u00a02027"}[language]

    named = {
        where.split("/")[0] for where, text in letters(language, **past) if day in text
    }

    # Operations are told when the deadline was, and who is too late why.
    assert named - {"answer_refused"} == {"will_not_renew", "reply_to_read"}


@pytest.mark.req("REN-10")
@both_languages
def test_what_asks_nothing_offers_no_answer(language: str) -> None:
    labels = Wording(language).section("events").values()

    for where, text in letters(language, asks=()):
        if where.startswith(ANSWERS):
            continue  # They name the answer that was given.
        assert [label for label in labels if label in text] == [], where


@pytest.mark.req("RULE-10")
@both_languages
def test_a_held_renewal_is_not_said_to_renew_by_itself(language: str) -> None:
    promise = {"en": "renews by itself", "fr": "se renouvelle de lui-même"}[language]

    for where, text in letters(language, is_held=True):
        assert promise not in text, where


@pytest.mark.req("REN-5")
@both_languages
def test_only_a_renewal_names_a_price_to_come(language: str) -> None:
    price = {"en": "1,320.00", "fr": "1\u202f320,00"}[language]

    named = {where.split("/")[0] for where, text in letters(language) if price in text}

    assert named == {"renewal_notice", "last_call", "renewal_done"}


@pytest.mark.req("REN-16")
@both_languages
def test_an_overage_never_promises_a_higher_limit(language: str) -> None:
    promise = {"en": r"higher limit|raise|new email limit", "fr": r"relev|plus haute"}

    for where, text in letters(language):
        if where.startswith("email"):
            assert not re.search(promise[language], text), where


@pytest.mark.req("REN-16")
@both_languages
def test_usage_is_told_with_its_month(language: str) -> None:
    month = {"en": "February 2027", "fr": "février\u00a02027"}[language]

    for where, text in letters(language):
        if where.startswith(("email_overage_notice", "emails_near_limit")):
            assert month in text, where


@pytest.mark.req("REN-10")
@both_languages
def test_a_letter_that_follows_an_act_names_who_did_it_and_for_whom(
    language: str,
) -> None:
    acts = ("cancellation_", "acceptance_", "tier_upgrade_confirmed", "email_overage_c")
    ops = {
        "actor_name": "Ana Ops",
        "actor_role": "vendor_operations",
        "actor_company": "Solaris Software",
    }

    for where, text in letters(language, **ops):
        if where.startswith(acts):
            assert "Ana Ops (Solaris Software)" in text, where


@pytest.mark.req("REN-10")
@both_languages
def test_a_partner_is_told_whom_to_speak_with(language: str) -> None:
    for where, text in letters(language):
        if f"/{Audience.PARTNER}." in where and not where.startswith(ANSWERS):
            assert "Inès Marchand (ines@marchand.example)" in text, where


@pytest.mark.req("REN-18")
@both_languages
@pytest.mark.parametrize("audience", [Audience.OPERATIONS])
def test_operations_are_given_the_command_that_helps(
    language: str, audience: Audience
) -> None:
    for where, text in letters(language):
        if f"/{audience}." in where:
            assert "tacit show K-1042.R20270301" in text, where


@pytest.mark.req("REN-18")
@pytest.mark.parametrize(
    ("code", "language", "said"),
    [
        ("no_primary_contact", "en", "Reason: the customer has no primary contact"),
        ("no_primary_contact", "fr", "le client n’a pas de contact principal"),
        (None, "en", "Reason: “550 unknown user”"),
        (None, "fr", "«\u00a0550 unknown user\u00a0»"),
    ],
)
def test_a_reason_of_ours_is_in_the_readers_language_and_a_servers_is_quoted(
    code: str | None, language: str, said: str
) -> None:
    values = example_values(reason="550 unknown user", reason_code=code)
    request = LetterRequest("undeliverable", Audience.OPERATIONS, language, values)

    rendered = SHIPPED.render(request)

    assert said in rendered.text
    assert "tacit set contact marchand " in rendered.text


@pytest.mark.parametrize("audience", [Audience.CUSTOMER, Audience.PARTNER])
def test_a_price_that_stays_is_not_compared_with_itself(audience: Audience) -> None:
    values = example_values(mrr_minor=72_000, new_mrr_minor=72_000)

    rendered = SHIPPED.render(LetterRequest("renewal_notice", audience, "en", values))

    assert "stay at €720.00 a month" in rendered.text
    assert "today" not in rendered.text
