import pytest

from engine.domain.guards import Fact, GuardError, compile_guard, unreadable
from engine.domain.vocabulary import DECISION_FACTS, OPENING_FACTS

FACTS: dict[str, Fact] = {
    "automatic_renewal": True,
    "billing_months": 1,
    "commitment_months": 12,
    "contact_limit": 1000,
    "has_partner": False,
    "notice_out": False,
    "starter": None,
}


@pytest.mark.req("RULE-1")
@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("automatic_renewal", True),
        ("not automatic_renewal", False),
        ("commitment_months >= 3", True),
        ("commitment_months > 12", False),
        ("commitment_months == 12 and billing_months == 1", True),
        ("commitment_months != 12 or has_partner", False),
        ("commitment_months * 2 - billing_months + 1 == 24", True),
        ("commitment_months > -1.5", True),
        ("automatic_renewal == true", True),
        ("(has_partner or automatic_renewal) and contact_limit <= 1000", True),
        ("has_partner ? notice_out : automatic_renewal", True),
    ],
)
def test_a_condition_compares_facts(text: str, holds: bool) -> None:
    assert compile_guard(text, DECISION_FACTS).holds(FACTS) is holds


@pytest.mark.req("RULE-1")
@pytest.mark.parametrize("text", ["starter", "not starter", "starter or has_partner"])
def test_a_condition_on_what_nobody_knows_does_not_hold(text: str) -> None:
    assert not compile_guard(text, DECISION_FACTS).holds(FACTS)


def test_a_condition_knows_which_facts_it_reads() -> None:
    guard = compile_guard("contacts * 100 >= contact_limit * 90", OPENING_FACTS)

    assert guard.reads == {"contacts", "contact_limit"}
    assert guard == compile_guard(guard.text, OPENING_FACTS)


@pytest.mark.req("RULE-2")
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("commitment_month >= 3", 'unknown fact "commitment_month"'),
        ("contacts > 3", 'unknown fact "contacts"'),
        ("null == starter", 'unknown fact "null"'),
        ("nan > commitment_months", 'unknown fact "nan"'),
        ("commitment_months in [1]", "a condition cannot use ["),
        ("commitment_months[0] > 1", "a condition cannot use ["),
        ("{1} == {1}", "a condition cannot use {"),
        ("starter;", "a condition cannot use ;"),
        ("starter # remark", "a condition cannot use #"),
        ("starter\\", "a condition cannot use \\"),
        ("ünknown", "a condition cannot use ü"),
        ("$re.match > 1", "a condition cannot use $re"),
        ("commitment_months > 0x10", "a condition cannot use 0x10"),
        ("commitment_months > 1e999999", "a condition cannot use 1e999999"),
        ("commitment_months > 9999999999999999", "a condition cannot use 9999"),
        ("commitment_months % 2 == 0", "a condition cannot use %"),
        ("commitment_months // 2 == 0", "a condition cannot use //"),
        ("'a' !~ 'b'", "a condition cannot use !~"),
        ("foo (1)", '"foo" cannot be called: conditions have no functions'),
        ("starter has_partner", '"has_partner" does not fit here'),
        ("1 < commitment_months < 3", '"<" does not fit here'),
        ("(starter", "this condition is not finished"),
        ("", "this condition is not finished"),
        ("-" * 150 + "1 > 0", "this condition is too long"),
        ("-starter > 0", 'wrong type: "starter" is true or false, not a number'),
        ("starter or 'a'", 'wrong type: "a" is text, not true or false'),
        ("starter == 1", 'wrong type: "1" is a number, not true or false'),
        ("starter + 1 > 2", 'wrong type: "starter" is true or false, not a number'),
        (
            "2 == (commitment_months > 1)",
            "wrong type: one part of this condition is true or false, not a number",
        ),
        (
            "starter ? 1 : has_partner",
            'wrong type: "has_partner" is true or false, not a number',
        ),
        ("1 + 2", "wrong type: this is a number"),
        ("'a' > 1", "wrong type: these do not go together"),
        ("'a' * 999999999 == 'b'", "wrong type: these do not go together"),
    ],
)
def test_a_condition_that_cannot_be_used_is_refused(text: str, message: str) -> None:
    with pytest.raises(GuardError) as refusal:
        compile_guard(text, DECISION_FACTS)

    assert str(refusal.value).startswith(message)


@pytest.mark.req("RULE-2")
def test_every_unknown_fact_of_a_condition_is_told_with_its_place() -> None:
    with pytest.raises(GuardError) as refusal:
        compile_guard("startr or has_parter", DECISION_FACTS)

    assert [
        (fault.word, fault.start, fault.hint) for fault in refusal.value.faults
    ] == [
        ("startr", 0, 'did you mean "starter"?'),
        ("has_parter", 10, 'did you mean "has_partner"?'),
    ]


def test_a_condition_that_was_refused_is_a_condition_all_the_same() -> None:
    assert unreadable("startr").text == "startr"
