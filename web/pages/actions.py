"""What people do from a page: a confirmation says what will come of it, then it is done.

A confirmation is asked for by GET and changes nothing; it carries the mark of what it
says, and is shown again instead of acted on when that is no longer so.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, NamedTuple
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from engine.domain.access import Action
from engine.domain.errors import NotFoundError
from engine.domain.interfaces import Storage
from engine.domain.place import Place
from engine.domain.vocabulary import CANCELLING
from engine.services.edit_book import EditError
from engine.services.find_subject import Subject, find_subject
from engine.services.fire_event import Fired, fire_event
from engine.services.rehearse import ChangedMeanwhileError, Rehearsal, Stage
from notifiers.refusals import refusal_sentence
from web import deeds
from web.addresses import local
from web.deeds import Act, Deed
from web.edit_refusals import edit_refusal
from web.errors import BadRequestError
from web.visits import Form, Needs, Posted, Visit

router = APIRouter()
AnswerVisit = Annotated[Visit, Depends(Needs(Action.ANSWER))]

#: What somebody may come back to whatever was done.
_LISTS: Final = ("/changes", "/customers")
_HOMES: Final[Mapping[str, str]] = {
    "change": "/changes/{}",
    "customer": "/customers/{}",
    "partner": "/partners/{}",
}


class _Saying(NamedTuple):
    """How a confirmation says what it asks for."""

    button: str
    summary: str = ""
    is_danger: bool = False


@dataclass(frozen=True)
class _Asked:
    """A confirmation as it is asked for."""

    visit: Visit
    subject: Subject
    title: str
    back: str
    given: dict[str, str] = field(default_factory=dict)

    @property
    def stage(self) -> Stage:
        site = self.visit.site
        return Stage(site.store, site.rulebook, site.channels, self.visit.now)

    def page(self, part: str, status: int = 200, **values: Any) -> Response:
        """A part of a confirmation: in a dialog where a script asked for it."""
        whole = "action/part.html" if self.visit.is_partial else "action/page.html"
        return self.visit.page(
            whole,
            # A script takes only what went well into the page.
            status=200 if self.visit.is_partial else status,
            part=f"action/{part}.html",
            title=self.title,
            subject=self.subject,
            reads=self.visit.actor.reads(self.subject.place),
            back=self.back,
            given=self.given,
            path=self.visit.request.url.path,
            **values,
        )


def _asked(
    visit: Visit, subject: Subject, title: str, back: str, choice: str | None = None
) -> _Asked:
    given = {} if choice is None else {"choice": choice}
    return _Asked(visit, subject, title, _back(visit, subject, back), given)


def _back(visit: Visit, subject: Subject, given: str) -> str:
    """Where somebody came from; the subject's own page where nothing says."""
    if given:
        return local(given)
    came = visit.request.headers.get("HX-Current-URL") or visit.request.headers.get(
        "Referer", ""
    )
    parts = urlsplit(came)
    if (
        parts.netloc == visit.request.url.netloc
        and parts.path != visit.request.url.path
    ):
        return local(f"{parts.path}?{parts.query}" if parts.query else parts.path)
    code = subject.customer if subject.kind == "contract" else subject.code
    return _HOMES.get(subject.kind, "/customers/{}").format(code)


# Events.


@router.get("/changes/{code}/events/{event}")
def confirm_event(
    code: str, event: str, visit: AnswerVisit, back: str = ""
) -> Response:
    """What firing an event would do, and whom it would tell."""
    return _show_event(_event_asked(visit, code, event, back), event)


@router.post("/changes/{code}/events/{event}")
def fire(code: str, event: str, form: Posted, visit: AnswerVisit) -> Response:
    """Fire an event, if it still does what was shown."""
    asked = _event_asked(visit, code, event, _text(form, "back"))
    deed = _firing(visit, asked.subject.code, event)
    try:
        fired = asked.stage.perform(deed, _text(form, "mark"))
    except ChangedMeanwhileError:
        return _show_event(asked, event, is_changed=True)
    _refuse_unseen(fired)
    if fired.refusal is not None:
        return asked.page("refused", 409, said=_refusal(visit, fired))
    word = visit.site.words[visit.language].section("states")
    done = visit.say(
        "%(customer)s, %(change)s: %(state)s.",
        customer=asked.subject.name,
        change=fired.change,
        state=word.get(fired.state, fired.state),
    )
    return visit.go(asked.back, done)


def _event_asked(visit: Visit, code: str, event: str, back: str) -> _Asked:
    store = visit.site.store
    subject = find_subject(store, visit.actor, Action.SEE_CHANGES, "change", code)
    words = visit.site.words[visit.language].section("events")
    return _asked(visit, subject, words.get(event, event.replace("_", " ")), back)


def _firing(visit: Visit, code: str, event: str) -> Callable[[Storage], Fired]:
    rulebook, actor, now = visit.site.rulebook, visit.actor, visit.now
    return lambda store: fire_event(store, rulebook, code, event, actor, now)


def _show_event(asked: _Asked, event: str, *, is_changed: bool = False) -> Response:
    visit = asked.visit
    found = asked.stage.rehearse(_firing(visit, asked.subject.code, event))
    _refuse_unseen(found.said)
    if found.said.refusal is not None:
        said = _refusal(visit, found.said)
        return asked.page("refused", 409 if is_changed else 200, said=said)
    saying = _Saying(asked.title, is_danger=event == CANCELLING)
    return _confirmation(asked, found, saying, is_changed=is_changed)


def _refuse_unseen(fired: Fired) -> None:
    if not fired.is_seen:
        raise NotFoundError("change", fired.change)


def _refusal(visit: Visit, fired: Fired) -> str:
    assert fired.refusal is not None  # noqa: S101 - the caller asked
    return refusal_sentence(
        visit.site.words[visit.language],
        fired.refusal,
        event=fired.event,
        state=fired.state,
        who=fired.person.name,
    )


# Edits.


def _serve(path: str, act: Act) -> None:
    """Give an action its address: GET asks and shows, POST does."""
    needs = Depends(Needs(act.needs))

    def confirm(
        code: str, visit: Visit = needs, choice: str | None = None, back: str = ""
    ) -> Response:
        return _show_edit(_edit_asked(visit, act, code, back, choice), act)

    def do(code: str, form: Posted, visit: Visit = needs) -> Response:
        choice = _text(form, "choice")
        asked = _edit_asked(visit, act, code, _text(form, "back"), choice)
        return _do_edit(asked, act, _text(form, "mark"))

    name = path.strip("/").replace("/", "_").replace("{code}_", "")
    router.add_api_route(path, confirm, methods=["GET"], name=f"confirm_{name}")
    router.add_api_route(path, do, methods=["POST"], name=f"do_{name}")


def _edit_asked(
    visit: Visit, act: Act, code: str, back: str, choice: str | None
) -> _Asked:
    subject = find_subject(visit.site.store, visit.actor, act.needs, act.kind, code)
    return _asked(visit, subject, act.title(visit, subject), back, choice)


def _show_edit(asked: _Asked, act: Act, *, is_changed: bool = False) -> Response:
    visit, subject = asked.visit, asked.subject
    choice = asked.given.get("choice")
    if act.question is not None and choice is None:
        return asked.page("choose", question=act.question(visit, subject), wrong=None)
    try:
        deed = act.deed(visit, subject, choice or "")
        found = asked.stage.rehearse(deed.on(visit), subject.customer_ids)
    except (BadRequestError, EditError) as error:
        return _ask_again(asked, act, error)
    saying = _Saying(deed.button, deed.summary, deed.is_danger)
    return _confirmation(asked, found, saying, is_changed=is_changed)


def _do_edit(asked: _Asked, act: Act, mark: str) -> Response:
    visit, subject = asked.visit, asked.subject
    try:
        deed: Deed = act.deed(visit, subject, asked.given["choice"])
        asked.stage.perform(deed.on(visit), mark, subject.customer_ids)
    except ChangedMeanwhileError:
        return _show_edit(asked, act, is_changed=True)
    except (BadRequestError, EditError) as error:
        return _ask_again(asked, act, error)
    left = Place(subject.place.customer_id)
    ended = act is deeds.END_ASSOCIATION
    is_lost = ended and not visit.actor.may(Action.SEE_CUSTOMERS, left)
    if is_lost and urlsplit(asked.back).path not in _LISTS:
        # The page that one came from is not one's own any more.
        return visit.go("/changes", deed.done)
    return visit.go(asked.back, deed.done)


def _ask_again(asked: _Asked, act: Act, error: BadRequestError | EditError) -> Response:
    visit = asked.visit
    said = edit_refusal(visit, error) if isinstance(error, EditError) else str(error)
    if act.question is None:
        return asked.page("refused", 422, said=said)
    question = act.question(visit, asked.subject)
    return asked.page("choose", 422, question=question, wrong=said)


def _confirmation(
    asked: _Asked, found: Rehearsal[Any], saying: _Saying, *, is_changed: bool
) -> Response:
    return asked.page(
        "confirm",
        409 if is_changed else 200,
        found=found,
        saying=saying,
        is_changed=is_changed,
    )


def _text(form: Form, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


_serve("/changes/{code}/actions/owner", deeds.OWNER_OF_CHANGE)
_serve("/changes/{code}/actions/contact", deeds.CONTACT_OF_CHANGE)
_serve("/changes/{code}/actions/renewal-start", deeds.RENEWAL_START)
_serve("/contracts/{code}/actions/automatic-renewal", deeds.AUTOMATIC_RENEWAL)
_serve("/contracts/{code}/actions/end", deeds.END_CONTRACT)
_serve("/customers/{code}/actions/owner", deeds.OWNER_OF_CUSTOMER)
_serve("/customers/{code}/actions/contact", deeds.CONTACT_OF_CUSTOMER)
_serve("/customers/{code}/end-association", deeds.END_ASSOCIATION)
_serve("/customers/{code}/actions/partner", deeds.PARTNER_OF_CUSTOMER)
_serve("/partners/{code}/actions/owner", deeds.OWNER_OF_PARTNER)
