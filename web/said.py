"""What pages say of an error, in the reader's language, and with which status."""

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
}


def said_of(visit: Visit, error: Exception) -> tuple[int, str]:
    """The status of an error, and its sentence."""
    if isinstance(error, HTTPException):
        return error.status_code, str(error.detail)
    if isinstance(error, RequestValidationError):
        first = error.errors()[0]
        name = ".".join(str(step) for step in first["loc"][1:])
        return 422, f"{name}: {first['msg']}"
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


_FORGED: Final = _(
    "this form is too old, or came from another site: go back, load the page again, "
    "and send it once more"
)


def _refusal(visit: Visit, error: NotPermittedError) -> str:
    words = visit.site.words[visit.language].section("actions")
    return visit.say(
        "None of your roles lets you do this: %(action)s. Whoever administers your "
        "organisation can give you one that does.",
        action=words.get(error.action, str(error.action)),
    )
