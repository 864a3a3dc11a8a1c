"""Checks a rule file's shape with pydantic and tells each complaint at its place."""

import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from engine.domain import yaml_text
from engine.domain.problems import Problem, did_you_mean, nearest
from engine.domain.yaml_text import Node, Source

Model = TypeVar("Model", bound=BaseModel)
Path = tuple[str | int, ...]

_WANTED: Mapping[str, str] = {
    "bool_type": "true or false",
    "string_type": "text",
    "int_type": "a whole number",
    "tuple_type": "a list",
    "mapping_type": "names with values",
    "model_type": "names with values",
    "dict_type": "names with values",
}


def shape(
    source: Source, node: Node, model: type[Model]
) -> tuple[Model | None, list[Problem]]:
    """The model, or None and every complaint about the file's shape."""
    try:
        return model.model_validate(yaml_text.plain(node)), []
    except ValidationError as error:
        found: dict[tuple[int, int], Problem] = {}
        for details in error.errors(include_url=False):
            problem = _problem(source, node, model, details)
            # Alternatives each complain about the same place; the first is enough.
            found.setdefault((problem.line, problem.column), problem)
        return None, sorted(found.values())


def _problem(
    source: Source, node: Node, model: type[BaseModel], details: ErrorDetails
) -> Problem:
    path: Path = details["loc"]
    kind = details["type"]
    if kind == "extra_forbidden":
        word = str(path[-1])
        hint = did_you_mean(word, _known_words(model, path[:-1]))
        mark = yaml_text.find_key(node, path)
        return source.problem(mark, f'unknown word "{word}"', hint)
    mark = yaml_text.find(node, path)
    if kind == "missing":
        return source.problem(mark, f'"{path[-1]}" is missing here')
    if kind == "string_pattern_mismatch" and path[-1] == "[key]":
        mark = yaml_text.find_key(node, path[:-1])
    return source.problem(mark, *_sentence(details))


def _sentence(details: ErrorDetails) -> tuple[str, str]:
    kind, given = details["type"], details["input"]
    context = details.get("ctx", {})
    if kind in _WANTED:
        return f"should be {_WANTED[kind]}, not {_shown(given)}", _yes_no(kind, given)
    if kind == "literal_error":
        choices = str(context["expected"]).replace("'", '"')
        near = nearest(str(given), _quoted(choices))
        hint = f'did you mean "{near}"?' if near else ""
        return f"should be {choices}, not {_shown(given)}", hint
    if kind == "string_pattern_mismatch":
        return f"{_shown(given)} is not a name", "small letters, digits and _ only"
    if kind in {"too_short", "string_too_short"}:
        return "should not be empty", ""
    return details["msg"].lower(), ""


def _yes_no(kind: str, given: object) -> str:
    unclear = kind == "bool_type" and str(given).casefold() in {
        "yes",
        "no",
        "on",
        "off",
    }
    return "YAML 1.2 has only true and false" if unclear else ""


def _shown(given: object) -> str:
    if isinstance(given, dict):
        return "names with values"
    if isinstance(given, list | tuple):
        return "a list"
    if given is None:
        return "nothing"
    return f'"{given}"' if isinstance(given, str) else str(given).lower()


def _quoted(choices: str) -> list[str]:
    return choices.split('"')[1::2]


def _known_words(model: type[BaseModel], path: Path) -> set[str]:
    """The words that the model at `path` takes."""
    found: Any = model
    for step in path:
        found = _below(found, step)
    words: set[str] = set()
    for candidate in _models(found):
        words |= {f.alias or name for name, f in candidate.model_fields.items()}
    return words


def _below(annotation: Any, step: str | int) -> Any:
    for model in _models(annotation):
        for name, field in model.model_fields.items():
            if step in (name, field.alias):
                return field.annotation
    arguments = [a for a in _unwrapped(annotation) if not isinstance(a, str)]
    return Union[tuple(arguments)] if arguments else annotation  # noqa: UP007 - built at run time


def _unwrapped(annotation: Any) -> Iterator[Any]:
    """What a container, an Annotated or a union holds, one level at a time."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _unwrapped(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for argument in get_args(annotation):
            yield from _unwrapped(argument)
    elif origin is not None:
        yield from (a for a in get_args(annotation) if a not in (Ellipsis, type(None)))
    else:
        yield annotation


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        return
    if get_origin(annotation) in (Annotated, Union, types.UnionType, tuple):
        for argument in get_args(annotation):
            yield from _models(argument)
