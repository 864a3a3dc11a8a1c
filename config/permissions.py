"""Reads `permissions.yaml`: roles as data, every word of it checked."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from engine.domain import yaml_text
from engine.domain.access import HELD_BY, Action, Policy, Role, Side
from engine.domain.errors import ProblemsError, TacitError
from engine.domain.letters import Audience
from engine.domain.problems import Problem, did_you_mean
from engine.domain.yaml_text import Mapping, Source

FILE: Final = "permissions.yaml"
SHIPPED: Final = Path(__file__).with_name(FILE)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _RolePart(_Part):
    of: tuple[Side, ...]
    why: str
    may: tuple[Action, ...]
    reads: tuple[Audience, ...] = ()
    grants: tuple[str, ...] = ()
    held: Literal["everybody", "primary contact", "point of contact"] | None = None

    @field_validator("of", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value


class _File(_Part):
    permissions: Literal["roles"]
    why: str
    roles: dict[str, _RolePart] = Field(min_length=1)


def load_policy(path: Path) -> Policy:
    """The roles of a file; ProblemsError with every mistake in it and its place."""
    try:
        source = Source(str(path), path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TacitError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise TacitError(f"{path} is not UTF-8 text") from None
    node = yaml_text.read(source)
    try:
        found = _File.model_validate(yaml_text.plain(node))
    except ValidationError as error:
        problems = [_problem(source, node, one) for one in error.errors()]
        raise ProblemsError(sorted(set(problems))) from None
    problems = list(_unknown_grants(source, node, found))
    if problems:
        raise ProblemsError(problems)
    return Policy({name: _role(name, part) for name, part in found.roles.items()})


def _role(name: str, part: _RolePart) -> Role:
    return Role(
        name,
        frozenset(part.of),
        frozenset(part.may),
        frozenset(part.grants),
        frozenset(str(audience) for audience in part.reads),
        part.held,
    )


def _unknown_grants(source: Source, node: Mapping, found: _File) -> Iterator[Problem]:
    given = {name for name, part in found.roles.items() if part.held is None}
    for name, part in found.roles.items():
        for place, granted in enumerate(part.grants):
            if granted not in given:
                path = ("roles", name, "grants", place)
                mark = yaml_text.find(node, path)
                message = f'there is no role "{granted}" that can be given'
                yield source.problem(mark, message, did_you_mean(granted, given))


#: The words that may stand below each name.
_WORDS: Final = {
    "may": [str(action) for action in Action],
    "of": [str(side) for side in Side],
    "reads": [str(audience) for audience in Audience],
    "held": list(HELD_BY),
}


def _problem(source: Source, node: Mapping, details: Any) -> Problem:
    path = tuple(details["loc"])
    if details["type"] == "extra_forbidden":
        kind = _RolePart if len(path) > 1 else _File
        hint = did_you_mean(str(path[-1]), kind.model_fields)
        mark = yaml_text.find_key(node, path)
        return source.problem(mark, f'unknown word "{path[-1]}"', hint)
    if details["type"] == "missing":
        mark = yaml_text.find_key(node, path[:-1]) if path[:-1] else node.mark
        return source.problem(mark, f"{path[-1]} is missing")
    mark = yaml_text.find(node, path)
    name = next((str(step) for step in reversed(path) if isinstance(step, str)), "")
    words = _WORDS.get(name)
    if words is not None and isinstance(details["input"], str):
        wrong = details["input"]
        hint = did_you_mean(wrong, words)
        return source.problem(mark, f'{name}: unknown word "{wrong}"', hint)
    message = details["msg"]
    return source.problem(mark, f"{name}: {message[:1].lower()}{message[1:]}")
