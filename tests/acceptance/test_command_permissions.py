"""Every command: what it needs of whoever `--as` names, or that it is the operator's."""

import re
from collections.abc import Iterator

import pytest
import typer.main
from typer.core import TyperGroup

from engine.domain.access import Action
from tacit.cli import app
from tests.acceptance.conftest import SAMPLES, Tacit

NOW = ("--now", "2026-10-01")
CHANGE = "K-1008.R20270110"
OPERATORS = "the operator's: it takes no --as"
#: Arguments that work over the sample book for whoever may, beside what that needs.
COMMANDS: dict[str, tuple[str, Action | None]] = {
    "init": ("", None),
    "import": (f"{SAMPLES}", None),
    "export": ("book.xlsx --what book", Action.EXPORT_BOOK),
    "changes": ("", Action.SEE_CHANGES),
    "show": (CHANGE, Action.SEE_CHANGES),
    "fire": (f"{CHANGE} accept", Action.ANSWER),
    "set owner": (f"change {CHANGE} vendor", Action.CHOOSE_OWNER),
    "set contact": ("hudson-robotics grace.oneill", Action.CHOOSE_CONTACT),
    "set renewal-start": (f"{CHANGE} 2027-01-20", Action.MOVE_DATES),
    "set auto-renew": ("K-1008 no", Action.SET_TERMS),
    "set end": ("K-1008 2027-06-01", Action.SET_TERMS),
    "set association": ("hudson-robotics none", Action.END_ASSOCIATION),
    "rules check": ("", None),
    "replies test": ("", None),
    "replies read": ("-", None),
    "tick": ("", None),
    "relay": ("", None),
    "run": ("", None),
    "serve": ("", None),
    "messages": ("", Action.SEE_MESSAGES),
    "release": ("--all", Action.RELEASE_MESSAGES),
    "preview": ("renewal_notice", None),
    "simulate": ("--from 2026-11-01 --to 2026-11-02", None),
    "audit verify": ("", None),
    "audit replay": ("", None),
    "audit seal": ("", None),
    "audit archive": ("trail.jsonl", Action.SEE_TRAIL),
    "accounts list": ("", Action.MANAGE_ACCOUNTS),
    "accounts link": ("grace.oneill", Action.MANAGE_ACCOUNTS),
    "webhooks list": ("", Action.MANAGE_WEBHOOKS),
    "webhooks add": ("https://hooks.example/", Action.MANAGE_WEBHOOKS),
    "webhooks rotate": ("1", Action.MANAGE_WEBHOOKS),
    "webhooks disable": ("1", Action.MANAGE_WEBHOOKS),
    "webhooks enable": ("1", Action.MANAGE_WEBHOOKS),
    "webhooks ping": ("1", Action.MANAGE_WEBHOOKS),
    "webhooks calls": ("1", Action.MANAGE_WEBHOOKS),
    "webhooks send-again": ("1", Action.MANAGE_WEBHOOKS),
    "accounts disable": ("grace.oneill", Action.MANAGE_ACCOUNTS),
    "accounts enable": ("grace.oneill", Action.MANAGE_ACCOUNTS),
    "accounts unlink": ("grace.oneill", Action.MANAGE_ACCOUNTS),
    "accounts unlink-slack": ("grace.oneill T1/U1", Action.MANAGE_ACCOUNTS),
    "inbox list": ("", Action.DECIDE_REPLIES),
    "inbox show": ("1", Action.DECIDE_REPLIES),
    "inbox take": ("reply.eml", None),
    "inbox work": ("", None),
    "inbox let-go": ("1", Action.DECIDE_REPLIES),
    "inbox answer": ("1 --event accept", Action.DECIDE_REPLIES),
    "accounts sign-out": ("grace.oneill", Action.MANAGE_ACCOUNTS),
    "doctor": ("", None),
    "demo": ("", None),
}


def commands() -> Iterator[tuple[str, bool]]:
    """Every command by name, and whether it takes `--as`."""

    def below(group: TyperGroup, prefix: str) -> Iterator[tuple[str, bool]]:
        for name, command in group.commands.items():
            if isinstance(command, TyperGroup):
                yield from below(command, f"{prefix}{name} ")
            else:
                options = {opt for param in command.params for opt in param.opts}
                yield f"{prefix}{name}", "--as" in options

    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    yield from below(group, "")


def test_every_command_says_what_it_needs() -> None:
    assert dict(commands()) == {
        name: need is not None for name, (_, need) in COMMANDS.items()
    }


@pytest.mark.parametrize(
    "command", [name for name, (_, need) in COMMANDS.items() if need is not None]
)
def test_a_command_does_nothing_for_somebody_without_a_role(
    sample: Tacit, command: str
) -> None:
    arguments, need = COMMANDS[command]
    timeless = ("messages", "inbox list", "inbox show")
    with_time = () if command in timeless else NOW

    ran = sample(*command.split(), *arguments.split(), *with_time, "--as", "tom.clarke")

    assert ran.code in (1, 2)
    assert ran.out == "" or command == "fire"
    said = ran.err + ran.out
    refused = f'no role of theirs grants "{need}"' in said
    unseen = re.search(r'Error: no (change|customer|contract) "[^"]+"\n', said)
    assert refused or unseen or "Tom Clarke may not do this" in said
