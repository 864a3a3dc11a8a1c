"""All rule files together: read, compiled and checked as one, whole or not at all."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.domain import rule_models as models
from engine.domain import vocabulary, yaml_text
from engine.domain.problems import Problem
from engine.domain.rule_compiler import compile_machine, is_usable
from engine.domain.rule_names import Written
from engine.domain.rule_repairs import words_of
from engine.domain.rule_routing import compile_routing
from engine.domain.ruleset import Routing, Rulebook, Ruleset
from engine.domain.yaml_text import Scalar, Source

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
        folder.open(Source(name, text))
    folder.read()
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
    _opened: list[tuple[Source, yaml_text.Mapping]] = field(default_factory=list)

    def open(self, source: Source) -> None:
        node, found = yaml_text.scan(source)
        self.problems += found
        if node is None:
            self._has_unclear_file = True
        else:
            self._opened.append((source, node))

    def read(self) -> None:
        """Read all files; the routing first: it says who reads what machines tell."""
        is_routing = [_is_routing(node) for _, node in self._opened]
        for read, wanted in ((self._read_routing, True), (self._read_machine, False)):
            for opened, found in zip(self._opened, is_routing, strict=True):
                if found is wanted:
                    read(*opened)

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
        self.routing, found = compile_routing(source, node, self.messages)
        self.problems += found

    def _read_machine(self, source: Source, node: yaml_text.Mapping) -> None:
        named = node.get("machine")
        name = str(named.value) if isinstance(named, Scalar) else ""
        if name not in vocabulary.CHANGE_TYPES:
            self._has_unclear_file = True
        elif self._is_second(source, node, "machine", name):
            return
        readers = self.routing.audiences() if self.routing else vocabulary.AUDIENCES
        ruleset, found = compile_machine(source, node, Written(self.messages, readers))
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
