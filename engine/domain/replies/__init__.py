"""Reading a reply's text: what somebody answers, in their own words.

`compile_vocabulary` makes a vocabulary of a YAML file; `understand` reads a text with
several of them; `run_examples` runs the tests that such a file carries.
"""

from engine.domain.replies.compiler import compile_vocabulary
from engine.domain.replies.examples import Outcome, run_examples, unreached
from engine.domain.replies.reading import Reading, Step, Verdict
from engine.domain.replies.understanding import understand
from engine.domain.replies.vocabulary import Vocabulary

__all__ = [
    "Outcome",
    "Reading",
    "Step",
    "Verdict",
    "Vocabulary",
    "compile_vocabulary",
    "run_examples",
    "understand",
    "unreached",
]
