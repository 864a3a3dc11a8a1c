"""Conditions of rule files, read by rule-engine and by nothing else.

Names and types are checked against the declared facts at load. What could make the
answer depend on anything but those facts, or take long, is refused before rule-engine
sees it, since it works out constants at once: only the tokens listed here may occur.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Final

import rule_engine
from rule_engine import ast

from engine.domain.problems import did_you_mean

Fact = str | int | bool | None

_TOKEN: Final = re.compile(
    r"""(?P<string>"[^"\\]*"|'[^'\\]*')"""
    r"|(?P<number>\d{1,15}(?:\.\d{1,15})?(?![\w.]))"
    r"|(?P<word>[A-Za-z_]\w*(?![\w.]))"
    r"|(?P<sign>[=!<>]=|[<>]|\*(?!\*)|[-+()?:])"
    r"|(?P<refused>\$\w+|[=!]~+|&&|\|\||\*\*|<<|>>|//|[\w.]+|\S)"
)
#: So that nothing nests deeply.
_MOST_TOKENS: Final = 100
_GRAMMAR: Final = frozenset({"and", "or", "not", "true", "false"})
_REMEDIES: Final[Mapping[str, str]] = {
    "=": 'write "=="',
    "!": 'write "not"',
    "&": 'write "and"',
    "&&": 'write "and"',
    "|": 'write "or"',
    "||": 'write "or"',
    "/": "multiply the other side instead",
    '"': "close the quote",
    "'": "close the quote",
    "AND": 'write "and"',
    "OR": 'write "or"',
    "NOT": 'write "not"',
    "True": 'write "true"',
    "False": 'write "false"',
    "yes": 'write "true"',
    "no": 'write "false"',
}
_UNUSABLE: Final = "a condition compares, adds, multiplies and chooses, and no more"
_KINDS: Final[Mapping[type, str]] = {
    bool: "true or false",
    int: "a number",
    str: "text",
}
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
    _rule: rule_engine.Rule | None = field(repr=False, compare=False, hash=False)

    @property
    def is_readable(self) -> bool:
        """Whether it can be asked at all."""
        return self._rule is not None

    @property
    def expression(self) -> Any:
        """The syntax tree of rule-engine."""
        return self._rule.statement.expression if self._rule else None

    def holds(self, facts: Mapping[str, Fact]) -> bool:
        """Whether it holds; a fact it reads and nobody knows makes it false."""
        known = tuple(facts.get(name) for name in self._names)
        return None not in known and _answer(self, known)

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(sorted(self.reads))


@lru_cache(maxsize=50_000)
def _answer(guard: Guard, known: tuple[Fact, ...]) -> bool:
    """A few facts decide thousands of cases: rule-engine is asked once of each."""
    facts = dict(zip(guard._names, known, strict=True))
    return bool(guard._rule and guard._rule.matches(facts))


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake in a condition; `word` is the part that is meant, from `start` on."""

    message: str
    hint: str = ""
    word: str = ""
    start: int = 0


class GuardError(ValueError):
    """Raised for a condition that cannot be used."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(fault.message for fault in faults))
        self.faults = faults


def compile_guard(text: str, vocabulary: Mapping[str, type]) -> Guard:
    """The guard a text says; GuardError says all that is wrong with its words."""
    _check_tokens(text, vocabulary)
    types = {name: _TYPES[kind] for name, kind in vocabulary.items()}
    untyped = _parse(text, dict.fromkeys(types, rule_engine.DataType.UNDEFINED))
    kind, reads = _kind(untyped.statement.expression, vocabulary)
    if kind is not bool:
        hint = 'compare it with something, as in "... >= 3"'
        raise GuardError(Fault(f"wrong type: this is {_KINDS[kind]}", hint))
    return Guard(text, reads, _parse(text, types))


def unreadable(text: str) -> Guard:
    """Stands for a condition that was complained about; it is never asked."""
    return Guard(text, frozenset(), None)


def _check_tokens(text: str, vocabulary: Mapping[str, type]) -> None:
    tokens = list(_TOKEN.finditer(text))
    if len(tokens) > _MOST_TOKENS:
        raise GuardError(Fault("this condition is too long", "split it into branches"))
    for token in tokens:
        word = token[0]
        if token["refused"]:
            hint = _REMEDIES.get(word, "it compares facts with ==, !=, <, <=, > or >=")
            message = f"a condition cannot use {word}"
            raise GuardError(Fault(message, hint, word, token.start()))
        called = text[token.end() :].lstrip().startswith("(")
        if token["word"] and called and word not in _GRAMMAR:
            message = f'"{word}" cannot be called: conditions have no functions'
            raise GuardError(Fault(message, "", word, token.start()))
    words = [token for token in tokens if token["word"]]
    unknown = [t for t in words if t[0] not in _GRAMMAR and t[0] not in vocabulary]
    if unknown:
        raise GuardError(*(_unknown(token, vocabulary) for token in unknown))


def _unknown(token: re.Match[str], vocabulary: Mapping[str, type]) -> Fault:
    word = token[0]
    hint = _REMEDIES.get(word) or did_you_mean(word, vocabulary)
    return Fault(f'unknown fact "{word}"', hint, word, token.start())


def _parse(text: str, types: Mapping[str, Any]) -> rule_engine.Rule:
    resolver = rule_engine.type_resolver_from_dict(dict(types))
    context = rule_engine.Context(type_resolver=resolver, default_timezone="utc")
    try:
        return rule_engine.Rule(text, context=context)
    except rule_engine.RuleSyntaxError as error:
        raise GuardError(_syntax(error)) from None
    except (rule_engine.EngineError, ArithmeticError):
        hint = "numbers go with numbers, true or false with true or false"
        raise GuardError(Fault("wrong type: these do not go together", hint)) from None


def _syntax(error: rule_engine.RuleSyntaxError) -> Fault:
    if error.token is None:
        return Fault("this condition is not finished")
    word, start = str(error.token.value), error.token.lexpos
    return Fault(f'"{word}" does not fit here', 'join two conditions with "and" or "or"',
                 word, start)  # fmt: skip


def _kind(node: Any, facts: Mapping[str, type]) -> tuple[type, frozenset[str]]:
    """The type of an expression and the facts it reads; GuardError where they clash."""
    match node:
        case ast.SymbolExpression(scope=None):
            return facts[node.name], frozenset({node.name})
        case ast.BooleanExpression():
            return bool, frozenset()
        case ast.FloatExpression():
            return int, frozenset()
        case ast.StringExpression():
            return str, frozenset()
        case ast.UnaryExpression():
            wanted: type = int if node.type == "uminus" else bool
            return wanted, _wanted(wanted, facts, node.right)
        case ast.LogicExpression():
            return bool, _wanted(bool, facts, node.left, node.right)
        case ast.TernaryExpression():
            asked = _wanted(bool, facts, node.condition)
            kind, reads = _same(facts, node.case_true, node.case_false)
            return kind, asked | reads
    return _kind_of_pair(node, facts)


def _kind_of_pair(node: Any, facts: Mapping[str, type]) -> tuple[type, frozenset[str]]:
    match node:
        case ast.ArithmeticComparisonExpression():
            return bool, _wanted(int, facts, node.left, node.right)
        case ast.ComparisonExpression():
            return bool, _same(facts, node.left, node.right)[1]
        case (
            ast.AddExpression() | ast.SubtractExpression() | ast.ArithmeticExpression()
        ):
            return int, _wanted(int, facts, node.left, node.right)
    raise GuardError(
        Fault(_UNUSABLE)
    )  # pragma: no cover - no token makes anything else


def _wanted(kind: type, facts: Mapping[str, type], *nodes: Any) -> frozenset[str]:
    """The facts that operands read, all of which should be of one type."""
    reads: frozenset[str] = frozenset()
    for node in nodes:
        found, more = _kind(node, facts)
        if found is not kind:
            raise _clash(node, found, kind)
        reads |= more
    return reads


def _same(
    facts: Mapping[str, type], left: Any, right: Any
) -> tuple[type, frozenset[str]]:
    """The one type of two operands, and the facts they read."""
    kind, reads = _kind(left, facts)
    other, more = _kind(right, facts)
    if kind is not other:
        raise _clash(right, other, kind)
    return kind, reads | more


def _clash(node: Any, kind: type, wanted: type) -> GuardError:
    word = ""
    if isinstance(node, ast.SymbolExpression):
        word = node.name
    elif isinstance(node, ast.StringExpression):
        word = str(node.value)
    elif isinstance(node, ast.FloatExpression):
        word = f"{node.value:f}"
    shown = f'"{word}"' if word else "one part of this condition"
    message = f"wrong type: {shown} is {_KINDS[kind]}, not {_KINDS[wanted]}"
    return GuardError(Fault(message, word=word))
