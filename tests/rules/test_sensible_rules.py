"""Policies that somebody may want: the checks should let them pass."""

from collections.abc import Sequence

import pytest

from engine.domain.rulebook import compile_rulebook
from tests.rules.shipped import a_rule_file, compiled, messages, rule_files, said

Edits = Sequence[tuple[str, str]]

AT_START = """      start:
        do: hold
        tell: vendor_operations
        message: held_without_notice
        why: The customer was never told, so a person decides.
"""
SILENCE = """        if: automatic_renewal
        to: renewed
        after_notice: true
        why: Tacit renewal.
"""
REMINDER = """      - message: renewal_notice
        at: notice
"""
CANCELLED = "  cancellation_requested:\n"
RENEWED = "  renewed:\n"


def instead_of(old: str, new: str) -> Edits:
    return [(old, new)]


def before(old: str, new: str) -> Edits:
    return [(old, new + old)]


SENSIBLE: dict[str, Edits] = {
    "answers offered to who has agreed": instead_of(
        RENEWED,
        """  renewed:
    enter:
      - tell: owner
        message: renewal_done
        asks: [take_back, request_cancellation]
    on:
      take_back:
        to: pending
        by: [customer_contact, partner]
        until: deadline
        why: It can be taken back.
      request_cancellation:
        to: cancellation_requested
        by: [customer_contact, partner]
        until: deadline
        why: It can be cancelled.
    remind:
      - message: last_call
        at: notice
        to: owner
        asks: [request_cancellation]
""",
    ),
    "a state for those who are being asked": [
        (
            "    at:\n      silence:\n" + SILENCE + AT_START,
            """    at:
      listed:
        to: asked
        why: The customer is asked from now on.
""",
        ),
        (
            "    remind:\n      - message: renewal_notice",
            """  asked:
    on:
      accept:
        to: renewed
        by: [customer_contact, partner]
        why: The customer agrees.
      request_cancellation:
        to: cancellation_requested
        by: [customer_contact, partner]
        until: deadline
        why: The customer does not want another term.
    at:
      silence:
"""
            + SILENCE
            + AT_START
            + "    remind:\n      - message: renewal_notice",
        ),
    ],
    "two branches that are all there is": instead_of(
        AT_START,
        """      start:
        - if: automatic_renewal
          do: hold
          why: The customer was never told.
        - if: not automatic_renewal
          do: end contract
          why: Nobody accepted.
""",
    ),
    "two branches that compare two facts": instead_of(
        AT_START,
        """      start:
        - if: billing_months > commitment_months
          do: hold
          why: That is odd.
        - if: billing_months <= commitment_months
          do: end contract
          why: Nobody accepted.
""",
    ),
    "three branches by a number": instead_of(
        AT_START,
        """      start:
        - if: commitment_months < 6
          do: end contract
          why: Short.
        - if: commitment_months >= 6 and commitment_months < 12
          do: hold
          why: Middling.
        - if: commitment_months >= 12
          do: hold
          why: Long.
""",
    ),
    "an unknown fact and a last branch": instead_of(
        AT_START,
        """      start:
        - if: contact_limit > 1000
          do: hold
          why: Large.
        - do: end contract
          why: Small, or nobody knows.
""",
    ),
    "a decision that depends on the edition": instead_of(
        AT_START,
        """      start:
        - if: "starter ? commitment_months < 12 : has_partner"
          do: end contract
          why: By the edition.
        - do: hold
          why: The others.
""",
    ),
    "the end decided when silence speaks": instead_of(
        SILENCE,
        """        - if: automatic_renewal
          to: renewed
          after_notice: true
          why: Tacit renewal.
        - do: end contract
          why: It is not renewed by silence.
""",
    ),
    "a state for those that lapse": [
        (
            SILENCE,
            """        - if: automatic_renewal
          to: renewed
          after_notice: true
          why: Tacit renewal.
        - to: lapsing
          why: It is not renewed by silence.
""",
        ),
        (
            CANCELLED,
            """  lapsing:
    at:
      start:
        do: end contract
        why: Nobody accepted.
"""
            + CANCELLED,
        ),
    ],
    "a notice on entry": [
        (
            "    at:\n      silence:\n" + SILENCE + AT_START,
            """    at:
      notice_day:
        to: asked
        why: The customer is asked from now on.
""",
        ),
        (
            """    remind:
      - message: renewal_notice
        at: notice
        to: owner
        asks: [accept, request_cancellation]
""",
            """  asked:
    enter:
      - tell: owner
        message: renewal_notice
        asks: accept
    on:
      accept:
        to: renewed
        by: [customer_contact, partner]
        why: The customer agrees.
    at:
      silence:
"""
            + SILENCE
            + AT_START,
        ),
        ("    notice: 90 and 60 days", "    notice_day: 60 days"),
    ],
    "days of grace": [
        ("    start: renewal_start\n", "    start: 5 days after renewal_start\n")
    ],
    "silence until renewal start": [
        ("    silence: 44 days before renewal_start", "    silence: renewal_start"),
        ("    start: renewal_start\n", "    start: 1 day after renewal_start\n"),
        ("end of 45 days before", "end of 1 day before"),
    ],
    "a reminder each for those with and without partner": instead_of(
        REMINDER,
        """      - if: not has_partner
        message: renewal_notice
        at: notice
        to: owner
        asks: [accept, request_cancellation]
      - if: has_partner
        message: renewal_notice
        at: notice
""",
    ),
    "a reminder for those that were not reached": [
        (
            REMINDER,
            """      - if: not notice_out
        message: last_call
        at: morning
        to: owner
        asks: accept
"""
            + REMINDER,
        ),
        (
            "    silence: 44 days before renewal_start",
            "    silence: 44 days before renewal_start\n"
            "    morning: 44 days before renewal_start at 09:00",
        ),
        (
            "        until: deadline\n        why: The customer agr",
            "        why: The customer agr",
        ),
    ],
    "dates by the size of the contract": before(
        "  - listed:",
        """  - if: contact_limit >= 5000
    listed: 180 days before renewal_start
    notice: 150 and 90 days before renewal_start at 09:00
    deadline: end of 60 days before renewal_start
    silence: 59 days before renewal_start
    start: renewal_start
""",
    ),
}


def edited(text: str, edits: Edits) -> str:
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


@pytest.mark.req("RULE-2")
@pytest.mark.parametrize("name", SENSIBLE)
def test_a_sensible_policy_is_let_pass(name: str) -> None:
    text = edited(a_rule_file(), SENSIBLE[name])

    _, problems = compiled(text)

    assert [said(problem) for problem in problems] == []


@pytest.mark.req("RULE-2")
def test_an_upgrade_that_is_declined_may_just_end() -> None:
    file = "contact_tier_upgrade.yaml"
    text = rule_files()[file]
    start = text.index("  cancellation_requested:")
    end = text.index("  confirmed:")
    declined = "  cancellation_requested:\n    final: true\n    why: Declined.\n\n"

    _, problems = compiled(text[:start] + declined + text[end:], file)

    assert [said(problem) for problem in problems] == []


COPY = "      copy: partner.point_of_contact\n"


@pytest.mark.req("REN-10")
@pytest.mark.parametrize("copy", ["", "      copy: vendor.operations\n"])
def test_who_gets_a_copy_is_a_choice(copy: str) -> None:
    text = rule_files()["routing.yaml"]

    _, problems = compiled(text.replace(COPY, copy), "routing.yaml")

    assert [said(problem) for problem in problems] == []


@pytest.mark.req("RULE-2")
@pytest.mark.parametrize(
    ("copy", "problems"),
    [
        ("", []),
        (
            COPY,
            [
                'message "renewal_done" has no template for copy',
            ],
        ),
    ],
    ids=["without copies", "with copies"],
)
def test_a_message_is_written_for_those_to_whom_the_routes_lead(
    copy: str, problems: list[str]
) -> None:
    files = rule_files()
    files["routing.yaml"] = files["routing.yaml"].replace(COPY, copy)
    written = {**messages(), "renewal_done": frozenset({"customer", "partner"})}

    _, found = compile_rulebook(files, written)

    assert [problem.message for problem in found] == problems


@pytest.mark.req("RULE-2")
def test_nobody_has_to_be_warned_that_usage_comes_near() -> None:
    file = "email_overage.yaml"
    text = rule_files()[file]
    start, end = text.index("  warn:"), text.index("calendar:")

    _, problems = compiled(text[:start] + text[end:], file)

    assert [said(problem) for problem in problems] == []
