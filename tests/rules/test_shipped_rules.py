import pytest

from engine.domain import vocabulary
from engine.domain.rule_checks import branches_of, tellings
from engine.domain.rulebook import compile_rulebook
from engine.domain.ruleset import Rulebook, State
from tests.rules.shipped import messages, rule_files


@pytest.fixture(scope="module")
def book() -> Rulebook:
    found, problems = compile_rulebook(rule_files(), messages())
    assert problems == []
    assert found is not None
    return found


def targets(state: State) -> set[str]:
    by_event = {branch.to for branches in state.on.values() for branch in branches}
    by_date = {branch.to for branches in state.at.values() for branch in branches}
    return by_event | {name for name in by_date if name is not None}


@pytest.mark.req("RULE-1", "REN-1")
def test_the_shipped_rules_have_no_problem_and_cover_every_type(book: Rulebook) -> None:
    assert book.machines.keys() == set(vocabulary.CHANGE_TYPES)


@pytest.mark.req("RULE-1")
@pytest.mark.parametrize("name", vocabulary.CHANGE_TYPES)
def test_every_state_of_a_shipped_machine_is_reached(book: Rulebook, name: str) -> None:
    ruleset = book.machines[name]
    reached = {ruleset.initial}
    while more := {to for state in reached for to in targets(ruleset.states[state])} - (
        reached
    ):
        reached |= more

    assert reached == ruleset.states.keys()


@pytest.mark.req("RULE-1", "RULE-8")
@pytest.mark.parametrize("name", vocabulary.CHANGE_TYPES)
def test_everything_that_shipped_rules_do_has_a_reason(
    book: Rulebook, name: str
) -> None:
    ruleset = book.machines[name]

    assert ruleset.why
    for state in ruleset.states.values():
        assert state.why, state.name
        for path, branch in branches_of(state):
            assert branch.why, path


@pytest.mark.req("RULE-2", "REN-10")
@pytest.mark.parametrize("name", vocabulary.CHANGE_TYPES)
def test_every_message_told_is_written_for_whoever_it_may_reach(
    book: Rulebook, name: str
) -> None:
    ruleset = book.machines[name]
    told = [telling for _, _, telling in tellings(ruleset)]
    if ruleset.opening.warn:
        told.append(ruleset.opening.warn.telling)

    assert told
    for telling in told:
        written = messages()[telling.message]
        assert vocabulary.AUDIENCES[telling.to] <= written, telling.message


@pytest.mark.req("REN-18")
def test_operations_can_be_told_of_what_reached_nobody(book: Rulebook) -> None:
    assert "operations" in messages()[book.routing.fallback_message]


@pytest.mark.req("RULE-1")
@pytest.mark.parametrize("file", rule_files())
def test_every_shipped_file_opens_with_a_paragraph(file: str) -> None:
    lines = rule_files()[file].splitlines()

    assert lines[0].startswith("# ")
    assert lines[1].startswith("# ")
