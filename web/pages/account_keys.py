"""One's own API keys: made with no more than one may do, shown once, revoked."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from fastapi.responses import Response

from engine.domain.access import Action
from engine.domain.api_keys import LONGEST_NAME, TooManyKeysError, WantedKey
from engine.domain.parsing import day
from engine.services.api_keys import create_key, keys_of, revoke_key
from web.forms import choices_of, text_of
from web.visits import Form, OwnVisit, Posted, Visit

router = APIRouter()


@router.get("/account/keys")
def keys_page(visit: OwnVisit) -> Response:
    """Those that work, and a form for another."""
    return _page(visit)


@router.post("/account/keys")
def make_key(visit: OwnVisit, form: Posted) -> Response:
    """Make one, and show its secret: on this answer alone, which nothing keeps."""
    name, site = text_of(form, "name", LONGEST_NAME), visit.site
    actions = [one for one in _carried(visit) if one in choices_of(form, "actions")]
    expires_at = _end_of_day(visit, text_of(form, "expires_on"))
    wrong = {}
    if not name:
        wrong["name"] = visit.say("Write what the key is for.")
    if not actions:
        wrong["actions"] = visit.say("Choose at least one thing that the key may do.")
    limits = site.settings.keys
    if expires_at is None or expires_at <= visit.now:
        wrong["expires_on"] = visit.say("Choose a day to come.")
    elif expires_at - visit.now > limits.longest:
        wrong["expires_on"] = visit.say(
            "A key works for %(days)s days at most.", days=limits.longest.days
        )
    if wrong or expires_at is None:
        return _page(visit, status=422, form=form, wrong=wrong)
    wanted = WantedKey(name, frozenset(actions), expires_at)
    try:
        made = create_key(
            site.store, site.policy, visit.actor, wanted, limits, visit.now
        )
    except TooManyKeysError as error:
        said = visit.say(
            "You have %(most)s keys that work, and nobody has more: revoke one that is "
            "not needed first.",
            most=error.most,
        )
        return _page(visit, status=409, form=form, wrong={"name": said})
    return visit.page(
        "account_key.html",
        made=made,
        zone=site.settings.time_zone,
        url=site.settings.url,
    )


@router.post("/account/keys/{key_id}/revoke")
def end_key(visit: OwnVisit, key_id: int) -> Response:
    """End one of one's own at once."""
    revoke_key(visit.site.store, visit.actor, key_id, visit.now)
    said = visit.say("The key is revoked: nothing can be done with it any more.")
    return visit.go("/account/keys", said)


def _page(
    visit: Visit,
    *,
    status: int = 200,
    form: Form | None = None,
    wrong: dict[str, str] | None = None,
) -> Response:
    settings = visit.site.settings
    filled = form or {}
    until = visit.now + settings.key_lasts
    return visit.page(
        "account_keys.html",
        status=status,
        keys=keys_of(visit.site.store, visit.actor, visit.now),
        may=_carried(visit),
        ticked=choices_of(filled, "actions"),
        name=text_of(filled, "name"),
        expires_on=text_of(filled, "expires_on")
        or until.astimezone(ZoneInfo(settings.time_zone)).date().isoformat(),
        zone=settings.time_zone,
        longest=LONGEST_NAME,
        wrong=wrong or {},
    )


def _carried(visit: Visit) -> list[Action]:
    """What a key of the visitor's can carry; one's own account last, as it is rare."""
    may = [action for action in Action if visit.actor.may(action)]
    return sorted(may, key=lambda action: action is Action.OWN_ACCOUNT)


def _end_of_day(visit: Visit, text: str) -> datetime | None:
    """When a day is over in the vendor's zone; None where it is no day."""
    try:
        following = day(text) + timedelta(days=1)
    except (ValueError, OverflowError):
        return None
    zone = ZoneInfo(visit.site.settings.time_zone)
    return datetime.combine(following, time(), zone).astimezone(UTC)
