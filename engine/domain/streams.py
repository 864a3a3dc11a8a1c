"""Streams that are too long to be kept, read side by side."""

from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeVar

First = TypeVar("First")
Second = TypeVar("Second")


def side_by_side(
    first: Iterable[tuple[int, First]], second: Iterable[tuple[int, Second]]
) -> Iterator[tuple[int, First | None, Second | None]]:
    """Both streams by id, in whose order they come; None where one has nothing."""
    left: Iterator[tuple[int, int, Any]] = ((id_, 0, each) for id_, each in first)
    right: Iterator[tuple[int, int, Any]] = ((id_, 1, each) for id_, each in second)
    for id_, found in groupby(merge(left, right, key=itemgetter(0)), itemgetter(0)):
        by_side = {side: each for _, side, each in found}
        yield id_, by_side.get(0), by_side.get(1)
