"""The shipped vocabularies, and a short one to make mistakes in."""

from pathlib import Path
from typing import Final

import pytest

from engine.domain.problems import Problem
from engine.domain.replies import Vocabulary, compile_vocabulary
from engine.domain.yaml_text import Source

EVENTS: Final = frozenset({"accept", "request_cancellation", "withdraw", "take_back"})
SHIPPED: Final = Path(__file__).parents[3] / "rules" / "replies"
SHORT: Final = """\
replies: en
unknown_words: {before: 9, beside: 0, after: 2}
light: [the, please]
small: [to, of]
same:
  pls: please
lists:
  who: [we, they]
negations:
  second: [not]
yes: [yes]
no: [no]
answers:
  accept:
    means: [accept]
    negated: leave
    says: [<who> accept]
    do: [renew]
  leave:
    means: [request_cancellation]
    do: [cancel]
leads: [<who> want to]
holds:
  condition:
    then: person
    says: [if]
harmless: [hello]
tests:
  - {reply: "Please renew.", asks: [accept], expect: accept}
"""


def compiled(text: str) -> tuple[Vocabulary | None, list[Problem]]:
    return compile_vocabulary(Source("en.yaml", text), EVENTS)


@pytest.fixture(scope="session")
def shipped() -> tuple[Vocabulary, ...]:
    found = []
    for file in sorted(SHIPPED.glob("*.yaml")):
        vocabulary, problems = compile_vocabulary(
            Source(file.name, file.read_text()), EVENTS
        )
        assert vocabulary is not None, problems
        found.append(vocabulary)
    return tuple(found)
