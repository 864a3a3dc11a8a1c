"""The values of a preview: examples that fit the message, its reader and the rules."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Protocol

from config.parts import VendorSettings
from engine.domain import parsing, vocabulary
from engine.domain.errors import TacitError
from engine.domain.letters import Answer, Audience, LetterRequest, Rendered
from engine.domain.moments import last_whole_day
from engine.domain.problems import did_you_mean
from engine.domain.rule_checks import tellings
from engine.domain.ruleset import Rulebook, Ruleset, Telling
from engine.domain.yaml_text import Path
from notifiers.rendering import Templates
from notifiers.values import NAMES, example_values


class Written(Protocol):
    """Knows which messages are written, and for whom."""

    def messages(self) -> frozenset[str]: ...
    def audiences(self, message: str) -> frozenset[Audience]: ...


_READERS: Final[Mapping[Audience, str]] = {
    Audience.CUSTOMER: "Inès Marchand",
    Audience.PARTNER: "Léo Nord",
    Audience.COPY: "Léo Nord",
    Audience.OPERATIONS: "Ana Duval",
}
_ZONE: Final = "UTC"
#: Usage below the limits of the examples, but close to them.
_NEAR: Final = {"contacts": 9_400, "emails_sent": 94_000}


def preview_values(
    rulebook: Rulebook | None,
    message: str,
    audience: Audience,
    vendor: VendorSettings,
    choices: Iterable[str] = (),
) -> dict[str, object]:
    """Example values, and over them those that `name=value` choices give.

    Without rules that compile, the examples are those of the manual.
    """
    chosen = dict(_choice(one) for one in choices)
    values = example_values(
        vendor_name=vendor.name,
        vendor_email=vendor.email,
        recipient_name=_READERS[audience],
    )
    if rulebook is not None:
        if message == rulebook.routing.fallback_message:
            values |= {"contact_name": None, "contact_email": None}
        else:
            values["message_name"] = message
        values |= _told(rulebook, message, audience, chosen.get("type"))
    for name, text in chosen.items():
        values[name] = _chosen(name, text, values)
    return values


@dataclass(frozen=True)
class Previews:
    """Renders messages with example values that fit some rules and a vendor."""

    templates: Templates
    rulebook: Rulebook | None
    vendor: VendorSettings

    def render(
        self,
        message: str,
        audience: str | None,
        language: str,
        choices: Iterable[str] = (),
    ) -> Rendered:
        """The message for a reader, or for the first that it is written for."""
        reader = first_audience(self.templates, message, audience)
        values = preview_values(self.rulebook, message, reader, self.vendor, choices)
        return self.templates.render(LetterRequest(message, reader, language, values))


def first_audience(templates: Written, message: str, wanted: str | None) -> Audience:
    """The reader asked for, or the first that the message is written for."""
    audiences = sorted(templates.audiences(message), key=list(Audience).index)
    if not audiences:
        known = ", ".join(sorted(templates.messages()))
        raise TacitError(f'there is no message "{message}" (known: {known})')
    if wanted is None:
        return audiences[0]
    if wanted not in audiences:
        known = ", ".join(audiences)
        raise TacitError(f'{message} is not written for "{wanted}" (but for: {known})')
    return Audience(wanted)


def _choice(choice: str) -> tuple[str, str]:
    name, equals, text = choice.partition("=")
    if name not in NAMES:
        raise TacitError(f'no value "{name}" ({did_you_mean(name, NAMES)})')
    if not equals:
        raise TacitError(f"{name}: write {name}=…, or {name}= for none")
    return name, text


def _told(
    rulebook: Rulebook, message: str, audience: Audience, kind: str | None
) -> dict[str, object]:
    """What the first rule that tells it says of the message."""
    kinds = [kind] if kind in rulebook.machines else vocabulary.CHANGE_TYPES
    for ruleset in (rulebook.machines[str(name)] for name in kinds):
        warn = ruleset.opening.warn
        if warn is not None and warn.telling.message == message:
            return {"asks": (), "tell": warn.telling.to, **_NEAR}
        for path, state, telling in tellings(ruleset):
            readers = vocabulary.AUDIENCES[telling.to]
            if telling.message == message and audience in readers:
                return _as_told(ruleset, path, state, telling, audience)
    return {}


def _as_told(
    ruleset: Ruleset, path: Path, state: str, telling: Telling, audience: Audience
) -> dict[str, object]:
    start, deadline = _start(), _deadline(ruleset)
    last_day = _last_day(ruleset, path, start, deadline)
    asks = () if audience is Audience.COPY else telling.asks
    return {
        "type": ruleset.name,
        "state": state,
        "tell": telling.to,
        "deadline": deadline,
        "answer_by": last_day,
        "asks": tuple(Answer(event, last_day) for event in asks),
    }


def _start() -> date:
    start = NAMES["renewal_start"].example
    assert isinstance(start, date)  # noqa: S101 - our own example
    return start


def _deadline(ruleset: Ruleset) -> date:
    offset = ruleset.calendar[0].first("deadline")
    return last_whole_day(offset.resolve(_start(), _ZONE), _ZONE)


def _last_day(ruleset: Ruleset, path: Path, start: date, deadline: date) -> date | None:
    """The last day for an answer to what is told at a moment, or else before it."""
    moment = path[path.index("at") + 1] if "at" in path else None
    if moment is None:
        return deadline
    told_on = ruleset.calendar[0].first(str(moment)).resolve(start, _ZONE).date()
    if told_on <= deadline:
        return deadline
    return start - timedelta(days=1) if told_on < start else None


def _chosen(name: str, text: str, values: Mapping[str, object]) -> object:
    if not text:
        return () if name == "asks" else None
    if name == "asks":
        last_day = values["answer_by"]
        return tuple(
            Answer(event, last_day if isinstance(last_day, date) else None)
            for event in parsing.words(text)
        )
    try:
        return _reader(name)(text)
    except ValueError as error:
        raise TacitError(f'{name}: "{text}" {error}') from None


def _reader(name: str) -> Callable[[str], object]:
    """How a value of this name is read."""
    if name == "type":
        return parsing.one_of(*vocabulary.CHANGE_TYPES)
    match NAMES[name].example:
        case bool():
            return parsing.boolean
        case int():
            return parsing.whole
        case date():
            return parsing.day
    return str
