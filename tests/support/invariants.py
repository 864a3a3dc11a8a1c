"""What must be true of every database at any time, whatever failed before.

Shares no code with the engine: plain SQL, the shipped YAML read by PyYAML, hashlib, and
the ledgers of the fakes. The numbers are those of the design's invariants.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

import yaml
from sqlalchemy import Engine, text

RULES: Final = Path(__file__).parents[2] / "rules"

Row = dict[str, Any]


@dataclass
class Ledger:
    """What the fakes took: letters and Slack messages by key, mails by Message-ID."""

    keys: list[str] = field(default_factory=list)
    message_ids: list[str] = field(default_factory=list)

    def copies(self) -> Counter[str]:
        return Counter(
            [*self.keys, *(one.partition("@")[0] for one in self.message_ids)]
        )


def broken_invariants(
    engine: Engine,
    now: datetime,
    ledger: Ledger,
    *,
    drained: bool = True,
    archives: Sequence[Path] = (),
) -> list[str]:
    """Every invariant that does not hold, in words.

    `drained`: the faults are gone and the backlog has had time to go out by `now`.
    `archives` are all that was archived of the trail, the oldest first.
    """
    tables = _Tables(engine, archives)
    checks: list[Callable[[_Tables], Iterator[str]]] = [
        _nothing_is_lost,
        _every_contract_renews,
        _all_or_none,
        _every_step_is_legal,
        _silence_waits_for_its_notice,
        _right_recipients,
        _chains_hold,
        _seals_hold,
        _archives_join,
    ]
    broken = [flaw for check in checks for flaw in check(tables)]
    broken += _nothing_sent_twice(tables, ledger)
    return broken + (list(_drained(tables, now)) if drained else [])


class _Tables:
    """The whole database, read once, in one transaction, after what was archived."""

    def __init__(self, engine: Engine, archives: Sequence[Path] = ()) -> None:
        with engine.connect() as connection:
            self._connection = connection
            self.changes = self._read(
                "SELECT changes.*, contracts.customer_id FROM changes "
                "JOIN contracts ON contracts.id = contract_id"
            )
            self.audit = self._read(
                "SELECT * FROM audit ORDER BY subject_kind, subject_id, seq"
            )
            self.seals = self._read("SELECT * FROM seals ORDER BY id")
            self.checkpoints = self._read("SELECT * FROM checkpoints")
            self.outbox = self._read("SELECT * FROM outbox ORDER BY id")
            self.deliveries = self._read(
                "SELECT deliveries.*, people.code AS person, people.customer_id, "
                "people.partner_id, outbox.role, outbox.seq, outbox.position, "
                "outbox.change_id, outbox.message FROM deliveries "
                "JOIN people ON people.id = person_id "
                "JOIN outbox ON outbox.id = outbox_id ORDER BY deliveries.id"
            )
            self.contracts = self._read("SELECT * FROM contracts")
            self.customers = self._read("SELECT * FROM customers")
            self.partners = self._read("SELECT * FROM partners")
            self.codes = {
                kind: {row["id"]: row["code"] for row in self._read(f"SELECT id, code FROM {table}")}  # noqa: S608 - names are ours
                for kind, table in _SUBJECTS.items()
            }  # fmt: skip
        self.codes["trail"] = {1: "trail"}
        self.archived = _Archived(archives, self.codes)
        self.audit = self.archived.entries + self.audit
        for entry in self.audit:
            entry["said"] = json.loads(entry["body"])
        self.trails: dict[tuple[str, int], list[Row]] = defaultdict(list)
        for entry in self.audit:
            self.trails[entry["subject_kind"], entry["subject_id"]].append(entry)

    def _read(self, query: str) -> list[Row]:
        rows = self._connection.execute(text(query)).mappings()
        return [{name: _value(name, row[name]) for name in row} for row in rows]

    def trail(self, change: Row) -> list[Row]:
        return self.trails["change", change["id"]]

    def key(self, delivery: Row) -> str:
        code = self.codes["change"][delivery["change_id"]]
        place = f"{delivery['seq']}/{delivery['position']}"
        return f"{code}/{place}/{delivery['person']}/{delivery['channel']}"


class _Archived:
    """The entries and seals of archives, as if they were rows with earlier ids."""

    def __init__(self, files: Sequence[Path], codes: dict[str, dict[int, str]]) -> None:
        self.entries: list[Row] = []
        self.seals: list[Row] = []
        ids = {(kind, code): id_ for kind in codes for id_, code in codes[kind].items()}
        texts = [file.read_text(encoding="utf-8") for file in files]
        for line in "".join(texts).rstrip("\n").split("\n") if texts else ():
            said = json.loads(line)
            if "says" in said:
                id_ = ids[said["subject"], said["name"]]
                self.entries.append(_entry(said, id_, len(self.entries)))
            elif "seal" in said:
                seal = {"hash": said["seal"], "upto": _id(len(self.entries) - 1)}
                self.seals.append(
                    {**seal, "entries": said["entries"], "id": "archived"}
                )


def _entry(said: Row, subject_id: int, number: int) -> Row:
    body = json.dumps(
        said["says"], sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    own = {name: said[name] for name in ("seq", "kind", "hash")}
    subject = {"subject_kind": said["subject"], "subject_id": subject_id}
    at = datetime.fromisoformat(said["at"])
    return {**own, **subject, "id": _id(number), "at": at, "body": body}


def _id(number: int) -> int:
    """What comes before every id that a database gives."""
    return number - 10**9


_SUBJECTS: Final = {
    "change": "changes",
    "customer": "customers",
    "partner": "partners",
    "person": "people",
    "contract": "contracts",
    "site": "sites",
}


def _value(name: str, value: Any) -> Any:
    """SQLite keeps times as text."""
    if name == "at" or name.endswith(("_at", "_until")):
        if isinstance(value, str):
            return datetime.fromisoformat(value).replace(tzinfo=UTC)
        return value.astimezone(UTC) if value else None
    return value


def _nothing_is_lost(tables: _Tables) -> Iterator[str]:
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


def _every_contract_renews(tables: _Tables) -> Iterator[str]:
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


def _nothing_sent_twice(tables: _Tables, ledger: Ledger) -> Iterator[str]:
    """2: one copy a key; more only after tries that were counted as in doubt."""
    copies = ledger.copies()
    for delivery in tables.deliveries:
        key = tables.key(delivery)
        wire = copies.pop(key, 0)
        wire += copies.pop(f"<{hashlib.sha256(key.encode()).hexdigest()}", 0)
        if wire > 1 + delivery["ambiguous"]:
            yield f"2: {key} went out {wire} times, {delivery['ambiguous']} in doubt"
        if delivery["status"] == "sent" and wire == 0:
            yield f"2: {key} counts as sent, but no channel has it"
        failed = delivery["status"] in ("retry", "failed", "dropped")
        if failed and wire > delivery["ambiguous"]:
            yield f"2: {key} is {delivery['status']}, but a channel has it"
    for key, wire in copies.items():
        yield f"2: {key} went out {wire} times and nothing says so"


def _all_or_none(tables: _Tables) -> Iterator[str]:
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


def _sent_is_noted(tables: _Tables) -> Iterator[str]:
    noted: Counter[str] = Counter()
    for entry in tables.audit:
        if entry["kind"] == "sent":
            said = entry["said"]
            noted[f"{said['key']}/{said['to']}/{said['channel']}"] += 1
    for delivery in tables.deliveries:
        key = tables.key(delivery)
        times = noted.pop(key, 0)
        if (times > 0) != (delivery["status"] == "sent"):
            yield f"4: {key} is {delivery['status']}, noted as sent {times} times"
        if times > 1 + delivery["ambiguous"]:
            yield f"4: {key} is noted as sent {times} times"
    for key in noted:
        yield f"4: {key} is noted as sent, but was never tried"


def _machines() -> dict[str, Row]:
    # The base loader leaves every value as text, also `on`, and makes nothing else.
    files = [
        yaml.load(file.read_text(encoding="utf-8"), yaml.BaseLoader)  # noqa: S506 - it makes texts only
        for file in RULES.glob("*.yaml")
    ]
    return {file["machine"]: file for file in files if "machine" in file}


def _branches(state: Row, name: str) -> list[Row]:
    found: list[Row] = []
    for group in ("on", "at"):
        branches = state.get(group, {}).get(name, [])
        found += branches if isinstance(branches, list) else [branches]
    return found


def _every_step_is_legal(tables: _Tables) -> Iterator[str]:
    """3: each transition is one of its state's; versions grow by one."""
    machines = _machines()
    for change in tables.changes:
        state, states = "", machines[change["type"]]["states"]
        for number, entry in enumerate(tables.trail(change), start=1):
            said, place = entry["said"], f"{change['code']} entry {entry['seq']}"
            if entry["seq"] != number:
                yield f"3: {place} should be number {number}"
            state = _begins_at(entry, states) or state
            if entry["kind"] != "transition":
                continue
            targets = [x.get("to") for x in _branches(states[state], said["name"])]
            if said["from"] != state or said["to"] not in targets:
                yield f"3: {place} leads from {state} by {said['name']} to {said['to']}"
            state = said["to"]
        if state != change["state"]:
            yield f"3: {change['code']} is {change['state']}, its trail says {state}"


def _begins_at(entry: Row, states: Row) -> str | None:
    """Where a change is opened, or begins again because its terms are others."""
    said = entry["said"]
    state: str | None = said.get("state") or said.get("set", {}).get("state")
    return state if state and "initial" in states[state] else None


def _silence_waits_for_its_notice(tables: _Tables) -> Iterator[str]:
    """6: nothing happens by silence before its notice was out for its time."""
    machines = _machines()
    sent_at = {tables.key(d): d["sent_at"] for d in tables.deliveries}
    for change in tables.changes:
        machine = machines[change["type"]]
        if "notice" not in machine:
            continue
        number, unit = machine["notice"]["out_for"].split()
        out_for = timedelta(**{unit: int(number)})
        out_since, plan = None, 0
        for entry in tables.trail(change):
            said = entry["said"]
            if said.get("planned_again"):
                out_since, plan = None, plan + 1
            if said.get("notice") and said["plan"] == plan and out_since is None:
                key = f"{said['key']}/{said['to']}/{said['channel']}"
                out_since = sent_at.get(key)
            silent = entry["kind"] == "transition" and _is_silent(machine, said)
            if silent and (out_since is None or out_since + out_for > entry["at"]):
                yield f"6: {change['code']} moved by silence at {entry['at']}"


def _is_silent(machine: Row, said: Row) -> bool:
    branches = _branches(machine["states"][said["from"]], said["name"])
    return any(
        branch.get("to") == said["to"] and branch.get("after_notice") == "true"
        for branch in branches
    )


def _right_recipients(tables: _Tables) -> Iterator[str]:
    """7: whoever got a message was the one to get it at the moment of sending."""
    changes = {change["id"]: change for change in tables.changes}
    past = _Past(tables)
    for delivery in tables.deliveries:
        change, at = changes[delivery["change_id"]], delivery["tried_at"]
        if delivery["status"] != "sent":
            continue
        place = f"{tables.key(delivery)} as {delivery['audience']} at {at}"
        partners = past.partners_of(change, at)
        if delivery["audience"] in ("partner", "copy"):
            code = tables.codes["partner"].get(delivery["partner_id"])
            if code not in partners:
                yield f"7: {place}: the customer's partner was {partners}"
        if delivery["role"] != "owner":
            continue
        owner = "partner" if delivery["audience"] == "partner" else "vendor"
        if owner not in past.owners(change, at):
            yield f"7: {place}: the {owner} did not own the conversation"


class _Past:
    """What the trails say of associations and choices at a time."""

    def __init__(self, tables: _Tables) -> None:
        self._tables = tables
        self._customers = {row["id"]: row for row in tables.customers}
        self._partners = {row["code"]: row for row in tables.partners}

    def customers(self, change: Row, at: datetime) -> set[int]:
        """Whose contract it was at a time; two where it went over at that very time."""
        trail = self._tables.trails["contract", change["contract_id"]]
        return set(_at(change["customer_id"], _steps(trail, "customer_id"), at))

    def partners_of(self, change: Row, at: datetime) -> set[str | None]:
        found = (self.partners(each, at) for each in self.customers(change, at))
        return set().union(*found)

    def partners(self, customer_id: int, at: datetime) -> set[str | None]:
        """The customer's partner at a time; two where it changed at that very time."""
        trail = self._tables.trails["customer", customer_id]
        edits = [e for e in trail if "association" in e["said"]["set"]]
        present = self._tables.codes["partner"].get(
            self._customers[customer_id]["partner_id"]
        )
        first = edits[0]["said"]["set"]["was"] if edits else present
        steps = [(e["at"], e["said"]["set"]["association"]) for e in edits]
        return {None if x == "ended" else x for x in _at(first, steps, at)}

    def owners(self, change: Row, at: datetime) -> set[str]:
        """Who may have owned the conversation at a time, as far as anything says."""
        trail = self._tables.trail(change)
        steps = _steps(trail, "owner_choice")
        owners: set[str] = set()
        for customer_id in self.customers(change, at):
            for partner in self.partners(customer_id, at):
                for choice in _at(None, steps, at):
                    owners |= self._without_choice(customer_id, partner, choice, at)
        return owners

    def _without_choice(
        self, customer_id: int, partner: str | None, choice: str | None, at: datetime
    ) -> set[str]:
        if partner is None:
            return {"vendor"}
        if choice is not None:
            return {choice}
        found: set[str] = set()
        for each in self._choices_of_customer(customer_id, at):
            found |= {each} if each != "default" else self._standing(partner, at)
        return found

    def _choices_of_customer(self, customer_id: int, at: datetime) -> set[str]:
        trail = self._tables.trails["customer", customer_id]
        steps = _steps(trail, "communication_owner")
        ended = [e["at"] for e in trail if "association" in e["said"]["set"]]
        steps = sorted([*steps, *((time, "default") for time in ended)])
        if steps and at <= steps[0][0]:
            return {"default", "vendor", "partner"}  # Nothing says what it was before.
        present = self._customers[customer_id]["communication_owner"]
        return set(_at(present, steps, at))

    def _standing(self, partner: str, at: datetime) -> set[str]:
        row = self._partners[partner]
        steps = _steps(self._tables.trails["partner", row["id"]], "owns_conversations")
        if steps and at <= steps[0][0]:
            return {"vendor", "partner"}
        owns = _at(row["owns_conversations"], steps, at)
        return {"partner" if each else "vendor" for each in owns}


def _steps(trail: Iterable[Row], name: str) -> list[tuple[datetime, Any]]:
    edits = (e for e in trail if name in e["said"].get("set", {}))
    return [(edit["at"], edit["said"]["set"][name]) for edit in edits]


def _at(first: Any, steps: Iterable[tuple[datetime, Any]], at: datetime) -> list[Any]:
    """The value at a time, and those that came at that very time."""
    before, same = first, []
    for time, value in steps:
        if time < at:
            before = value
        elif time == at:
            same.append(value)
    return [before, *same]


def _chains_hold(tables: _Tables) -> Iterator[str]:
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


def _seals_hold(tables: _Tables) -> Iterator[str]:
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


def _archives_join(tables: _Tables) -> Iterator[str]:
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


def _drained(tables: _Tables, now: datetime) -> Iterator[str]:
    """8: with the faults gone, nothing that is due is left."""
    for change in tables.changes:
        if change["next_due_at"] and change["next_due_at"] <= now:
            yield f"8: {change['code']} is due since {change['next_due_at']}"
    for message in tables.outbox:
        waits = message["status"] in ("queued", "sending")
        if waits and message["next_try_at"] <= now:
            yield f"8: {message['message']} {message['id']} is still {message['status']}"
