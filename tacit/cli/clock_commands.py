"""`tacit tick`, `tacit relay`, `tacit run` and `tacit simulate`."""

from typing import Annotated, Any

import typer

from engine.domain.errors import TacitError
from engine.services.advance_clock import advance_clock
from engine.services.relay_outbox import relay_outbox
from engine.services.simulate import simulate
from tacit import process
from tacit.cli.options import DEFAULT_HOME, Home, Json, Now
from tacit.cli.output import print_json, print_table, progress, say
from tacit.cli.session import open_app, open_at
from tacit.clock import parse_time


def tick(home: Home = DEFAULT_HOME, now: Now = None, as_json: Json = False) -> None:
    """One pass of the clock: do what fell due, and count it."""
    with open_at(home, now) as (app, moment):
        rulebook = app.rulebook
        with progress() as bar:
            task = bar.add_task("Changes", total=None)
            counts = advance_clock(
                app.store, rulebook, moment, progress=lambda n: bar.advance(task, n)
            )
    _print_counts(counts.numbers, as_json)


def relay(home: Home = DEFAULT_HOME, now: Now = None, as_json: Json = False) -> None:
    """Deliver what is queued, and count it."""
    with open_at(home, now) as (app, _):
        rulebook, delivering = app.rulebook, app.delivering()
        with progress() as bar:
            task = bar.add_task("Messages", total=None)
            counts = relay_outbox(
                app.store,
                rulebook,
                delivering,
                app.clock,
                progress=lambda n: bar.advance(task, n),
            )
    _print_counts(counts.numbers, as_json, "copies: ")


def run(home: Home = DEFAULT_HOME) -> None:
    """Run the clock and the relay until stopped; SIGTERM finishes what is in flight."""
    with open_app(home, creates=True) as app:
        process.run(app)


def serve(
    home: Home = DEFAULT_HOME,
    host: Annotated[
        str | None,
        typer.Option("--host", help="The address to serve at; else web.host."),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option("--port", min=0, max=65535, help="The port; 0 finds a free one."),
    ] = None,
    no_clock: Annotated[
        bool,
        typer.Option(
            "--no-clock", help="The pages alone, beside a `tacit run` that ticks."
        ),
    ] = False,
) -> None:
    """Serve the pages and the API, and run the clock and the relay, until stopped.

    SIGTERM or Ctrl-C finishes what is in flight; a second one ends at once.
    """
    # The web's libraries take a second to load, and no other command needs them.
    from tacit.serving import Server, serve_at

    with open_app(home, creates=True) as app:
        serve_at(app, host, port)
        _ = app.rulebook, app.templates
        server = Server(app)
        say(f"Tacit is served at {server.url} (Ctrl-C stops it).")
        if link := app.first_link():
            say(f"Nobody was let in yet. The first operator signs in here: {link}")
        process.run(app, server, with_clock=not no_clock)


def simulation(
    start: Annotated[str, typer.Option("--from", help="First day, YYYY-MM-DD.")],
    end: Annotated[str, typer.Option("--to", help="The day after the last one.")],
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Run the clock over a span of time; nothing is sent, nothing is saved.

    Lists each transition and message, as if nobody answered and all mail arrived.
    """
    with open_app(home) as app:
        first, last = parse_time(start), parse_time(end)
        if last <= first:
            raise TacitError(f"--to {end} is not after --from {start}")
        with progress() as bar:
            days = (last - first).days
            task = bar.add_task("Days", total=days)
            happenings = list(
                simulate(
                    app.store,
                    app.rulebook,
                    app.recording(),
                    first,
                    last,
                    lambda at: bar.update(task, completed=(at - first).days),
                )
            )
    if as_json:
        print_json(happenings)
        return
    print_table(
        [_listed(each) for each in happenings],
        ["at", "change", "customer", "kind", "what"],
    )
    say(f"{len(happenings)} things would happen. Nothing was sent or saved.")


def _listed(happening: dict[str, Any]) -> dict[str, Any]:
    kind = happening["kind"]
    what: str | None
    if kind == "transition":
        what = f"{happening['from']} -> {happening['to']} ({happening['name']})"
    elif kind == "sent":
        what = f"{happening['message']} to {happening['to']} by {happening['channel']}"
    else:
        what = happening.get("do") or happening.get("reason") or happening.get("name")
    return {**happening, "what": what}


def _print_counts(numbers: Any, as_json: bool, of: str = "") -> None:
    if as_json:
        print_json(dict(numbers))
    else:
        say(of + ", ".join(f"{name} {number}" for name, number in numbers.items()))


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("tick")(tick)
    app.command("relay")(relay)
    app.command("run")(run)
    app.command("serve")(serve)
    app.command("simulate")(simulation)
