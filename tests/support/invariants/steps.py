"""Invariants 3 and 6: every step is legal, and silence waits for its notice."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import yaml

from tests.support.invariants.reading import Row, Tables

RULES: Final = Path(__file__).parents[3] / "rules"


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


def every_step_is_legal(tables: Tables) -> Iterator[str]:
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


def silence_waits_for_its_notice(tables: Tables) -> Iterator[str]:
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
