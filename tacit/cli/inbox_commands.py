"""`tacit inbox`: replies that wait for a person, and what becomes of them."""

from pathlib import Path
from typing import Annotated, Any

import typer

from engine.domain.access import Action
from engine.domain.errors import TacitError
from engine.domain.inbox import InboxItem, InboxStatus
from engine.domain.place import NOBODYS
from engine.domain.records import Person
from engine.services.read_mail_in import MailReader
from engine.services.settle_reply import TO_SEE, let_go, see_reply, take_as_answer
from engine.services.work_inbox import work_inbox
from tacit.bootstrap import App
from tacit.cli.options import DEFAULT_HOME, SOMEBODY, AsSeenBy, By, Home, Json, Now
from tacit.cli.output import print_json, print_table, say, shown
from tacit.cli.session import acting, open_app, open_at

app = typer.Typer(
    no_args_is_help=True, help="Replies that wait for a person at the vendor."
)
Number = Annotated[int, typer.Argument(help="The reply's number.", min=1)]


@app.command("list")
def list_replies(
    everything: Annotated[
        bool, typer.Option("--all", help="Also what is over.")
    ] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 50,
    by: AsSeenBy = SOMEBODY,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """List what came in and waits for a person, the newest first, with the reason."""
    with open_app(home) as opened:
        actor = acting(opened, by)
        actor.must(Action.DECIDE_REPLIES, NOBODYS, "reply", "list")
        with opened.store.begin(read_only=True) as unit:
            statuses = [*InboxStatus] if everything else [*TO_SEE]
            rows = [_row(one) for one in unit.inbox.listing(statuses, limit)]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, ["number", "received_at", "source", "status", "reason"])


@app.command("show")
def show_reply(
    number: Number,
    by: AsSeenBy = SOMEBODY,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Show a reply: from whom, about what, why it waits, and its words."""
    with open_app(home) as opened:
        actor = acting(opened, by)
        actor.must_somewhere(Action.DECIDE_REPLIES)
        seen = see_reply(opened.store, _reader(opened), actor, number)
    found = {
        **_row(seen.item),
        "from": seen.mail.sender,
        "subject": seen.mail.subject,
        "unproven": seen.mail.unproven,
        "change": seen.change,
        "person": seen.person.code if seen.person else None,
        "asks": list(seen.prompt.asks) if seen.prompt else [],
        "text": seen.mail.text,
    }
    if as_json:
        print_json(found)
        return
    for name, value in found.items():
        if name != "text":
            said = ", ".join(value) if isinstance(value, list) else shown(value)
            say(f"{name}: {said}")
    say(f"\n{seen.mail.text}")


@app.command("take")
def take(
    file: Annotated[Path, typer.Argument(help="A mail as it came, .eml.")],
    home: Home = DEFAULT_HOME,
    now: Now = None,
) -> None:
    """Take in a mail from a file, as if it had come by mail: stored, not worked on."""
    with open_at(home, now) as (opened, _):
        _reader(opened)
        is_new = opened.mail_in.take(file.read_bytes(), ())
    say("It was stored." if is_new else "It was there already.")


@app.command("work")
def work(home: Home = DEFAULT_HOME, now: Now = None, as_json: Json = False) -> None:
    """Work on what came in, and count it; `tacit run` does so all the time."""
    with open_at(home, now) as (opened, _):
        _ = opened.rulebook
        done = work_inbox(opened.store, opened.working, opened.clock).numbers
    if as_json:
        print_json(dict(done))
    else:
        say(", ".join(f"{name} {number}" for name, number in done.items()))


@app.command("let-go")
def let_go_of(
    number: Number, by: By = SOMEBODY, home: Home = DEFAULT_HOME, now: Now = None
) -> None:
    """Decide that nothing follows from a reply."""
    with open_at(home, now) as (opened, moment):
        actor = acting(opened, by)
        let_go(opened.store, actor, _person(opened, by), number, moment)
    say(f"Reply {number} was let go.")


@app.command("answer")
def answer(
    number: Number,
    event: Annotated[str, typer.Option("--event", help="The answer it is taken as.")],
    of: Annotated[
        str | None,
        typer.Option("--of", help="Whose answer; else that of who was asked."),
    ] = None,
    by: By = SOMEBODY,
    home: Home = DEFAULT_HOME,
    now: Now = None,
) -> None:
    """Take a reply as an answer: --as is who at the vendor takes it for one."""
    with open_at(home, now) as (opened, moment):
        actor = acting(opened, by)
        actor.must_somewhere(Action.DECIDE_REPLIES)
        answered = take_as_answer(
            opened.store,
            _reader(opened),
            actor,
            _person(opened, by),
            number,
            event,
            of,
            moment,
        )
    say(f"{answered.change} is {answered.state} now.")


def _reader(opened: App) -> MailReader:
    reader = opened.mail_in.reader
    if reader is None:
        raise TacitError(
            "no answers come by mail here: set mail.replies_to in tacit.yaml"
        )
    return reader


def _person(opened: App, by: str) -> Person | None:
    if by == SOMEBODY:
        return None
    with opened.store.begin(read_only=True) as unit:
        return unit.book.person(by)


def _row(item: InboxItem) -> dict[str, Any]:
    return {
        "number": item.id,
        "received_at": item.received_at,
        "source": item.source.value,
        "status": item.status.value,
        "reason": item.reason,
    }
