"""`tacit replies …`, over a home without a database and over none at all."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.acceptance.conftest import CHECKOUT, TACIT, Tacit

CORPUS = CHECKOUT / "tests" / "replies" / "building"


@pytest.fixture
def home(tmp_path: Path, tacit: Tacit) -> Path:
    """A home that lost its database: these commands need none."""
    assert tacit("init").code == 0
    (tmp_path / "home" / "tacit.db").unlink()
    return tmp_path / "home"


@pytest.mark.req("BOT-4")
def test_the_shipped_words_pass_their_own_tests(tacit: Tacit) -> None:
    ran = tacit("replies", "test")

    assert ran.code == 0, ran.out
    assert "all as expected" in ran.out
    assert "no test reaches" in ran.out


def test_a_mail_is_read_step_by_step(tacit: Tacit, home: Path) -> None:
    ran = tacit("replies", "read", CORPUS / "fr_outlook_web_01.eml")

    assert ran.code == 0, ran.err
    for said in ("header block", "disclaimer", "The reply", "is negated", "facturez"):
        assert said in ran.out
    assert "event request_cancellation" in ran.out
    assert not (home / "tacit.db").exists()


@pytest.mark.parametrize(
    ("file", "kind", "verdict", "event"),
    [
        ("en_gmail_web_01.eml", "human", "event", "accept"),
        ("en_slack_04.txt", "text", "event", "request_cancellation"),
        ("en_exchange_ndr_01.eml", "bounce", "ignored", None),
        ("en_exchange_oof_02.eml", "auto_reply", "ignored", None),
        ("en_gmail_web_12.eml", "human", "person", None),
    ],
)
def test_json_says_what_a_program_needs(
    tacit: Tacit, file: str, kind: str, verdict: str, event: str | None
) -> None:
    said = tacit("replies", "read", CORPUS / file, "--json").json

    assert (said["kind"], said["verdict"], said["event"]) == (kind, verdict, event)
    assert said["asks"] == ["accept", "request_cancellation"]
    assert {"reply", "why", "language", "steps", "cuts"} <= said.keys()


def test_what_is_open_decides_what_is_meant(tacit: Tacit) -> None:
    mail = CORPUS / "fr_gmail_web_09.eml"

    open_now = tacit("replies", "read", mail, "--asks", "withdraw", "--json").json
    closed = tacit("replies", "read", mail, "--json").json

    assert (open_now["verdict"], open_now["event"]) == ("event", "withdraw")
    assert closed["verdict"] == "ask_again"


@pytest.mark.parametrize("raw", [b"We won't renew.", b"Ne renouvelez pas"])
def test_standard_input_may_be_a_text(raw: bytes) -> None:
    done = subprocess.run(
        [TACIT, "replies", "read", "-", "--json"], input=raw, capture_output=True
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["event"] == "request_cancellation"


def test_standard_input_may_be_a_mail() -> None:
    raw = (CORPUS / "en_gmail_web_01.eml").read_bytes()
    done = subprocess.run(
        [TACIT, "replies", "read", "-", "--json"], input=raw, capture_output=True
    )

    said = json.loads(done.stdout)
    assert (said["kind"], said["event"]) == ("human", "accept")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("/no/such/file",), "No such file"),
        (("/",), "is a folder"),
        (("-", "--asks", "acept"), 'did you mean "accept"?'),
        (("-", "--language", "de"), 'no vocabulary for the language "de"'),
    ],
)
def test_bad_input_is_one_message(
    tacit: Tacit, arguments: tuple[str, ...], message: str
) -> None:
    ran = tacit("replies", "read", *arguments)

    assert ran.code == 2
    assert message in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.req("RULE-2")
def test_an_edit_that_breaks_its_own_tests_is_refused(tacit: Tacit, home: Path) -> None:
    file = home / "rules" / "replies" / "en.yaml"
    text = file.read_text()
    file.write_text(text.replace("expect: accept}", "expect: person}", 1))

    tested, checked = tacit("replies", "test"), tacit("rules", "check")
    read = tacit("replies", "read", CORPUS / "en_gmail_web_01.eml")

    assert (tested.code, checked.code, read.code) == (1, 1, 2)
    assert "- expected  person" in tested.out
    assert "+ got       accept" in tested.out
    assert 'this test gives "accept", not "person"' in checked.out
    assert f"{file}:" in read.err


def test_a_mistake_in_the_words_is_told_at_its_place(tacit: Tacit, home: Path) -> None:
    file = home / "rules" / "replies" / "fr.yaml"
    file.write_text(file.read_text().replace("means: [accept]", "means: [acept]", 1))

    ran = tacit("replies", "test")

    assert ran.code == 1
    assert 'unknown event "acept" (did you mean "accept"?)' in ran.out
    assert "means: [acept]" in ran.out


def test_a_homes_own_words_go_before_the_shipped(tacit: Tacit, home: Path) -> None:
    text = "Absquatulate the whole thing"
    file = home / "reply.txt"
    file.write_text(text)
    assert tacit("replies", "read", file, "--json").json["event"] is None

    own = home / "rules" / "replies" / "en.yaml"
    said = "      - ask to cancel\n"
    assert said in own.read_text()
    own.write_text(
        own.read_text().replace(said, f"{said}      - absquatulate whole thing\n", 1)
    )

    answer = tacit("replies", "read", file, "--json").json
    assert answer["event"] == "request_cancellation"


def test_a_folder_of_words_can_be_tested_by_itself(
    tacit: Tacit, tmp_path: Path
) -> None:
    folder = tmp_path / "words"
    shutil.copytree(CHECKOUT / "rules" / "replies", folder)

    said = tacit("replies", "test", folder, "--json").json

    assert said["problems"] == []
    assert {test["file"] for test in said["tests"]} == {
        str(folder / "en.yaml"),
        str(folder / "fr.yaml"),
    }
    assert said["unreached"]
