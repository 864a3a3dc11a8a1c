import re
from pathlib import Path

import pytest

from engine.domain.letters import Audience
from notifiers.filters import FILTERS
from notifiers.rendering import Templates
from notifiers.template_files import SHIPPED_TEMPLATES
from notifiers.values import NAMES
from notifiers.wording import Wording

TOLD = {Audience.CUSTOMER, Audience.PARTNER, Audience.COPY}
ANSWERERS = {Audience.CUSTOMER, Audience.PARTNER, Audience.OPERATIONS}
WANTED = {
    "renewal_notice": TOLD,
    "last_call": TOLD,
    "renewal_done": TOLD,
    "cancellation_noted": TOLD | {Audience.OPERATIONS},
    "cancellation_withdrawn": TOLD | {Audience.OPERATIONS},
    "acceptance_taken_back": TOLD | {Audience.OPERATIONS},
    "will_not_renew": {Audience.OPERATIONS},
    "held_without_notice": {Audience.OPERATIONS},
    "contract_ended": {Audience.OPERATIONS},
    "tier_upgrade_notice": TOLD,
    "tier_upgrade_confirmed": TOLD,
    "contacts_near_limit": TOLD,
    "email_overage_notice": TOLD,
    "email_overage_confirmed": TOLD,
    "emails_near_limit": TOLD,
    "overdue": {Audience.OPERATIONS},
    "undeliverable": {Audience.OPERATIONS},
    "answer_noted": ANSWERERS,
    "answer_refused": ANSWERERS,
    "answer_settled": ANSWERERS,
    "ask_again": ANSWERERS,
    "handed_to_person": ANSWERERS,
    "reply_to_read": {Audience.OPERATIONS},
}
FRENCH = sorted(SHIPPED_TEMPLATES.glob("*/*.fr.md"))
MANUAL = Path(__file__).parents[2] / "docs" / "messages.md"


@pytest.mark.req("REN-10", "BOT-1")
def test_every_message_is_written_for_those_who_read_it() -> None:
    templates = Templates()

    found = {name: set(templates.audiences(name)) for name in templates.messages()}

    assert found == WANTED


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_message_has_a_name_in_words(language: str) -> None:
    wording = Wording(language)

    for message in WANTED:
        assert wording.label("messages", message)


@pytest.mark.parametrize(
    "file", FRENCH, ids=lambda file: f"{file.parent.name}/{file.name}"
)
def test_french_is_set_as_french_is(file: Path) -> None:
    prose = re.sub(
        r"\{[{%].*?[%}]\}|^(Subject|Preview):|\]\([^)]*\)",
        "",
        file.read_text(),
        flags=re.M,
    )

    assert "'" not in prose
    assert not re.search(r"(?<![\u00a0\u202f])[;!?:](?=\s|$)", prose, flags=re.M)


def test_both_languages_use_the_same_names() -> None:
    for file in FRENCH:
        english = file.with_name(file.name.replace(".fr.", ".en."))
        used = [
            set(re.findall(r"\{[{%][^}]*[%}]\}", one.read_text()))
            for one in (file, english)
        ]

        names = [
            {name for code in codes for name in re.findall(r"\w+", code)} & NAMES.keys()
            for codes in used
        ]
        assert names[0] == names[1], file


@pytest.mark.parametrize("name", [*NAMES, *FILTERS, *Audience, *WANTED])
def test_the_manual_lists_it(name: str) -> None:
    assert f"`{name}`" in MANUAL.read_text(encoding="utf-8")
