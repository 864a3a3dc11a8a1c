"""What people can do from a page: what is chosen, what is done, and what was done."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from engine.domain.access import Action
from engine.domain.interfaces import Storage
from engine.domain.ownership import DEFAULT, PARTNER, VENDOR
from engine.domain.parsing import day as parse_day
from engine.services.edit_book import Editor
from engine.services.find_subject import Subject
from notifiers.wording import long_date
from web.errors import BadRequestError
from web.visits import Visit

#: Stands for no partner, and for a contract that goes on.
NONE: Final = "none"


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that can be chosen, with what it means where that is not plain."""

    value: str
    label: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What has to be chosen first; without choices it is a day, or nothing yet."""

    label: str
    present: str
    choices: Sequence[Choice] = ()
    hint: str = ""
    #: A choice besides the day.
    instead: Choice | None = None
    #: Why there is nothing to choose, and the address where that is mended.
    missing: str = ""
    remedy: Choice | None = None


@dataclass(frozen=True, slots=True)
class Deed:
    """What is to be done, once it is clear what."""

    summary: str
    button: str
    run: Callable[[Editor], str]
    done: str
    is_danger: bool = False

    def on(self, visit: Visit) -> Callable[[Storage], str]:
        """The deed of a visitor, on a store."""
        return lambda store: self.run(
            Editor(store, visit.site.rulebook, visit.actor, visit.now)
        )


@dataclass(frozen=True, slots=True)
class Act:
    """One kind of action: on what, what it needs, and how it is said."""

    kind: str
    needs: Action
    title: Callable[[Visit, Subject], str]
    deed: Callable[[Visit, Subject, str], Deed]
    question: Callable[[Visit, Subject], Question] | None = None


def _owner_title(visit: Visit, subject: Subject) -> str:
    if subject.kind == "partner":
        return visit.say("Who tells the customers of %(partner)s", partner=subject.name)
    return visit.say("Who tells %(customer)s", customer=subject.name)


def _owner_question(visit: Visit, subject: Subject) -> Question:
    vendor = Choice(
        VENDOR,
        visit.site.settings.vendor,
        visit.say("The bot writes to the customer; the partner gets a copy."),
    )
    partner = Choice(
        PARTNER,
        subject.partner or "",
        visit.say("The bot writes to the partner only, who tells the customer."),
    )
    default = Choice(
        DEFAULT, visit.say("No choice of its own"), _default_hint(visit, subject)
    )
    choices = [default] if subject.kind != "partner" else []
    choices += [vendor, *([partner] if subject.partner else [])]
    label = visit.say("Communication owner")
    return Question(label, str(subject.values["owner"]), choices)


def _default_hint(visit: Visit, subject: Subject) -> str:
    if subject.kind == "change":
        return visit.say("What was chosen for the customer holds.")
    return visit.say("The partner’s standing choice holds; without one, the vendor.")


def _owner_deed(visit: Visit, subject: Subject, choice: str) -> Deed:
    chosen = _chosen(visit, _owner_question(visit, subject), choice)
    edits: dict[str, Callable[[Editor], str]] = {
        "change": lambda editor: editor.owner_of_change(subject.code, choice),
        "customer": lambda editor: editor.owner_of_customer(subject.code, choice),
        "partner": lambda editor: editor.owner_of_partner(subject.code, choice),
    }
    values = {"name": _about(subject), "choice": chosen.label}
    return Deed(
        visit.say("Communication owner: %(choice)s", choice=chosen.label),
        visit.say("Set the owner"),
        edits[subject.kind],
        visit.say("%(name)s: communication owner is now “%(choice)s”.", **values),
    )


def _contact_title(visit: Visit, subject: Subject) -> str:
    return visit.say("Primary contact of %(customer)s", customer=subject.name)


def _contact_question(visit: Visit, subject: Subject) -> Question:
    people = [
        Choice(
            one.code, one.name, one.email or one.slack_user or visit.say("no address")
        )
        for one in subject.people
    ]
    present = next(
        (p.code for p in subject.people if p.id == subject.values["contact_id"]), ""
    )
    hint = visit.say("Only users of the customer’s own account can be chosen.")
    missing = visit.say(
        "%(customer)s has no users yet: add one first.", customer=subject.name
    )
    adding = Choice("/back-office/people/new", visit.say("Add a person"))
    return Question(
        visit.say("Primary contact"),
        present,
        people,
        hint,
        missing="" if people else missing,
        remedy=adding if visit.actor.may(Action.EDIT_PEOPLE) else None,
    )


def _contact_deed(visit: Visit, subject: Subject, choice: str) -> Deed:
    chosen = _chosen(visit, _contact_question(visit, subject), choice)
    values = {"customer": subject.name, "person": chosen.label}
    return Deed(
        visit.say("Primary contact: %(person)s", person=chosen.label),
        visit.say("Set the contact"),
        lambda editor: editor.contact(str(subject.customer), choice),
        visit.say("%(customer)s: primary contact is now %(person)s.", **values),
    )


def _renews(subject: Subject) -> bool:
    """Whether its date is a renewal's start; of other changes it is when they apply."""
    return subject.change is not None and subject.change.type == "renewal"


def _start_title(visit: Visit, subject: Subject) -> str:
    if _renews(subject):
        return visit.say("Renewal start of %(change)s", change=subject.code)
    return visit.say("Effective date of %(change)s", change=subject.code)


def _start_question(visit: Visit, subject: Subject) -> Question:
    renews = _renews(subject)
    return Question(
        visit.say("New renewal start") if renews else visit.say("New effective date"),
        str(subject.values["renewal_start"]),
        hint=visit.say("Everything that follows from it is planned again."),
    )


def _start_deed(visit: Visit, subject: Subject, choice: str) -> Deed:
    day = _day(visit, choice)
    values = {"change": subject.code, "day": long_date(day, visit.language)}
    if _renews(subject):
        summary = visit.say("New renewal start: %(day)s", day=values["day"])
        button = visit.say("Move the renewal start")
        done = visit.say("%(change)s: renewal start is now %(day)s.", **values)
    else:
        summary = visit.say("New effective date: %(day)s", day=values["day"])
        button = visit.say("Move the effective date")
        done = visit.say("%(change)s: effective date is now %(day)s.", **values)
    return Deed(
        summary,
        button,
        lambda editor: editor.renewal_start(subject.code, day),
        done,
    )


def _automatic_title(visit: Visit, subject: Subject) -> str:
    return visit.say("Automatic renewal of %(contract)s", contract=subject.code)


def _automatic_question(visit: Visit, subject: Subject) -> Question:
    choices = [
        Choice("yes", visit.say("On"), visit.say("Silence renews the contract.")),
        Choice("no", visit.say("Off"), visit.say("Silence never renews the contract.")),
    ]
    present = "yes" if subject.values["automatic_renewal"] else "no"
    return Question(visit.say("Automatic renewal"), present, choices)


def _automatic_deed(visit: Visit, subject: Subject, choice: str) -> Deed:
    chosen = _chosen(visit, _automatic_question(visit, subject), choice)
    values = {"contract": subject.code, "choice": chosen.label}
    return Deed(
        visit.say("Automatic renewal: %(choice)s", choice=chosen.label),
        visit.say("Set automatic renewal"),
        lambda editor: editor.automatic_renewal(subject.code, choice == "yes"),
        visit.say("%(contract)s: automatic renewal is now “%(choice)s”.", **values),
    )


def _end_title(visit: Visit, subject: Subject) -> str:
    return visit.say("End of %(contract)s", contract=subject.code)


def _end_question(visit: Visit, subject: Subject) -> Question:
    ended_on = subject.values["ended_on"]
    goes_on = Choice(NONE, visit.say("The contract goes on"))
    return Question(
        visit.say("First day without the contract"),
        str(ended_on or ""),
        instead=goes_on if ended_on else None,
    )


def _end_deed(visit: Visit, subject: Subject, choice: str) -> Deed:
    day = None if choice == NONE else _day(visit, choice)
    if day is None:
        summary = visit.say("The contract goes on")
        done = visit.say("%(contract)s goes on.", contract=subject.code)
    else:
        values = {"contract": subject.code, "day": long_date(day, visit.language)}
        summary = visit.say(
            "First day without the contract: %(day)s", day=values["day"]
        )
        done = visit.say("%(contract)s ends on %(day)s.", **values)
    button = visit.say("End the contract") if day else visit.say("Let it go on")
    return Deed(
        summary,
        button,
        lambda editor: editor.end(subject.code, day),
        done,
        is_danger=day is not None,
    )


def _ending_title(visit: Visit, subject: Subject) -> str:
    if subject.partner is None:
        return visit.say("%(customer)s has no partner", customer=subject.name)
    return visit.say(
        "End the association of %(partner)s with %(customer)s",
        partner=subject.partner,
        customer=subject.name,
    )


def _ending_deed(visit: Visit, subject: Subject, _choice: str) -> Deed:
    values = {"partner": subject.partner or "", "customer": subject.name}
    return Deed(
        visit.say(
            "%(customer)s leaves the list of %(partner)s, which gets no message about "
            "it any more; the vendor tells the customer from then on.",
            **values,
        ),
        visit.say("End the association"),
        lambda editor: editor.association(subject.code, None),
        visit.say("%(partner)s is no longer associated with %(customer)s.", **values),
        is_danger=True,
    )


def _partner_title(visit: Visit, subject: Subject) -> str:
    return visit.say("Partner of %(customer)s", customer=subject.name)


def _partner_question(visit: Visit, subject: Subject) -> Question:
    partners = [Choice(code, name) for code, name in sorted(subject.partners.items())]
    present = str(subject.values["partner"] or "")
    missing = visit.say("There is no partner yet: add one first.")
    adding = Choice("/back-office/partners/new", visit.say("Add a partner"))
    return Question(
        visit.say("Partner"),
        present,
        partners,
        missing="" if partners else missing,
        remedy=adding if visit.actor.may(Action.EDIT_BOOK) else None,
    )


def _partner_deed(visit: Visit, subject: Subject, choice: str) -> Deed:
    chosen = _chosen(visit, _partner_question(visit, subject), choice)
    values = {"customer": subject.name, "partner": chosen.label}
    return Deed(
        visit.say("Partner: %(partner)s", partner=chosen.label),
        visit.say("Associate the partner"),
        lambda editor: editor.association(subject.code, choice),
        visit.say("%(customer)s is now associated with %(partner)s.", **values),
    )


def _about(subject: Subject) -> str:
    return subject.code if subject.kind == "change" else subject.name


def _chosen(visit: Visit, question: Question, value: str) -> Choice:
    for choice in question.choices:
        if choice.value == value:
            return choice
    raise BadRequestError(visit.say("Choose one of those that are listed."))


def _day(visit: Visit, text: str) -> date:
    try:
        return parse_day(text)
    except ValueError:
        raise BadRequestError(
            visit.say("Write the day with year, month and day: 2027-03-01.")
        ) from None


OWNER_OF_CHANGE: Final = Act(
    "change", Action.CHOOSE_OWNER, _owner_title, _owner_deed, _owner_question
)
OWNER_OF_CUSTOMER: Final = Act(
    "customer", Action.CHOOSE_OWNER, _owner_title, _owner_deed, _owner_question
)
OWNER_OF_PARTNER: Final = Act(
    "partner", Action.CHOOSE_STANDING_OWNER, _owner_title, _owner_deed, _owner_question
)
CONTACT_OF_CHANGE: Final = Act(
    "change", Action.CHOOSE_CONTACT, _contact_title, _contact_deed, _contact_question
)
CONTACT_OF_CUSTOMER: Final = Act(
    "customer", Action.CHOOSE_CONTACT, _contact_title, _contact_deed, _contact_question
)
RENEWAL_START: Final = Act(
    "change", Action.MOVE_DATES, _start_title, _start_deed, _start_question
)
AUTOMATIC_RENEWAL: Final = Act(
    "contract", Action.SET_TERMS, _automatic_title, _automatic_deed, _automatic_question
)
END_CONTRACT: Final = Act(
    "contract", Action.SET_TERMS, _end_title, _end_deed, _end_question
)
END_ASSOCIATION: Final = Act(
    "customer", Action.END_ASSOCIATION, _ending_title, _ending_deed
)
PARTNER_OF_CUSTOMER: Final = Act(
    "customer", Action.ASSOCIATE, _partner_title, _partner_deed, _partner_question
)
