"""One change as people read it: facts, plan ahead, history, messages."""

from collections.abc import Callable
from typing import Any, Final

from rich.text import Text

from tacit.cli.output import out, say, shown

_HIDDEN: Final = frozenset(
    {"id", "customer", "plan", "history", "messages", "answers", "archived",
     "archives", "overdue"}
)  # fmt: skip

Entry = dict[str, Any]


def print_change(found: dict[str, Any]) -> None:
    """The whole page."""
    _print_facts(found)
    _print_plan(found["plan"])
    _print_history(found)
    _print_messages(found["messages"])


def _print_facts(found: dict[str, Any]) -> None:
    out.print(Text(f"{found['id']}  {found['customer']}", style="bold"))
    for name, value in found.items():
        if name == "usage" and value is not None:
            value = _usage(value)
        if name not in _HIDDEN and value is not None:
            out.print(f"  {name.replace('_', ' '):<18} {shown(value)}", markup=False)
    for answer in found["answers"]:
        roles = ", ".join(answer["by"])
        until = f", until {shown(answer['until'])}" if answer["until"] else ""
        say(
            f"  can be answered    {answer['event']} -> {answer['to']}, by {roles}{until}"
        )
    say("  All times are UTC; days are the customer's own.")


def _usage(usage: dict[str, Any]) -> str:
    known = {"contacts": usage["contacts"], "emails sent": usage["emails_sent"]}
    told = [f"{number} {name}" for name, number in known.items() if number is not None]
    return f"{' and '.join(told)} in {usage['month']}"


def _print_plan(plan: list[dict[str, Any]]) -> None:
    say("\nPlan, if nobody does anything:")
    for step in plan:
        what = step["do"] or (
            f"{step['from']} -> {step['to']}"
            if step["from"] != step["to"]
            else step["name"]
        )
        told = f"  tells {', '.join(step['messages'])}" if step["messages"] else ""
        say(f"  {shown(step['at'])}  {what}{told}")
    if not plan:
        say("  nothing more will happen by itself")


def _print_history(found: dict[str, Any]) -> None:
    say("\nHistory:")
    if found["archived"]:
        files = ", ".join(found["archives"])
        say(f"  entries 1 to {found['archived']} are archived, in {files}")
    for entry in found["history"]:
        say(f"  {entry['seq']:>3}  {shown(entry['at'])}  {sentence(entry)}")
        if entry.get("why"):
            say(f"{'':25}{entry['why']}")


def sentence(entry: Entry) -> str:
    """What an entry of the trail says, in words."""
    told = _SENTENCES.get(entry["kind"])
    if told is None:
        return str(entry["kind"])
    by = entry.get("by", "clock")
    return told(entry) + (f", by {by}" if by != "clock" else "")


def _moved(entry: Entry) -> str:
    return f"{entry['from']} -> {entry['to']} ({entry['name']})"


def _reminded(entry: Entry) -> str:
    stands_for = entry.get("stands_for")
    also = f"; it stands for {', '.join(stands_for)}" if stands_for else ""
    return f"reminder {entry['name']}{also}"


def _edited(entry: Entry) -> str:
    pairs = entry.get("set", {}).items()
    edits = ", ".join(f"{name} is now {_plain(value)}" for name, value in pairs)
    again = "planned again" if entry.get("planned_again") else ""
    return "; ".join(part for part in (edits.replace("_", " "), again) if part)


def _plain(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


_SENTENCES: Final[dict[str, Callable[[Entry], str]]] = {
    "opened": lambda e: f"opened as {e['state']}, to start on {e['renewal_start']}",
    "transition": _moved,
    "effect": lambda e: e.get("do") or f"{e['name']} has come",
    "held": lambda e: "held for a person",
    "reminder": _reminded,
    "skipped": lambda e: f"{e['name']} came too late and was skipped",
    "warned": lambda e: f"{e['name']} for {e['month']}",
    "edited": _edited,
    "refused": lambda e: f"{e['name']} was refused: {e['reason'].replace('_', ' ')}",
    "ended": lambda e: "ended before its time",
    "sent": lambda e: f"{e['message']} sent to {e['to']} by {e['channel']}",
    "undelivered": lambda e: f"{e['message']} not delivered: {e['reason']}",
    "answered": lambda e: f"{e['by']} answered by {e['via']}: {e['outcome']}",
    "returned": lambda e: f"{e['message']} to {e['to']} came back: {e['reason']}",
    "dropped": lambda e: f"{e['message']} dropped: {e['reason']}",
}


def _print_messages(messages: list[dict[str, Any]]) -> None:
    say("\nMessages:")
    for message in messages:
        reason = f" ({message['reason']})" if message["reason"] else ""
        say(
            f"  {shown(message['queued_at'])}  {message['message']} to "
            f"{message['role']}: {message['status']}{reason}"
        )
        for copy in message["copies"]:
            say(
                f"      {copy['to']} <{copy['address']}> as {copy['audience']}: "
                f"{copy['status']} {shown(copy['sent_at'])}"
            )
