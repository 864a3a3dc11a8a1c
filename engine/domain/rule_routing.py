"""Compiles routing.yaml, and proves that no route leads astray.

What is internal stays with the vendor, and the customer hears nothing beside what the
owner of the conversation says.
"""

from collections.abc import Mapping

from engine.domain import rule_models as models
from engine.domain import vocabulary, yaml_text
from engine.domain.complaints import Complaints
from engine.domain.problems import Problem
from engine.domain.rule_compiler import content_version, is_usable
from engine.domain.rule_shape import shape
from engine.domain.ruleset import Digest, Replies, Route, Routing
from engine.domain.yaml_text import Path, Source

_FALLBACK: Path = ("fallback_message",)
_INTERNAL = frozenset({"operations"})
_ANSWERERS = frozenset({"customer", "partner", "operations"})


def compile_routing(
    source: Source, node: yaml_text.Mapping, messages: Mapping[str, frozenset[str]]
) -> tuple[Routing | None, list[Problem]]:
    """The routing of a file if it can be used, and every problem found in it."""
    shaped = shape(source, node, models.RoutingModel)
    model = shaped.model
    if model is None:  # pragma: no cover - see shape
        return None, shaped.problems
    complaints = Complaints(source, shaped.node)
    _check_fallback_message(model.fallback_message, messages, complaints)
    parties = {"vendor": model.roles.owner.vendor, "partner": model.roles.owner.partner}
    owner = {
        party: _route(complaints, route, ("owner", party))
        for party, route in parties.items()
    }
    roles = {
        role: _route(complaints, getattr(model.roles, role), (role,))
        for role in vocabulary.ADDRESSEES
        if role != "owner"
    }
    replies = _replies(model.replies, messages, complaints)
    version = content_version(source.text)
    digest = _digest(model.digest, complaints)
    routing = Routing(version, owner, roles, model.fallback_message, replies, digest)
    problems = sorted(shaped.problems + complaints.found)
    return (routing if is_usable(problems) and _is_whole(routing) else None), problems


def _is_whole(routing: Routing) -> bool:
    """Whether no place was refused as the file was read."""
    routes = [*routing.owner.values(), *routing.roles.values()]
    places = {place for r in routes for place in (r.to, r.copy, r.fallback) if place}
    return places <= vocabulary.AUDIENCE_OF.keys()


def _digest(model: models.DigestModel | None, complaints: Complaints) -> Digest | None:
    if model is None:
        return None
    if model.at_most < model.at_least:
        what = f'"at_most" is less than "at_least" ({model.at_least})'
        complaints.at(("digest", "at_most"), what, "no digest could be made")
    return Digest(model.at_least, model.at_most)


def _check_fallback_message(
    message: str, messages: Mapping[str, frozenset[str]], complaints: Complaints
) -> None:
    known = complaints.known(_FALLBACK, "template", message, messages)
    if known is not None and "operations" not in messages[known]:
        what = f'message "{message}" has no template for operations'
        complaints.at(_FALLBACK, what, "whoever is the fallback reads it")


def _replies(
    model: models.RepliesModel | None,
    messages: Mapping[str, frozenset[str]],
    complaints: Complaints,
) -> Replies:
    """What is written back, as shipped where the file is silent about it."""
    if model is None:
        return Replies()
    given = model.model_dump()
    for name, message in given.items():
        if name == "most_in_a_row":
            continue
        path: Path = ("replies", name)
        known = complaints.known(path, "template", message, messages)
        wanted = _INTERNAL if name == "reply_to_read" else _ANSWERERS
        lacking = wanted - messages[known] if known is not None else frozenset()
        if lacking:
            who = ", ".join(sorted(lacking))
            what = f'message "{message}" has no template for {who}'
            complaints.at(path, what, "whoever answers may be any of them")
    return Replies(**given)


def _route(
    complaints: Complaints, model: models.RouteModel, role: tuple[str, ...]
) -> Route:
    path: Path = ("roles", *role)
    given = {"to": model.to, "copy": model.copy_, "fallback": model.fallback}
    places = {
        word: complaints.known((*path, word), "place", place, vocabulary.AUDIENCE_OF)
        for word, place in given.items()
        if place is not None
    }
    if _stands_for(role, places.get("to"), path, complaints):
        _check_others(role, model, places, complaints)
    leaves = model.to in vocabulary.PLACES
    if model.fallback is None and leaves and not complaints.is_torn(path):
        hint = 'add "fallback: vendor.operations"'
        complaints.at(
            path, '"fallback" is missing: who hears when nobody is there?', hint
        )
    return Route(model.to, model.copy_, model.fallback)


def _stands_for(
    role: tuple[str, ...], place: str | None, path: Path, complaints: Complaints
) -> bool:
    """Whether a place is the one that a role stands for."""
    own = vocabulary.PLACE_OF[role]
    if place in (own, None):
        return True
    party = role[-1]
    who = f"the owner where the {party} owns the conversation"
    who = who if len(role) > 1 else party
    message = f'"{place}" does not stand for {who}'
    complaints.at((*path, "to"), message, f'write "{own}"')
    return False


def _check_others(
    role: tuple[str, ...],
    model: models.RouteModel,
    places: Mapping[str, str | None],
    complaints: Complaints,
) -> None:
    path: Path = ("roles", *role)
    for word in ("copy", "fallback"):
        place = places.get(word)
        if place is None:
            continue
        if place == model.to:
            message = f'"{word}" is the same place as "to"'
            complaints.at((*path, word), message, "name another, or take it out")
        elif why := _led_astray(role, word, place):
            message = f'"{place}" may not be told this: {why}'
            hint = "take it out"
            if word == "fallback":
                hint = f'write "{vocabulary.VENDOR_PLACES[0]}"'
            complaints.at((*path, word), message, hint)


def _led_astray(role: tuple[str, ...], word: str, place: str) -> str:
    """Why a place may not hear what is for a role; empty where it may."""
    if place in vocabulary.VENDOR_PLACES:
        return ""
    if word == "fallback" or role == ("vendor_operations",):
        return "it is internal"
    if place == "customer.primary_contact":
        return "only the owner of a conversation writes to the customer"
    return ""
