"""Invariant 9: the audit chains verify, sealed and archived."""

import hashlib
from collections.abc import Iterator
from operator import itemgetter

from tests.support.invariants.reading import Tables


def chains_hold(tables: Tables) -> Iterator[str]:
    """9: each entry's hash covers the one before it and all that it says."""
    for (kind, id_), trail in tables.trails.items():
        code = tables.codes[kind][id_]
        previous = hashlib.sha256(f"{kind}:{code}".encode()).hexdigest()
        for entry in trail:
            said = f"\n{entry['at'].isoformat()}\n{entry['kind']}\n{entry['body']}"
            previous = hashlib.sha256((previous + said).encode()).hexdigest()
            if entry["hash"] != previous:
                yield f"9: {kind} {code} breaks at entry {entry['seq']}"
                break


def seals_hold(tables: Tables) -> Iterator[str]:
    """9: each seal covers the one before it and every entry since."""
    entries = sorted(tables.audit, key=itemgetter("id"))
    previous, after = "", -(10**10)
    kept = 1 if tables.archived.seals else 0
    for seal in tables.archived.seals + tables.seals[kept:]:
        covered = [e["hash"] for e in entries if after < e["id"] <= seal["upto"]]
        said = "".join(f"\n{hash_}" for hash_ in covered)
        wanted = hashlib.sha256((previous + said).encode()).hexdigest()
        if (seal["hash"], seal["entries"]) != (wanted, len(covered)):
            yield f"9: seal {seal['id']} does not cover what it covered"
        previous, after = seal["hash"], seal["upto"]


def archives_join(tables: Tables) -> Iterator[str]:
    """9: the database goes on from the last entries and the last seal archived."""
    last: dict[tuple[str, int], tuple[int, str]] = {}
    for entry in tables.archived.entries:
        subject = entry["subject_kind"], entry["subject_id"]
        last[subject] = entry["seq"], entry["hash"]
    kept = {
        (row["subject_kind"], row["subject_id"]): (row["seq"], row["hash"])
        for row in tables.checkpoints
    }
    if kept != last:
        yield f"9: the checkpoints are {kept}, the archives end at {last}"
    if tables.archived.seals:
        sealed = tables.archived.seals[-1]["hash"]
        if [seal["hash"] for seal in tables.seals[:1]] != [sealed]:
            yield "9: the last archived seal is not the first in the database"
