"""Answering by a link: opening it shows the question, and a pressed button answers.

The link itself says who answers, so nobody has to sign in; machines that open links
for people decide nothing.
"""

from collections.abc import Callable
from typing import Any, Final

from fastapi import APIRouter
from fastapi.responses import Response

from engine.domain.interfaces import Storage
from engine.domain.moments import last_whole_day
from engine.domain.prompts import Answered, AnswerOutcome, NoSuchPromptError, Via
from engine.domain.tokens import BadTokenError, Purpose, read
from engine.domain.vocabulary import CANCELLING
from engine.services.answer_prompt import GivenAnswer, answer_prompt
from engine.services.rehearse import ChangedMeanwhileError, Stage
from engine.services.show_prompt import ShownPrompt, show_prompt
from notifiers.refusals import refusal_sentence
from web.visits import AnyVisit, Posted, Visit

router = APIRouter()
PATH: Final = "/answer/{token}"


@router.get(PATH)
def question(visit: AnyVisit, token: str) -> Response:
    """What is asked of whom, and the answers that are open."""
    return _Answering(visit, token).show()


@router.get(PATH + "/{event}")
def confirm(visit: AnyVisit, token: str, event: str) -> Response:
    """What one of the answers would do, and whom it would tell; a button gives it."""
    return _Answering(visit, token).confirm(event)


@router.post(PATH + "/{event}")
def give(visit: AnyVisit, form: Posted, token: str, event: str) -> Response:
    """Give the answer, if it still does what was shown."""
    mark = form.get("mark", "")
    return _Answering(visit, token).give(event, mark if isinstance(mark, str) else "")


class _Answering:
    """One link, opened or pressed."""

    def __init__(self, visit: Visit, token: str) -> None:
        self._visit = visit
        self._token = token
        self._site = visit.site

    def show(self) -> Response:
        return self._found(lambda shown: self._page(shown, "answer/question.html"))

    def confirm(self, event: str) -> Response:
        return self._found(lambda shown: self._confirmation(shown, event))

    def give(self, event: str, mark: str) -> Response:
        return self._found(lambda shown: self._give(shown, event, mark))

    def _found(self, then: Callable[[ShownPrompt], Response]) -> Response:
        """The page for the link's prompt, in the language of whoever it was put to."""
        site, now = self._site, self._visit.now
        try:
            asked = read(site.signing_keys(), Purpose.LINK, self._token)
            shown = show_prompt(site.store, site.rulebook, site.policy, *asked, now)
        except (BadTokenError, NoSuchPromptError):
            return self._visit.page("answer/unknown.html", status=404)
        return then(shown)

    def _confirmation(
        self, shown: ShownPrompt, event: str, *, is_changed: bool = False
    ) -> Response:
        if event not in {one.event for one in shown.open}:
            return self._page(shown, "answer/question.html", 409)
        found = self._stage.rehearse(self._deed(shown, event))
        if found.said.outcome is not AnswerOutcome.DONE:
            return self._outcome(shown, found.said)
        return self._page(
            shown,
            "answer/confirm.html",
            409 if is_changed else 200,
            found=found,
            event=event,
            is_danger=event == CANCELLING,
            is_changed=is_changed,
            others=[one for one in shown.open if one.event != event],
        )

    def _give(self, shown: ShownPrompt, event: str, mark: str) -> Response:
        if not shown.open:
            # Pressed twice, or too late: it is said, and kept as given.
            return self._outcome(shown, self._deed(shown, event)(self._site.store))
        try:
            said = self._stage.perform(self._deed(shown, event), mark)
        except ChangedMeanwhileError:
            return self._found(
                lambda again: self._confirmation(again, event, is_changed=True)
            )
        return self._outcome(shown, said)

    @property
    def _stage(self) -> Stage:
        site = self._site
        return Stage(site.store, site.rulebook, site.channels, self._visit.now)

    def _deed(self, shown: ShownPrompt, event: str) -> Callable[[Storage], Answered]:
        site, now = self._site, self._visit.now
        given = GivenAnswer(shown.prompt.id, shown.person.id, event, Via.LINK)
        return lambda store: answer_prompt(
            store, site.rulebook, site.policy, given, now
        )

    def _outcome(self, shown: ShownPrompt, said: Answered) -> Response:
        """What came of it, as the prompt stands by now."""
        refused = None
        if said.refusal is not None:
            words = self._site.words[self._visit.language]
            refused = refusal_sentence(
                words,
                said.refusal,
                event=said.event,
                state=said.state,
                who=shown.person.name,
            )
        done = said.outcome is AnswerOutcome.DONE
        status = 200 if done or said.outcome is AnswerOutcome.REPEATED else 409
        return self._found(
            lambda now: self._page(
                now, "answer/outcome.html", status, said=said, refused=refused
            )
        )

    def _page(
        self, shown: ShownPrompt, template: str, status: int = 200, **values: Any
    ) -> Response:
        zone = shown.change.zone
        response = self._visit.page(
            template,
            status=status,
            shown=shown,
            token=self._token,
            reads=shown.actor.reads(shown.change.place),
            last_day={
                one.event: last_whole_day(one.closes, zone)
                for one in (*shown.open, *shown.others)
                if one.closes
            },
            **values,
        )
        # The address is the right to answer: nobody else is to learn it.
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Robots-Tag"] = "noindex"
        return response
