"""A reply by mail from the bytes that come in to the word that goes back."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.acceptance.conftest import Tacit
from tests.support.mails import OUR_SERVER, a_mail

ENV = {
    "TACIT_MAIL__REPLIES_TO": "replies@vendor.example",
    "TACIT_INBOUND__TRUSTED_SERVERS": f'["{OUR_SERVER}"]',
}
NOW = ("--now", "2026-10-01")
LATER = ("--now", "2026-10-02T12:00")


@pytest.fixture
def asked(sample: Tacit, tmp_path: Path) -> list[EmailMessage]:
    """The mails that ask something and can be replied to."""
    sample("tick", *NOW, **ENV)
    sample("relay", *NOW, **ENV)
    return [one for one in mails(tmp_path) if "replies+" in str(one["Reply-To"])]


def mails(tmp_path: Path) -> list[EmailMessage]:
    files = (tmp_path / "home" / "mailbox" / "new").glob("*")
    return [
        message_from_bytes(one.read_bytes(), policy=policy.default) for one in files
    ]


def comes(
    sample: Tacit, tmp_path: Path, asking: EmailMessage, text: str, **more: object
) -> None:
    file = tmp_path / "reply.eml"
    sender = asking["To"].addresses[0].addr_spec
    answers = str(asking["Message-ID"])
    to = str(asking["Reply-To"])
    quoted = (
        f"{text}\n\nOn Thu, 1 Oct 2026, Acme Cloud wrote:\n> Hello, please accept.\n"
    )
    raw = a_mail(to, quoted, sender, answers=answers, **more)  # type: ignore[arg-type]
    file.write_bytes(raw)
    assert sample("inbox", "take", file, *LATER, **ENV).code == 0
    assert sample("inbox", "work", *LATER, **ENV).code == 0
    sample("relay", *LATER, **ENV)


def change_of(sample: Tacit, asking: EmailMessage) -> dict[str, object]:
    for row in sample("changes", "--json", *LATER, **ENV).json:
        code = str(row["change"] if "change" in row else row["id"])
        if code.split(".")[0] in str(asking.get_body(("plain",)).get_content()):  # type: ignore[union-attr]
            found: dict[str, object] = sample(
                "show", code, "--json", *LATER, **ENV
            ).json
            return found
    raise AssertionError("no such change")


@pytest.mark.req("BOT-3", "BOT-4", "BOT-5")
def test_a_clear_reply_is_done_and_what_it_quotes_is_not_read(
    sample: Tacit, tmp_path: Path, asked: list[EmailMessage]
) -> None:
    asking = asked[0]

    comes(sample, tmp_path, asking, "We accept the new conditions.")

    assert sample("inbox", "list", "--json", **ENV).json == []
    [item] = sample("inbox", "list", "--all", "--json", **ENV).json
    assert (item["status"], item["reason"]) == ("done", "done")
    assert change_of(sample, asking)["state"] in ("renewed", "confirmed")


@pytest.mark.req("BOT-5")
def test_what_nobody_vouches_for_waits_and_a_person_takes_it_or_lets_it_go(
    sample: Tacit, tmp_path: Path, asked: list[EmailMessage]
) -> None:
    asking = asked[0]
    comes(sample, tmp_path, asking, "We accept.", proven=False)
    comes(sample, tmp_path, asking, "We accept!", proven=False, number=2)

    first, second = sample("inbox", "list", "--json", **ENV).json
    shown = sample("inbox", "show", str(second["number"]), "--json", **ENV).json
    assert first["reason"] == "no server that we trust vouches for its sender"
    assert shown["text"].startswith("We accept.")
    assert "accept" in shown["asks"]

    gone = sample("inbox", "let-go", str(first["number"]), *LATER, **ENV)
    number = str(second["number"])
    taken = sample("inbox", "answer", number, "--event", "accept", *LATER, **ENV)
    again = sample("inbox", "answer", number, "--event", "accept", *LATER, **ENV)

    assert (gone.code, taken.code, again.code) == (0, 0, 2)
    assert sample("inbox", "list", "--json", **ENV).json == []
    assert change_of(sample, asking)["state"] in ("renewed", "confirmed")


@pytest.mark.req("BOT-4")
def test_a_condition_is_handed_to_a_person_in_the_thread_it_was_written_in(
    sample: Tacit, tmp_path: Path, asked: list[EmailMessage]
) -> None:
    comes(sample, tmp_path, asked[0], "OK, but only if the price stays the same?")

    back = [
        one for one in mails(tmp_path) if "<1.mail@" in str(one.get("In-Reply-To", ""))
    ]
    assert len(back) == 1
    assert str(asked[0]["Message-ID"]) in str(back[0]["References"])
    assert change_of(sample, asked[0])["state"] == "pending"


def test_without_an_address_for_replies_the_command_says_what_to_set(
    sample: Tacit, tmp_path: Path
) -> None:
    file = tmp_path / "reply.eml"
    file.write_bytes(b"x")

    refused = sample("inbox", "take", file)

    assert refused.code == 2
    assert "mail.replies_to" in refused.err
