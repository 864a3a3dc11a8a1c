import pytest

from engine.domain.errors import ProblemsError
from engine.domain.yaml_text import (
    MAX_CHARACTERS,
    Mapping,
    Mark,
    Plain,
    Scalar,
    Source,
    find,
    find_key,
    plain,
    read,
    scan,
)
from tests.rules.shipped import a_rule_file, compiled, said


def the_tree(text: str) -> Mapping:
    return read(Source("a.yaml", text))


@pytest.mark.req("RULE-2")
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"),
        ("yes", "yes"),
        ("on", "on"),
        ("12:30", "12:30"),
        ("010", "010"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("1e3", "1e3"),
        ("2027-03-01", "2027-03-01"),
        (".5", ".5"),
        ("=", "="),
        ("True", "True"),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("0", 0),
        ("-12", -12),
        ("1.50", 1.5),
        ("'12'", "12"),
        ('"null"', "null"),
        ("999999999999999999999999", "999999999999999999999999"),
    ],
)
def test_plain_values_are_read_as_yaml_1_2_says(text: str, value: Plain) -> None:
    tree = the_tree(f"key: {text}\n")

    assert plain(tree) == {"key": value}
    assert type(plain(tree)["key"]) is type(value)  # type: ignore[index, call-overload]


def test_a_name_before_a_value_is_always_a_word() -> None:
    tree = the_tree("no: 1\n010: 2\nnull: 3\n12:30: 4\n")

    assert plain(tree) == {"no": 1, "010": 2, "null": 3, "12:30": 4}


def test_a_tree_knows_where_its_nodes_stand() -> None:
    tree = the_tree("states:\n  pending:\n    at: [start, 'end of it']\n")

    assert find(tree, ("states", "pending", "at", 1)) == Mark(3, 17, 11)
    assert find_key(tree, ("states", "pending")) == Mark(2, 3, 7)
    assert find(tree, ("states", 0, "pending", "label", "at", 0)) == Mark(3, 10, 5)
    assert find(tree, ("states", "pending", "at", 7)) == Mark(3, 9)
    assert find_key(tree, ("states", "absent")) == Mark(2, 3)


@pytest.mark.req("RULE-2")
def test_a_file_that_is_too_long_is_refused_before_it_is_parsed() -> None:
    bomb = "a: &a [" + "x," * MAX_CHARACTERS

    with pytest.raises(ProblemsError, match="longer than 1,000,000 characters"):
        read(Source("a.yaml", bomb))


@pytest.mark.req("RULE-2")
def test_a_file_of_the_greatest_length_is_read() -> None:
    text = a_rule_file()
    padded = text + "#" * (MAX_CHARACTERS - len(text))

    rulebook, problems = compiled(padded)

    assert problems == []
    assert rulebook is not None


@pytest.mark.req("RULE-2")
def test_what_was_refused_before_a_file_breaks_off_is_reported_too() -> None:
    node, problems = scan(Source("a.yaml", "a: 1\na: 2\nb: 'open\n"))

    assert node is None
    assert [said(problem) for problem in problems] == [
        '2:1 error duplicate key "a" (the first is on line 1)',
        "3:4 error this quote is never closed",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("%YAML 9.9\n---\na: 1\n", "1:1 error this is not YAML: found incompatible"),
        ("a: !x!y z\n", "1:4 error a tag (leave the tag out"),
        ("!!str a: 1\n", '1:1 error tag "!!str" (leave the tag out)'),
        ("a: * b\n", "1:4 error a value cannot start with this character"),
        ("a: ]\n", "1:4 error a value is missing here"),
        ("a: - b\n", '1:4 error a "-" that YAML does not expect here'),
        ("a: 1\n...\nb: 2\n", "3:1 error a second document in one file"),
        ("\x00", "1:1 error this character is not text (save the file as UTF-8)"),
        ("[a]", "1:1 error the file should hold names with values, not a list"),
    ],
)
def test_syntax_that_yaml_does_not_have_is_told_in_words(
    text: str, problem: str
) -> None:
    with pytest.raises(ProblemsError) as refusal:
        read(Source("a.yaml", text))

    assert said(refusal.value.problems[0]).startswith(problem)


def test_lines_may_end_as_on_windows_and_begin_with_a_mark() -> None:
    tree = the_tree("\ufeffa: 1\r\nb:\r\n  - c\r\n")

    assert plain(tree) == {"a": 1, "b": ("c",)}


def test_a_problem_after_the_end_is_shown_at_the_end() -> None:
    problem = Source("a.yaml", "a: 1\n").problem(Mark(9, 9), "too late")

    assert (problem.line, problem.column) == (1, 5)
    assert Source("a.yaml", "").problem(Mark(1, 1), "nothing").line == 1


def test_a_value_torn_out_is_no_value() -> None:
    node, _ = scan(Source("a.yaml", "a: &x 1\nb: *x\n"))

    assert node is not None
    assert node.torn
    assert node.get("b") is None
    assert isinstance(node.get("a"), Scalar)
