"""`tacit audit …`: the trail holds, and it gives the present state."""

import typer

from engine.domain.audit import Flaw
from engine.services import seal_audit, verify_audit
from engine.services.replay_audit import replay_audit
from tacit.bootstrap import rules_ever_used
from tacit.cli.options import DEFAULT_HOME, Home, Json, Now
from tacit.cli.output import print_json, say
from tacit.cli.session import open_app, open_at

app = typer.Typer(no_args_is_help=True, help="The append-only audit trail.")


@app.command("verify")
def verify(home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """Check that every chain and every seal holds. Exit code 1 where one does not."""
    with open_app(home) as opened:
        counted, flaws = verify_audit.verify(opened.store)
    _report(counted, "entries", flaws, as_json)


@app.command("replay")
def replay(home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """Replay the trail and compare with the present. Exit code 1 where they differ."""
    with open_app(home) as opened:
        rules = rules_ever_used(opened)
        counted, flaws = replay_audit(opened.store, rules)
    _report(counted, "changes", flaws, as_json)


@app.command("seal")
def seal(home: Home = DEFAULT_HOME, now: Now = None) -> None:
    """Seal what was written since the last seal; `tacit run` does it periodically."""
    with open_at(home, now) as (opened, moment):
        entries = seal_audit.seal(opened.store, moment)
    say(f"sealed {entries} entries" if entries else "nothing new to seal")


def _report(counted: int, what: str, flaws: list[Flaw], as_json: bool) -> None:
    if as_json:
        print_json({what: counted, "flaws": flaws})
    else:
        for flaw in flaws:
            say(f"{flaw.subject}: {flaw.message}")
        say(f"{counted} {what} checked, {len(flaws) or 'no'} flaws.")
    if flaws:
        raise typer.Exit(1)
