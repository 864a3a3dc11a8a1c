"""Deadlines by day, counted again only when something was written since.

Whoever pages through a list or sorts it asks for the same counts each time. The store
says by its version whether they still hold.
"""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import replace
from threading import Lock
from typing import Final

from engine.domain.interfaces import UnitOfWork
from engine.domain.listing import DEFAULT_SORT, Deadlines, Question, Scope

MOST_KEPT: Final = 200


class DeadlineCounts:
    """The counts of the last questions, each of one version of the data; used by threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, Deadlines] = OrderedDict()
        self._lock = Lock()

    def of(self, unit: UnitOfWork, question: Question, scope: Scope) -> Deadlines:
        """The deadlines of all that a question leaves, whatever their day."""
        # What the clock is late with is listed too, and that it is late no entry says.
        minute = question.now.replace(second=0, microsecond=0)
        whole = replace(
            question,
            now=minute,
            deadline_from=None,
            deadline_to=None,
            sort=DEFAULT_SORT,
            descending=False,
            limit=None,
            offset=0,
            after=None,
        )
        key = (unit.listing.version(), whole, scope)
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found
        counted = unit.listing.deadlines(replace(whole, now=question.now), scope)
        with self._lock:
            self._kept[key] = counted
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return counted
