"""Cookies that only our own pages can set and no script can read."""

from typing import Final

from fastapi import Request
from fastapi.responses import Response

SESSION_COOKIE: Final = "tacit_session"


def cookie_name(cookie: str, *, is_secure: bool) -> str:
    """What a cookie is called here.

    Over https its name insists that it came from this very host, over https: a page on
    a neighbouring host cannot plant one.
    """
    return f"__Host-{cookie}" if is_secure else cookie


def read_cookie(request: Request, cookie: str, *, is_secure: bool) -> str | None:
    """Its value, if the browser has one."""
    return request.cookies.get(cookie_name(cookie, is_secure=is_secure))


def keep_cookie(
    response: Response, cookie: str, value: str, *, seconds: int, is_secure: bool
) -> None:
    """Set it for a while."""
    response.set_cookie(
        cookie_name(cookie, is_secure=is_secure),
        value,
        max_age=seconds,
        httponly=True,
        samesite="lax",
        secure=is_secure,
    )


def drop_cookie(response: Response, cookie: str, *, is_secure: bool) -> None:
    """Have the browser forget it."""
    response.delete_cookie(
        cookie_name(cookie, is_secure=is_secure),
        httponly=True,
        samesite="lax",
        secure=is_secure,
    )
