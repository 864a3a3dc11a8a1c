"""Mends a tree where its shape is wrong, so that the rest of it can still be checked.

What may be left out is taken out; what has to be there gets a stand-in. Both leave the
tree torn at that place, and nobody complains about what is torn.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from engine.domain import yaml_text
from engine.domain.yaml_text import Mark, Node, Path, Scalar, Sequence


@dataclass(frozen=True, slots=True)
class Place:
    """What a model says of the node at a path."""

    annotation: Any
    required: bool


@dataclass(frozen=True, slots=True)
class Rename:
    """Give the entry at a path another name."""

    name: str


@dataclass(frozen=True, slots=True)
class Put:
    """Have this node at the path, or nothing."""

    node: Node | None


@dataclass(frozen=True, slots=True)
class Add:
    """Add entries to the mapping at a path."""

    words: Mapping[str, Node]


Repairs = Mapping[Path, Rename | Put | Add]


def place_of(model: type[BaseModel], path: Path) -> Place:
    """What the model says of the node at a path of the tree."""
    place = Place(model, required=True)
    for step in path:
        place = _below(place.annotation, step) or Place(None, required=False)
    return place


def model_at(annotation: Any) -> type[BaseModel] | None:
    """The model that an annotation is, or is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) is Mapping:
        return None
    found = (model_at(argument) for argument in get_args(annotation))
    return next((model for model in found if model), None)


def words_of(model: type[BaseModel]) -> dict[str, Place]:
    """The words that a model takes."""
    return {
        field.alias or name: Place(field.annotation, field.is_required())
        for name, field in model.model_fields.items()
    }


def _below(annotation: Any, step: str | int) -> Place | None:
    origin = get_origin(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        is_open = annotation.model_config.get("extra") == "allow"
        free = Place(str, required=True) if is_open else None
        return words_of(annotation).get(str(step), free)
    if origin is Mapping:
        return Place(get_args(annotation)[1], required=True)
    if origin is tuple and isinstance(step, int):
        return Place(get_args(annotation)[0], required=False)
    below = (_below(argument, step) for argument in get_args(annotation))
    return next((place for place in below if place), None)


def stand_in(annotation: Any, mark: Mark) -> Node:
    """The least node that an annotation takes."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    model = model_at(annotation)
    if origin is Mapping:
        entry = (Scalar("unnamed", mark), stand_in(arguments[1], mark))
        return yaml_text.Mapping((entry,), mark, torn=True)
    if origin is tuple:
        return Sequence((stand_in(arguments[0], mark),), mark, torn=True)
    if origin is Literal:
        return Scalar(arguments[0], mark, torn=True)
    if model is annotation and model is not None:
        entries = tuple(_required(model, mark))
        return yaml_text.Mapping(entries, mark, torn=True)
    if arguments:
        return stand_in(arguments[0], mark)
    return Scalar(1 if annotation is int else "unnamed", mark, torn=True)


def _required(model: type[BaseModel], mark: Mark) -> Iterator[tuple[Scalar, Node]]:
    for word, place in words_of(model).items():
        if place.required:
            yield Scalar(word, mark), stand_in(place.annotation, mark)


def mended(node: yaml_text.Mapping, repairs: Repairs) -> yaml_text.Mapping:
    """The tree with the repairs made; containers that lose a node become torn."""
    return _mapping(node, repairs, ())


def _mapping(
    node: yaml_text.Mapping, repairs: Repairs, path: Path
) -> yaml_text.Mapping:
    kept = tuple(_kept(node, repairs, path))
    lost = len(kept) < len(node.entries)
    addition = repairs.get(path)
    words = addition.words if isinstance(addition, Add) else {}
    added = tuple((Scalar(word, node.mark), value) for word, value in words.items())
    return replace(node, entries=kept + added, torn=node.torn or lost)


def _sequence(node: Sequence, repairs: Repairs, path: Path) -> Sequence:
    items = [
        _put(item, repairs, (*path, index)) for index, item in enumerate(node.items)
    ]
    kept = tuple(item for item in items if item is not None)
    return replace(node, items=kept, torn=node.torn or len(kept) < len(items))


def _put(node: Node, repairs: Repairs, path: Path) -> Node | None:
    repair = repairs.get(path)
    if isinstance(repair, Put):
        return repair.node
    match node:
        case Sequence():
            return _sequence(node, repairs, path)
        case yaml_text.Mapping():
            return _mapping(node, repairs, path)
    return node


def _kept(
    node: yaml_text.Mapping, repairs: Repairs, path: Path
) -> Iterator[tuple[Scalar, Node]]:
    for key, value in node.entries:
        here = (*path, str(key.value))
        repair = repairs.get(here)
        below = _put(value, repairs, here)
        if below is not None:
            name = repair.name if isinstance(repair, Rename) else key.value
            yield replace(key, value=name), below
