from dataclasses import replace

import pytest

from engine.domain.errors import ProblemsError
from engine.domain.rulebook import compile_rulebook
from engine.domain.ruleset import Rulebook
from engine.services.take_up_rules import take_up
from tests.rules.shipped import messages
from tests.support.books import a_contract, a_small_book, at
from tests.support.installation import Installation

JUNE = at("2026-06-01")
JULY = at("2026-07-01")


def edited(rulebook: Rulebook, old: str, new: str) -> Rulebook:
    """The rules with a word of renewal.yaml replaced wherever it stands."""
    files = dict(rulebook.files)
    files["renewal.yaml"] = files["renewal.yaml"].replace(old, new)
    found, problems = compile_rulebook(files, messages())
    assert found is not None, problems
    return found


def renamed(rulebook: Rulebook) -> Rulebook:
    return edited(rulebook, "cancellation_requested", "cancelling")


def two_cancelled(tacit: Installation) -> None:
    tacit.imports([*a_small_book(), a_contract("K-2"), a_contract("K-3")], JUNE)
    for code in ("K-1.R20270301", "K-2.R20270301"):
        tacit.fire("request_cancellation", "acme.contact", JUNE, code)


def kept(tacit: Installation) -> list[str]:
    return [row["version"] for row in tacit.rows("SELECT version FROM rule_texts")]


@pytest.mark.req("RULE-2", "REN-17")
def test_rules_that_lack_a_state_in_which_changes_are_cannot_be_taken_up(
    tacit: Installation, rulebook: Rulebook
) -> None:
    two_cancelled(tacit)
    new = renamed(rulebook)
    number = new.files["renewal.yaml"].split("\n").index("states:") + 1

    with pytest.raises(ProblemsError) as refusal:
        take_up(tacit.store, new, JULY)

    (problem,) = refusal.value.problems
    assert (problem.file, problem.line) == ("renewal.yaml", number)
    assert problem.message == (
        '2 changes are in state "cancellation_requested", which is not here any more'
    )
    assert "keep it" in problem.hint
    assert kept(tacit) == []


@pytest.mark.req("RULE-2")
def test_a_state_in_which_no_change_is_any_more_can_go(
    tacit: Installation, rulebook: Rulebook
) -> None:
    two_cancelled(tacit)
    tacit.runs(JUNE, at("2027-03-02"))

    take_up(tacit.store, renamed(rulebook), at("2027-03-02"))

    assert len(kept(tacit)) == 4


@pytest.mark.req("RULE-2")
def test_going_back_to_older_rules_is_checked_like_going_forward(
    tacit: Installation, rulebook: Rulebook
) -> None:
    take_up(tacit.store, rulebook, JUNE)
    newer = Installation(tacit.store, renamed(rulebook), tacit.templates)
    take_up(tacit.store, newer.rulebook, JULY)
    two_cancelled(newer)

    with pytest.raises(ProblemsError) as refusal:
        take_up(tacit.store, rulebook, JULY)

    assert '2 changes are in state "cancelling"' in str(refusal.value)


@pytest.mark.req("RULE-4", "OPS-3")
def test_rules_are_written_once_and_only_read_from_then_on(
    tacit: Installation, rulebook: Rulebook
) -> None:
    take_up(tacit.store, rulebook, JUNE)
    before = tacit.contents()
    moved = dict(rulebook.files)
    moved["ours.yaml"] = moved.pop("renewal.yaml")

    with tacit.store.begin():  # Somebody else is writing all the time.
        take_up(tacit.store, rulebook, JULY)
        take_up(tacit.store, replace(rulebook, files=moved), JULY)

    assert tacit.contents() == before
    assert len(kept(tacit)) == 4


@pytest.mark.req("RULE-2", "REN-2")
def test_new_rules_and_old_ones_again_date_open_changes_anew(
    tacit: Installation, rulebook: Rulebook
) -> None:
    tacit.imports(a_small_book(), JUNE)
    take_up(tacit.store, rulebook, JUNE)
    days = "SELECT listed_on, deadline_on FROM changes"
    [before] = tacit.rows(days)
    later = edited(rulebook, "listed: 120 days", "listed: 130 days")
    later = edited(later, "end of 45 days", "end of 46 days")

    take_up(tacit.store, later, JULY)
    [between] = tacit.rows(days)
    take_up(tacit.store, rulebook, at("2026-08-01"))

    assert [str(day)[:10] for day in between.values()] == ["2026-10-22", "2027-01-14"]
    assert tacit.rows(days) == [before]
