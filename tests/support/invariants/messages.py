"""Invariants 1, 2, 4 and 8: nothing lost, nothing twice, all or none, and progress."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from tests.support.invariants.reading import Ledger, Row, Tables


def nothing_is_lost(tables: Tables) -> Iterator[str]:
    """1: what fell due is done, waiting, or held where people see it."""
    for change in tables.changes:
        seen = change["next_due_at"] or change["attention"] or change["closed_at"]
        if not seen:
            yield f"1: {change['code']} is open, but nobody will look at it again"
    copies = defaultdict(list)
    for delivery in tables.deliveries:
        copies[delivery["outbox_id"]].append(delivery["status"])
    for message in tables.outbox:
        status, own = message["status"], copies[message["id"]]
        name = f"{message['message']} {message['id']}"
        if status == "sent" and (set(own) - {"sent", "dropped"} or "sent" not in own):
            yield f"1: message {name} counts as sent, its copies are {own}"
        if status in ("held", "dropped") and not message["reason"]:
            yield f"1: message {name} is {status} for no reason"
        if status not in ("queued", "sending", "sent", "held", "dropped"):
            yield f"1: message {name} is {status}"


def every_contract_renews(tables: Tables) -> Iterator[str]:
    """1: a contract has one open renewal; none where it ends before it can have any."""
    starts: dict[int, list[Any]] = defaultdict(list)
    for change in tables.changes:
        if change["type"] == "renewal" and not change["closed_at"]:
            starts[change["contract_id"]].append(change["renewal_start"])
    for contract in tables.contracts:
        found, ends = starts[contract["id"]], contract["ended_on"]
        if len(found) > 1 or (not found and not ends):
            yield f"1: {contract['code']} has {len(found)} open renewals"
        if found and ends and max(found) >= ends:
            yield f"1: {contract['code']} renews on {max(found)} and ends on {ends}"


def nothing_sent_twice(tables: Tables, ledger: Ledger) -> Iterator[str]:
    """2: one copy a key; more only after tries that were counted as in doubt."""
    copies, returned = ledger.copies(), _came_back(tables)
    together: dict[str, int] = {}
    for delivery in tables.deliveries:
        key = delivery["digest"] or tables.key(delivery)
        wire = copies.pop(key, 0)
        wire += copies.pop(f"<{hashlib.sha256(key.encode()).hexdigest()}", 0)
        if delivery["digest"]:
            # One letter on the wire stands for all that went in it.
            wire = together.setdefault(key, wire)
        if wire > 1 + delivery["ambiguous"] + returned[key]:
            yield f"2: {key} went out {wire} times, {delivery['ambiguous']} in doubt"
        if delivery["status"] == "sent" and wire == 0:
            yield f"2: {key} counts as sent, but no channel has it"
        failed = delivery["status"] in ("retry", "failed", "dropped")
        if failed and wire > delivery["ambiguous"] + returned[key]:
            yield f"2: {key} is {delivery['status']}, but a channel has it"
    for key, wire in copies.items():
        yield f"2: {key} went out {wire} times and nothing says so"


def _came_back(tables: Tables) -> Counter[str]:
    """How often each copy was returned, after which it may go out once more."""
    notes = (entry["said"] for entry in tables.audit if entry["kind"] == "returned")
    return Counter(f"{said['key']}/{said['to']}/{said['channel']}" for said in notes)


def all_or_none(tables: Tables) -> Iterator[str]:
    """4: state, audit and outbox rows agree."""
    queued: dict[tuple[int, int], list[Row]] = defaultdict(list)
    for message in tables.outbox:
        queued[message["change_id"], message["seq"]].append(message)
    for change in tables.changes:
        trail = tables.trail(change)
        last = trail[-1] if trail else None
        if not last or (last["seq"], last["hash"]) != (
            change["version"],
            change["head"],
        ):
            yield f"4: {change['code']} is not where its trail ends"
        for entry in trail:
            found = queued.pop((change["id"], entry["seq"]), [])
            told = entry["said"].get("tells")
            if told is None and entry["kind"] in ("undelivered", "warned"):
                continue
            wanted = [(each["message"], each["to"]) for each in told or ()]
            if [(each["message"], each["role"]) for each in found] != wanted:
                place = f"{change['code']} entry {entry['seq']}"
                yield f"4: {place} tells {wanted}, but other messages are queued"
    for change_id, seq in queued:
        yield f"4: messages of change {change_id} entry {seq}, which is not there"
    yield from _sent_is_noted(tables)


def _sent_is_noted(tables: Tables) -> Iterator[str]:
    noted, returned = Counter[str](), _came_back(tables)
    for entry in tables.audit:
        if entry["kind"] == "sent":
            said = entry["said"]
            noted[f"{said['key']}/{said['to']}/{said['channel']}"] += 1
    for delivery in tables.deliveries:
        key = tables.key(delivery)
        times = noted.pop(key, 0)
        back = returned[key]
        if (times > back) != (delivery["status"] == "sent") or times < back:
            yield f"4: {key} is {delivery['status']}, noted as sent {times} times"
        if times > 1 + delivery["ambiguous"] + back:
            yield f"4: {key} is noted as sent {times} times"
    for key in noted:
        yield f"4: {key} is noted as sent, but was never tried"


def left_over(tables: Tables, now: datetime) -> Iterator[str]:
    """8: with the faults gone, nothing that is due is left."""
    for change in tables.changes:
        if change["next_due_at"] and change["next_due_at"] <= now:
            yield f"8: {change['code']} is due since {change['next_due_at']}"
    for message in tables.outbox:
        waits = message["status"] in ("queued", "sending")
        if waits and message["next_try_at"] <= now:
            yield f"8: {message['message']} {message['id']} is still {message['status']}"
