"""Who is visiting: the session's cookie, a person's language, and what they may do.

Every route takes its visit from `Needs(...)`, which refuses what is not granted; a test
finds the route that does not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final
from urllib.parse import quote, unquote, urlsplit

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from engine.domain.access import Action, Actor
from engine.domain.accounts import form_token
from engine.domain.parsing import LANGUAGES
from engine.services.needs_attention import count_attention
from engine.services.sign_in import SignedIn, find_session
from web.cookies import SESSION_COOKIE, read_cookie
from web.errors import ForgedFormError, SignInFirst
from web.menu import TODAY, entries_for
from web.rendering import counted, environment, sentence, words_of
from web.site import Site

LANGUAGE_COOKIE: Final = "tacit_language"
NOTICE_COOKIE: Final = "tacit_notice"
FORM_FIELD: Final = "form_token"
FORM_HEADER: Final = "X-Form-Token"
_UNSAFE: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True)
class Visit:
    """One request for a page, by somebody or by nobody known."""

    site: Site
    request: Request
    now: datetime
    language: str
    signed_in: SignedIn | None
    notice: str | None = None

    @property
    def actor(self) -> Actor:
        """Who it is; SignInFirst where nobody is signed in."""
        if self.signed_in is None:
            raise SignInFirst(self.address)
        return self.signed_in.actor

    @property
    def client(self) -> str | None:
        """The machine that the request comes from."""
        found = self.request.client
        return found.host if found else None

    @property
    def menu(self) -> list[tuple[str, str, int]]:
        """The pages that the visitor may see: address, name, and how much waits there."""
        return [
            (one.path, self.say(one.name), self._waits(one.path))
            for one in entries_for(self.actor)
        ]

    def _waits(self, path: str) -> int:
        """How much waits for a person; 0 where that is not theirs, or not said."""
        return count_attention(self.site.store, self.actor) if path == TODAY else 0

    @property
    def address(self) -> str:
        """Where the visitor is, to come back to: with what is asked, unless it was posted."""
        url = self.request.url
        asks = url.query if self.request.method == "GET" else ""
        return f"{url.path}?{asks}" if asks else url.path

    def is_at(self, path: str) -> bool:
        """Whether this page is there, or below it."""
        here = self.request.url.path
        return here == path or here.startswith(f"{path}/")

    @property
    def is_partial(self) -> bool:
        """Whether only the part of a page is asked for that will take another's place."""
        return self.request.headers.get("HX-Request") == "true"

    def say(self, text: str, **values: object) -> str:
        """A sentence in the visitor's language."""
        return sentence(self.language, text, **values)

    def count(self, one: str, many: str, number: int) -> str:
        """A sentence about a number of things; `ngettext` marks it for translation."""
        return counted(self.language, one, many, number)

    def page(self, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        """The page that a template makes of some values."""
        found = environment(self.language).get_template(template)
        text = found.render(
            visit=self,
            word=words_of(self.site.words[self.language]),
            form_token=form_token(self.signed_in.token) if self.signed_in else "",
            Action=Action,
            **values,
        )
        response = HTMLResponse(text, status)
        response.headers["Cache-Control"] = "no-store"
        # One address, a whole page or its part: what asked decides.
        response.headers["Vary"] = "HX-Request, Cookie"
        if self.notice and not self.is_partial:
            response.delete_cookie(NOTICE_COOKIE)
        return response

    def go(self, path: str, notice: str | None = None) -> Response:
        """Send the visitor to another page, which shows the notice once."""
        response = RedirectResponse(path, status_code=303)
        if notice:
            response.set_cookie(
                NOTICE_COOKIE,
                quote(notice[:1_000]),
                max_age=60,
                httponly=True,
                samesite="lax",
                secure=self.site.settings.is_secure,
            )
        return response


def site_of(request: Request) -> Site:
    """The installation that a request is for."""
    found: Site = request.app.state.site
    return found


def visiting(request: Request) -> Visit:
    """Who asks for a page, whether signed in or not."""
    site = site_of(request)
    now = site.clock()
    secure = site.settings.is_secure
    token = read_cookie(request, SESSION_COOKIE, is_secure=secure)
    signed_in = None
    if token:
        limits = site.settings.sessions
        signed_in = find_session(site.store, site.policy, token, now, limits)
    notice = request.cookies.get(NOTICE_COOKIE)
    language = _language(request, site, signed_in)
    return Visit(
        site, request, now, language, signed_in, unquote(notice) if notice else None
    )


def _language(request: Request, site: Site, signed_in: SignedIn | None) -> str:
    if signed_in is not None and request.cookies.get(LANGUAGE_COOKIE) is None:
        return signed_in.person.language
    return language_of(request, site)


def language_of(request: Request, site: Site) -> str:
    """The language that somebody chose, or that their browser asks for."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in LANGUAGES:
        return str(chosen)
    accepted = request.headers.get("Accept-Language", "")
    for part in accepted.split(","):
        code = part.split(";")[0].strip()[:2].lower()
        if code in LANGUAGES:
            return code
    return site.settings.language


Form = Mapping[str, Any]


async def posted(request: Request) -> Form:
    """The fields of a form; of several of one name, the last (see `getlist`)."""
    return await request.form()


def _check_form(visit: Visit, form: Form) -> None:
    """Refuse what another site posts in the name of whoever is signed in here.

    Nor may it sign somebody in, as somebody else: where there is no session yet, the
    browser itself says where a form came from.
    """
    if visit.signed_in is None:
        if _is_from_elsewhere(visit.request, visit.site.settings.url):
            raise ForgedFormError
        return
    wanted = form_token(visit.signed_in.token)
    given = visit.request.headers.get(FORM_HEADER) or form.get(FORM_FIELD)
    if given != wanted:
        raise ForgedFormError


def _is_from_elsewhere(request: Request, url: str) -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin")
    if origin is None:
        return False  # no browser: it has nobody to be deceived
    return urlsplit(origin).netloc not in (
        request.headers.get("Host"),
        urlsplit(url).netloc,
    )


async def _checked_visit(
    request: Request, visit: Annotated[Visit, Depends(visiting)]
) -> Visit:
    if request.method in _UNSAFE:
        _check_form(visit, await request.form())
    return visit


CheckedVisit = Annotated[Visit, Depends(_checked_visit)]
Posted = Annotated[Form, Depends(posted)]


class Needs:
    """What a route needs: one of these actions somewhere, or nothing (ANYBODY).

    The route itself asks whether it may be done with this very thing.
    """

    def __init__(self, *actions: Action) -> None:
        self.actions = actions

    def __call__(self, visit: CheckedVisit) -> Visit:
        """The visit; SignInFirst or NotPermittedError unless one of them is granted."""
        if self.actions and not any(visit.actor.may(each) for each in self.actions):
            visit.actor.must_somewhere(self.actions[0])
        return visit


AnyVisit = Annotated[Visit, Depends(Needs())]
OwnVisit = Annotated[Visit, Depends(Needs(Action.OWN_ACCOUNT))]
