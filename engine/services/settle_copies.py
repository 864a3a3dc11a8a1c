"""Makes every copy of a question that has ended show so: who, when, and what next.

Whoever answered changes no copy. What is to be shown follows from the prompt, so it is
brought about from there, again and again until the channel took it.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

import structlog

from engine.domain.access import Policy
from engine.domain.answers import in_days
from engine.domain.errors import (
    ChannelUnavailableError,
    PermanentDeliveryError,
    TacitError,
)
from engine.domain.interfaces import Renderer, Storage, UnitOfWork
from engine.domain.letter_values import Vendor, letter_values
from engine.domain.letters import (
    Audience,
    ChannelName,
    Ending,
    LetterRequest,
    Rendered,
)
from engine.domain.prompts import Copy
from engine.domain.recipients import Recipient
from engine.domain.records import Counts
from engine.domain.retry import RetryPolicy
from engine.domain.ruleset import Rulebook
from engine.services.answer_prompt import how_settled
from engine.services.render_message import as_it_was
from engine.services.show_prompt import look_at

log = structlog.get_logger("tacit.copies")
_AT_ONCE: Final = 50


class Changer(Protocol):
    """Can let a message that it took say something else."""

    def change(self, reference: str, rendered: Rendered) -> None:
        """Change it, which may be done twice; raises a DeliveryError where it cannot."""


@dataclass(frozen=True)
class Settling:
    """All that changing copies needs besides the store; wired once."""

    changer: Changer
    renderer: Renderer
    vendor: Vendor
    retry: RetryPolicy


@dataclass
class CopySettler:
    """Changes the copies of one channel; remembers what is to be tried when."""

    store: Storage
    rulebook: Callable[[], Rulebook]
    policy: Policy
    settling: Settling
    channel: ChannelName = ChannelName.SLACK
    _again_at: dict[int, datetime] = field(default_factory=dict)
    _tries: Counter[int] = field(default_factory=Counter)
    _paused_until: datetime | None = None

    def settle(
        self,
        clock: Callable[[], datetime],
        should_stop: Callable[[], bool] = lambda: False,
        progress: Callable[[int], None] = lambda _: None,
    ) -> Counts:
        """Change all whose question has ended, each once; how many came to what."""
        counts = Counts({"settled": 0, "given_up": 0, "put_off": 0})
        seen: set[int] = set()
        while not should_stop() and not self._is_paused(clock()):
            copies = self._find(clock(), seen)
            if not copies:
                break
            for copy in copies:
                if should_stop() or self._is_paused(clock()):
                    break
                seen.add(copy.id)
                counts = counts.plus({self._settle(copy, clock()): 1})
                progress(1)
        return counts

    def _is_paused(self, now: datetime) -> bool:
        return self._paused_until is not None and now < self._paused_until

    def _find(self, now: datetime, seen: set[int]) -> list[Copy]:
        but = seen | {id_ for id_, at in self._again_at.items() if at > now}
        with self.store.begin(read_only=True) as unit:
            return unit.prompts.unsettled(self.channel, but, _AT_ONCE)

    def _settle(self, copy: Copy, now: datetime) -> str:
        try:
            if copy.reference is None or "/" not in copy.reference:
                # Sent before its conversation was kept: it can be found no more.
                raise PermanentDeliveryError("its conversation is not known")
            rendered = self._render(copy, now)
            self.settling.changer.change(copy.reference, rendered)
        except ChannelUnavailableError as error:
            self._paused_until = self.settling.retry.leave_alone_until(error, now)
            return "put_off"
        except TacitError as error:
            return self._failed(copy, error, now)
        self._done(copy, now)
        return "settled"

    def _failed(self, copy: Copy, error: TacitError, now: datetime) -> str:
        self._tries[copy.id] += 1
        again = self.settling.retry.next_try(error, self._tries[copy.id], now)
        if again is not None:
            self._again_at[copy.id] = again
            return "put_off"
        log.warning(
            "a copy cannot be made to show how its question ended",
            prompt=copy.prompt_id,
            error=str(error),
        )
        self._done(copy, now)
        return "given_up"

    def _done(self, copy: Copy, now: datetime) -> None:
        self._again_at.pop(copy.id, None)
        self._tries.pop(copy.id, None)
        with self.store.begin() as unit:
            unit.prompts.settle([copy.id], now)
            unit.commit()

    def _render(self, copy: Copy, now: datetime) -> Rendered:
        """The letter as it was sent, without what it asked, and how that ended."""
        with self.store.begin(read_only=True) as unit:
            claimed = unit.outbox.as_claimed(copy.outbox_id)
            assert claimed is not None  # noqa: S101 - a copy has its message
            ids = {copy.person_id, claimed.primary_contact_id}
            people = unit.book.people(sorted(id_ for id_ in ids if id_ is not None))
            ending = self._ending(unit, copy, claimed.change.zone, now)
        reader = people[copy.person_id]
        audience = Audience(copy.audience)
        contact = people.get(claimed.primary_contact_id or 0)
        recipient = Recipient(reader, self.channel, copy.address, audience, contact)
        values = letter_values(
            self.rulebook(),
            self.settling.vendor,
            as_it_was(claimed, copy.sent_at),
            recipient,
            copy.sent_at,
        )
        values = {**values, "asks": (), "answer_by": None}
        return self.settling.renderer.render(
            LetterRequest(
                claimed.message,
                audience,
                reader.language,
                values,
                self.channel,
                ending=ending,
            )
        )

    def _ending(self, unit: UnitOfWork, copy: Copy, zone: str, now: datetime) -> Ending:
        if copy.audience == Audience.COPY:
            prompt = unit.prompts.one(copy.prompt_id)
            assert prompt is not None  # noqa: S101 - the copy was found by it
            return Ending(how_settled(unit, prompt), zone)
        shown = look_at(
            unit, self.rulebook(), self.policy, copy.prompt_id, copy.person_id, now
        )
        assert shown.settled is not None  # noqa: S101 - it has ended
        return Ending(shown.settled, zone, in_days(shown.others, zone))
