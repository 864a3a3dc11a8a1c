"""`/tacit`: what is upcoming, one change, and the rules' events by name."""

from typing import Any

import pytest

from tests.fakes import slack_payloads as slack
from tests.slack.conftest import CUSTOMER, LATER, Workspace
from tests.support.books import a_contract, a_customer, a_person, at

RENEWAL = "K-1.R20270301"


def said(workspace: Workspace, text: str, user: str = "U1") -> str:
    [whisper] = workspace.hears(slack.a_command(text, user))
    assert whisper["response_type"] == "ephemeral"
    texts = [one["text"]["text"] for one in whisper["blocks"] if "text" in one]
    return "\n".join(texts)


def pressable(whisper: dict[str, Any]) -> list[str]:
    return [
        button["value"]
        for block in whisper["blocks"]
        if block["type"] == "actions"
        for button in block["elements"]
    ]


@pytest.mark.req("BOT-3")
@pytest.mark.parametrize("text", ["my renewals", "MES RENOUVELLEMENTS", "list"])
def test_my_renewals_are_those_that_one_may_see(linked: Workspace, text: str) -> None:
    others = [
        a_customer("other"),
        a_person("other.contact", customer="other"),
        a_contract("K-2", customer="other"),
    ]
    linked.book.imports(others, LATER)

    answer = said(linked, text)

    assert "*Acme* · renewal · awaiting an answer · deadline 15 January 2027" in answer
    assert RENEWAL in answer
    assert "K-2" not in answer
    assert "Other" not in answer


@pytest.mark.req("BOT-3")
def test_one_of_them_is_shown_with_its_answers_and_buttons(linked: Workspace) -> None:
    [whisper] = linked.hears(slack.a_command(f"show {RENEWAL}"))

    assert "Ask to cancel, until 15 January 2027" in str(whisper["blocks"])
    [prompt] = linked.book.prompts()
    wanted = [f"{prompt.id}/accept", f"{prompt.id}/request_cancellation"]
    assert pressable(whisper) == wanted


@pytest.mark.req("BOT-3", "BOT-5")
@pytest.mark.parametrize(
    ("text", "state"),
    [
        (f"accept {RENEWAL}", "renewed"),
        (f"accepter {RENEWAL}", "renewed"),
        (f"cancel {RENEWAL}", "cancellation_requested"),
        (f"Résilier {RENEWAL}", "cancellation_requested"),
        (f"request_cancellation {RENEWAL}", "cancellation_requested"),
    ],
)
def test_an_event_by_its_name_answers_the_question(
    linked: Workspace, text: str, state: str
) -> None:
    answer = said(linked, text)

    assert "Done" in answer
    assert "for Acme, Suite" in answer
    assert linked.book.change().state == state
    [prompt] = linked.book.prompts()
    assert prompt.ended == "answered"
    [kept] = linked.book.rows("SELECT via, outcome, text FROM answers")
    assert kept == {"via": "slack word", "outcome": "done", "text": text}


@pytest.mark.req("BOT-5")
def test_operations_fire_what_they_were_not_asked(asked: Workspace) -> None:
    asked.links("ops", "U2")

    answer = said(asked, f"cancel {RENEWAL}", "U2")
    again = said(asked, f"cancel {RENEWAL}", "U2")

    assert "Done" in answer
    assert "not possible now" in again
    assert asked.book.change().state == "cancellation_requested"
    outcomes = asked.book.rows("SELECT outcome, prompt_id FROM answers ORDER BY id")
    assert [row["outcome"] for row in outcomes] == ["done", "refused"]
    assert asked.book.flaws() == []


@pytest.mark.req("BOT-5", "ACC-1")
@pytest.mark.parametrize("word", ["accept", "show"])
def test_anothers_change_is_answered_as_if_it_were_not_there(
    linked: Workspace, word: str
) -> None:
    others = [
        a_customer("other"),
        a_person("other.contact", customer="other"),
        a_contract("K-2", customer="other"),
    ]
    linked.book.imports(others, LATER)

    foreign = said(linked, f"{word} K-2.R20270301")
    absent = said(linked, f"{word} K-9.R20270301")

    assert foreign.replace("K-2", "K-9") == absent
    assert linked.book.change("K-2.R20270301").state == "pending"


@pytest.mark.req("BOT-5")
def test_who_may_not_answer_is_refused_by_the_same_rules(asked: Workspace) -> None:
    asked.links("nord.poc", "U2")
    asked.book.imports(
        [a_person("acme.user", customer="acme", roles=("user",))], at("2026-06-02")
    )
    asked.links("acme.user", "U3")

    answer = said(asked, f"accept {RENEWAL}", "U3")

    assert "Done" not in answer
    assert asked.book.change().state == "pending"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "/tacit my renewals"),
        ("help", "/tacit accept CODE"),
        ("aide", "/tacit show CODE"),
        ("dance", "There is no “dance” here."),
        ("accept", "Write “/tacit accept CODE”"),
        ("show", "Write “/tacit show CODE”"),
    ],
)
def test_what_is_not_clear_says_what_can_be_written(
    linked: Workspace, text: str, words: str
) -> None:
    assert words in said(linked, text)
    assert linked.book.change().state == "pending"


def test_a_reader_of_french_is_answered_in_french(linked: Workspace) -> None:
    french = a_person(
        CUSTOMER, customer="acme", channel="slack", slack_user="U1", language="fr"
    )
    linked.book.imports([french], LATER)

    assert "/tacit accepter CODE" in said(linked, "help")
    assert "échéance le 15 janvier 2027" in said(linked, "liste")


@pytest.mark.req("BOT-5")
def test_a_stranger_is_asked_who_they_are(asked: Workspace) -> None:
    answer = said(asked, f"accept {RENEWAL}")

    assert "/slack/link/" in answer
    assert asked.book.change().state == "pending"


def test_hostile_words_stay_words(linked: Workspace) -> None:
    answer = said(linked, "<!channel> *bold* `x`")

    assert "<!channel>" not in answer
    assert "*bold*" not in answer
