"""All rule files together: read, compiled and checked as one, whole or not at all."""

import hashlib
from collections.abc import Mapping

from engine.domain import rule_models as models
from engine.domain import vocabulary, yaml_text
from engine.domain.errors import ProblemsError
from engine.domain.problems import Problem, did_you_mean
from engine.domain.rule_compiler import Complaints, compile_machine, content_version
from engine.domain.rule_shape import shape
from engine.domain.ruleset import Route, Routing, Rulebook, Ruleset
from engine.domain.yaml_text import Source

ROUTING_FILE = "routing.yaml"


def compile_rulebook(
    files: Mapping[str, str], messages: Mapping[str, frozenset[str]]
) -> tuple[Rulebook | None, list[Problem]]:
    """The rules of a folder, or every problem in every file of it.

    `files` are texts by name. `messages` are the templates there are, each with the
    audiences that it is written for.
    """
    problems: list[Problem] = []
    machines: dict[str, Ruleset] = {}
    routing: Routing | None = None
    for name, text in sorted(files.items()):
        source = Source(name, text)
        try:
            node = yaml_text.read(source)
        except ProblemsError as error:
            problems.extend(error.problems)
            continue
        if node.get("routing") is not None:
            routing, found = _compile_routing(source, node, messages)
        else:
            ruleset, found = compile_machine(source, node, messages)
            found = found or _check_name(source, node, ruleset, machines)
            if ruleset is not None and not found:
                machines[ruleset.name] = ruleset
        problems.extend(found)
    problems = problems or _missing(machines, routing)
    if problems or routing is None:
        return None, problems
    version = hashlib.sha256(
        "".join(f"{name}\0{text}\0" for name, text in sorted(files.items())).encode()
    ).hexdigest()[:16]
    return Rulebook(version, machines, routing, dict(files)), []


def _check_name(
    source: Source,
    node: yaml_text.Mapping,
    ruleset: Ruleset | None,
    machines: Mapping[str, Ruleset],
) -> list[Problem]:
    if ruleset is None:
        return []
    complaints = Complaints(source, node)
    known = complaints.known(
        ("machine",), "type of change", ruleset.name, vocabulary.CHANGE_TYPES
    )
    if known and ruleset.name in machines:
        complaints.at(("machine",), f'a second file for machine "{ruleset.name}"')
    return complaints.found


def _missing(machines: Mapping[str, Ruleset], routing: Routing | None) -> list[Problem]:
    wanted = [
        f"{name}.yaml" for name in vocabulary.CHANGE_TYPES if name not in machines
    ]
    if routing is None:
        wanted.append(ROUTING_FILE)
    return [Problem(name, 1, 1, "this rule file is missing") for name in wanted]


def _compile_routing(
    source: Source, node: yaml_text.Mapping, messages: Mapping[str, frozenset[str]]
) -> tuple[Routing | None, list[Problem]]:
    model, problems = shape(source, node, models.RoutingModel)
    if model is None:
        return None, problems
    complaints = Complaints(source, node)
    complaints.known(
        ("fallback_message",), "template", model.fallback_message, messages
    )
    owner = {
        party: _route(complaints, getattr(model.roles.owner, party), "owner", party)
        for party in ("vendor", "partner")
    }
    roles = {
        role: _route(complaints, getattr(model.roles, role), role)
        for role in vocabulary.ADDRESSEES
        if role != "owner"
    }
    version = content_version(source.text)
    routing = Routing(version, owner, roles, model.fallback_message)
    return (None if complaints.found else routing), sorted(complaints.found)


def _route(complaints: Complaints, model: models.RouteModel, *path: str) -> Route:
    places = (*vocabulary.PLACES, *vocabulary.VENDOR_PLACES)
    for word, place in (
        ("to", model.to),
        ("copy", model.copy_),
        ("fallback", model.fallback),
    ):
        if place is not None:
            complaints.known(("roles", *path, word), "place", place, places)
    if model.fallback == model.to:
        complaints.at(
            ("roles", *path, "fallback"),
            "falls back on the place that failed",
            did_you_mean(model.to, set(places) - {model.to}),
        )
    if model.fallback is None and model.to not in vocabulary.VENDOR_PLACES:
        complaints.at(
            ("roles", *path), '"fallback" is missing: who hears when nobody is there?'
        )
    return Route(model.to, model.copy_, model.fallback)
