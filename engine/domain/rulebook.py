"""All rule files together: read, compiled and checked as one, whole or not at all."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.domain import rule_models as models
from engine.domain import vocabulary, yaml_text
from engine.domain.complaints import Complaints
from engine.domain.problems import Problem
from engine.domain.rule_compiler import compile_machine, content_version, is_usable
from engine.domain.rule_repairs import words_of
from engine.domain.rule_shape import shape
from engine.domain.ruleset import Route, Routing, Rulebook, Ruleset
from engine.domain.yaml_text import Path, Scalar, Source

ROUTING_FILE = "routing.yaml"


def compile_rulebook(
    files: Mapping[str, str], messages: Mapping[str, frozenset[str]]
) -> tuple[Rulebook | None, list[Problem]]:
    """The rules of a folder if they can be used, and every problem in every file.

    `files` are texts by name. `messages` are the templates there are, each with the
    audiences that it is written for. Rules with warnings can be used.
    """
    folder = _Folder(messages)
    for name, text in sorted(files.items()):
        folder.read(Source(name, text))
    folder.complain_of_missing()
    problems = sorted(folder.problems)
    if folder.routing is None or not is_usable(problems):
        return None, problems
    version = hashlib.sha256(
        "".join(f"{name}\0{text}\0" for name, text in sorted(files.items())).encode()
    ).hexdigest()[:16]
    book = Rulebook(version, folder.machines, folder.routing, dict(files))
    return book, problems


@dataclass
class _Folder:
    """What the files read so far hold."""

    messages: Mapping[str, frozenset[str]]
    machines: dict[str, Ruleset] = field(default_factory=dict)
    routing: Routing | None = None
    problems: list[Problem] = field(default_factory=list)
    #: The file that holds each machine, and the routing, usable or not.
    _held_by: dict[str, str] = field(default_factory=dict)
    _has_unclear_file: bool = False

    def read(self, source: Source) -> None:
        node, found = yaml_text.scan(source)
        self.problems += found
        if node is None:
            self._has_unclear_file = True
            return
        if _is_routing(node):
            self._read_routing(source, node)
        else:
            self._read_machine(source, node)

    def complain_of_missing(self) -> None:
        """Complain of files that are not there, unless one nobody can read is one."""
        wanted = [*vocabulary.CHANGE_TYPES, "routing"]
        if not self._has_unclear_file:
            self.problems += [
                Problem(f"{name}.yaml", 1, 1, "this rule file is missing")
                for name in wanted
                if name not in self._held_by
            ]

    def _read_routing(self, source: Source, node: yaml_text.Mapping) -> None:
        if self._is_second(source, node, "routing", "routing"):
            return
        self.routing, found = _compile_routing(source, node, self.messages)
        self.problems += found

    def _read_machine(self, source: Source, node: yaml_text.Mapping) -> None:
        named = node.get("machine")
        name = str(named.value) if isinstance(named, Scalar) else ""
        if name not in vocabulary.CHANGE_TYPES:
            self._has_unclear_file = True
        elif self._is_second(source, node, "machine", name):
            return
        ruleset, found = compile_machine(source, node, self.messages)
        self.problems += found
        if ruleset is not None:
            self.machines[name] = ruleset

    def _is_second(
        self, source: Source, node: yaml_text.Mapping, word: str, name: str
    ) -> bool:
        first = self._held_by.setdefault(name, source.file)
        if first == source.file:
            return False
        mark = yaml_text.find(node, (word,))
        message = f'a second file for "{name}"'
        self.problems.append(source.problem(mark, message, f"the first is {first}"))
        return True


def _is_routing(node: yaml_text.Mapping) -> bool:
    """Whether a file is more of a routing file than of a machine."""
    words = {str(key.value) for key, _ in node.entries}
    routing, machine = words_of(models.RoutingModel), words_of(models.MachineModel)
    return len(words & routing.keys()) > len(words & machine.keys())


def _compile_routing(
    source: Source, node: yaml_text.Mapping, messages: Mapping[str, frozenset[str]]
) -> tuple[Routing | None, list[Problem]]:
    shaped = shape(source, node, models.RoutingModel)
    model = shaped.model
    if model is None:  # pragma: no cover - see shape
        return None, shaped.problems
    complaints = Complaints(source, shaped.node)
    complaints.known(
        ("fallback_message",), "template", model.fallback_message, messages
    )
    parties = {"vendor": model.roles.owner.vendor, "partner": model.roles.owner.partner}
    owner = {
        party: _route(complaints, route, ("roles", "owner", party))
        for party, route in parties.items()
    }
    roles = {
        role: _route(complaints, getattr(model.roles, role), ("roles", role))
        for role in vocabulary.ADDRESSEES
        if role != "owner"
    }
    version = content_version(source.text)
    routing = Routing(version, owner, roles, model.fallback_message)
    problems = sorted(shaped.problems + complaints.found)
    return (routing if is_usable(problems) else None), problems


def _route(complaints: Complaints, model: models.RouteModel, path: Path) -> Route:
    places = (*vocabulary.PLACES, *vocabulary.VENDOR_PLACES)
    given = {"to": model.to, "copy": model.copy_, "fallback": model.fallback}
    for word, place in given.items():
        if place is not None:
            complaints.known((*path, word), "place", place, places)
    for word in ("copy", "fallback"):
        if given[word] == model.to:
            message = f'"{word}" is the same place as "to"'
            complaints.at((*path, word), message, "name another, or take it out")
    leaves = model.to in vocabulary.PLACES
    if model.fallback is None and leaves and not complaints.is_torn(path):
        hint = 'add "fallback: vendor.operations"'
        complaints.at(
            path, '"fallback" is missing: who hears when nobody is there?', hint
        )
    return Route(model.to, model.copy_, model.fallback)
