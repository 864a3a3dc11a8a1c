"""What the audit trail says of a change, as sentences in the reader's language."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from engine.domain.recipients import reason_code
from notifiers.wording import long_date
from web.visits import Visit

Entry = Mapping[str, Any]


def _(text: str) -> str:
    """Mark a sentence for translation."""
    return text


@dataclass(frozen=True, slots=True)
class Said:
    """One entry, to be shown: when, what, why, and by whom (None: by itself)."""

    seq: int
    at: datetime
    kind: str
    text: str
    why: str | None
    by: str | None


#: What is edited of a change, its customer or its contract, as people name it.
_FIELDS: Final[Mapping[str, str]] = {
    "renewal_start": _("renewal start"),
    "state": _("state"),
    "owner_choice": _("communication owner of this change"),
    "communication_owner": _("communication owner"),
    "new_contact_limit": _("new contact limit"),
    "automatic_renewal": _("automatic renewal"),
    "ended_on": _("end of the contract"),
    "association": _("association with a partner"),
    "was": _("partner until then"),
    "time_zone": _("time zone"),
    "commitment_months": _("length of a term, in months"),
    "billing_months": _("months between bills"),
    "contact_limit": _("contact limit"),
    "contract": _("contract"),
    "customer": _("customer"),
    "partner": _("partner"),
    "primary_contact": _("primary contact"),
    "held_messages": _("held messages"),
}
_VALUES: Final[Mapping[str, str]] = {
    "vendor": _("the vendor"),
    "partner": _("the partner"),
    "default": _("no choice of its own"),
    "ended": _("ended"),
    "released": _("queued again"),
    "larger tier": _("a larger tier"),
    "another day, or none": _("another day, or none"),
}


def told(
    visit: Visit, entries: list[dict[str, Any]], names: Mapping[str, str]
) -> Iterator[Said]:
    """The entries as sentences; `names` are those of people, by their codes."""
    for kept in entries:
        entry = {**kept, "to": names.get(kept.get("to", ""), kept.get("to"))}
        why = entry.get("why")
        yield Said(
            entry["seq"],
            entry["at"],
            entry["kind"],
            _sentence(visit, entry),
            _word(visit, "whys", why) if why else None,
            _by(entry, names),
        )


def _by(entry: Entry, names: Mapping[str, str]) -> str | None:
    by = entry.get("by", "clock")
    return None if by == "clock" else names.get(by, str(by))


def _sentence(visit: Visit, entry: Entry) -> str:
    says = _SENTENCES.get(entry["kind"])
    return says(visit, entry) if says else str(entry["kind"])


def _word(visit: Visit, section: str, code: str) -> str:
    words = visit.site.words[visit.language].section(section)
    return words.get(code, code.replace("_", " "))


def _reason(visit: Visit, text: str) -> str:
    code = reason_code(text)
    return _word(visit, "reasons", code) if code else _word(visit, "whys", text)


def _opened(visit: Visit, entry: Entry) -> str:
    return visit.say(
        "Opened: %(state)s, to start on %(day)s.",
        state=_word(visit, "states", entry["state"]),
        day=_day(visit, entry["renewal_start"]),
    )


def _moved(visit: Visit, entry: Entry) -> str:
    events = visit.site.words[visit.language].section("events")
    target = _word(visit, "states", entry["to"])
    if entry["name"] in events:
        event = events[entry["name"]]
        return visit.say("“%(event)s”: now %(state)s.", event=event, state=target)
    moment = _word(visit, "moments", entry["name"])
    return visit.say("%(moment)s: now %(state)s.", moment=_cap(moment), state=target)


def _effect(visit: Visit, entry: Entry) -> str:
    moment = _cap(_word(visit, "moments", entry["name"]))
    if not entry.get("do"):
        return visit.say("%(moment)s has come.", moment=moment)
    effect = _word(visit, "effects", entry["do"])
    return visit.say("%(moment)s: %(effect)s.", moment=moment, effect=effect)


def _reminded(visit: Visit, entry: Entry) -> str:
    message = _word(visit, "messages", entry["name"])
    late = entry.get("stands_for") or ()
    if late:
        return visit.say(
            "Reminder queued: %(message)s; it stands for %(n)s earlier ones too.",
            message=message,
            n=len(late),
        )
    return visit.say("Reminder queued: %(message)s.", message=message)


def _skipped(visit: Visit, entry: Entry) -> str:
    message = _word(visit, "messages", entry["name"])
    return visit.say("Came too late and was not sent: %(message)s.", message=message)


def _held(visit: Visit, _entry: Entry) -> str:
    return visit.say("Held for a person at the vendor.")


def _warned(visit: Visit, entry: Entry) -> str:
    return visit.say(
        "Warned for %(month)s: %(message)s.",
        month=entry["month"],
        message=_word(visit, "messages", entry["name"]),
    )


def _edited(visit: Visit, entry: Entry) -> str:
    pairs = [
        visit.say(
            "%(field)s: %(value)s",
            field=visit.say(_FIELDS.get(name, name.replace("_", " "))),
            value=_value(visit, name, value),
        )
        for name, value in entry.get("set", {}).items()
        if not (name == "was" and value is None)
    ]
    said = _cap("; ".join(pairs))
    if not entry.get("planned_again"):
        return visit.say("%(edits)s.", edits=said)
    return visit.say("%(edits)s; planned again.", edits=said or visit.say("Edited"))


def _value(visit: Visit, name: str, value: object) -> str:
    if value is None:
        return visit.say("none")
    if isinstance(value, bool):
        return visit.say("on") if value else visit.say("off")
    text = str(value)
    if name == "state":
        return _word(visit, "states", text)
    if text in _VALUES:
        return visit.say(_VALUES[text])
    return _day(visit, text)


def _refused(visit: Visit, entry: Entry) -> str:
    reasons = {
        "not_possible_here": visit.say("not possible in this state"),
        "not_permitted": visit.say("not theirs to do"),
        "too_late": visit.say("too late"),
        "closed": visit.say("the change is closed"),
    }
    return visit.say(
        "Refused: “%(event)s” (%(reason)s).",
        event=_word(visit, "events", entry["name"]),
        reason=reasons.get(entry["reason"], entry["reason"].replace("_", " ")),
    )


def _ended(visit: Visit, _entry: Entry) -> str:
    return visit.say("Closed before its time.")


def _sent(visit: Visit, entry: Entry) -> str:
    channel = "Slack" if entry["channel"] == "slack" else visit.say("email")
    return visit.say(
        "Sent: %(message)s, to %(person)s by %(channel)s.",
        message=_word(visit, "messages", entry["message"]),
        person=entry["to"],
        channel=channel,
    )


def _undelivered(visit: Visit, entry: Entry) -> str:
    return visit.say(
        "Not delivered: %(message)s (%(reason)s).",
        message=_word(visit, "messages", entry["message"]),
        reason=_reason(visit, entry["reason"]),
    )


def _dropped(visit: Visit, entry: Entry) -> str:
    return visit.say(
        "Not sent any more: %(message)s (%(reason)s).",
        message=_word(visit, "messages", entry["message"]),
        reason=_reason(visit, entry["reason"]),
    )


def _answered(visit: Visit, entry: Entry) -> str:
    outcomes = {
        "done": visit.say("done"),
        "ask again": visit.say("not understood, asked again"),
        "person": visit.say("a person has to read it"),
        "refused": visit.say("refused"),
        "changed": visit.say("the terms have changed, asked again"),
        "ignored": visit.say("away"),
    }
    outcome = outcomes.get(entry["outcome"], visit.say("already settled"))
    return visit.say("Answered in words: %(outcome)s.", outcome=outcome)


def _returned(visit: Visit, entry: Entry) -> str:
    return visit.say(
        "Came back: %(message)s, to %(person)s.",
        message=_word(visit, "messages", entry["message"]),
        person=entry["to"],
    )


def _day(visit: Visit, text: str) -> str:
    """A day in words, where the text is one."""
    try:
        return long_date(date.fromisoformat(text), visit.language)
    except ValueError:
        return text


def _cap(text: str) -> str:
    return text[:1].upper() + text[1:]


_SENTENCES: Final[Mapping[str, Callable[[Visit, Entry], str]]] = {
    "opened": _opened,
    "transition": _moved,
    "effect": _effect,
    "held": _held,
    "reminder": _reminded,
    "skipped": _skipped,
    "warned": _warned,
    "edited": _edited,
    "refused": _refused,
    "ended": _ended,
    "sent": _sent,
    "undelivered": _undelivered,
    "dropped": _dropped,
    "answered": _answered,
    "returned": _returned,
}
