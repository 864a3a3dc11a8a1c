"""The checker of invariants notices each kind of harm."""

import pytest

from engine.domain.ruleset import Rulebook
from engine.services.seal_audit import seal
from engine.store.unit_of_work import Store
from notifiers.rendering import Templates
from tests.support.books import a_contract, a_small_book, at
from tests.support.installation import Installation
from tests.support.invariants import Ledger, broken_invariants

END = at("2027-03-02")


@pytest.fixture(scope="module")
def lived(
    rulebook: Rulebook, templates: Templates, tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    """A year in which nothing went wrong."""
    file = tmp_path_factory.mktemp("invariants") / "tacit.db"
    store = Store.open(f"sqlite:///{file}")
    tacit = Installation(store, rulebook, templates)
    tacit.imports([*a_small_book(), a_contract("K-2")], at("2026-06-01"))
    tacit.runs(at("2026-11-01T08:00"), END)
    seal(store, END)
    return tacit


def ledger_of(tacit: Installation) -> Ledger:
    return Ledger(keys=[letter.key for letter in tacit.letters()])


def test_nothing_is_said_of_a_year_in_which_nothing_went_wrong(
    lived: Installation,
) -> None:
    assert broken_invariants(lived.store.engine, END, ledger_of(lived)) == []


HARM = {
    "a change that nobody looks at": (
        "UPDATE changes SET next_due_at = NULL WHERE closed_at IS NULL",
        "1",
    ),
    "a contract that renews no more": (
        "UPDATE changes SET closed_at = '2027-01-01 00:00:00.000000' "
        "WHERE closed_at IS NULL",
        "1",
    ),
    "a message that counts as sent": (
        "UPDATE deliveries SET status = 'retry' WHERE id = 1",
        "1",
    ),
    "a message that is lost": ("DELETE FROM deliveries WHERE outbox_id = 1", "1"),
    "a step that the rules do not have": (
        "UPDATE audit SET body = REPLACE(body, '\"silence\"', '\"accident\"')",
        "3",
    ),
    "a state without a step": (
        "UPDATE changes SET state = 'cancellation_requested' WHERE id = 1",
        "3",
    ),
    "a gap in a trail": ("UPDATE audit SET seq = 999 WHERE kind = 'effect'", "3"),
    "a message that was never queued": (
        "UPDATE outbox SET seq = 999 WHERE id = 3",
        "4",
    ),
    "a step without its entry": (
        "DELETE FROM audit WHERE kind = 'transition'",
        "4",
    ),
    "a silence before its notice": (
        "UPDATE deliveries SET sent_at = '2027-01-15 22:00:00.000000'",
        "6",
    ),
    "a copy for a stranger": (
        "UPDATE people SET partner_id = NULL WHERE code = 'nord.poc'",
        "7",
    ),
    "a letter to a customer that is its partner's to tell": (
        'UPDATE audit SET body = REPLACE(body, \'"communication_owner":"default"\', '
        '\'"communication_owner":"partner"\')',
        "7",
    ),
    "a change that is still due": (
        "UPDATE changes SET next_due_at = '2027-01-01 00:00:00.000000' "
        "WHERE closed_at IS NULL",
        "8",
    ),
    "a message that still waits": (
        "UPDATE outbox SET status = 'queued' WHERE id = 2",
        "8",
    ),
    "a word in a trail": (
        "UPDATE audit SET body = REPLACE(body, 'told', 'tald')",
        "9",
    ),
    "a seal": ("UPDATE seals SET hash = 'f00'", "9"),
}


@pytest.mark.parametrize(("statement", "number"), HARM.values(), ids=list(HARM))
def test_harm_is_noticed(lived: Installation, statement: str, number: str) -> None:
    copy = Installation(lived.store.copy_in_memory(), lived.rulebook, lived.templates)
    copy.execute(statement)

    broken = broken_invariants(copy.store.engine, END, ledger_of(lived))

    copy.store.close()
    assert number in {flaw.partition(":")[0] for flaw in broken}


WIRE = {
    "a letter that went out twice": ([0, 0], []),
    "a letter that nobody has": ([], [0]),
    "a letter that nobody asked for": (["K-9/1/0/x/email"], []),
}


@pytest.mark.parametrize(("more", "less"), WIRE.values(), ids=list(WIRE))
def test_letters_that_do_not_add_up_are_noticed(
    lived: Installation, more: list[int | str], less: list[int]
) -> None:
    keys = ledger_of(lived).keys
    extra = [keys[each] if isinstance(each, int) else each for each in more]
    left = [key for number, key in enumerate(keys) if number not in less]

    broken = broken_invariants(lived.store.engine, END, Ledger([*left, *extra]))

    assert {flaw.partition(":")[0] for flaw in broken} == {"2"}
