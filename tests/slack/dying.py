"""Works on the inbox of a database, and dies by SIGKILL just before a commit of it.

`python -m tests.slack.dying URL NUMBER`: before the commit of that number, from 1 on.
"""

import os
import signal
import sys
from datetime import timedelta
from itertools import count

from sqlalchemy import Connection, event

from config.permissions import SHIPPED, load_policy
from engine.domain.inbox import Source
from engine.domain.retry import RetryPolicy
from engine.services.take_reply import Answering
from engine.services.work_inbox import Working, work_inbox
from engine.store.unit_of_work import Store
from notifiers.rendering import Templates
from notifiers.slack_desk import SlackDesk
from tacit.bootstrap import check_rules
from tacit.incoming import understanding
from tacit.replies import events_of, load_vocabularies, reply_folders
from tests.slack.conftest import LATER
from tests.support.works import RULES
from tests.web.conftest import SettableClock, a_site
from web.slack.listener import SlackListener


def main() -> None:
    """Die where the arguments say."""
    url, number = sys.argv[1], int(sys.argv[2])
    templates = Templates()
    rulebook, _ = check_rules(RULES, templates)
    assert rulebook is not None
    store, clock = Store.open(url), SettableClock(LATER)
    site = a_site(store, rulebook, templates, clock)
    words = load_vocabularies(reply_folders(RULES), events_of(rulebook)).checked()
    policy, reads = load_policy(SHIPPED), understanding(words)
    answering = Answering(lambda: rulebook, policy, reads, frozenset({"slack"}))
    desk = SlackDesk("xoxb-none", "http://127.0.0.1:9/api/", 1)
    listener = SlackListener(lambda: site, desk, lambda: answering)
    retry = RetryPolicy(5, timedelta(seconds=30), timedelta(hours=1))
    working = Working({Source.SLACK: listener}, retry, timedelta(minutes=2))
    commits = count(1)

    def die(_connection: Connection) -> None:
        if next(commits) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(store.engine, "commit", die)
    work_inbox(store, working, clock)


if __name__ == "__main__":
    main()
