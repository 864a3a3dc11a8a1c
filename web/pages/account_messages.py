"""How and when somebody wants to be written to: channel, language, quiet hours, digest."""

from typing import Any, Final
from zoneinfo import available_timezones

from fastapi import APIRouter
from fastapi.responses import Response

from engine.domain.parsing import LANGUAGES
from engine.domain.wishes import wished
from web.pages.account import holder
from web.visits import LANGUAGE_COOKIE, OwnVisit, Posted, Visit

router = APIRouter()
CHANNELS: Final = ("email", "slack", "both")


def _(text: str) -> str:
    """Mark a sentence for translation."""
    return text


_WRONG: Final = {
    "no_time": _("A time of day looks like 08:30."),
    "half": _("Quiet hours have a beginning and an end: fill in both, or neither."),
    "whole_day": _("Quiet hours that last all day would keep every message back."),
    "no_zone": _("This is not a time zone that we know, such as Europe/Paris."),
}
_FIELDS: Final = ("zone", "quiet_from", "quiet_until", "digest_at")


@router.get("/account/messages")
def messages_page(visit: OwnVisit) -> Response:
    """What they chose, to be changed."""
    kept = holder(visit).delivery()
    given = dict.fromkeys(_FIELDS, "")
    given["zone"] = visit.site.settings.time_zone
    if kept is not None:
        times = (kept.quiet_from, kept.quiet_until, kept.digest_at)
        said = [f"{at:%H:%M}" if at else "" for at in times]
        given = dict(zip(_FIELDS, (kept.zone, *said), strict=True))
    return _page(visit, given)


@router.post("/account/messages")
def choose(visit: OwnVisit, form: Posted) -> Response:
    """Keep it all, or say what is wrong with which."""
    given = {name: _text(form, name) for name in _FIELDS}
    mine = holder(visit)
    channel, language = _text(form, "channel"), _text(form, "language")
    wishes, wrong = wished(*(given[name] for name in _FIELDS))
    if wishes is None or channel not in CHANNELS or language not in LANGUAGES:
        said = {name: visit.say(_WRONG[why]) for name, why in wrong.items()}
        return _page(visit, given, status=422, wrong=said)
    mine.choose_delivery(wishes, channel)
    mine.choose_language(language)
    response = visit.go("/account/messages", visit.say("Kept."))
    response.delete_cookie(LANGUAGE_COOKIE)
    return response


def _text(form: Any, name: str) -> str:
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def _page(
    visit: Visit,
    given: dict[str, str],
    *,
    status: int = 200,
    wrong: dict[str, str] | None = None,
) -> Response:
    person = holder(visit).person
    return visit.page(
        "account_messages.html",
        status=status,
        given=given,
        wrong=wrong or {},
        person=person,
        has_slack="slack" in visit.site.channels and person.slack_user is not None,
        zones=sorted(zone for zone in available_timezones() if "/" in zone),
    )
