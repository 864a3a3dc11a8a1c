"""Reads JSON as it is meant: no name twice, no NaN, no text that no database takes."""

import json
from collections.abc import Iterator
from typing import Any, Final, NoReturn

from web.api.problems import ApiError, Complaint, pointer

#: Deeper than any request is.
_DEEPEST: Final = 20


def read_json(body: bytes) -> Any:
    """The value; ApiError says what is wrong with the text, and where."""
    try:
        text = body.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise ApiError(400, "the body is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise ApiError(400, f"the body is not JSON: {error.msg} ({place})") from None
    except (ValueError, RecursionError):
        # Thousands of digits, or of brackets.
        raise ApiError(400, "the body is not JSON that anybody means") from None
    complaints = list(_complaints(value, ()))
    if complaints:
        said = f"{complaints[0].pointer}: {complaints[0].detail}"
        raise ApiError(422, said, complaints)
    return value


def is_storable(text: str) -> bool:
    """Whether a database takes the text: no NUL, and no half of a character."""
    return "\0" not in text and not any("\ud800" <= each <= "\udfff" for each in text)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            shown = name if is_storable(name) else "a name"
            said = f'"{shown}" stands twice in the same object'
            place = pointer([shown])
            raise ApiError(400, said, [Complaint(pointer=place, detail=said)])
        found[name] = value
    return found


def _no_constant(name: str) -> NoReturn:
    raise ApiError(400, f"the body is not JSON: {name} is no number of JSON")


def _complaints(value: Any, path: tuple[object, ...]) -> Iterator[Complaint]:
    if len(path) > _DEEPEST:
        yield Complaint(pointer=pointer(path[:1]), detail="is nested too deeply")
    elif isinstance(value, str) and not is_storable(value):
        said = "has a NUL character or half of a character in it"
        yield Complaint(pointer=pointer(path), detail=said)
    elif isinstance(value, list):
        for place, each in enumerate(value):
            yield from _complaints(each, (*path, place))
    elif isinstance(value, dict):
        for name, each in value.items():
            if not is_storable(name):
                said = "a name has a NUL character or half of a character in it"
                yield Complaint(pointer=pointer(path), detail=said)
            else:
                yield from _complaints(each, (*path, name))
