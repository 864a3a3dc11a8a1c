"""The Authentication-Results headers (RFC 8601) of servers that are trusted.

Anybody can write such a header. A server puts its own above all that a mail brought
along, so only the topmost that bears a trusted server's name counts, with those of the
same server right above or below it before the first Received. The server has to write
one for every mail: a setting that names one which does not trusts whoever writes.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from notifiers.incoming.values import Authentication

_HEADER: Final = "authentication-results"
_PIECE: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[();]|[^"();]+|"')
_RESULT: Final = re.compile(r"^\s*([a-z0-9-]+)\s*(?:/\s*\d+\s*)?=\s*([a-z]+)", re.I)
_PROPERTY: Final = re.compile(
    r'\b([a-z]+)\.([a-z0-9_-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s;"]+)', re.I
)
#: The properties that say for which domain a method passed.
_VOUCHING: Final = {
    "dkim": ("header.d", "header.i"),
    "spf": ("smtp.mailfrom", "smtp.mail"),
}


@dataclass(frozen=True, slots=True)
class _Result:
    method: str
    result: str
    properties: tuple[tuple[str, str], ...]

    def domains(self, *names: str) -> list[str]:
        return [
            value.strip('"').rpartition("@")[2].rstrip(".").lower()
            for name, value in self.properties
            if name in names
        ]


def authenticate(
    headers: Sequence[tuple[str, str]], trusted: Collection[str], domain: str
) -> Authentication:
    """Whether a trusted server says that the mail is by `domain`."""
    names = {server.strip().lower() for server in trusted if server.strip()}
    if not names:
        return Authentication(False, "no server is trusted to authenticate mail")
    found = list(_counting(headers, names))
    if not found:
        return Authentication(False, "no trusted server says who sent it")
    server = found[0][0]
    results = [result for _, text in found for result in _results(text)]
    said = tuple((one.method, one.result) for one in results)
    passed, why = _judged(results, domain.lower())
    return Authentication(passed, f"{server}: {why}", server, said)


def _counting(
    headers: Sequence[tuple[str, str]], names: Collection[str]
) -> Iterator[tuple[str, str]]:
    """The headers that count: their server, and their text without comments."""
    server, received = "", False
    for name, value in headers:
        if name == "received":
            received = True
            if server:
                return
        if name != _HEADER:
            continue
        text = _without_comments(value)
        # The name may be followed by a version.
        own = text.partition(";")[0].strip().lower().split(" ")[0]
        if own not in names or (server and own != server):
            if server:
                return
            continue
        yield own, text.partition(";")[2]
        server = own
        if received:
            return


def _without_comments(value: str) -> str:
    kept, depth = [], 0
    for piece in _PIECE.findall(value):
        if piece == "(":
            depth += 1
        elif piece == ")":
            depth = max(0, depth - 1)
        elif not depth:
            # A semicolon inside quotes must not begin another result.
            kept.append(piece.replace(";", " ") if piece != ";" else piece)
    return "".join(kept)


def _results(text: str) -> Iterator[_Result]:
    for part in text.split(";")[:50]:
        found = _RESULT.match(part)
        if found:
            properties = tuple(
                (f"{kind}.{name}".lower(), value)
                for kind, name, value in _PROPERTY.findall(part)[:20]
            )
            yield _Result(found[1].lower(), found[2].lower(), properties)


def _judged(results: Sequence[_Result], domain: str) -> tuple[bool, str]:
    if not domain:
        return False, "there is no sender to vouch for"
    return _by_dmarc(results, domain) or _by_alignment(results, domain)


def _by_dmarc(results: Sequence[_Result], domain: str) -> tuple[bool, str] | None:
    """What DMARC says; None where it says nothing for certain."""
    for one in results:
        if one.method != "dmarc":
            continue
        named = one.domains("header.from")
        other = bool(named) and domain not in named
        if one.result == "pass" and not other:
            return True, f"dmarc passed for {domain}"
        if one.result == "fail" or other:
            return False, f"dmarc is {one.result}, for {', '.join(named) or domain}"
    return None


def _by_alignment(results: Sequence[_Result], domain: str) -> tuple[bool, str]:
    for one in results:
        if one.result == "pass" and one.method in _VOUCHING:
            near = [
                each
                for each in one.domains(*_VOUCHING[one.method])
                if aligned(each, domain)
            ]
            if near:
                return True, f"{one.method} passed for {near[0]}"
    return False, f"nothing passed that belongs to {domain}"


def aligned(one: str, other: str) -> bool:
    """Whether two domains are one, or one lies below the other (relaxed alignment).

    Without a list of public suffixes siblings are not told from strangers, and do not
    count; a suffix of one label never does.
    """
    if one == other:
        return "." in one
    shorter, longer = sorted((one, other), key=len)
    return "." in shorter and longer.endswith(f".{shorter}")
