"""The book's rows: compared with what a file says, written, and looked up."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Table, func, insert, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from engine.domain.access import Reach
from engine.domain.errors import NotFoundError, TacitError
from engine.domain.openings import ContractTerms, MonthOfUsage
from engine.domain.problems import nearest
from engine.domain.records import Person
from engine.store.bulk import chunks, update_rows
from engine.store.change_rows import counted_from
from engine.store.search_rows import SearchRows
from engine.store.tables import (
    contracts,
    customers,
    heartbeats,
    partners,
    people,
    rule_texts,
    sites,
    usage,
)

TABLES: Final[Mapping[str, Table]] = {
    "partners": partners,
    "customers": customers,
    "people": people,
    "sites": sites,
    "contracts": contracts,
    "usage": usage,
}


class BookRows:
    """Partners, customers, people, sites, contracts and usage."""

    def __init__(self, connection: Connection, search: SearchRows) -> None:
        self._connection = connection
        self._search = search

    def ids(self, kind: str) -> dict[str, int]:
        """Every code of a kind with its id."""
        table = TABLES[kind]
        query = select(table.c.code, table.c.id)
        return {row[0]: row[1] for row in self._connection.execute(query)}

    def ids_of(self, kind: str, codes: Iterable[str]) -> dict[str, int]:
        """The ids of the rows of a kind that have these codes."""
        table, found = TABLES[kind], dict[str, int]()
        for chunk in chunks(codes):
            query = select(table.c.code, table.c.id).where(table.c.code.in_(chunk))
            found |= {row[0]: row[1] for row in self._connection.execute(query)}
        return found

    def by_codes(self, kind: str, codes: Sequence[str]) -> dict[str, dict[str, Any]]:
        """The rows of a kind with these codes, whole."""
        table = TABLES[kind]
        found: dict[str, dict[str, Any]] = {}
        for chunk in chunks(codes):
            query = select(table).where(table.c.code.in_(chunk))
            for row in self._connection.execute(query).mappings():
                found[row["code"]] = dict(row)
        return found

    def usage_of(
        self, keys: Sequence[tuple[int, str]]
    ) -> dict[tuple[int, str], dict[str, Any]]:
        """Months of usage by contract id and month."""
        found: dict[tuple[int, str], dict[str, Any]] = {}
        for chunk in chunks(sorted({key[0] for key in keys})):
            query = select(usage).where(usage.c.contract_id.in_(chunk))
            for row in self._connection.execute(query).mappings():
                found[(row["contract_id"], row["month"])] = dict(row)
        return found

    def insert(self, kind: str, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            self._connection.execute(insert(TABLES[kind]), [dict(row) for row in rows])
            self._search.note_added(kind, rows)

    def update(self, kind: str, id_: int, values: Mapping[str, Any]) -> None:
        self._search.note_changing(kind, values, [id_])
        table = TABLES[kind]
        self._connection.execute(
            update(table).where(table.c.id == id_).values(**values)
        )
        self._search.note_changed(kind, [*values], [(id_, *values.values())])

    def update_column(
        self, kind: str, column: str, values: Sequence[tuple[int, Any]]
    ) -> None:
        """Set one column of many rows, each given as id and value."""
        self.update_columns(kind, (column,), values)

    def update_columns(
        self, kind: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        """Set columns of many rows, each given as id and values in their order."""
        self._search.note_changing(kind, columns, [row[0] for row in rows])
        update_rows(self._connection, TABLES[kind], ("id",), columns, rows)
        self._search.note_changed(kind, columns, rows)

    def terms(self, contract_ids: Iterable[int]) -> Iterator[ContractTerms]:
        """The terms of contracts, by their ids."""
        c = contracts.c
        for chunk in chunks(contract_ids):
            query = (
                select(
                    c.id, c.code, counted_from(), c.commitment_months, c.billing_months,
                    c.automatic_renewal, c.starter, c.contact_limit,
                    customers.c.time_zone, customers.c.partner_id.is_not(None),
                    c.ended_on,
                )
                .join(customers, customers.c.id == c.customer_id)
                .where(c.id.in_(chunk))
                .order_by(c.id)
            )  # fmt: skip
            for row in self._connection.execute(query):
                yield ContractTerms(*row)

    def usage_of_months(
        self, wanted: Mapping[int, Collection[str]]
    ) -> dict[int, dict[str, MonthOfUsage]]:
        """By contract and month: the months wanted of each contract, and its latest."""
        u, found = usage.c, dict[int, dict[str, MonthOfUsage]]()
        for chunk in chunks(wanted):
            months = {month for id_ in chunk for month in wanted[id_]}
            latest = (
                select(u.contract_id, func.max(u.month))
                .where(u.contract_id.in_(chunk))
                .group_by(u.contract_id)
            )
            query = select(
                u.contract_id, u.month, u.contacts, u.emails_sent, u.id, u.warned
            ).where(
                u.contract_id.in_(chunk),
                or_(u.month.in_(months), tuple_(u.contract_id, u.month).in_(latest)),
            )
            for row in self._connection.execute(query):
                warned = tuple(row.warned.split("|")) if row.warned else ()
                month = MonthOfUsage(
                    row.month, row.contacts, row.emails_sent, row.id, warned
                )
                found.setdefault(row.contract_id, {})[row.month] = month
        return found

    def one(self, kind: str, code: str) -> dict[str, Any]:
        """One row by its code; NotFoundError names the nearest code."""
        # No database takes a NUL in a text, and so nothing has one.
        found = {} if "\0" in code else self.by_codes(kind, [code])
        if code in found:
            return found[code]
        raise NotFoundError(kind.rstrip("s"), code, nearest(code, self.ids(kind)))

    def person(self, name: str) -> Person:
        """A person by code, or by a mail address that is nobody else's."""
        lowered = name.casefold()
        query = select(people).where(
            or_(people.c.code == name, func.lower(people.c.email) == lowered)
        )
        rows = self._connection.execute(query.limit(2)).mappings().all()
        if not rows:
            raise NotFoundError("person", name, nearest(name, self.ids("people")))
        if len(rows) > 1:
            codes = " and ".join(row["code"] for row in rows)
            raise TacitError(f'"{name}" is ambiguous: give the code ({codes})')
        return _person(rows[0])

    def affiliations(self) -> dict[str, dict[str, str | None]]:
        """Whose each person is: codes of customers and of partners, by person."""
        found: dict[str, dict[str, str | None]] = {}
        for whose, table in (("customer", customers), ("partner", partners)):
            column = people.c[f"{whose}_id"]
            query = select(people.c.code, table.c.code).join(
                table, table.c.id == column
            )
            found[whose] = {row[0]: row[1] for row in self._connection.execute(query)}
        return found

    def people(self, ids: Iterable[int]) -> dict[int, Person]:
        found: dict[int, Person] = {}
        for chunk in chunks(ids):
            query = select(people).where(people.c.id.in_(chunk))
            for row in self._connection.execute(query).mappings():
                found[row["id"]] = _person(row)
        return found

    def people_of(self, customer_id: int) -> list[Person]:
        """The users of a customer's account, by name."""
        query = select(people).where(people.c.customer_id == customer_id)
        rows = self._connection.execute(query.order_by(people.c.name, people.c.id))
        return [_person(row) for row in rows.mappings()]

    def rows_of(self, kind: str, customer_id: int) -> list[dict[str, Any]]:
        """A customer's contracts or sites, by their codes."""
        table = TABLES[kind]
        query = select(table).where(table.c.customer_id == customer_id)
        rows = self._connection.execute(query.order_by(table.c.code)).mappings()
        return [dict(row) for row in rows]

    def customers_within(
        self, reach: Reach, search: str, *, offset: int, limit: int
    ) -> list[int]:
        """Customers whose name, domain, hub id or code holds a text, by their names."""
        c = customers.c
        query = select(c.id).order_by(c.name, c.id).offset(offset).limit(limit)
        if not reach.everything:
            theirs = or_(c.partner_id.in_(reach.partners), c.id.in_(reach.customers))
            query = query.where(theirs)
        if search:
            columns = (c.name, c.domain, c.hub_id, c.code)
            query = query.where(
                or_(*(each.icontains(search, autoescape=True) for each in columns))
            )
        return [*self._connection.execute(query).scalars()]

    def stands(self, person: Person) -> tuple[bool, bool]:
        """Whether somebody is a primary contact, and whether a point of contact."""
        primary = select(customers.c.id).where(
            customers.c.id == person.customer_id,
            customers.c.primary_contact_id == person.id,
        )
        point = select(partners.c.id).where(
            partners.c.id == person.partner_id,
            partners.c.point_of_contact_id == person.id,
        )
        found = self._connection.execute(select(primary.exists(), point.exists()))
        is_primary, is_point = found.one()
        return bool(is_primary), bool(is_point)

    def people_at(self, address: str) -> list[Person]:
        """Everybody with this address, whatever its case."""
        query = select(people).where(func.lower(people.c.email) == address.casefold())
        ordered = query.order_by(people.c.id)
        return [_person(row) for row in self._connection.execute(ordered).mappings()]

    def vendor_people(self, role: str) -> list[Person]:
        """The vendor's people who hold a role."""
        query = (
            select(people)
            .where(
                people.c.customer_id.is_(None),
                people.c.partner_id.is_(None),
                people.c.roles.contains(role),
            )
            .order_by(people.c.id)
        )
        found = map(_person, self._connection.execute(query).mappings())
        return [person for person in found if role in person.roles]

    def customer_views(self, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
        """Customers with their partner and primary contact, for people to read."""
        found: dict[int, dict[str, Any]] = {}
        for chunk in chunks(ids):
            query = (
                select(
                    customers,
                    partners.c.code.label("partner"),
                    partners.c.name.label("partner_name"),
                    partners.c.owns_conversations,
                    partners.c.point_of_contact_id,
                    people.c.name.label("primary_contact"),
                )
                .outerjoin(partners, partners.c.id == customers.c.partner_id)
                .outerjoin(people, people.c.id == customers.c.primary_contact_id)
                .where(customers.c.id.in_(chunk))
            )
            for row in self._connection.execute(query).mappings():
                found[row["id"]] = dict(row)
        return found

    def contract_views(self, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
        found: dict[int, dict[str, Any]] = {}
        for chunk in chunks(ids):
            query = select(contracts).where(contracts.c.id.in_(chunk))
            for row in self._connection.execute(query).mappings():
                found[row["id"]] = dict(row)
        return found

    def all_rows(self, kind: str) -> Iterator[dict[str, Any]]:
        """Every row of a kind, streamed, in the order of its ids."""
        table = TABLES[kind]
        query = select(table).order_by(table.c.id).execution_options(yield_per=5_000)
        for row in self._connection.execute(query).mappings():
            yield dict(row)

    def customers_of_partner(self, partner_id: int) -> list[int]:
        query = select(customers.c.id).where(customers.c.partner_id == partner_id)
        return list(self._connection.execute(query).scalars())

    def remember_rules(
        self, texts: Mapping[str, tuple[str, str]], at: datetime
    ) -> None:
        """Keep the text behind each version (file name, text), now in force."""
        rows = [
            {
                "version": version,
                "file": file,
                "text": text,
                "first_used_at": at,
                "taken_up_at": at,
            }
            for version, (file, text) in texts.items()
        ]
        dialect = sqlite if self._connection.dialect.name == "sqlite" else postgresql
        statement = dialect.insert(rule_texts).on_conflict_do_update(
            index_elements=[rule_texts.c.version], set_={"taken_up_at": at}
        )
        self._connection.execute(statement, rows)

    def rule_versions(self) -> list[tuple[str, str]]:
        """Each rule file and version that was ever used, those in force at the end."""
        c = rule_texts.c
        since = func.coalesce(c.taken_up_at, c.first_used_at)
        rows = self._connection.execute(select(c.file, c.version).order_by(since))
        return [(row[0], row[1]) for row in rows]

    def rule_texts(self) -> dict[str, tuple[str, str]]:
        """Every version of every rule file that was ever used."""
        query = select(rule_texts.c.version, rule_texts.c.file, rule_texts.c.text)
        return {row[0]: (row[1], row[2]) for row in self._connection.execute(query)}

    def beat(self, name: str, at: datetime) -> None:
        """Note that a part of the running process was alive at a time."""
        found = self._connection.execute(
            update(heartbeats).where(heartbeats.c.name == name).values(at=at)
        )
        if not found.rowcount:
            self._connection.execute(insert(heartbeats).values(name=name, at=at))

    def heartbeats(self) -> dict[str, datetime]:
        query = select(heartbeats.c.name, heartbeats.c.at)
        return {row[0]: row[1] for row in self._connection.execute(query)}


def _person(row: Any) -> Person:
    roles = tuple(role for role in row["roles"].split("|") if role)
    return Person(
        row["id"],
        row["code"],
        row["name"],
        row["email"],
        row["slack_user"],
        row["language"],
        row["channel"],
        row["customer_id"],
        row["partner_id"],
        roles,
    )
