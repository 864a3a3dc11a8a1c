"""The book: which kinds of rows it holds, and what each field may be.

The one declaration that the import, the export and their manual are made from.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from engine.domain import parsing

Value = str | int | bool | date | tuple[str, ...] | None
Cell = str | int | bool | Decimal | date | None


@dataclass(frozen=True, slots=True)
class Field:
    """One field: how its text is read, and whether a row can do without it."""

    name: str
    parse: Callable[[str], Value]
    help: str
    required: bool = False
    refers_to: str | None = None
    default: Value = None

    @property
    def is_money(self) -> bool:
        """Whether the value is an amount in minor units."""
        return self.parse is parsing.money


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of row; `key` names the fields that identify it."""

    name: str
    key: tuple[str, ...]
    fields: tuple[Field, ...]

    @property
    def required(self) -> tuple[str, ...]:
        """The fields that no row can do without."""
        return tuple(each.name for each in self.fields if each.required)

    @property
    def names(self) -> tuple[str, ...]:
        """Every field's name, in the order of the manual and of exports."""
        return tuple(each.name for each in self.fields)

    def field(self, name: str) -> Field:
        return next(each for each in self.fields if each.name == name)


@dataclass(frozen=True, slots=True)
class Row:
    """A row ready for the store: typed values by field name, and where it came from.

    A field that the file does not have is absent from `values`, and what the book
    holds already stays; an empty cell is present as the field's default, which is
    None for most. `columns` says from which column of the file (or of its `sheet`) a
    field was read, so that what is wrong with it can be shown there.
    """

    kind: str
    values: Mapping[str, Value]
    file: str
    line: int
    columns: Mapping[str, int] = field(default_factory=dict, compare=False)
    sheet: str = field(default="", compare=False)


def amount(minor: int) -> Decimal:
    """Minor units as an exact number with two decimals."""
    return Decimal(minor).scaleb(-2)


def as_cell(field: Field, value: Value) -> Cell:
    """A field's value as a file holds it; amounts exactly, with two decimals."""
    if isinstance(value, tuple):
        return "|".join(value)
    if field.is_money and isinstance(value, int):
        return amount(value)
    return value


_text = parsing.text
_code = parsing.code


PARTNERS = Kind(
    "partners",
    ("code",),
    (
        Field("code", _code, "the partner's own identifier", required=True),
        Field("name", _text, "as people write it", required=True),
        Field(
            "owns_conversations",
            parsing.boolean,
            "yes: the partner owns every transactional conversation with its clients",
            default=False,
        ),
        Field("point_of_contact", _code, "the person written to", refers_to="people"),
    ),
)
CUSTOMERS = Kind(
    "customers",
    ("code",),
    (
        Field("code", _code, "the customer's own identifier", required=True),
        Field("name", _text, "as people write it", required=True),
        Field("domain", _text, "of the website"),
        Field("hub_id", _code, "the account's number in the product"),
        Field("time_zone", parsing.time_zone, "IANA name, such as Europe/Paris"),
        Field("language", parsing.language, "en or fr"),
        Field("partner", _code, "the associated partner", refers_to="partners"),
        Field(
            "communication_owner",
            parsing.one_of("default", "vendor", "partner"),
            "who tells this customer; default follows the partner's choice",
            default="default",
        ),
        Field(
            "primary_contact",
            _code,
            "receives what the customer is told; one of the customer's people",
            refers_to="people",
        ),
    ),
)
PEOPLE = Kind(
    "people",
    ("code",),
    (
        Field("code", _code, "the person's own identifier", required=True),
        Field("name", _text, "given name first", required=True),
        Field("email", parsing.email, "a plain address"),
        Field("slack_user", _code, "Slack member id, such as U024BE7LH"),
        Field("language", parsing.language, "en or fr"),
        Field(
            "channel",
            parsing.one_of("email", "slack", "both"),
            "how this person is reached",
            default="email",
        ),
        Field("customer", _code, "whose contact this is", refers_to="customers"),
        Field("partner", _code, "whose colleague this is", refers_to="partners"),
        Field(
            "roles",
            parsing.words,
            "what this person may do, such as operations (see below); several with |",
            default=(),
        ),
    ),
)
SITES = Kind(
    "sites",
    ("code",),
    (
        Field("code", _code, "the site's own identifier", required=True),
        Field("name", _text, "as people write it", required=True),
        Field("customer", _code, "whose site", required=True, refers_to="customers"),
    ),
)
CONTRACTS = Kind(
    "contracts",
    ("code",),
    (
        Field("code", _code, "the contract's own identifier", required=True),
        Field("customer", _code, "whose", required=True, refers_to="customers"),
        Field("product", _text, "what is sold", required=True),
        Field("started_on", parsing.day, "first day, YYYY-MM-DD", required=True),
        Field(
            "commitment_months",
            parsing.positive,
            "length of a term, in months",
            required=True,
        ),
        Field(
            "automatic_renewal",
            parsing.boolean,
            "yes: silence renews it",
            required=True,
        ),
        Field("billing_months", parsing.positive, "months between bills", default=1),
        Field("starter", parsing.boolean, "yes: a starter edition", default=False),
        Field("contact_limit", parsing.whole, "contacts the tier allows"),
        Field("currency", parsing.currency, "three letters, such as EUR"),
        Field("mrr", parsing.money, "current MRR, such as 1200.50"),
        Field("new_mrr", parsing.money, "estimated new MRR"),
        Field(
            "ended_on",
            parsing.day,
            "the first day without the contract, if it is known; never cleared by a file",
        ),
    ),
)
USAGE = Kind(
    "usage",
    ("contract", "month"),
    (
        Field("contract", _code, "whose", required=True, refers_to="contracts"),
        Field("month", parsing.month, "calendar month, YYYY-MM", required=True),
        Field("contacts", parsing.whole, "contacts held, at their highest"),
        Field("emails_sent", parsing.whole, "emails sent in the month"),
    ),
)

#: In the order in which rows can refer to one another; people and the fields that
#: point at them are settled once every row is read.
KINDS: Final[Mapping[str, Kind]] = {
    kind.name: kind for kind in (PARTNERS, CUSTOMERS, PEOPLE, SITES, CONTRACTS, USAGE)
}
