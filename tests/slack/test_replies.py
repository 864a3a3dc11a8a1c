"""A reply in the thread of a question answers it, in its writer's own words."""

import pytest

from tests.fakes import slack_payloads as slack
from tests.slack.conftest import CUSTOMER, LATER, Workspace

ACCEPT, CANCEL = "accept", "request_cancellation"


def question(workspace: Workspace) -> str:
    return str(workspace.slack.messages["DU1"][0]["ts"])


def replies(workspace: Workspace, text: str, user: str = "U1") -> None:
    """Somebody writes in the question's thread; the job works, and the relay after it."""
    workspace.hears(slack.a_message(text, user, question(workspace), channel="DU1"))
    workspace.passes(workspace.clock.now)


def written_back(workspace: Workspace) -> list[str]:
    """The headings of what the bot wrote in the question's thread."""
    thread = question(workspace)
    return [
        message["blocks"][0]["text"]["text"]
        for message in workspace.slack.messages["DU1"]
        if message.get("thread_ts") == thread
    ]


def kept(workspace: Workspace) -> list[tuple[str, str, str]]:
    rows = workspace.book.rows("SELECT via, outcome, text FROM answers ORDER BY id")
    return [(row["via"], row["outcome"], row["text"]) for row in rows]


@pytest.mark.req("BOT-3", "BOT-4")
@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("Yes, we accept the new conditions.", "renewed"),
        ("Nous acceptons les nouvelles conditions.", "renewed"),
        ("Please cancel our contract.", "cancellation_requested"),
    ],
)
def test_clear_words_are_done_and_kept(
    linked: Workspace, text: str, state: str
) -> None:
    replies(linked, text)

    assert linked.book.change().state == state
    assert kept(linked) == [("slack reply", "done", text)]
    assert linked.book.trail()[-1]["kind"] != "refused"
    assert linked.book.flaws() == []


@pytest.mark.req("BOT-4")
def test_what_is_not_clear_is_asked_again_in_the_thread_with_buttons(
    linked: Workspace,
) -> None:
    replies(linked, "Hmm, what do the others do?")

    assert linked.book.change().state == "pending"
    assert len(written_back(linked)) == 1
    assert kept(linked)[0][1] in ("ask again", "person")


@pytest.mark.req("BOT-4")
def test_the_buttons_of_a_second_question_answer_it(linked: Workspace) -> None:
    replies(linked, "yes and no")
    buttons = linked.buttons()
    assert list(buttons) == [ACCEPT, CANCEL]

    linked.hears(slack.a_press(buttons[ACCEPT]))
    linked.settles()

    assert linked.book.change().state == "renewed"
    assert "was answered by Acme Contact" in linked.shown(number=0)
    assert "was answered by Acme Contact" in linked.shown(number=1)
    assert linked.book.flaws() == []


@pytest.mark.req("BOT-4")
def test_a_file_is_read_by_a_person(linked: Workspace) -> None:
    linked.hears(
        slack.a_message(
            "We accept.",
            thread=question(linked),
            subtype="file_share",
            files=[{"id": "F1", "name": "signed.pdf"}],
        )
    )
    linked.passes(LATER)

    assert linked.book.change().state == "pending"
    assert kept(linked)[0][1] == "person"
    [item] = linked.book.rows("SELECT status FROM inbox")
    assert item["status"] == "waiting"


@pytest.mark.req("BOT-4", "BOT-5")
@pytest.mark.parametrize("kind", ["edited", "deleted", "bot", "ours", "reaction"])
def test_what_is_nobodys_word_decides_nothing_and_is_not_answered(
    linked: Workspace, kind: str
) -> None:
    thread = question(linked)
    payload = {
        "edited": slack.a_changed_message("We accept.", thread=thread),
        "deleted": slack.a_deleted_message(thread=thread),
        "bot": slack.a_bot_message("We accept.", thread=thread),
        "ours": slack.our_own_message("We accept.", thread=thread),
        "reaction": slack.a_reaction("U1", thread),
    }[kind]

    linked.hears(payload)
    linked.passes(LATER)

    assert linked.book.change().state == "pending"
    assert kept(linked) == []
    assert len(linked.slack.posted()) == 1


@pytest.mark.req("BOT-5")
def test_a_stranger_in_the_thread_is_asked_who_they_are(asked: Workspace) -> None:
    replies(asked, "We accept.")

    assert asked.book.change().state == "pending"
    assert "/slack/link/" in asked.shown()
    assert kept(asked) == []


@pytest.mark.req("BOT-5")
def test_somebody_who_was_not_asked_decides_nothing(asked: Workspace) -> None:
    asked.links("nord.poc", "U2")

    replies(asked, "We accept.", "U2")

    assert asked.book.change().state == "pending"
    assert "was not put to you" in asked.shown()


@pytest.mark.req("BOT-3")
def test_a_linked_guest_of_another_workspace_answers(asked: Workspace) -> None:
    asked.links(CUSTOMER, "U9", team="T9")

    asked.hears(
        slack.a_foreign_message(
            "We accept the new conditions.",
            "U9",
            "T9",
            channel="DU1",
            thread_ts=question(asked),
        )
    )

    assert asked.book.change().state == "renewed"


@pytest.mark.req("BOT-4")
def test_a_message_outside_of_any_thread_is_told_where_to_answer(
    linked: Workspace,
) -> None:
    linked.hears(slack.a_message("We accept."))

    assert linked.book.change().state == "pending"
    assert "write in its thread" in linked.shown()


@pytest.mark.req("BOT-5")
def test_a_reply_that_is_sent_again_is_one_answer(linked: Workspace) -> None:
    message = slack.a_message("We accept.", thread=question(linked))
    for _ in range(3):
        linked.caller.send(message)
    linked.works()

    assert kept(linked) == [("slack reply", "done", "We accept.")]
