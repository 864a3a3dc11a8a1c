"""Compresses what pages of our own ask for, and nothing that another site does.

How long a compressed page is tells something of what is in it: somebody who makes a
browser ask for a page again and again, each time with another guess in its address, could
read the form's token out of it letter by letter (BREACH). A browser says which site
asks, and what another site asks for goes out as it is.
"""

from typing import Any, Final

from starlette.middleware.gzip import GZipMiddleware

from web.middleware import App, Receive, Scope, Send

LEAST_BYTES: Final = 600
#: The least: pages are long and much alike, and more would cost more than it saves.
LEVEL: Final = 1
#: Our own pages, and whoever types an address or opens a bookmark.
_TRUSTED: Final = frozenset({b"same-origin", b"none"})


class CompressOwn:
    """Hands a request on to be compressed, or not."""

    def __init__(self, app: App) -> None:
        self._plain = app
        packed: Any = app
        self._packed = GZipMiddleware(packed, LEAST_BYTES, LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _is_own(scope):
            await self._packed(scope, receive, send)
        else:
            await self._plain(scope, receive, send)


def _is_own(scope: Scope) -> bool:
    sites = [value for name, value in scope["headers"] if name == b"sec-fetch-site"]
    return len(sites) == 1 and sites[0] in _TRUSTED
