"""How every route of the API takes a request: strictly, and once where it is asked to."""

import hashlib
import json
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, Final

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.dependencies.models import Dependant
from fastapi.params import File, Form
from fastapi.routing import APIRoute
from starlette.datastructures import UploadFile

from engine.domain.access import Actor
from engine.domain.answered import LONGEST_KEY, Answer
from engine.services import answer_once
from engine.services.answer_once import Once, OnceStorage
from web.api.callers import SAFE, find_caller, keep_caller
from web.api.problems import ApiError, Complaint, answer_problem
from web.api.strict_json import is_storable, read_json
from web.visits import Visit

IDEMPOTENCY_KEY: Final = "Idempotency-Key"
_HASHED_HEADERS: Final = ("If-Match",)
_KEPT_HEADERS: Final = ("content-type", "etag", "location")
#: A route whose answer holds a secret: it is shown once, and kept nowhere.
SECRET_ANSWER: Final = {"x-answer-not-kept": True}
_JSON: Final = "application/json"
_MULTIPART: Final = "multipart/form-data"

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class StrictRequest(Request):
    """A request whose JSON was read by our own reader."""

    async def json(self) -> Any:
        if not hasattr(self, "_value"):
            self._value = read_json(await self.body())
        return self._value


class ApiRoute(APIRoute):
    """A route of the API."""

    def get_route_handler(self) -> Handler:
        """What answers a request, with all that holds for every route around it."""
        answer = super().get_route_handler()

        async def handle(request: Request) -> Response:
            strict = StrictRequest(request.scope, request.receive)
            try:
                return await self._take(strict, answer)
            finally:
                await strict.close()  # the files of a form

        return handle

    async def _take(self, request: Request, answer: Handler) -> Response:
        self._check_parameters(request)
        visit = await run_in_threadpool(find_caller, request)
        await self._check_body(request, visit)
        keep_caller(request, visit)
        key = request.headers.get(IDEMPOTENCY_KEY)
        if key is None or request.method in SAFE or visit.signed_in is None:
            return await answer(request)
        return await self._answer_once(request, visit, _checked(key), answer)

    def _check_parameters(self, request: Request) -> None:
        """Refuse parameters that the route does not have, or not so often."""
        many, known = _query_names(self.dependant)
        complaints = []
        for name in dict.fromkeys(request.query_params):
            values = request.query_params.getlist(name)
            said = None
            if name not in known:
                said = "there is no such parameter"
            elif len(values) > 1 and name not in many:
                said = "is given more than once"
            elif not all(is_storable(value) for value in values):
                said = "has a NUL character in it"
            if said is not None:
                shown = name if is_storable(name) else "a parameter"
                complaints.append(Complaint(parameter=shown, detail=said))
        if not all(is_storable(str(value)) for value in request.path_params.values()):
            raise ApiError(404, "nothing has a NUL character in its name")
        if complaints:
            first = complaints[0]
            raise ApiError(422, f"{first.parameter}: {first.detail}", complaints)

    async def _check_body(self, request: Request, visit: Visit) -> None:
        """Refuse a body of another kind, or larger, than the route takes."""
        if request.method in SAFE:
            return
        wanted = self._media_type
        body = b"" if wanted == _MULTIPART else await request.body()
        given = request.headers.get("content-type", "").split(";")[0].strip().lower()
        if wanted is None:
            if body:
                raise ApiError(415, "this takes no body")
        elif given != wanted:
            said = f"send it as Content-Type: {wanted}"
            complaint = Complaint(header="Content-Type", detail=said)
            raise ApiError(415, said, [complaint])
        most = visit.site.settings.api.largest_body
        if wanted == _JSON and len(body) > most:
            raise ApiError(
                413, f"the JSON of a request may have at most {most:,} bytes"
            )
        if wanted == _JSON and body:
            await request.json()  # here, where what is wrong with it is told as it is

    @property
    def _media_type(self) -> str | None:
        """The one kind of body that the route takes; None where it takes none."""
        if self.body_field is None:
            return None
        is_form = isinstance(self.body_field.field_info, Form | File)
        return _MULTIPART if is_form else _JSON

    async def _answer_once(
        self, request: Request, visit: Visit, key: str, answer: Handler
    ) -> Response:
        assert visit.signed_in is not None  # noqa: S101 - the caller checked
        site, limits = visit.site, visit.site.settings.api
        hashed = await _hash_of(request, visit.actor)
        once = Once(visit.signed_in.person.id, key, hashed, visit.now)
        found = await run_in_threadpool(
            answer_once.take_on,
            site.store,
            once,
            limits.answer_lease,
            limits.answers_kept,
        )
        if found is not None:
            return _again(found)
        own = replace(site, store=OnceStorage(site.store, once))
        keep_caller(request, replace(visit, site=own))
        try:
            response = await self._answered(request, answer)
        except BaseException:
            # Nothing is known of what went wrong: what was not done may come again.
            await run_in_threadpool(answer_once.let_go, site.store, once)
            raise
        await run_in_threadpool(self._keep, visit, once, response)
        return response

    async def _answered(self, request: Request, answer: Handler) -> Response:
        """The answer, also where it is an error that has one."""
        try:
            return await answer(request)
        except Exception as error:
            handlers = request.app.exception_handlers
            if not any(type_ in handlers for type_ in type(error).__mro__[:-2]):
                raise
            return answer_problem(request, error)

    def _keep(self, visit: Visit, once: Once, response: Response) -> None:
        """Keep what was answered, if anything was done."""
        store = visit.site.store
        if response.status_code >= 400 and answer_once.let_go(store, once):
            return
        if self.openapi_extra != SECRET_ANSWER:
            answer_once.record(store, once, _kept(response))


def _query_names(dependant: Dependant) -> tuple[set[str], set[str]]:
    """The parameters that may be repeated, and all that there are."""
    many: set[str] = set()
    known: set[str] = set()
    for field in dependant.query_params:
        names = getattr(field.field_info.annotation, "model_fields", None)
        fields = names or {field.alias: field.field_info}
        for name, info in fields.items():
            alias = getattr(info, "alias", None) or name
            known.add(alias)
            if getattr(info.annotation, "__origin__", None) in (list, frozenset):
                many.add(alias)
    for below in dependant.dependencies:
        deeper, names_below = _query_names(below)
        many |= deeper
        known |= names_below
    return many, known


def _checked(key: str) -> str:
    if 1 <= len(key) <= LONGEST_KEY and key.isascii() and key.isprintable():
        return key
    said = f"is 1 to {LONGEST_KEY} plain characters, such as a UUID"
    complaint = Complaint(header=IDEMPOTENCY_KEY, detail=said)
    raise ApiError(422, f"{IDEMPOTENCY_KEY}: {said}", [complaint])


async def _hash_of(request: Request, actor: Actor) -> str:
    """One hash for one request: what is asked for, with what, by which rights.

    A key that carries less is not given what one that carries more was answered.
    A form is hashed by its parts, since its boundary is another each time it is sent.
    """
    found = hashlib.sha256()
    headers = [request.headers.get(name, "") for name in _HASHED_HEADERS]
    url = request.url
    rights = "*" if actor.limited_to is None else "|".join(sorted(actor.limited_to))
    for text in (request.method, url.path, url.query, *headers, rights):
        found.update(f"{len(text)}:{text}".encode())
    if request.headers.get("content-type", "").startswith(_MULTIPART):
        for name, value in (await request.form()).multi_items():
            content = await _content(value)
            shown = f"{name}:{getattr(value, 'filename', '')}:{len(content)}:"
            found.update(shown.encode("utf-8", "surrogateescape") + content)
    else:
        found.update(await request.body())
    return found.hexdigest()


async def _content(value: UploadFile | str) -> bytes:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    content = await value.read()
    await value.seek(0)
    return content


def _kept(response: Response) -> Answer:
    headers = {
        name: value
        for name, value in response.headers.items()
        if name.lower() in _KEPT_HEADERS
    }
    body = bytes(response.body).decode()
    return Answer(response.status_code, json.dumps({"headers": headers, "body": body}))


def _again(answer: Answer) -> Response:
    kept = json.loads(answer.body)
    headers = {**kept["headers"], "Idempotency-Replayed": "true"}
    return Response(kept["body"] or None, answer.status, headers)
