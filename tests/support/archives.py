"""What tests of archives do again and again."""

from pathlib import Path

from engine.domain.replay import RulesOf
from engine.services.archive_audit import Archived, archive_audit
from engine.services.replay_audit import replay_audit
from engine.services.verify_audit import verify
from engine.store.archive_files import ArchiveFile
from tests.support.books import at
from tests.support.installation import Installation
from tests.support.invariants import Ledger, broken_invariants

LATER = at("2027-04-01")


def archived(tacit: Installation, path: Path, **values: object) -> Archived:
    """The sealed part of the trail, archived by somebody."""
    file = ArchiveFile(path)
    return archive_audit(tacit.store, file, "ines", LATER, **values)  # type: ignore[arg-type]


def entries(tacit: Installation) -> int:
    [row] = tacit.rows("SELECT COUNT(*) AS number FROM audit")
    return int(row["number"])


def rules_of(tacit: Installation) -> RulesOf:
    return {one.version: one for one in tacit.rulebook.machines.values()}


def sentences(tacit: Installation, *files: Path) -> list[str]:
    """What verifying and replaying with these archives find fault with."""
    archives = [ArchiveFile(file) for file in files]
    verified = verify(tacit.store, archives)[1]
    replayed = replay_audit(tacit.store, rules_of(tacit), archives)[1]
    return [f"{flaw.subject}: {flaw.message}" for flaw in [*verified, *replayed]]


def broken(tacit: Installation, *files: Path) -> list[str]:
    ledger = Ledger(keys=[letter.key for letter in tacit.letters()])
    engine = tacit.store.engine
    return broken_invariants(engine, LATER, ledger, drained=False, archives=files)
