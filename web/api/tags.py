"""Entity tags: If-Match and If-None-Match, as RFC 9110 has them."""

import re
from typing import Annotated, Final

from fastapi import Header

from engine.services.change_tags import ANY
from web.api.problems import ApiError, Complaint

_TAGS: Final = re.compile(r'\s*(?:W/)?"[\x21\x23-\x7e]*"\s*')
_STRONG: Final = re.compile(r'(?<!W/)"([\x21\x23-\x7e]*)"')
_ONE: Final = re.compile(r'"([\x21\x23-\x7e]*)"')

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description="Only if the change still has this ETag; else the answer is 412.",
    ),
]
IfNoneMatch = Annotated[
    str | None,
    Header(
        alias="If-None-Match",
        description="Only if the change has another ETag; else the answer is 304.",
    ),
]


def expected(header: str | None) -> frozenset[str] | None:
    """The tags of which one is expected; None for no expectation.

    Weak ones are left out: an edit goes by strong comparison.
    """
    if header is None:
        return None
    return _tags(header, "If-Match", _STRONG)


def is_known(header: str | None, tag: str) -> bool:
    """Whether whoever asks has this version already."""
    if header is None:
        return False
    known = _tags(header, "If-None-Match", _ONE)
    return ANY in known or tag in known


def _tags(header: str, name: str, kind: re.Pattern[str]) -> frozenset[str]:
    if header.strip() == ANY:
        return frozenset({ANY})
    if not all(_TAGS.fullmatch(part) for part in header.split(",")):
        said = 'is * or entity tags in quotes, such as "7-0a1b2c"'
        complaint = Complaint(header=name, detail=said)
        raise ApiError(422, f"{name}: {said}", [complaint])
    return frozenset(kind.findall(header)) - {ANY}
