"""What a year of renewals must bring, counted a second time from the exports alone.

It shares no code with the engine; the policy was typed in from its prose. The clock
strikes once a day at 00:00 UTC, tick first and relay after, so each thing happens on
the first such day that is not before its moment. An end date is known on its own day,
before the tick of that day. Run it: `python independent_count.py FOLDER`.
"""

import csv
import sys
from calendar import monthrange
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

FIRST, LAST = date(2024, 7, 1), date(2025, 6, 30)
DAY, NEVER = timedelta(days=1), date.max
MORNING = time(9)
OUT_FOR = timedelta(days=7)
STALE = timedelta(days=10)  # a notice this late is left to a reminder that comes soon
OPS, DESK = "ops@ravenstack.example", "desk@referrals.example"

# Days before the start: notices and last calls at 09:00, silence at 00:00.
NOTICE, LAST_CALL = "renewal_notice", "last_call"
YEARLY = ({120: NOTICE, 90: NOTICE, 60: NOTICE, 50: LAST_CALL, 46: LAST_CALL}, 44)
MONTHLY = ({20: NOTICE, 14: NOTICE, 8: LAST_CALL}, 5)

MONTHS = {"annual": 12, "monthly": 1}
ZONES = {
    "US": ZoneInfo("America/New_York"),
    "UK": ZoneInfo("Europe/London"),
    "IN": ZoneInfo("Asia/Kolkata"),
    "AU": ZoneInfo("Australia/Sydney"),
    "DE": ZoneInfo("Europe/Berlin"),
    "CA": ZoneInfo("America/Toronto"),
    "FR": ZoneInfo("Europe/Paris"),
}


class Transition(NamedTuple):
    """One step of a change; a step that stays in its state is a step too."""

    change: str
    on: date
    before: str
    after: str
    cause: str


class Mail(NamedTuple):
    """One mail on the wire."""

    change: str
    on: date
    message: str
    recipient: str


@dataclass(frozen=True)
class Account:
    """Who is told, and by which midnight."""

    zone: ZoneInfo
    contact: str | None
    copied: bool

    def told(self) -> list[str]:
        """Whom the vendor writes to, when it tells the customer."""
        if self.contact is None:
            return []
        return [self.contact, DESK] if self.copied else [self.contact]

    def strikes(self, day: date, at: time = time.min) -> date:
        """The first strike of the clock that is not before this local time."""
        moment = datetime.combine(day, at, self.zone).astimezone(UTC)
        midnight = moment.time() == time.min
        return moment.date() if midnight else moment.date() + DAY


@dataclass(frozen=True)
class Subscription:
    """A contract, as the export has it."""

    code: str
    account: Account
    started: date
    ended: date
    months: int
    automatic: bool

    def anniversaries(self) -> Iterator[date]:
        """Each renewal start, from the first day: 31 Jan, 28 Feb, 31 Mar."""
        for term in count(1):
            years, month = divmod(self.started.month - 1 + term * self.months, 12)
            year, month = self.started.year + years, month + 1
            day = min(self.started.day, monthrange(year, month)[1])
            yield date(year, month, day)


@dataclass
class Year:
    """What is expected; what lies outside the year, or after an end, is left out."""

    transitions: Counter[Transition] = field(default_factory=Counter)
    mails: Counter[Mail] = field(default_factory=Counter)


@dataclass
class Renewal:
    """One renewal of one subscription, from the day it opens."""

    of: Subscription
    start: date
    opened: date
    year: Year
    renewed: date = NEVER

    @property
    def change(self) -> str:
        return f"{self.of.code}.R{self.start:%Y%m%d}"

    def expected(self) -> date:
        """Writes down all that happens; the day it closes by itself, or NEVER."""
        self._step(self.opened, "", "pending", "opened")
        closes = self._follow()
        if self.of.ended <= min(closes, LAST):
            state = "renewed" if self.renewed < self.of.ended else "pending"
            ended = Transition(self.change, self.of.ended, state, state, "ended")
            self.year.transitions[ended] += 1
        return closes

    def _follow(self) -> date:
        if not self.of.automatic:
            return self._runs_out()
        if self.of.account.contact is None:
            return self._is_held()
        return self._renews()

    def _renews(self) -> date:
        reminders, silence = self._dates()
        self.renewed = max(silence, self._enough_notice(min(reminders)))
        self._remind({day: m for day, m in reminders.items() if day < self.renewed})
        self._step(self.renewed, "pending", "renewed", "silence")
        self._tell(self.renewed, "renewal_done", self.of.account.told())
        effective = max(self.renewed, self._start())
        self._step(effective, "renewed", "renewed", "start next term")
        return effective

    def _runs_out(self) -> date:
        reminders, silence = self._dates()
        self._remind(reminders)
        self._step(silence, "pending", "pending", "silence")
        self._tell(silence, "will_not_renew", [OPS])
        self._step(self._start(), "pending", "pending", "end contract")
        self._tell(self._start(), "contract_ended", [OPS])
        return self._start()

    def _is_held(self) -> date:
        self._remind(self._dates()[0])
        self._step(self._start(), "pending", "pending", "hold")
        self._tell(self._start(), "held_without_notice", [OPS])
        return NEVER

    def _dates(self) -> tuple[dict[date, str], date]:
        """The reminders by day, of several overdue ones the last; and silence."""
        reminders, silence = YEARLY if self.of.months >= 3 else MONTHLY
        by_day = {
            self._strikes(days, MORNING): message
            for days, message in reminders.items()
            if message == LAST_CALL or not self._is_left_out(days, reminders)
        }
        return by_day, self._strikes(silence)

    def _is_left_out(self, days_before: int, reminders: Iterable[int]) -> bool:
        """A notice of long ago, when another reminder comes soon after the opening."""
        opened = datetime.combine(self.opened, time.min, UTC)
        coming = [at for at in map(self._morning, reminders) if at > opened]
        soon = min(coming, default=opened + 2 * STALE) <= opened + STALE
        return soon and opened > self._morning(days_before) + STALE

    def _morning(self, days_before: int) -> datetime:
        day = self.start - days_before * DAY
        local = datetime.combine(day, MORNING, self.of.account.zone)
        return local.astimezone(UTC)

    def _strikes(self, days_before: int, at: time = time.min) -> date:
        day = self.start - days_before * DAY
        return max(self.opened, self.of.account.strikes(day, at))

    def _start(self) -> date:
        return self._strikes(0)

    def _enough_notice(self, sent: date) -> date:
        """Silence counts once the notice was out for seven days, whole local days."""
        out = datetime.combine(sent, time.min, UTC) + OUT_FOR
        return self.of.account.strikes(
            out.astimezone(self.of.account.zone).date() + DAY
        )

    def _remind(self, reminders: dict[date, str]) -> None:
        """Tells the customer; where there is nobody to tell, tells operations so."""
        for day, message in reminders.items():
            told = self.of.account.told()
            self._tell(day, message if told else "undeliverable", told or [OPS])

    def _step(self, on: date, before: str, after: str, cause: str) -> None:
        if on < self.of.ended and on <= LAST:
            step = Transition(self.change, on, before, after, cause)
            self.year.transitions[step] += 1

    def _tell(self, on: date, message: str, recipients: list[str]) -> None:
        if on < self.of.ended and on <= LAST:
            for recipient in recipients:
                self.year.mails[Mail(self.change, on, message, recipient)] += 1


def expected_of(subscription: Subscription, year: Year) -> None:
    """Follows a subscription from renewal to renewal."""
    opened = FIRST
    for start in subscription.anniversaries():
        if opened > LAST or opened >= subscription.ended:
            return
        if subscription.account.strikes(start) > opened:
            opened = Renewal(subscription, start, opened, year).expected()
            if not subscription.automatic:
                return


def read_accounts(folder: Path) -> dict[str, Account]:
    """Every 17th account has nobody to write to."""
    with (folder / "accounts.csv").open(newline="", encoding="utf-8") as file:
        return {
            row["account_id"]: Account(
                ZONES[row["country"]],
                f"contact@{row['account_id'].lower()}.example" if number % 17 else None,
                row["referral_source"] == "partner",
            )
            for number, row in enumerate(csv.DictReader(file))
        }


def read_subscriptions(folder: Path) -> Iterator[Subscription]:
    """All but the trials."""
    accounts = read_accounts(folder)
    with (folder / "subscriptions.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["is_trial"] == "FALSE":
                end = row["end_date"]
                yield Subscription(
                    row["subscription_id"],
                    accounts[row["account_id"]],
                    date.fromisoformat(row["start_date"]),
                    date.fromisoformat(end) if end else NEVER,
                    MONTHS[row["billing_frequency"]],
                    row["auto_renew_flag"] == "TRUE",
                )


def count_year(folder: Path) -> Year:
    """Every transition and every mail of the year."""
    year = Year()
    for subscription in read_subscriptions(folder):
        expected_of(subscription, year)
    return year


def summary(year: Year) -> Iterator[str]:
    """How many there are of each, as lines."""
    causes = Counter(step.cause for step in year.transitions.elements())
    messages = Counter(mail.message for mail in year.mails.elements())
    for title, numbers in (("transitions", causes), ("mails", messages)):
        yield f"{numbers.total()} {title}"
        yield from (f"  {number:6} {name}" for name, number in sorted(numbers.items()))


if __name__ == "__main__":
    sys.stdout.write("\n".join(summary(count_year(Path(sys.argv[1])))) + "\n")
