"""At which numbers the comparisons of a condition may turn.

Every comparison of numbers is brought to one side, as a sum of facts times numbers. It
changes its answer where that sum is nothing, and nowhere else.
"""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, Final

from rule_engine import DataType, ast

#: The factor of each fact; `_ALONE` has the number that stands alone.
Sum = Mapping[str, Fraction]

_ALONE: Final = ""
_NONE: Final = Fraction(0)
_PARTS: Final = ("left", "right", "condition", "case_true", "case_false")


class NoSumError(ValueError):
    """Raised where facts are multiplied with each other, or chosen between."""


def comparisons(node: Any) -> Iterator[Sum]:
    """The comparisons of numbers in a condition; NoSumError where one is no sum."""
    compares = isinstance(node, ast.ComparisonExpression)
    if compares and node.left.result_type == DataType.FLOAT:
        yield _plus(_sum(node.left), _sum(node.right), -1)
        return
    for part in _PARTS:
        if (below := getattr(node, part, None)) is not None:
            yield from comparisons(below)


def facts_in(sum_: Sum) -> list[str]:
    """The facts on which a sum depends."""
    return sorted(name for name, factor in sum_.items() if name and factor)


def turn(sum_: Sum, fact: str, others: Mapping[str, int]) -> int:
    """The whole number next to the value of a fact at which the sum is nothing."""
    rest = sum(
        (factor * others.get(name, 1) for name, factor in sum_.items() if name != fact),
        _NONE,
    )
    return round(-rest / sum_[fact])


def _sum(node: Any) -> Sum:
    match node:
        case ast.SymbolExpression():
            return {node.name: Fraction(1)}
        case ast.FloatExpression():
            return {_ALONE: Fraction(node.value)}
        case ast.UnaryExpression():
            return _plus({}, _sum(node.right), -1)
        case ast.AddExpression():
            return _plus(_sum(node.left), _sum(node.right), 1)
        case ast.SubtractExpression():
            return _plus(_sum(node.left), _sum(node.right), -1)
        case ast.ArithmeticExpression():
            return _product(_sum(node.left), _sum(node.right))
    raise NoSumError


def _plus(left: Sum, right: Sum, times: int) -> Sum:
    names = left.keys() | right.keys()
    return {
        name: left.get(name, _NONE) + times * right.get(name, _NONE) for name in names
    }


def _product(left: Sum, right: Sum) -> Sum:
    if facts_in(left) and facts_in(right):
        raise NoSumError
    facts, number = (left, right) if facts_in(left) else (right, left)
    factor = number.get(_ALONE, _NONE)
    return {name: factor * one for name, one in facts.items()}
