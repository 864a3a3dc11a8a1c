"""Passwords: which are refused, and that they are compared by their letters alone."""

import pytest

from engine.services.passwords import PasswordRefusedError, Passwords

OBVIOUS = {
    "too short": ("Zebra 7 vase", "short"),
    "too long": ("ab1-" * 51, "long"),
    "one letter": ("aaaaaaaaaaaaaaaaaa", "obvious"),
    "one's name": ("Ana Pereira 2026!", "obvious"),
    "one's address": ("ana@nord.example", "obvious"),
    "the vendor": ("ACME-cloud-1234567890", "obvious"),
    "the first word anybody tries": ("PasswordPassword1", "obvious"),
    "the product and a number": ("tacittacit123456", "obvious"),
    "a row of keys": ("qwertyuiop12", "obvious"),
}


@pytest.mark.parametrize(("password", "why"), OBVIOUS.values(), ids=list(OBVIOUS))
def test_a_password_that_would_be_guessed_is_refused(password: str, why: str) -> None:
    about = ("Ana Pereira", "ana", "ana@nord.example", "Acme Cloud")

    with pytest.raises(PasswordRefusedError) as caught:
        Passwords(at_least=13 if why == "short" else 12).refuse_weak(password, *about)

    assert caught.value.why == why


@pytest.mark.parametrize(
    "password",
    ["bananas split in two", "correct horse battery", "ジャズが好きな猫と犬がいる町"],
)
def test_a_sentence_of_ones_own_is_taken(password: str) -> None:
    Passwords(at_least=12).refuse_weak(password, "Ana", "ana", "ana@x.example", "Acme")


def test_accents_may_be_typed_either_way() -> None:
    passwords = Passwords(at_least=12)
    hashed = passwords.hash("caf\u00e9 au lait")

    assert passwords.check("cafe\u0301 au lait", hashed)[0]
    assert not passwords.check("cafe au lait", hashed)[0]
    assert hashed.startswith("$argon2id$")


def test_what_is_no_hash_fits_no_password() -> None:
    assert Passwords(at_least=12).check("anything", "made up") == (False, None)
