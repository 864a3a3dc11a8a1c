"""Proves that changes of a type can open, and know what they need when they do."""

from collections.abc import Iterator

from engine.domain import vocabulary
from engine.domain.complaints import Complaints
from engine.domain.guards import Guard
from engine.domain.ruleset import Opening, Ruleset
from engine.domain.vocabulary import ChangeType
from engine.domain.worlds import World, worlds_of
from engine.domain.yaml_text import Path

_OPENS: Path = ("opens",)
#: What the words that only some types take may look like.
_EXAMPLES = {
    "new_contact_limit": '"new_contact_limit: [1000, 2000, 5000]"',
    "email_limit": '"email_limit:" with "starter: 5" and "otherwise: 10"',
}


def check(ruleset: Ruleset, complaints: Complaints) -> None:
    """Compare an opening with what its type demands."""
    kind = vocabulary.CHANGE_TYPES.get(ruleset.name)
    if kind is None or complaints.is_torn(_OPENS):
        return
    opening = ruleset.opening
    _check_effective(ruleset.name, opening, kind, complaints)
    _check_words(ruleset.name, opening, kind, complaints)
    if kind.usage is not None:
        for path, guard in _conditions(opening):
            _check_usage(path, guard, kind, complaints)
            _check_early(path, guard, kind, complaints)
        _check_warning(opening, kind, complaints)


def _check_effective(
    name: str, opening: Opening, kind: ChangeType, complaints: Complaints
) -> None:
    path: Path = (*_OPENS, "effective")
    if opening.effective != kind.effective and not complaints.lost(path):
        message = f'"{opening.effective}" is not for {vocabulary.with_article(name)}: it would never open'
        complaints.at(path, message, f'write "{kind.effective}"')


def _check_words(
    name: str, opening: Opening, kind: ChangeType, complaints: Complaints
) -> None:
    there = {
        "new_contact_limit": bool(opening.new_contact_limits),
        "email_limit": opening.email_limit is not None,
        "if": opening.guard is not None,
        "warn": opening.warn is not None,
    }
    wanted = {"if", "warn", kind.opens_with} if kind.usage else set()
    for word, is_there in there.items():
        if is_there and word not in wanted:
            message = f'"{word}" has no meaning for {vocabulary.with_article(name)}'
            complaints.at_key((*_OPENS, word), message, "take it out")
    if kind.usage and not there["if"]:
        hint = f'such as "if: {kind.usage} > {kind.limit}"'
        complaints.at(_OPENS, '"if" is missing: which usage opens it?', hint)
    elif kind.opens_with and not there[kind.opens_with]:
        hint = f"such as {_EXAMPLES[kind.opens_with]}"
        complaints.at(_OPENS, f'"{kind.opens_with}" is missing here', hint)


def _conditions(opening: Opening) -> Iterator[tuple[Path, Guard]]:
    if opening.guard is not None:
        yield (*_OPENS, "if"), opening.guard
    if opening.warn is not None:
        yield (*_OPENS, "warn", "if"), opening.warn.guard


def _check_usage(
    path: Path, guard: Guard, kind: ChangeType, complaints: Complaints
) -> None:
    if not guard.is_readable:
        return
    if "email_limit" in guard.reads and kind.opens_with != "email_limit":
        message = "email_limit is not known here: only email overages have one"
        complaints.within(path, "email_limit", message, f'compare "{kind.usage}"')
    elif kind.usage not in guard.reads:
        message = f'this condition does not read "{kind.usage}", which opens it'
        complaints.at(path, message, f'such as "{kind.usage} > {kind.limit}"')


def _check_early(
    path: Path, guard: Guard, kind: ChangeType, complaints: Complaints
) -> None:
    """Half of what is allowed is not too much, nor nearly so."""

    def is_early(world: World) -> bool:
        used, allowed = world.get(kind.usage or ""), world.get(kind.limit or "")
        if not isinstance(used, int) or not isinstance(allowed, int):
            return False
        return 0 < 2 * used < allowed and guard.holds(world)

    if worlds_of([guard]).where(is_early):
        message = f'this holds far below the limit: "{kind.usage}" may be small'
        near = f'such as "{kind.usage} * 100 >= {kind.limit} * 90" for 90 percent'
        past = f'such as "{kind.usage} > {kind.limit}"'
        complaints.warn(path, message, near if "warn" in path else past)


def _check_warning(opening: Opening, kind: ChangeType, complaints: Complaints) -> None:
    """Who is past the limit is not told any more that it comes near."""
    opens, warn = opening.guard, opening.warn
    if opens is None or warn is None or complaints.doubtful((*_OPENS, "if")):
        return

    def warns(world: World) -> bool:
        real = all(value != 0 for value in world.values())
        return real and warn.guard.holds(world) and not opens.holds(world)

    found = worlds_of([opens, warn.guard])
    if found.samples and not found.where(warns):
        complaints.warn(
            (*_OPENS, "warn", "if"),
            "this hardly ever warns: where it holds, the change opens already",
            f'such as "{kind.usage} * 100 >= {kind.limit} * 90" for 90 percent',
        )
