"""Addresses of our own, told apart from those that would lead elsewhere."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from engine.domain.tokens import Addressed, Purpose, address_with, sign


def local(path: str) -> str:
    """An address of our own to go on to; any other becomes the first page.

    Browsers read a backslash as a slash and skip tabs and line breaks, so nothing
    with one of them is ours.
    """
    if not path.startswith("/") or path.startswith("//"):
        return "/"
    if "\\" in path or any(not letter.isprintable() for letter in path):
        return "/"
    try:
        parts = urlsplit(path)
    except ValueError:
        return "/"
    return "/" if parts.scheme or parts.netloc else path


def answer_link(
    url: str, keys: Sequence[bytes], prompt_id: int, person_id: int, event: str
) -> str:
    """Where a person gives one answer to a prompt: whoever has it may."""
    token = sign(keys, Purpose.LINK, Addressed(prompt_id, person_id))
    return f"{url}/answer/{token}/{event}"


def reply_address(
    address: str, keys: Sequence[bytes], prompt_id: int, person_id: int
) -> str:
    """The address to which a person answers a prompt; it proves nothing by itself."""
    token = sign(keys, Purpose.MAIL, Addressed(prompt_id, person_id))
    return address_with(address, token)


def served_at(host: str, port: int) -> str:
    """Where a browser on this machine finds what is served there."""
    if host in ("0.0.0.0", "::"):  # noqa: S104 - not listened on here, only named
        host = "localhost"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
