import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.parsing import email
from engine.domain.tokens import (
    Addressed,
    BadTokenError,
    Purpose,
    address_with,
    read,
    sign,
    token_in,
)

KEYS = [b"the newest", b"the one before"]
_ids = st.integers(min_value=1, max_value=2**63 - 1)


@given(_ids, _ids)
def test_a_token_is_read_as_what_it_was_signed_for(prompt: int, person: int) -> None:
    token = sign(KEYS, Purpose.LINK, Addressed(prompt, person))

    assert read(KEYS, Purpose.LINK, token) == (prompt, person)
    # It is the local part of an address: 64 characters, whatever the case.
    assert len("reply+") + len(token) <= 64
    assert re.fullmatch(r"[a-z0-9.]+", token)
    assert read(KEYS, Purpose.LINK, token.upper()) == (prompt, person)


def test_what_an_earlier_key_signed_is_still_believed() -> None:
    token = sign(KEYS[1:], Purpose.MAIL, Addressed(7, 8))

    assert read(KEYS, Purpose.MAIL, token) == (7, 8)


def test_a_token_is_worth_nothing_for_another_purpose_or_under_another_key() -> None:
    token = sign(KEYS, Purpose.MAIL, Addressed(7, 8))

    with pytest.raises(BadTokenError):
        read(KEYS, Purpose.LINK, token)
    with pytest.raises(BadTokenError):
        read([b"somebody else's"], Purpose.MAIL, token)


@given(st.data())
def test_a_token_that_was_changed_anywhere_is_refused(data: st.DataObject) -> None:
    token = sign(KEYS, Purpose.LINK, Addressed(1_234, 56_789))
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters().filter(lambda c: c.lower() != token[place]))

    with pytest.raises(BadTokenError):
        read(KEYS, Purpose.LINK, token[:place] + other + token[place + 1 :])


@pytest.mark.parametrize(
    "written", ["", ".", "1.2", "01.2.{mac}", "1.2.{mac}.", "1.2.{mac}\n", "²" * 40]
)
def test_a_token_has_one_way_to_be_written(written: str) -> None:
    mac = sign(KEYS, Purpose.LINK, Addressed(1, 2)).rpartition(".")[2]

    with pytest.raises(BadTokenError):
        read(KEYS, Purpose.LINK, written.format(mac=mac))


@given(_ids, _ids)
def test_a_reply_address_is_a_plain_one_and_gives_its_token_back(
    prompt: int, person: int
) -> None:
    token = sign(KEYS, Purpose.MAIL, Addressed(prompt, person))

    address = address_with("replies@acme.example", token)

    assert email(address) == address
    assert token_in(address, "replies@acme.example") == token
    assert token_in(f" {address.upper()} ", "Replies@Acme.Example") == token


@pytest.mark.parametrize(
    "address",
    [
        "replies@acme.example",
        "replies+@acme.example",
        "others+1.2.x@acme.example",
        "replies+1.2.x@evil.example",
        "replies+1.2.x@acme.example.evil.example",
        "",
    ],
)
def test_an_address_that_is_not_ours_carries_no_token(address: str) -> None:
    assert token_in(address, "replies@acme.example") is None
