"""What a served installation can do beyond its store, without a home of its own."""

from pathlib import Path

import config
from config.parts import VendorSettings
from config.permissions import SHIPPED, load_policy
from engine.domain.ruleset import Rulebook
from engine.store.book_files.writing import write_list, write_workbook
from notifiers.recording import RecordingChannel
from notifiers.rendering import Templates
from tacit.bootstrap import check_rules
from tacit.importing import Importing
from tacit.previews import Previews
from tests.support.books import DEFAULTS, delivering
from web.site import Works

RULES = Path(__file__).parents[2] / "rules"
MAPPINGS = Path(config.__path__[0]) / "mappings"
VENDOR = VendorSettings(
    name="Acme Cloud",
    email="renewals@acme.example",
    time_zone="Europe/Paris",
    language="en",
)


def some_works(rulebook: Rulebook, templates: Templates) -> Works:
    """The real ones, over the shipped rules and channels that record."""
    channel = RecordingChannel()
    return Works(
        import_book=Importing(
            rulebook, DEFAULTS, MAPPINGS, load_policy(SHIPPED)
        ).import_book,
        write_list=write_list,
        write_workbook=write_workbook,
        check_rules=lambda: check_rules(RULES, templates)[1],
        preview=Previews(templates, rulebook, VENDOR).render,
        delivering=lambda: delivering(templates, email=channel),
        recording=lambda: delivering(templates),
    )
