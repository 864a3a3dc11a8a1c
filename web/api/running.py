"""What keeps it running: the clock by hand, simulations, rules, the trail, attention."""

import threading
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from engine.domain.access import Action
from engine.domain.listing import Question
from engine.domain.moments import local_day
from engine.domain.place import NOBODYS
from engine.domain.records import OutboxStatus
from engine.services import verify_audit
from engine.services.advance_clock import advance_clock
from engine.services.list_changes import list_changes
from engine.services.read_messages import Wanted, list_messages
from engine.services.relay_outbox import relay_outbox
from engine.services.simulate import simulate
from web.api.callers import ApiNeeds
from web.api.change_shapes import Change, Message
from web.api.problems import ApiError, Complaint
from web.api.routes import ApiRoute
from web.api.shapes import Day, Limit, limit_of
from web.visits import Visit

router: Final = APIRouter(route_class=ApiRoute, tags=["running"])

Running = Annotated[Visit, Depends(ApiNeeds(Action.RUN_CLOCK))]
Simulating = Annotated[Visit, Depends(ApiNeeds(Action.SIMULATE))]
SeeingRules = Annotated[Visit, Depends(ApiNeeds(Action.SEE_RULES))]
SeeingTrail = Annotated[Visit, Depends(ApiNeeds(Action.SEE_TRAIL))]
SeeingAttention = Annotated[Visit, Depends(ApiNeeds(Action.SEE_ATTENTION))]

#: A simulation copies the book into memory: one at a time.
_SIMULATING: Final = threading.Lock()
_RETRY: Final = {"Retry-After": "10"}


class Numbers(BaseModel):
    """What a pass did, by name."""

    counts: dict[str, int] = Field(examples=[{"due": 3, "transition": 1}])


class Happening(BaseModel):
    """Something that would happen, with what it says."""

    model_config = ConfigDict(extra="allow")

    at: datetime
    change: str
    customer: str
    kind: str = Field(examples=["transition"])


class Simulated(BaseModel):
    """What would happen, in order."""

    items: list[Happening]


class RuleProblem(BaseModel):
    """A mistake in a rule file, or something to look at."""

    file: str
    line: int
    column: int
    severity: str
    message: str
    hint: str


class RulesChecked(BaseModel):
    """The rules in force, and what is wrong with those in the folder."""

    version: str = Field(description="Of the rules in force.")
    problems: list[RuleProblem]


class Flaw(BaseModel):
    """A place where the trail does not hold."""

    subject: str
    message: str


class Verified(BaseModel):
    """How much of the trail was read, and where it does not hold."""

    entries: int
    flaws: list[Flaw]


class Attention(BaseModel):
    """What needs a person: the first of each, and how many changes there are."""

    changes: list[Change]
    changes_total: int
    held_messages: list[Message]


@router.post("/clock/tick", response_model=Numbers)
def post_tick(visit: Running) -> Numbers:
    """One pass of the clock: do what fell due, and count it."""
    visit.actor.must(Action.RUN_CLOCK, NOBODYS, "clock", "tick")
    done = advance_clock(visit.site.store, visit.site.rulebook, visit.now)
    return Numbers(counts=dict(done.numbers))


@router.post("/clock/relay", response_model=Numbers)
def post_relay(visit: Running) -> Numbers:
    """Deliver what is queued, and count the copies."""
    site = visit.site
    visit.actor.must(Action.RUN_CLOCK, NOBODYS, "clock", "relay")
    done = relay_outbox(site.store, site.rulebook, site.works.delivering(), site.clock)
    return Numbers(counts=dict(done.numbers))


@router.get("/simulation", response_model=Simulated)
def get_simulation(
    visit: Simulating,
    first: Annotated[Day, Query(alias="from", examples=["2027-01-01"])],
    last: Annotated[Day, Query(alias="to", description="The day after the last one.")],
) -> Mapping[str, Any]:
    """Run the clock over a span of time; nothing is sent, nothing is saved."""
    site = visit.site
    visit.actor.must(Action.SIMULATE, NOBODYS, "book", "simulation")
    _check_span(visit, first, last)
    if not _SIMULATING.acquire(blocking=False):
        said = "another simulation is under way: ask again in a moment"
        raise ApiError(429, said, headers=_RETRY)
    try:
        relay = site.works.recording()
        span = _midnight(first), _midnight(last)
        return {"items": [*simulate(site.store, site.rulebook, relay, *span)]}
    finally:
        _SIMULATING.release()


@router.get("/rules/problems", response_model=RulesChecked)
def get_rule_problems(visit: SeeingRules) -> Mapping[str, Any]:
    """Check the rules as they stand in their folder now; nothing is changed."""
    visit.actor.must(Action.SEE_RULES, NOBODYS, "rules", "rules")
    found = visit.site.works.check_rules()
    return {
        "version": visit.site.rulebook.version,
        "problems": [problem.as_json() for problem in found],
    }


@router.get("/audit/verification", response_model=Verified)
def get_verification(visit: SeeingTrail) -> Mapping[str, Any]:
    """Check that every chain and every seal of the audit trail holds."""
    visit.actor.must(Action.SEE_TRAIL, NOBODYS, "audit trail", "audit")
    entries, flaws = verify_audit.verify(visit.site.store)
    return {
        "entries": entries,
        "flaws": [{"subject": one.subject, "message": one.message} for one in flaws],
    }


@router.get("/attention", response_model=Attention)
def get_attention(visit: SeeingAttention, limit: Limit = None) -> Mapping[str, Any]:
    """What needs a person: changes that wait for one, and messages that are held."""
    site, most = visit.site, limit_of(visit, limit)
    visit.actor.must(Action.SEE_ATTENTION, NOBODYS, "attention", "list")
    today = local_day(visit.now, site.settings.time_zone)
    asked = Question(on=today, now=visit.now, needs_person=True, limit=most)
    found = list_changes(site.store, site.rulebook, asked, visit.actor)
    held = Wanted(most, OutboxStatus.HELD)
    return {
        "changes": found.rows,
        "changes_total": found.total,
        "held_messages": list_messages(site.store, visit.actor, held).rows,
    }


def _check_span(visit: Visit, first: date, last: date) -> None:
    longest = visit.site.settings.api.longest_simulation
    said = None
    if last <= first:
        said = f"{last} is not after {first}"
    elif last - first > longest:
        said = f"a simulation runs over at most {longest.days} days"
    if said is not None:
        raise ApiError(422, f"to: {said}", [Complaint(parameter="to", detail=said)])


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
