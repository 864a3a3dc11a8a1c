"""Who may do what with whose things: one decision, over roles that are data.

`reach` is that decision. Everything that asks for permission, every page, route,
command and list, asks it; what no role grants is refused.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from engine.domain.errors import NotFoundError, TacitError
from engine.domain.place import NOBODYS, Place
from engine.domain.records import Person


class Side(StrEnum):
    """The kind of organisation that somebody belongs to."""

    VENDOR = "vendor"
    PARTNER = "partner"
    CUSTOMER = "customer"


class Action(StrEnum):
    """What roles may be granted; `config/permissions.yaml` names them."""

    OWN_ACCOUNT = "own account"  #: sign in, one's own settings, keys and calendar
    SEE_CHANGES = "see changes"  #: upcoming changes, their plan and history
    ANSWER = "answer"  #: fire the events that the rules leave to one's role
    CHOOSE_OWNER = "choose owner"  #: of the communication: of a change or a customer
    MOVE_DATES = "move dates"  #: a change's renewal start
    SEE_AMOUNTS = "see amounts"  #: current and estimated MRR
    SEE_CUSTOMERS = "see customers"  #: contacts, products, usage, sites
    CHOOSE_CONTACT = "choose contact"  #: the primary contact of a customer
    ASSOCIATE = "associate"  #: give a customer another partner
    END_ASSOCIATION = "end association"  #: of a partner with a customer
    SET_TERMS = "set terms"  #: automatic renewal and the end of a contract
    SEE_PARTNERS = "see partners"
    CHOOSE_STANDING_OWNER = "choose standing owner"  #: for all of a partner's clients
    SEE_PEOPLE = "see people"
    EDIT_PEOPLE = "edit people"
    GRANT_ROLES = "grant roles"  #: those that one's own role `grants`
    EDIT_BOOK = "edit book"  #: customers, partners, contracts, sites and usage
    IMPORT_BOOK = "import book"
    EXPORT_BOOK = "export book"
    SEE_MESSAGES = "see messages"  #: those for the readers that one's role `reads`
    RELEASE_MESSAGES = "release messages"  #: queue held ones again
    SEE_ATTENTION = "see attention"  #: what needs a person at the vendor
    DECIDE_REPLIES = "decide replies"  #: what a program could not take as an answer
    SEE_RULES = "see rules"
    SIMULATE = "simulate"
    SEE_TRAIL = "see trail"  #: verify, replay and archive the audit trail
    RUN_CLOCK = "run clock"  #: a tick or a relay by hand
    MANAGE_WEBHOOKS = "manage webhooks"
    MANAGE_ACCOUNTS = "manage accounts"  #: of others: invite, disable
    SEE_METRICS = "see metrics"


#: What shows that a thing is there at all to somebody who may not do more with it.
_SIGHT: Final[Mapping[Action, Action]] = {
    Action.ANSWER: Action.SEE_CHANGES,
    Action.CHOOSE_OWNER: Action.SEE_CUSTOMERS,
    Action.MOVE_DATES: Action.SEE_CHANGES,
    Action.SEE_AMOUNTS: Action.SEE_CHANGES,
    Action.CHOOSE_CONTACT: Action.SEE_CUSTOMERS,
    Action.ASSOCIATE: Action.SEE_CUSTOMERS,
    Action.END_ASSOCIATION: Action.SEE_CUSTOMERS,
    Action.SET_TERMS: Action.SEE_CUSTOMERS,
    Action.CHOOSE_STANDING_OWNER: Action.SEE_PARTNERS,
    Action.EDIT_PEOPLE: Action.SEE_PEOPLE,
    Action.GRANT_ROLES: Action.SEE_PEOPLE,
    Action.EDIT_BOOK: Action.SEE_CUSTOMERS,
    Action.RELEASE_MESSAGES: Action.SEE_MESSAGES,
}


class NotPermittedError(TacitError):
    """Raised when somebody may see a thing, and may not do this with it."""

    def __init__(self, who: str, action: Action, *, is_by_key: bool = False) -> None:
        self.action = action
        if is_by_key:
            super().__init__(
                f'this key of {who} does not carry "{action}": use one that does, or '
                "make one"
            )
            return
        super().__init__(
            f'{who} may not do this: no role of theirs grants "{action}"; whoever '
            "administers their organisation can give them one that does"
        )


@dataclass(frozen=True, slots=True)
class Reach:
    """Whose things an action may be done with; lists are narrowed to it in SQL."""

    everything: bool = False
    partners: frozenset[int] = frozenset()
    customers: frozenset[int] = frozenset()

    def covers(self, place: Place) -> bool:
        return (
            self.everything
            or place.partner_id in self.partners
            or place.customer_id in self.customers
        )

    def __bool__(self) -> bool:
        return self.everything or bool(self.partners or self.customers)


@dataclass(frozen=True, slots=True)
class Role:
    """What the holders of a role may do with the things of their organisation.

    `grants` are roles that they may give and take; `reads` the readers whose messages
    they see. A role is `held` by those it is given to, or by everybody of a side, or
    by whoever stands at a place of the book.
    """

    name: str
    sides: frozenset[Side]
    may: frozenset[Action]
    grants: frozenset[str] = frozenset()
    reads: frozenset[str] = frozenset()
    held: str | None = None


#: How a role may be held without being given.
EVERYBODY: Final = "everybody"
PRIMARY_CONTACT: Final = "primary contact"
POINT_OF_CONTACT: Final = "point of contact"
HELD_BY: Final = (EVERYBODY, PRIMARY_CONTACT, POINT_OF_CONTACT)


@dataclass(frozen=True)
class Policy:
    """All roles."""

    roles: Mapping[str, Role]

    def given_on(self, side: Side) -> list[str]:
        """The roles that people of a side can be given."""
        return [
            role.name
            for role in self.roles.values()
            if side in role.sides and role.held is None
        ]


@dataclass(frozen=True, slots=True)
class Membership:
    """Somebody's part in one organisation, with the roles that count there."""

    side: Side
    organisation_id: int | None
    roles: tuple[Role, ...]

    def reaches(self) -> Reach:
        if self.side is Side.VENDOR:
            return Reach(everything=True)
        ids = frozenset(id_ for id_ in (self.organisation_id,) if id_ is not None)
        if self.side is Side.PARTNER:
            return Reach(partners=ids)
        return Reach(customers=ids)


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who wants to do something: a person, or whoever runs the machine.

    `limited_to` are the actions that an API key carries, of all that its owner may do,
    and `until` is when it ends; `key_id` says which it is.
    """

    code: str
    name: str
    memberships: tuple[Membership, ...] = ()
    person_id: int | None = None
    limited_to: frozenset[Action] | None = None
    until: datetime | None = None
    key_id: int | None = None
    is_operator: bool = field(default=False)

    def may(self, action: Action, place: Place | None = None) -> bool:
        """Whether it is permitted with a thing of this place; None: with any at all."""
        found = reach(self, action)
        return bool(found) if place is None else found.covers(place)

    def must(self, action: Action, place: Place, kind: str, name: str) -> None:
        """NotPermittedError unless permitted; NotFoundError where not even seen."""
        if self.may(action, place):
            return
        # The installation itself is no secret.
        if place != NOBODYS and not self.may(_SIGHT.get(action, action), place):
            raise NotFoundError(kind, name)
        raise self.refused(action)

    def must_somewhere(self, action: Action) -> Reach:
        """Whose things it is permitted with; NotPermittedError where nobody's."""
        found = reach(self, action)
        if not found:
            raise self.refused(action)
        return found

    def refused(self, action: Action) -> NotPermittedError:
        """What is said where it is not granted: by no role, or not to this key."""
        limited = self.limited_to
        is_by_key = limited is not None and action not in limited
        return NotPermittedError(self.name, action, is_by_key=is_by_key)

    def reads(self, place: Place) -> frozenset[str]:
        """The audiences whose messages about a thing of this place are shown."""
        if self.is_operator:
            return frozenset({"customer", "partner", "copy", "operations"})
        return frozenset(
            audience
            for membership in self.memberships
            if membership.reaches().covers(place)
            for role in membership.roles
            for audience in role.reads
        )

    def may_grant(self, place: Place) -> frozenset[str]:
        """The roles that this actor may give to people of a place, and take."""
        if not self.may(Action.GRANT_ROLES, place):
            return frozenset()
        return frozenset(
            name
            for membership in self.memberships
            if membership.reaches().covers(place)
            for role in membership.roles
            for name in role.grants
        )

    def grants_anywhere(self) -> frozenset[str]:
        """The roles that this actor may give to somebody at least."""
        granting = reach(self, Action.GRANT_ROLES)
        places = [NOBODYS] if granting.everything else []
        places += [Place(partner_id=id_) for id_ in granting.partners]
        places += [Place(customer_id=id_) for id_ in granting.customers]
        return frozenset(name for place in places for name in self.may_grant(place))

    @property
    def sides(self) -> frozenset[Side]:
        return frozenset(each.side for each in self.memberships)

    def limited(
        self,
        actions: Iterable[Action],
        until: datetime | None = None,
        key_id: int | None = None,
    ) -> "Actor":
        """The same, with no more than these actions, and for no longer."""
        allowed = frozenset(actions)
        return replace(self, limited_to=allowed, until=until, key_id=key_id)


def reach(actor: Actor, action: Action) -> Reach:
    """Whose things an actor may do this with: the one decision about permission."""
    if actor.limited_to is not None and action not in actor.limited_to:
        return Reach()
    if actor.is_operator:
        return Reach(everything=True)
    granted = [
        membership.reaches()
        for membership in actor.memberships
        if any(action in role.may for role in membership.roles)
    ]
    return Reach(
        any(each.everything for each in granted),
        frozenset(id_ for each in granted for id_ in each.partners),
        frozenset(id_ for each in granted for id_ in each.customers),
    )


def operator(code: str = "operations") -> Actor:
    """Whoever sits at the machine's own command line: it holds the data anyway."""
    return Actor(code, code, is_operator=True)


def actor_of(
    policy: Policy,
    person: Person,
    *,
    is_primary_contact: bool = False,
    is_point_of_contact: bool = False,
) -> Actor:
    """A person with all that their roles and their place in the book grant."""
    stands = {EVERYBODY}
    stands |= {PRIMARY_CONTACT} if is_primary_contact else set()
    stands |= {POINT_OF_CONTACT} if is_point_of_contact else set()
    memberships = tuple(
        Membership(side, id_, _roles(policy, person, side, stands))
        for side, id_ in _organisations(person)
    )
    return Actor(person.code, person.name, memberships, person.id)


def _organisations(person: Person) -> list[tuple[Side, int | None]]:
    found: list[tuple[Side, int | None]] = []
    if person.partner_id is not None:
        found.append((Side.PARTNER, person.partner_id))
    if person.customer_id is not None:
        found.append((Side.CUSTOMER, person.customer_id))
    return found or [(Side.VENDOR, None)]


def _roles(
    policy: Policy, person: Person, side: Side, stands: set[str]
) -> tuple[Role, ...]:
    return tuple(
        role
        for role in policy.roles.values()
        if side in role.sides
        and (role.name in person.roles if role.held is None else role.held in stands)
    )
