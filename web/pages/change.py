"""The page of a change: facts, where it stands, what comes, what was, and why."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, NamedTuple

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from engine.domain.access import Action
from engine.services.explain_change import Story, explain_change, names_of
from engine.services.show_change import show_change
from web.change_view import diagram_of, strip_of
from web.history import told
from web.visits import Needs, Visit

router = APIRouter()
SeeChanges = Annotated[Visit, Depends(Needs(Action.SEE_CHANGES))]


class Button(NamedTuple):
    """A link to a confirmation."""

    path: str
    label: str
    look: str = ""


#: Entries of the trail about messages are for those who read what operations do.
_OF_MESSAGES: Final = frozenset({"undelivered", "dropped"})


@router.get("/changes/{code}")
def change_page(code: str, visit: SeeChanges) -> Response:
    """Everything about one change that its visitor may know."""
    site, now, actor = visit.site, visit.now, visit.actor
    found = show_change(site.store, site.rulebook, code, now, actor)
    story = explain_change(site.store, site.rulebook, code, now, actor, site.channels)
    reads = actor.reads(story.row.place)
    history = [one for one in found["history"] if _is_theirs(one, reads)]
    drawn, ways = diagram_of(visit, story, found["history"])
    return visit.page(
        "change/page.html",
        found=found,
        story=story,
        history=list(told(visit, history, _names(visit, history))),
        led_here=_led_here(found["history"]),
        diagram=drawn,
        ways=ways,
        strip=strip_of(visit, story),
        answers=_answers(visit, story),
        edits=list(_edits(visit, story)),
        reads=reads,
    )


def _is_theirs(entry: Mapping[str, Any], reads: frozenset[str]) -> bool:
    if entry["kind"] == "sent":
        return entry.get("as") in reads
    return entry["kind"] not in _OF_MESSAGES or "operations" in reads


def _names(visit: Visit, history: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    codes = {str(one[name]) for one in history for name in ("by", "to") if name in one}
    return names_of(visit.site.store, codes)


def _led_here(history: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The last entry by which the change came to be in its state."""
    moved = [one for one in history if one["kind"] in ("transition", "opened")]
    return moved[-1] if moved else None


def _answers(visit: Visit, story: Story) -> list[Button]:
    words = visit.site.words[visit.language].section("events")
    looks = ("primary", "", "")
    mine = dict.fromkeys(one.event for one in story.answers if one.is_mine)
    return [
        Button(
            f"/changes/{story.row.code}/events/{event}",
            words.get(event, event.replace("_", " ")),
            looks[min(n, 2)],
        )
        for n, event in enumerate(mine)
    ]


def _edits(visit: Visit, story: Story) -> Iterator[Button]:
    """What else the visitor may do with an open change."""
    row, may = story.row, visit.actor.may
    if row.closed_at is not None:
        return
    here, contract = f"/changes/{row.code}/actions", f"/contracts/{row.contract_code}"
    if may(Action.CHOOSE_OWNER, row.place):
        yield Button(f"{here}/owner", visit.say("Communication owner"))
    if may(Action.CHOOSE_CONTACT, row.place):
        yield Button(f"{here}/contact", visit.say("Primary contact"))
    if may(Action.MOVE_DATES, row.place):
        renews = row.type == "renewal"
        start = visit.say("Renewal start") if renews else visit.say("Effective date")
        yield Button(f"{here}/renewal-start", start)
    if may(Action.SET_TERMS, row.place):
        path = f"{contract}/actions/automatic-renewal"
        yield Button(path, visit.say("Automatic renewal"))
        yield Button(f"{contract}/actions/end", visit.say("End of the contract"))
