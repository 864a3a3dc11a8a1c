"""Addresses of our own, told apart from those that would lead elsewhere."""

from urllib.parse import urlsplit


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
