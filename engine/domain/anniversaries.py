"""Month arithmetic from an original date, which never drifts.

Adding a month again and again turns 31 January into 28 February into 28 March; each
date here is computed from the anchor: 31 January, 28 February, 31 March.
"""

import calendar
from datetime import date


def add_months(anchor: date, months: int) -> date:
    """The date so many months after the anchor, at most the month's last day."""
    years, month = divmod(anchor.month - 1 + months, 12)
    year = anchor.year + years
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(anchor.day, last))


def next_after(anchor: date, every_months: int, day: date) -> date:
    """The first date of the series (anchor excluded) that comes after `day`."""
    passed = (day.year - anchor.year) * 12 + day.month - anchor.month
    count = max(1, passed // every_months)
    while (found := add_months(anchor, count * every_months)) <= day:
        count += 1
    return found


def first_of_next_month(day: date) -> date:
    """The 1st of the month after the day's."""
    return add_months(day.replace(day=1), 1)
