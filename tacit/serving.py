"""Serves the pages and the API: the socket, the server in its thread, the address."""

import errno
import logging
import socket
import threading
from typing import Final

import uvicorn

from engine.domain.errors import TacitError
from tacit.bootstrap import App
from web.app import create_app

_BACKLOG: Final = 512


class CannotServeError(TacitError):
    """Raised where the address cannot be served at; says what to do."""


class Server:
    """The pages of an installation, at an address that is taken when this is made."""

    def __init__(self, app: App) -> None:
        web = app.settings.web
        self._listener = listen(web.host, web.port)
        self._patience = web.finish_within.total_seconds()
        _settle_address(app, self._listener)
        self.url = app.site.settings.url
        config = uvicorn.Config(
            create_app(app.site),
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            # Else uvicorn believes whoever asks from this machine.
            proxy_headers=bool(web.trusted_proxies),
            forwarded_allow_ips=list(web.trusted_proxies),
            timeout_graceful_shutdown=int(self._patience),
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve, name="pages", daemon=True)

    def _serve(self) -> None:
        # What uvicorn says of single connections is not the operator's business; what
        # it says of itself is.
        logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
        self._server.run(sockets=[self._listener])

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.should_exit = True
        if self._thread.ident is not None:
            # A little more than the requests get: the server itself has to end too.
            self._thread.join(self._patience + 5)
        self._listener.close()

    def is_over(self) -> bool:
        return not self._thread.is_alive()


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there; CannotServeError says why that cannot be."""
    where = f"{host}:{port}"
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        made = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        # What is accepted inherits it. Else the body of an answer waits until its head
        # is acknowledged, which the other side puts off for 40 ms.
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made
    except (socket.gaierror, UnicodeError):
        raise CannotServeError(
            f"cannot serve at {where}: there is no machine called that; --host (or "
            "web.host) is an address of this one, such as 127.0.0.1, or 0.0.0.0 for all"
        ) from None
    except OSError as error:
        raise CannotServeError(f"cannot serve at {where}: {_remedy(error)}") from None


def _remedy(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            "something else is served there already; stop it, or choose another port "
            "with --port (or web.port)"
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return (
            "this user may not; choose a port from 1024 on with --port (or web.port), "
            "and let a proxy stand before it"
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return (
            "that is not an address of this machine; --host (or web.host) is one that "
            "is, such as 127.0.0.1, or 0.0.0.0 for all"
        )
    return error.strerror or str(error)


def _settle_address(app: App, listener: socket.socket) -> None:
    """Let links name the port that was found where any would do."""
    settings = app.settings
    web = settings.web.model_copy(update={"port": listener.getsockname()[1]})
    app.settings = settings.model_copy(update={"web": web})


def serve_at(app: App, host: str | None, port: int | None) -> None:
    """Serve elsewhere than the settings say, where anything else is said."""
    given = {"host": host, "port": port}
    named = {name: value for name, value in given.items() if value is not None}
    settings = app.settings
    web = settings.web.model_copy(update=named)
    app.settings = settings.model_copy(update={"web": web})
