"""What pages say of an error, in the reader's language, and with which status."""

from http import HTTPStatus
from typing import Final

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from engine.domain.access import NotPermittedError
from engine.domain.errors import NotFoundError
from web.errors import BadRequestError, ForgedFormError
from web.visits import Visit


def _(text: str) -> str:
    """Mark a sentence for translation."""
    return text


#: What is not there, or is nobody's business who asks for it, by its kind.
_ABSENT: Final = {
    "change": _('no change "%(name)s"'),
    "customer": _('no customer "%(name)s"'),
    "partner": _('no partner "%(name)s"'),
    "person": _('no person "%(name)s"'),
    "contract": _('no contract "%(name)s"'),
    "site": _('no site "%(name)s"'),
    "message": _('no message "%(name)s"'),
    "webhook": _('no webhook "%(name)s"'),
    "key": _('no key "%(name)s"'),
    "calendar address": _('no calendar address "%(name)s"'),
    "reader": _('no reader "%(name)s"'),
    "mail": _('no mail "%(name)s"'),
}


def said_of(visit: Visit, error: Exception) -> tuple[int, str]:
    """The status of an error, and its sentence."""
    if isinstance(error, HTTPException):
        return error.status_code, _of_http(visit, error)
    if isinstance(error, RequestValidationError):
        return 422, _not_valid(visit, error)
    if isinstance(error, NotFoundError):
        # What else there is may be nothing to whoever asked: no hint.
        sentence = _ABSENT.get(error.kind)
        said = visit.say(sentence, name=error.name) if sentence else error.plain
        return 404, said
    if isinstance(error, NotPermittedError):
        return 403, _refusal(visit, error)
    if isinstance(error, ForgedFormError):
        return 403, visit.say(_FORGED)
    return (400 if isinstance(error, BadRequestError) else 422), str(error)


#: What a library says only by the status.
_BY_STATUS: Final = {
    404: _("There is nothing at this address."),
    405: _("This cannot be done at this address: go back, and try from the page."),
}
#: What the checks of addresses and forms find, by pydantic's name of it.
_NOT_VALID: Final = {
    "missing": _("%(name)s is missing."),
    "int_parsing": _("%(name)s is not a whole number."),
    "int_parsing_size": _("%(name)s is not a number that anything has."),
    "greater_than_equal": _("%(name)s is less than %(ge)s."),
    "less_than": _("%(name)s is not less than %(lt)s."),
    "string_too_long": _("%(name)s is longer than %(max_length)s characters."),
}
_LIMITS: Final = ("ge", "lt", "max_length")
_ELSE: Final = _("%(name)s is not something that can be asked for here.")
_FORGED: Final = _(
    "this form is too old, or came from another site: go back, load the page again, "
    "and send it once more"
)


def _of_http(visit: Visit, error: HTTPException) -> str:
    """What the page that raised it says; our own words for what a library says."""
    sentence = _BY_STATUS.get(error.status_code)
    is_phrase = error.detail == HTTPStatus(error.status_code).phrase
    return visit.say(sentence) if sentence and is_phrase else str(error.detail)


def _not_valid(visit: Visit, error: RequestValidationError) -> str:
    """What is wrong with the first part of an address or a form that does not fit."""
    first = error.errors()[0]
    name = ".".join(str(step) for step in first["loc"][1:])
    sentence = _NOT_VALID.get(first["type"], _ELSE)
    given = {name: str(value) for name, value in (first.get("ctx") or {}).items()}
    return visit.say(sentence, **{**dict.fromkeys(_LIMITS, ""), **given, "name": name})


def _refusal(visit: Visit, error: NotPermittedError) -> str:
    words = visit.site.words[visit.language].section("actions")
    return visit.say(
        "None of your roles lets you do this: %(action)s. Whoever administers your "
        "organisation can give you one that does.",
        action=words.get(error.action, str(error.action)),
    )
