"""Who calls: what they may do, and their API keys."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field, field_validator

from engine.domain.access import Action
from engine.domain.api_keys import (
    LONGEST_NAME,
    ApiKey,
    ApiKeyError,
    TooManyKeysError,
    WantedKey,
)
from engine.services.api_keys import create_key, keys_of, revoke_key
from web.api.callers import ApiNeeds
from web.api.problems import ApiError, Complaint
from web.api.routes import SECRET_ANSWER, ApiRoute
from web.api.shapes import Given, NumberInPath
from web.visits import Visit

router: Final = APIRouter(route_class=ApiRoute, tags=["me"])

Known = Annotated[Visit, Depends(ApiNeeds(*Action))]
Own = Annotated[Visit, Depends(ApiNeeds(Action.OWN_ACCOUNT))]

#: No key lasts for longer, whatever is asked for.
_LAST_YEAR: Final = 2199


class MembershipShown(BaseModel):
    """A part in one organisation."""

    side: str = Field(description="vendor, partner or customer.")
    roles: list[str]


class Me(BaseModel):
    """Who calls, and what they may do with this key or session."""

    person: str = Field(description="Their code.", examples=["olivia.park"])
    name: str
    language: str
    memberships: list[MembershipShown]
    actions: list[Action] = Field(description="What may be done, with some thing.")
    until: datetime | None = Field(description="When the key ends; null of a session.")


class KeyShown(BaseModel):
    """An API key, without its secret."""

    id: int
    name: str
    prefix: str = Field(description="What it begins with, after tct_.")
    actions: list[Action]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = Field(description="Noted at most once a minute.")


class NewKeyShown(KeyShown):
    """A key that was just made."""

    secret: str = Field(description="The whole key. It is shown this once.")


class Keys(BaseModel):
    """All of somebody's keys that work."""

    items: list[KeyShown]


class KeyGiven(Given):
    """The key that is wanted."""

    # Actions and times come as text.
    model_config = ConfigDict(strict=False)

    name: str = Field(
        min_length=1, max_length=LONGEST_NAME, examples=["nightly report"]
    )
    actions: list[Action] = Field(
        min_length=1,
        max_length=len(Action),
        description="What it may do, of what you may.",
        examples=[["see changes", "see amounts"]],
    )
    expires_at: datetime | None = Field(
        None,
        description="When it ends, with an offset, at most `web.key_longest` from now; "
        "`web.key_lasts` from now without.",
        examples=["2027-06-30T00:00:00Z"],
    )

    @field_validator("expires_at", mode="before")
    @classmethod
    def _is_text(cls, value: object) -> object:
        if value is not None and not isinstance(value, str):
            raise ValueError("is a time written 2027-06-30T00:00:00Z")
        return value

    @field_validator("expires_at")
    @classmethod
    def _has_offset(cls, value: datetime | None) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("needs an offset, such as Z")
        if not value.year <= _LAST_YEAR:
            raise ValueError(f"is not before the end of {_LAST_YEAR}")
        return value


@router.get("/me", response_model=Me)
def get_me(visit: Known) -> Mapping[str, Any]:
    """Say who you are, and which actions are open to you."""
    actor = visit.actor
    return {
        "person": actor.code,
        "name": actor.name,
        "language": visit.language,
        "memberships": [
            {"side": one.side, "roles": sorted(role.name for role in one.roles)}
            for one in actor.memberships
        ],
        "actions": [action for action in Action if actor.may(action)],
        "until": actor.until,
    }


@router.get("/me/keys", response_model=Keys)
def get_keys(visit: Own) -> Mapping[str, Any]:
    """List your own API keys that work."""
    found = keys_of(visit.site.store, visit.actor, visit.now)
    return {"items": [_shown(key) for key in found]}


@router.post(
    "/me/keys",
    response_model=NewKeyShown,
    status_code=201,
    openapi_extra=SECRET_ANSWER,
)
def post_key(response: Response, visit: Own, given: KeyGiven) -> Mapping[str, Any]:
    """Make an API key that does no more, and lasts no longer, than you may yourself.

    Its secret is shown in this answer alone. With an Idempotency-Key, the same request
    again makes no second key, and is answered with 409.
    """
    site, actor = visit.site, visit.actor
    expires_at = given.expires_at or _usual_end(visit)
    try:
        made = create_key(
            site.store,
            site.policy,
            actor,
            WantedKey(given.name, frozenset(given.actions), expires_at),
            site.settings.keys,
            visit.now,
        )
    except TooManyKeysError as error:
        raise ApiError(409, str(error)) from None
    except ApiKeyError as error:
        name, _, said = str(error).partition(": ")
        if name not in KeyGiven.model_fields:
            name, said = "expires_at", str(error)
        raise ApiError(
            422, str(error), [Complaint(pointer=f"#/{name}", detail=said)]
        ) from None
    response.headers["Location"] = f"/api/v1/me/keys/{made.key.id}"
    return {**_shown(made.key), "secret": made.secret}


@router.delete("/me/keys/{key}", status_code=204)
def delete_key(visit: Own, key: NumberInPath) -> None:
    """Revoke a key of your own at once."""
    revoke_key(visit.site.store, visit.actor, key, visit.now)


def _usual_end(visit: Visit) -> datetime:
    usual = visit.now + visit.site.settings.key_lasts
    until = visit.actor.until
    return usual if until is None else min(usual, until)


def _shown(key: ApiKey) -> dict[str, Any]:
    shown = key._asdict()
    for hidden in ("person_id", "secret_hash", "revoked_at", "made_by"):
        del shown[hidden]
    return shown | {"actions": sorted(key.actions)}
