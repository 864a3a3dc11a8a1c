import pytest

from engine.domain.rulebook import compile_rulebook
from tests.rules.shipped import a_rule_file, compiled, messages, rule_files, said


def problems_of(files: dict[str, str]) -> list[str]:
    rulebook, problems = compile_rulebook(files, messages())
    assert rulebook is None
    return [f"{problem.file}:{said(problem)}" for problem in problems]


@pytest.mark.req("RULE-1")
def test_each_type_of_change_and_the_routing_needs_its_file() -> None:
    assert problems_of({}) == [
        "contact_tier_upgrade.yaml:1:1 error this rule file is missing",
        "email_overage.yaml:1:1 error this rule file is missing",
        "renewal.yaml:1:1 error this rule file is missing",
        "routing.yaml:1:1 error this rule file is missing",
    ]


@pytest.mark.req("RULE-2")
def test_a_missing_file_is_reported_beside_mistakes_of_others() -> None:
    files = rule_files()
    del files["routing.yaml"]
    files["renewal.yaml"] = a_rule_file(("to: owner", "to: ownr"))

    assert problems_of(files) == [
        'renewal.yaml:45:13 error unknown role "ownr" (did you mean "owner"?)',
        "routing.yaml:1:1 error this rule file is missing",
    ]


@pytest.mark.req("RULE-2")
@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "1:1 error the file is empty"),
        (
            a_rule_file(("machine: renewal", "machine: renewl")),
            '2:10 error unknown machine "renewl" (did you mean "renewal"?)',
        ),
        (
            a_rule_file(("machine: renewal", "machin: renewal")),
            '2:1 error unknown word "machin" (did you mean "machine"?)',
        ),
    ],
    ids=["unreadable", "misspelt name", "misspelt word"],
)
def test_a_file_nobody_can_place_is_not_called_missing_too(
    text: str, problem: str
) -> None:
    _, problems = compiled(text)

    assert [said(found) for found in problems] == [problem]


@pytest.mark.req("RULE-2")
@pytest.mark.parametrize(
    ("file", "line", "name"), [("renewal", 3, "renewal"), ("routing", 4, "routing")]
)
def test_two_files_cannot_hold_the_same(file: str, line: int, name: str) -> None:
    files = rule_files()
    files["zwei.yaml"] = files[f"{file}.yaml"]
    column = 10

    assert problems_of(files) == [
        f'zwei.yaml:{line}:{column} error a second file for "{name}" '
        f"(the first is {file}.yaml)"
    ]


@pytest.mark.req("RULE-2")
def test_rules_with_warnings_can_be_used() -> None:
    rulebook, problems = compiled(a_rule_file(("        why: Tacit renewal.\n", "")))

    assert rulebook is not None
    assert [said(problem) for problem in problems] == [
        '33:9 warning "why" is missing here (say the reason)'
    ]


@pytest.mark.req("RULE-4")
def test_the_version_of_the_rules_changes_with_any_of_their_text() -> None:
    first, _ = compiled(a_rule_file())
    same, _ = compiled(a_rule_file())
    other, _ = compiled(a_rule_file() + "# A remark.\n")

    assert first is not None
    assert same is not None
    assert other is not None
    assert first.version == same.version != other.version
    assert first.machines["renewal"].version != other.machines["renewal"].version
    routing = {book.routing.version for book in (first, same, other)}
    assert len(routing) == 1
