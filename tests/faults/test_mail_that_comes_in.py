"""Mail comes in while processes die and the database is locked: nothing lost or twice."""

import os
import signal
import sqlite3
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from engine.domain.inbox import InboxStatus, Source
from engine.domain.ruleset import Rulebook
from engine.services.work_inbox import Working, work_inbox
from engine.store.unit_of_work import Store
from notifiers.rendering import Templates
from tests.support.books import a_small_book, at
from tests.support.installation import Installation
from tests.support.invariants import Ledger, broken_invariants
from tests.support.mails import YES, Post, a_mail

LISTED = at("2026-11-01T08:00")
LATER = at("2026-11-02T12:00")
CUSTOMER = "acme.contact"


@pytest.fixture
def post(store: Store, rulebook: Rulebook, templates: Templates) -> Post:
    tacit = Installation(store, rulebook, templates)
    tacit.imports(a_small_book(), at("2026-06-01"))
    made = Post(tacit, LISTED)
    made.passes(LISTED)
    return made


def dies_working(post: Post, url: str, statement: int) -> int:
    """A process of its own works on the inbox and is killed before a write.

    The signal that it died of; 0 where it came to its end first.
    """
    from sqlalchemy import event

    child = os.fork()
    if child:
        return os.WTERMSIG(os.waitpid(child, 0)[1])
    left = [statement]

    def count(_c: object, _cursor: object, text: str, *_: object) -> None:
        if text.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE"):
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    store = Store.open(url)
    event.listen(store.engine, "before_cursor_execute", count)
    delivering = post.tacit.delivering()
    working = Working({Source.MAIL: post.reader()}, delivering.retry, delivering.lease)
    work_inbox(store, working, lambda: post.now)
    os._exit(0)


@pytest.mark.req("BOT-3", "BOT-5")
def test_a_process_that_is_killed_between_storing_and_working_loses_and_repeats_nothing(
    post: Post,
) -> None:
    url = post.tacit.store.engine.url.render_as_string(hide_password=False)
    post.comes(a_mail(post.address_of(CUSTOMER), YES), LATER)
    deaths, now = 0, LATER

    for statement in range(1, 5):
        post.tacit.store.engine.dispose()
        post.now = now
        deaths += dies_working(post, url, statement) == signal.SIGKILL
        now += timedelta(minutes=6)
    post.works(now)

    assert deaths == 4
    [item] = post.items()
    assert (item.status, item.reason) == (InboxStatus.DONE, "done")
    assert post.tacit.change().state == "renewed"
    assert post.tacit.kinds().count("transition") == 1
    assert post.tacit.told_to(CUSTOMER) == ["renewal_notice", "renewal_done"]
    keys = Ledger([letter.key for letter in post.tacit.letters()])
    assert broken_invariants(post.tacit.store.engine, now, keys) == []


@pytest.mark.req("BOT-5")
def test_the_same_mail_by_two_doors_at_once_is_one(post: Post) -> None:
    mail = a_mail(post.address_of(CUSTOMER), YES)
    by_imap = mail
    by_lmtp = b"Return-Path: <a@b.example>\r\nReceived: by mx; today\r\n" + mail
    found: list[bool] = []
    doors = [
        threading.Thread(target=lambda raw=raw: found.append(post.comes(raw, LATER)))
        for raw in [by_imap, by_lmtp] * 5
    ]
    for door in doors:
        door.start()
    for door in doors:
        door.join()

    assert sorted(found) == [False] * 9 + [True]
    assert post.works(LATER) == {"done": 1}


@pytest.mark.req("BOT-5")
def test_what_comes_while_the_database_is_locked_is_worked_on_when_it_is_not(
    post: Post, tmp_path: Path
) -> None:
    url = post.tacit.store.engine.url
    if url.get_backend_name() != "sqlite":
        pytest.skip("PostgreSQL locks rows, not databases")
    post.comes(a_mail(post.address_of(CUSTOMER), YES), LATER)
    locked = sqlite3.connect(
        str(url.database), isolation_level=None, check_same_thread=False
    )
    locked.execute("BEGIN IMMEDIATE")
    free = threading.Timer(1, locked.rollback)
    free.start()

    done = post.works(LATER)

    free.join()
    locked.close()
    assert done == {"done": 1}
