from pathlib import Path

import pytest

from tests.acceptance.conftest import Tacit

NOW = ("--now", "2026-10-01")


@pytest.mark.req("REN-18")
def test_a_message_without_a_reader_is_held_and_sent_once_there_is_one(
    sample: Tacit, tmp_path: Path
) -> None:
    sample("tick", *NOW)
    sample("relay", *NOW)
    [held] = sample("messages", "--held", "--json").json
    people = tmp_path / "people.csv"
    people.write_text(
        "code,name,email,customer\nq,Quin,q@quarry.example,quarry-books\n"
    )

    sample("import", people, *NOW)
    sample("set", "contact", "quarry-books", "q", *NOW)
    sample("relay", *NOW)

    assert "primary contact" in held["reason"]
    assert sample("messages", "--held", "--json").json == []
    told = sample("show", held["change"], *NOW, "--json").json["messages"]
    assert "q@quarry.example" in {
        copy["address"] for message in told for copy in message["copies"]
    }


def test_held_messages_are_released_by_name_or_all(sample: Tacit) -> None:
    sample("tick", *NOW)
    sample("relay", *NOW)
    [held] = sample("messages", "--held", "--json").json

    neither = sample("release", *NOW)
    one = sample("release", held["change"], *NOW)
    everything = sample("release", "--all", *NOW)

    assert neither.code == 2
    assert "1 held" in one.out
    assert "0 held" in everything.out
