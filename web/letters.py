"""The site's own letters: the link that somebody asked for to sign in."""

from datetime import datetime

from engine.domain.accounts import hash_of
from engine.domain.errors import PermanentDeliveryError
from engine.domain.letters import Letter, Rendered
from engine.domain.records import Person
from web.rendering import environment, sentence
from web.site import Site


def post_link(site: Site, person: Person, token: str, now: datetime) -> None:
    """Mail a person the link of a token; DeliveryError where that fails."""
    if person.email is None:
        raise PermanentDeliveryError("there is no address to mail the link to")
    site.post(link_letter(site, person, person.email, token, now))


def link_letter(
    site: Site, person: Person, address: str, token: str, now: datetime
) -> Letter:
    """The letter with the link, in the person's language."""
    settings, language = site.settings, person.language
    made = environment(language)

    def say(text: str, **values: object) -> str:
        return sentence(language, text, **values)

    until = made.filters["moment"](now + settings.link_lasts, settings.time_zone)
    link = f"{settings.url}/sign-in/link/{token}"
    subject = say("Sign in to %(vendor)s", vendor=settings.vendor)
    before = say(
        "%(name)s, this link signs you in, once, until %(until)s (%(zone)s):",
        name=person.name,
        until=until,
        zone=settings.time_zone,
    )
    after = say(
        "Somebody asked for it on the sign-in page. If it was not you, do nothing: "
        "nobody gets in without the link. Do not pass it on."
    )
    page = made.get_template("mail/link.html").render(
        language=language, subject=subject, before=before, after=after, link=link,
        vendor=settings.vendor, button=say("Sign in"),
    )  # fmt: skip
    text = f"{before}\n\n{link}\n\n{after}\n\n{settings.vendor}\n"
    key = f"sign-in/{hash_of(token)[:32]}"
    return Letter(key, address, person.name, language, Rendered(subject, text, page))
