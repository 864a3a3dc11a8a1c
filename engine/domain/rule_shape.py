"""Checks a rule file's shape with pydantic and tells each complaint at its place.

What has the wrong shape is mended, and the file validated again, until a model comes
out: so one wrong value does not hide what else is wrong, and a misspelt word is not
reported a second time as a missing one.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from engine.domain import yaml_text
from engine.domain.problems import Problem, did_you_mean, nearest
from engine.domain.rule_repairs import (
    Add,
    Put,
    Rename,
    mended,
    model_at,
    place_of,
    stand_in,
    words_of,
)
from engine.domain.yaml_text import Node, Path, Scalar, Source

Model = TypeVar("Model", bound=BaseModel)

_WANTED: Mapping[str, str] = {
    "bool_type": "true or false",
    "string_type": "text",
    "int_type": "a whole number",
    "tuple_type": "a list",
    "mapping_type": "names with values",
    "model_type": "names with values",
    "dict_type": "names with values",
}
_KINDS: Mapping[str, str] = {
    "channel": "channel",
    "do": "effect",
    "drives": "kind of subject",
    "routing": "kind of subject",
    "effective": "effective date",
    "otherwise": "late policy",
}
_YES_NO: Mapping[str, bool] = {"yes": True, "on": True, "no": False, "off": False}
#: Every repair takes something away or makes it right, so a few rounds are enough. If
#: ever they are not, there is no model, and the problems found so far are told.
_MOST_ROUNDS = 25


@dataclass(frozen=True, slots=True)
class Shaped(Generic[Model]):
    """A model, the tree that it was read from after mending, and every complaint."""

    model: Model | None
    node: yaml_text.Mapping
    problems: list[Problem]


def shape(source: Source, node: yaml_text.Mapping, model: type[Model]) -> Shaped[Model]:
    """The model of what can be used of a file, and all that is wrong with its shape."""
    empty = _Round(source, node, model)
    empty.take_empty(node)
    problems, node = empty.problems, empty.mended()
    for _ in range(_MOST_ROUNDS):
        try:
            return Shaped(model.model_validate(yaml_text.plain(node)), node, problems)
        except ValidationError as error:
            round_ = _Round(source, node, model)
            round_.take(error.errors(include_url=False))
            problems += round_.problems
            node = round_.mended()
    return Shaped(None, node, problems)


class _Round:
    """What one validation found, and the repairs that make the next find other things.

    Unknown words go first: a word that is missing is often one that was misspelt.
    """

    def __init__(
        self, source: Source, node: yaml_text.Mapping, model: type[BaseModel]
    ) -> None:
        self._source = source
        self._node = node
        self._model = model
        self.problems: list[Problem] = []
        self.repairs: dict[Path, Rename | Put | Add] = {}

    def mended(self) -> yaml_text.Mapping:
        """The tree with the repairs made."""
        return mended(self._node, self.repairs)

    def take_empty(self, node: Node, path: Path = ()) -> None:
        """Refuse words without a value: an `if:` left empty would always hold."""
        match node:
            case Scalar(value=None):
                self._empty(path, node)
            case yaml_text.Sequence():
                for index, item in enumerate(node.items):
                    self.take_empty(item, (*path, index))
            case yaml_text.Mapping():
                for key, value in node.entries:
                    self.take_empty(value, (*path, str(key.value)))

    def _empty(self, path: Path, node: Scalar) -> None:
        if isinstance(path[-1], str):
            hint = "fill it in, or take the word out"
            self._complain_of_key(path, f'"{path[-1]}" has no value', hint)
        else:
            self._complain(path, "an empty item in a list", "take it out")
        self._replace(path, node)

    def take(self, errors: list[ErrorDetails]) -> None:
        # Items with mistakes do not count for pydantic; the mistakes are told anyway.
        real = [error for error in errors if not _is_full(error)]
        unknown = [error for error in real if error["type"] == "extra_forbidden"]
        for error in unknown or real:
            path = yaml_text.real(self._node, error["loc"])
            if error["type"] == "extra_forbidden":
                self._unknown_word(path)
            elif error["type"] == "missing":
                self._missing_word(path, str(error["loc"][-1]))
            elif _is_of_name(error, path):
                self._wrong_name(path)
            elif path not in self.repairs:
                # Alternatives each complain about one place; the first is enough.
                self._wrong_value(path, error)

    def _unknown_word(self, path: Path) -> None:
        word = str(path[-1])
        model = model_at(place_of(self._model, path[:-1]).annotation)
        words = words_of(model) if model else {}
        self._complain_of_key(path, f'unknown word "{word}"', did_you_mean(word, words))
        meant = nearest(word, sorted(words))
        free = meant is not None and self._is_free(path, meant)
        self.repairs[path] = Rename(meant) if meant and free else Put(None)

    def _is_free(self, path: Path, name: str) -> bool:
        """Whether an entry can be given a name that none of its neighbours has."""
        holder = yaml_text.at(self._node, path[:-1])
        taken = isinstance(holder, yaml_text.Mapping) and holder.key(name) is not None
        return not taken and not any(
            repair == Rename(name) and other[:-1] == path[:-1]
            for other, repair in self.repairs.items()
        )

    def _missing_word(self, path: Path, word: str) -> None:
        holder = yaml_text.at(self._node, path)
        if not (isinstance(holder, yaml_text.Mapping) and holder.torn):
            self._complain(path, f'"{word}" is missing here')
        place = place_of(self._model, (*path, word))
        found = self.repairs.get(path)
        words = dict(found.words) if isinstance(found, Add) else {}
        words[word] = stand_in(place.annotation, holder.mark)
        self.repairs[path] = Add(words)

    def _wrong_name(self, path: Path) -> None:
        name = str(path[-1])
        better = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_").lower()
        usable = re.fullmatch(r"[a-z][a-z0-9_]{0,59}", better) is not None
        hint = "use up to 60 small letters, digits and _"
        hint = f'{hint}, as in "{better}"' if usable else hint
        self._complain_of_key(path, f'"{name}" is not a name', hint)
        usable = usable and self._is_free(path, better)
        self.repairs[path] = Rename(better) if usable else Put(None)

    def _wrong_value(self, path: Path, error: ErrorDetails) -> None:
        node = yaml_text.at(self._node, path)
        if error["type"] == "string_type" and isinstance(node, Scalar):
            # A word that looks like a number is a word; it may be unknown as such.
            text = json.dumps(node.value) if node.value is not None else ""
            self.repairs[path] = Put(replace(node, value=text))
            return
        meant = _meant(error)
        if not yaml_text.is_torn(node):
            self._complain(path, *_sentence(path, error))
        if meant is not None:
            self.repairs[path] = Put(Scalar(meant, node.mark))
            return
        self._replace(path, node)

    def _replace(self, path: Path, node: Node) -> None:
        place = place_of(self._model, path)
        new = stand_in(place.annotation, node.mark) if place.required else None
        self.repairs[path] = Put(new)

    def _complain(self, path: Path, message: str, hint: str = "") -> None:
        mark = yaml_text.find(self._node, path)
        self.problems.append(self._source.problem(mark, message, hint))

    def _complain_of_key(self, path: Path, message: str, hint: str) -> None:
        mark = yaml_text.find_key(self._node, path)
        self.problems.append(self._source.problem(mark, message, hint))


def _is_full(error: ErrorDetails) -> bool:
    """Whether a list is said to be too short that is not empty in the file."""
    return error["type"] == "too_short" and bool(error["input"])


def _is_of_name(error: ErrorDetails, path: Path) -> bool:
    """Whether the name before a value is meant: pydantic marks only some of them."""
    is_text = error["type"].startswith("string_")
    marked = error["loc"][-1] == "[key]"
    return marked or (is_text and bool(path) and error["input"] == path[-1])


def _meant(error: ErrorDetails) -> str | bool | None:
    """The value that was probably meant, where that can be told."""
    given = error["input"]
    if error["type"] == "bool_type":
        return _YES_NO.get(str(given).casefold())
    if error["type"] == "literal_error" and isinstance(given, str):
        return nearest(given, _choices(error))
    return None


def _sentence(path: Path, error: ErrorDetails) -> tuple[str, str]:
    kind, given = error["type"], error["input"]
    if kind == "literal_error":
        return _unknown_choice(str(path[-1]), given, _choices(error))
    if kind in _WANTED:
        unclear = kind == "bool_type" and str(given).casefold() in _YES_NO
        hint = "yes, no, on and off are plain words in YAML 1.2" if unclear else ""
        hint = "digits only, such as 2000" if kind == "int_type" else hint
        return f"should be {_WANTED[kind]}, not {_shown(given)}", hint
    if kind in {"too_short", "string_too_short"}:
        return "should not be empty", ""
    if kind == "too_long":
        return f"should not hold more than {error['ctx']['max_length']}", ""
    if kind == "string_too_long":
        return f"should not be longer than {error['ctx']['max_length']} characters", ""
    if kind == "greater_than":
        return f"should be more than {error['ctx']['gt']}, not {_shown(given)}", ""
    if kind == "less_than_equal":
        return f"should be at most {error['ctx']['le']}, not {_shown(given)}", ""
    return error["msg"].lower(), ""


def _unknown_choice(word: str, given: object, choices: list[str]) -> tuple[str, str]:
    if not isinstance(given, str):
        known = " or ".join(f'"{choice}"' for choice in choices)
        return f"should be {known}, not {_shown(given)}", ""
    if word == "late":
        hint = 'write "send", or "send_within:" with a length of time'
        return f'unknown late policy "{given}"', hint
    kind = _KINDS.get(word, f'value of "{word}"')
    return f'unknown {kind} "{given}"', did_you_mean(given, choices)


def _choices(error: ErrorDetails) -> list[str]:
    return re.findall(r"'([^']*)'", str(error["ctx"]["expected"]))


def _shown(given: object) -> str:
    if isinstance(given, dict):
        return "names with values"
    if isinstance(given, list | tuple):
        return "a list"
    return f'"{given}"' if isinstance(given, str) else str(given).lower()
