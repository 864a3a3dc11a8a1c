"""Contracts as conditions see them: one sample of every kind they can tell apart.

A truth table, in other words, over what some conditions compare: a fact that is true
or false is tried with both, a number on either side of each value at which a comparison
turns, and what nobody may know of a contract is tried unknown, too.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final, Protocol, TypeVar

from engine.domain import vocabulary
from engine.domain.guard_numbers import NoSumError, Sum, comparisons, facts_in, turn
from engine.domain.guards import Fact, Guard

World = Mapping[str, Fact]


class Conditional(Protocol):
    """What holds or is taken on a condition."""

    @property
    def guard(self) -> Guard | None: ...


Option = TypeVar("Option", bound=Conditional)

#: Where more answers would have to be asked for, nothing is claimed: checking should
#: take no time.
_MOST_ANSWERS: Final = 10_000
#: Numbers that are tried of every fact, whatever it is compared with.
_USUAL: Final = (12, 1_000)


@dataclass(frozen=True, slots=True)
class Worlds:
    """The samples. Where `are_all`, what holds in each of them holds of every contract.

    A sample is always a contract that may come, so that one counterexample proves that
    something does not always hold, even where the samples are not all there are.
    """

    samples: tuple[World, ...]
    are_all: bool

    def never(self, holds: Callable[[World], bool]) -> bool:
        """Whether it is certain that something holds of no contract."""
        return self.are_all and not any(holds(world) for world in self.samples)

    def always(self, holds: Callable[[World], bool]) -> bool:
        """Whether it is certain that something holds of every contract."""
        return self.are_all and all(holds(world) for world in self.samples)

    def where(self, holds: Callable[[World], bool]) -> list[World]:
        """The samples of which something holds."""
        return [world for world in self.samples if holds(world)]

    def words(self, chosen: Sequence[World]) -> str:
        """What tells the first of some samples from all the others, in words."""
        facts = dict(chosen[0])
        for name in chosen[0]:
            fewer = {other: facts[other] for other in facts if other != name}
            if all(world in chosen for world in self.samples if _agrees(world, fewer)):
                facts = fewer
        return " and ".join(_word(name, value) for name, value in facts.items())


def worlds(*options: Sequence[Conditional], also: Collection[str] = ()) -> Worlds:
    """The contracts that branches or rows tell apart; `also` are more such facts."""
    guards = (one.guard for many in options for one in many)
    return worlds_of([guard for guard in guards if guard is not None], also)


def worlds_of(found: Sequence[Guard], also: Collection[str] = ()) -> Worlds:
    """The contracts that conditions tell apart; `also` are more such facts."""
    if not all(guard.is_readable for guard in found):
        return Worlds((), are_all=False)
    sums, are_all = _sums(found)
    names = {*also, *(name for guard in found for name in guard.reads)}
    values = {name: _values(name, sums) for name in sorted(names)}
    number = 1
    for some in values.values():
        number *= len(some)
    if number * len(found) > _MOST_ANSWERS:
        return Worlds((), are_all=False)
    samples = tuple(
        dict(zip(values, combination, strict=True))
        for combination in product(*values.values())
    )
    return Worlds(samples, are_all)


def holds(guard: Guard | None, world: World) -> bool:
    """Whether a condition holds in a world; where there is none, it does."""
    return guard is None or guard.holds(world)


def taken(options: Iterable[Option], world: World) -> Option | None:
    """The first of several branches or rows whose condition holds; None: none does."""
    return next((one for one in options if holds(one.guard, world)), None)


def _sums(guards: Iterable[Guard]) -> tuple[list[Sum], bool]:
    """What the conditions compare, and whether its turns can all be tried."""
    sums, are_all = list[Sum](), True
    for guard in guards:
        try:
            sums += comparisons(guard.expression)
        except NoSumError:
            are_all = False
    return sums, are_all and all(len(facts_in(one)) < 2 for one in sums)


def _values(name: str, sums: Iterable[Sum]) -> list[Fact]:
    """What is tried of one fact."""
    bounds = vocabulary.NUMBERS.get(name)
    if bounds is None:
        return [True, False]
    least, most = bounds
    tried = {least, most, *_USUAL, *_turns(name, sums)}
    found: list[Fact] = [*sorted(value for value in tried if least <= value <= most)]
    return [*found, None] if name in vocabulary.MAY_BE_UNKNOWN else found


def _turns(name: str, sums: Iterable[Sum]) -> Iterator[int]:
    for sum_ in sums:
        if name in facts_in(sum_):
            others = set(facts_in(sum_)) - {name}
            for usual in _USUAL:
                nearest = turn(sum_, name, dict.fromkeys(others, usual))
                yield from (nearest - 1, nearest, nearest + 1)


def _agrees(world: World, facts: World) -> bool:
    return all(world[name] == value for name, value in facts.items())


def _word(name: str, value: Fact) -> str:
    if value is None:
        return f"{name} is not known"
    return f"{name} is {str(value).lower()}"
