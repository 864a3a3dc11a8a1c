"""Sends claimed messages in a pool of threads; every try comes back as a result."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from queue import SimpleQueue
from time import monotonic
from typing import Final

from engine.domain.errors import (
    ChannelUnavailableError,
    DeliveryError,
    PermanentDeliveryError,
    TacitError,
    TransientDeliveryError,
)
from engine.domain.interfaces import Channel, Renderer
from engine.domain.letter_values import Vendor, letter_values
from engine.domain.letters import (
    Answer,
    ChannelName,
    DigestRequest,
    Letter,
    LetterRequest,
    Rendered,
)
from engine.domain.retry import RetryPolicy
from engine.domain.ruleset import Rulebook
from engine.services.claim_messages import Attempt
from engine.services.record_deliveries import Result

Clock = Callable[[], datetime]
AnswerAt = Callable[[int, int, str], str]
ReplyAt = Callable[[int, int], str]
_LARGEST_SHARE: Final = 8
_LONGEST_UNRECORDED: Final = 1.0  #: in seconds


@dataclass(frozen=True)
class Delivering:
    """All that the relay needs besides the store; wired once."""

    channels: Mapping[str, Channel]
    renderer: Renderer
    vendor: Vendor
    retry: RetryPolicy
    lease: timedelta
    #: From when on a message's readers are looked up anew before it is sent.
    fresh_for: timedelta
    #: How long must be left to answer what its reader would rather have later.
    leave_to_answer: timedelta
    #: How long after the time of a daily digest what falls due still belongs to it.
    gather_for: timedelta
    workers: int
    #: Where the reader of a prompt gives an answer: prompt, person and event.
    answer_at: AnswerAt | None = None
    #: The address that answers a prompt by mail: prompt and person.
    reply_at: ReplyAt | None = None
    #: Whether what is pressed in Slack comes back to us.
    slack_buttons: bool = False
    batch: int = 200
    record_every: int = 200


class Senders:
    """Threads that send what they are handed.

    They touch no database: `results` is how what they did comes back.
    """

    def __init__(
        self,
        pool: ThreadPoolExecutor,
        rulebook: Rulebook,
        delivering: Delivering,
        clock: Clock,
    ) -> None:
        self._pool = pool
        self._rulebook = rulebook
        self._delivering = delivering
        self._clock = clock
        self._paused: dict[str, tuple[datetime, ChannelUnavailableError]] = {}
        self._done: SimpleQueue[Future[list[Result]]] = SimpleQueue()
        self._sizes: dict[Future[list[Result]], int] = {}
        #: How many copies were handed over and have not come back yet.
        self.busy_with = 0

    def hand_over(self, attempts: Sequence[Attempt], until: datetime) -> None:
        """Send these; what has not had its turn by `until` comes back untried.

        Its readers may be others by then. What is told of one change stays in order.
        """
        for share in _shares(_kept_together(attempts), self._delivering.workers):
            future = self._pool.submit(self._send_share, share, until)
            self._sizes[future] = copies = sum(map(len, share))
            self.busy_with += copies
            future.add_done_callback(self._done.put)

    def results(self, least: int) -> list[Result]:
        """At least so many results, or those of a second, and all there are by then.

        A message is never split. What is done by now costs no commit of its own, and
        what a slow channel did is not long at risk of being forgotten.
        """
        found: list[Result] = []
        until = monotonic() + _LONGEST_UNRECORDED
        while self.busy_with and (len(found) < least or not self._done.empty()):
            if found and monotonic() > until:
                break
            future = self._done.get()
            self.busy_with -= self._sizes.pop(future)
            found += future.result()
        return found

    def _send_share(
        self, share: Sequence[Sequence[Attempt]], until: datetime
    ) -> list[Result]:
        return [
            result
            for together in share
            for letter in _letters_of(together)
            for result in self._turn(letter, until)
        ]

    def _turn(self, group: Sequence[Attempt], until: datetime) -> list[Result]:
        """One letter, of one message or of several: its end is that of each."""
        first = group[0]
        now, channel = self._clock(), first.recipient.channel
        paused_until, why = self._paused.get(channel, (now, None))
        if now >= until:
            result = Result(first, put_back_until=now)
        elif paused_until > now:
            result = Result(first, error=why, put_back_until=paused_until)
        else:
            result = self._send(group)
        return [replace(result, attempt=attempt) for attempt in group]

    def _send(self, group: Sequence[Attempt]) -> Result:
        """One try; every failure becomes a result, so that no message is forgotten."""
        attempt = group[0]
        try:
            letter = self._letter(group)
            channel = self._delivering.channels.get(attempt.recipient.channel)
            if channel is None:
                raise PermanentDeliveryError(
                    f"{attempt.recipient.channel} is not configured"
                )
            receipt = channel.send(letter)
        except ChannelUnavailableError as error:
            return self._pause(attempt, error)
        except DeliveryError as error:
            return Result(attempt, error=error)
        except TacitError as error:
            return Result(attempt, error=PermanentDeliveryError(str(error)))
        except Exception as error:
            # One message that nobody thought of must not keep the others' results
            # from being recorded: they would all be sent again.
            sentence = f"{type(error).__name__}: {error}"
            failure = TransientDeliveryError(sentence, ambiguous=True)
            return Result(attempt, error=failure)
        return Result(attempt, reference=receipt.reference, accepted_at=self._clock())

    def _pause(self, attempt: Attempt, error: ChannelUnavailableError) -> Result:
        """Leave the channel alone: it would refuse everybody else's message too."""
        until = self._delivering.retry.leave_alone_until(error, self._clock())
        self._paused[attempt.recipient.channel] = (until, error)
        return Result(attempt, error=error, put_back_until=until)

    def _reply_to(self, attempt: Attempt) -> str | None:
        """Where a reply to this letter is read, if it is."""
        reply_at, prompt = self._delivering.reply_at, attempt.prompt_id
        is_mail = attempt.recipient.channel is ChannelName.EMAIL
        if reply_at is None or prompt is None or not is_mail:
            return None
        return reply_at(prompt, attempt.recipient.person.id)

    def _with_links(
        self, attempt: Attempt, values: Mapping[str, object]
    ) -> Mapping[str, object]:
        """The values, each answer with where its reader gives it."""
        answer_at, prompt = self._delivering.answer_at, attempt.prompt_id
        asks = values["asks"]
        if answer_at is None or prompt is None or not isinstance(asks, tuple):
            return values
        if self._has_buttons(attempt):
            return values
        person = attempt.recipient.person.id
        linked = tuple(
            Answer(one, one.last_day, answer_at(prompt, person, one), one.to)
            for one in asks
        )
        return {**values, "asks": linked}

    def _has_buttons(self, attempt: Attempt) -> bool:
        """Whether its reader answers by buttons: who presses is known by Slack.

        In a digest each has links of its own instead.
        """
        is_slack = attempt.recipient.channel is ChannelName.SLACK
        return is_slack and self._delivering.slack_buttons and attempt.digest is None

    def _letter(self, group: Sequence[Attempt]) -> Letter:
        first = group[0]
        recipient = first.recipient
        person, channel = recipient.person, recipient.channel
        key = first.digest or f"{first.claimed.key}/{person.code}/{channel}"
        return Letter(
            key=key,
            address=recipient.address,
            recipient_name=person.name,
            language=person.language,
            rendered=self._rendered(group),
            attempt=max(one.number for one in group),
            ambiguous=any(one.ambiguous for one in group),
            thread=first.claimed.thread,
            # A digest asks nothing that a reply to it could decide.
            reply_to=None if first.digest else self._reply_to(first),
        )

    def _rendered(self, group: Sequence[Attempt]) -> Rendered:
        requests = tuple(self._request(one) for one in group)
        first = requests[0]
        if group[0].digest is None:
            return self._delivering.renderer.render(first)
        values = {**first.values, "count": len(requests)}
        digest = DigestRequest(
            first.audience, first.language, values, requests, first.channel
        )
        return self._delivering.renderer.render_digest(digest)

    def _request(self, attempt: Attempt) -> LetterRequest:
        recipient, claimed = attempt.recipient, attempt.claimed
        vendor, now = self._delivering.vendor, self._clock()
        values = letter_values(self._rulebook, vendor, claimed, recipient, now)
        can_reply = attempt.digest is None and bool(self._reply_to(attempt))
        values = {**values, "can_reply": can_reply}
        return LetterRequest(
            claimed.message,
            recipient.audience,
            recipient.person.language,
            self._with_links(attempt, values),
            recipient.channel,
            attempt.prompt_id if self._has_buttons(attempt) else None,
        )


def _kept_together(attempts: Sequence[Attempt]) -> list[list[Attempt]]:
    """What one thread does, in order: all of a change, and all that a letter joins.

    The copies of a message are recorded together, and so they come back together.
    """
    groups: dict[int | str, list[Attempt]] = {}
    for attempt in attempts:
        keys = (attempt.claimed.change.id, attempt.digest or "")
        named = [key for key in keys if key != ""]
        known = {id(groups[key]): groups[key] for key in named if key in groups}
        joined = [one for group in known.values() for one in group]
        joined.append(attempt)
        for one in joined:
            groups[one.claimed.change.id] = joined
            if one.digest is not None:
                groups[one.digest] = joined
    return [*{id(group): group for group in groups.values()}.values()]


def _letters_of(together: Sequence[Attempt]) -> list[list[Attempt]]:
    """The attempts by the letters that they go in: most in one of their own."""
    letters: dict[str | int, list[Attempt]] = {}
    for place, attempt in enumerate(together):
        letters.setdefault(attempt.digest or place, []).append(attempt)
    return [*letters.values()]


def _shares(
    messages: Sequence[Sequence[Attempt]], workers: int
) -> Iterator[Sequence[Sequence[Attempt]]]:
    """A few at a time: to hand over each message alone costs as much as to render it.

    Small enough that no worker is left with much to do when the others are done.
    """
    size = max(1, min(_LARGEST_SHARE, len(messages) // (4 * workers)))
    for start in range(0, len(messages), size):
        yield messages[start : start + size]
