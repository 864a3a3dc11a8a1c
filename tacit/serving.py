"""Serves the pages and the API."""

import uvicorn

from tacit.bootstrap import App
from tacit.logs import configure
from web.app import create_app


def serve(app: App) -> None:
    """Serve until SIGTERM or SIGINT."""
    configure()
    settings = app.settings.web
    uvicorn.run(
        create_app(app.site),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
    )
