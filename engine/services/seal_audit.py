"""Seals the audit trail: what was written by now cannot be taken away unseen."""

from datetime import datetime

from engine.domain.audit import SealDigest
from engine.domain.interfaces import Storage


def seal(store: Storage, now: datetime) -> int:
    """Seal the entries since the last seal; how many that are."""
    with store.begin() as unit:
        unit.audit.hold()
        last = unit.audit.last_seal()
        upto = unit.audit.last_id()
        digest = SealDigest(last.hash if last else "")
        for hash_ in unit.audit.hashes(last.upto if last else 0, upto):
            digest.add(hash_)
        if digest.entries:
            unit.audit.add_seal(now, upto, digest.entries, digest.hash())
        # Also when there was nothing: else every pass of an idle clock would look.
        unit.book.beat("seal", now)
        unit.commit()
    return digest.entries
