"""Conditions of rule files, read by rule-engine and by nothing else.

Names and types are checked against the declared facts at load. What could make the
answer depend on anything but those facts, or take long, is refused: regular
expressions, built-in symbols such as `$now`, attributes, items and comprehensions.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import rule_engine
from rule_engine import ast

from engine.domain.problems import did_you_mean

Fact = str | int | bool | None

_ALLOWED: Final = (
    ast.AddExpression,
    ast.ArithmeticComparisonExpression,
    ast.ArithmeticExpression,
    ast.BooleanExpression,
    ast.ComparisonExpression,
    ast.FloatExpression,
    ast.LogicExpression,
    ast.StringExpression,
    ast.SubtractExpression,
    ast.SymbolExpression,
    ast.TernaryExpression,
    ast.UnaryExpression,
)
#: Refused before anything is parsed, since rule-engine works out constants at once:
#: built-in symbols, regular expressions, and arithmetic that can fail or explode.
_REFUSED: Final = re.compile(r"\$\w*|[=!]~~?|\*\*|//?|%|\bin\b|\bfor\b|&|\^|<<|>>")
_STRINGS: Final = re.compile(r"\"[^\"]*\"|'[^']*'")
_TYPES: Final[Mapping[type, Any]] = {
    str: rule_engine.DataType.STRING,
    int: rule_engine.DataType.FLOAT,
    bool: rule_engine.DataType.BOOLEAN,
}


@dataclass(frozen=True)
class Guard:
    """A condition over facts, ready to be asked."""

    text: str
    reads: frozenset[str]
    _rule: rule_engine.Rule = field(repr=False, compare=False, hash=False)

    def holds(self, facts: Mapping[str, Fact]) -> bool:
        """Whether it holds; a fact it reads and nobody knows makes it false."""
        if any(facts.get(name) is None for name in self.reads):
            return False
        return bool(self._rule.matches(facts))


class GuardError(ValueError):
    """Raised for a condition that cannot be used; `word` is the part that is meant."""

    def __init__(self, message: str, *, word: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.word = word
        self.hint = hint


def compile_guard(text: str, vocabulary: Mapping[str, type]) -> Guard:
    """The guard a text says; GuardError says what is wrong with it."""
    refused = _REFUSED.search(_STRINGS.sub("", text))
    if refused:
        raise GuardError(f'"{refused[0]}" cannot be used here', word=refused[0])
    context = rule_engine.Context(
        type_resolver=rule_engine.type_resolver_from_dict(
            {name: _TYPES[kind] for name, kind in vocabulary.items()}
        ),
        default_timezone="utc",
    )
    try:
        rule = rule_engine.Rule(text, context=context)
    except rule_engine.SymbolResolutionError as error:
        word = error.symbol_name
        hint = did_you_mean(word, vocabulary)
        raise GuardError(f'unknown fact "{word}"', word=word, hint=hint) from None
    except rule_engine.RuleSyntaxError:
        raise GuardError("this is not a condition that can be read") from None
    except rule_engine.EngineError as error:
        raise GuardError(f"wrong type: {error.message}") from None
    reads = _check(rule.statement.expression)
    if rule.statement.expression.result_type != rule_engine.DataType.BOOLEAN:
        raise GuardError("wrong type: a condition should be true or false")
    return Guard(text, frozenset(reads), rule)


def _check(expression: Any) -> set[str]:
    """The facts an expression reads; GuardError where it does what is refused."""
    if not isinstance(expression, _ALLOWED):
        raise GuardError(
            "only comparisons, arithmetic, and, or, not and ? : can be used here"
        )
    if isinstance(expression, ast.SymbolExpression):
        return {expression.name}
    reads: set[str] = set()
    for name in ("left", "right", "condition", "case_true", "case_false"):
        child = getattr(expression, name, None)
        if isinstance(child, ast.ExpressionBase):
            reads |= _check(child)
    return reads
