"""Wires a home into a working program, once: store, rules, templates, channels."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path

from config.permissions import load_policy
from config.settings import Settings
from engine.domain.access import Policy
from engine.domain.errors import ProblemsError
from engine.domain.interfaces import Channel
from engine.domain.letter_values import Vendor
from engine.domain.letters import Letter
from engine.domain.parsing import LANGUAGES
from engine.domain.problems import Problem
from engine.domain.replies import Vocabulary
from engine.domain.retry import RetryPolicy
from engine.domain.rulebook import compile_rulebook
from engine.domain.ruleset import Rulebook
from engine.services.call_webhooks import Calling
from engine.services.imported_values import Defaults
from engine.services.manage_accounts import first_operator
from engine.services.send_messages import Delivering
from engine.services.sign_in import invite
from engine.services.site_keys import signing_keys
from engine.services.take_in import Intake
from engine.services.take_reply import Answering
from engine.services.take_up_rules import lost_states, take_up
from engine.services.work_inbox import Working
from engine.store.book_files.writing import write_list, write_workbook
from engine.store.rule_folder import read_rule_files
from engine.store.unit_of_work import Store
from notifiers.recording import RecordingChannel
from notifiers.rendering import Templates
from notifiers.template_files import SHIPPED_TEMPLATES, TemplateNames
from notifiers.webhooks import WebhookCaller
from notifiers.wording import SHIPPED_WORDING, Wording
from notifiers.wording_checks import missing_words
from tacit.clock import utc_now
from tacit.counted import CountedChannel
from tacit.home import Home
from tacit.importing import Importing
from tacit.mail_wiring import MailWiring, mail_channel
from tacit.previews import Previews, Written
from tacit.replies import FOLDER, events_of, load_vocabularies, reply_folders
from tacit.site_settings import site_settings
from tacit.slack_wiring import SlackWiring
from tacit.watched_rules import WatchedRules
from web.addresses import answer_link, reply_address, served_at
from web.metrics import Metrics
from web.site import SignOn, Site, Works


@dataclass
class App:
    """One installation, wired; each part is made when it is first asked for.

    A database that is not there is made only if `creates`.
    """

    home: Home
    clock: Callable[[], datetime] = utc_now
    creates: bool = True

    @cached_property
    def settings(self) -> Settings:
        return self.home.settings()

    @cached_property
    def store(self) -> Store:
        url = self.home.database_url(self.settings)
        return Store.open(url, create=self.creates)

    @cached_property
    def policy(self) -> Policy:
        """Who may do what; ProblemsError where the file is wrong."""
        return load_policy(self.home.permissions)

    @cached_property
    def templates(self) -> Templates:
        """Every template, read and checked; ProblemsError where one is wrong."""
        return Templates(self._template_folders(), self._wording_folders())

    def words_missing(self, rulebook: Rulebook) -> list[Problem]:
        """Warnings about codes of the rules that letters would show as they are."""
        folders = self._wording_folders()
        wordings = [Wording(language, folders) for language in LANGUAGES]
        return missing_words(rulebook, wordings, self.home.wording)

    def _wording_folders(self) -> list[Path]:
        own = [f for f in (self.home.wording,) if f.is_dir()]
        return [*own, SHIPPED_WORDING]

    def _template_folders(self) -> list[Path]:
        own = [f for f in (self.home.templates,) if f.is_dir()]
        return [*own, SHIPPED_TEMPLATES]

    @cached_property
    def template_names(self) -> TemplateNames:
        return TemplateNames(self._template_folders())

    @cached_property
    def rulebook(self) -> Rulebook:
        """The rules in force; ProblemsError where they cannot be, as they stand."""
        rulebook, problems = check_rules(self.home.rules, self.template_names)
        if rulebook is None:
            raise ProblemsError(problems)
        try:
            take_up(self.store, rulebook, utc_now())
        except ProblemsError as error:
            raise ProblemsError(self._placed(error.problems)) from None
        return rulebook

    @cached_property
    def vocabularies(self) -> tuple[Vocabulary, ...]:
        """How people answer; ProblemsError where a file is wrong or fails its tests."""
        events = events_of(self.rulebook)
        return load_vocabularies(reply_folders(self.home.rules), events).checked()

    def replies_wrong(self, rulebook: Rulebook) -> list[Problem]:
        """What is wrong with the vocabularies as they stand in the home's folder."""
        folders = reply_folders(self.home.rules)
        return list(load_vocabularies(folders, events_of(rulebook)).problems)

    def states_lost(self, rulebook: Rulebook) -> list[Problem]:
        """What speaks against rules of the home in the changes that it holds now."""
        with self.store.begin(read_only=True) as unit:
            return self._placed(lost_states(unit, rulebook))

    def _placed(self, problems: Iterable[Problem]) -> list[Problem]:
        return in_folder(self.home.rules, problems)

    @property
    def defaults(self) -> Defaults:
        vendor = self.settings.vendor
        return Defaults(vendor.time_zone, vendor.language)

    @cached_property
    def channels(self) -> Mapping[str, Channel]:
        """The channels that are configured, by name."""
        channels: dict[str, Channel] = {
            "email": mail_channel(self.settings, self.home.mailbox, self.clock)
        }
        if (slack := self.slack.channel()) is not None:
            channels["slack"] = slack
        return {
            name: CountedChannel(channel, self.metrics.delivery(name))
            for name, channel in channels.items()
        }

    def delivering(self, channels: Mapping[str, Channel] | None = None) -> Delivering:
        """What the relay needs; other channels than the configured ones if given."""
        delivery, vendor = self.settings.delivery, self.settings.vendor
        return Delivering(
            channels=self.channels if channels is None else channels,
            renderer=self.templates,
            vendor=Vendor(vendor.name, vendor.email),
            retry=RetryPolicy(
                delivery.attempts, delivery.first_wait, delivery.longest_wait
            ),
            lease=delivery.lease,
            fresh_for=delivery.fresh_for,
            leave_to_answer=delivery.leave_to_answer,
            gather_for=delivery.gather_for,
            workers=delivery.workers,
            answer_at=self._answer_at,
            reply_at=self._reply_at if self.settings.mail.replies_to else None,
            slack_buttons=self.settings.slack.listens,
            batch=delivery.batch,
        )

    @property
    def url(self) -> str:
        """How people reach the pages from outside."""
        web = self.settings.web
        return (web.url or served_at(web.host, web.port)).rstrip("/")

    @cached_property
    def signing_keys(self) -> Sequence[bytes]:
        """What links in messages are signed with."""
        return signing_keys(self.store, self.clock())

    def _answer_at(self, prompt_id: int, person_id: int, event: str) -> str:
        return answer_link(self.url, self.signing_keys, prompt_id, person_id, event)

    def _reply_at(self, prompt_id: int, person_id: int) -> str:
        address = self.settings.mail.replies_to
        assert address is not None  # noqa: S101 - only then is it asked
        return reply_address(address, self.signing_keys, prompt_id, person_id)

    @cached_property
    def site(self) -> Site:
        """What the pages and the API need."""
        _ = self.rulebook, self.templates
        url = self.url
        return Site(
            store=self.store,
            rules=lambda: self.rulebook,
            messages=lambda: self.templates,
            policy=self.policy,
            clock=self.clock,
            words={name: Wording(name, self._wording_folders()) for name in LANGUAGES},
            settings=site_settings(self.settings, url),
            metrics=self.metrics,
            channels=frozenset(self.channels),
            post=self._post,
            works=self.works,
            sign_on=self._sign_on(url),
            signing_keys=lambda: self.signing_keys,
            slack=self.slack.door(),
            inbound=self.mail_in.door(),
            check_folder=WatchedRules(
                self.check_own_rules,
                (self.home.rules, self.home.rules / FOLDER, self.home.wording),
            ),
        )

    @cached_property
    def intake(self) -> Intake:
        """Where what comes in from outside is stored."""
        return Intake(self.store, self.clock)

    def first_link(self) -> str | None:
        """A link for the first operator, while nobody was let in; None afterwards."""
        person = first_operator(self.store, self.policy)
        if person is None:
            return None
        settings = self.site.settings
        token = invite(self.store, person.code, self.clock(), settings.link_lasts)
        return f"{settings.url}/sign-in/link/{token}"

    def _post(self, letter: Letter) -> None:
        self.channels["email"].send(letter)

    def _sign_on(self, url: str) -> SignOn | None:
        sign_on = self.settings.sign_on
        if sign_on.issuer is None or sign_on.client_id is None:
            return None
        # What checks signatures is slow to import; commands do without.
        from web.sign_on import RETURN_PATH, OpenIdConnect
        from web.sign_on_documents import Documents

        return OpenIdConnect(
            sign_on.issuer,
            sign_on.client_id,
            sign_on.client_secret,
            f"{url}{RETURN_PATH}",
            sign_on.name,
            Documents(sign_on.documents_kept),
        )

    @cached_property
    def works(self) -> Works:
        """What the API can do beyond the store."""
        return Works(
            import_book=Importing(
                self.rulebook,
                self.defaults,
                self.home.path / "mappings",
                self.policy,
            ).import_book,
            write_list=write_list,
            write_workbook=write_workbook,
            check_rules=self.check_own_rules,
            preview=lambda *wanted: self.previews.render(*wanted),
            delivering=self.delivering,
            recording=self.recording,
        )

    def check_own_rules(self) -> list[Problem]:
        """Every problem of the home's rules as they stand in its folder now."""
        rulebook, problems = check_rules(self.home.rules, self.template_names)
        if rulebook is None:
            return problems
        return [
            *problems,
            *self.states_lost(rulebook),
            *self.replies_wrong(rulebook),
            *self.words_missing(rulebook),
        ]

    @property
    def previews(self) -> Previews:
        """Messages with example values, by the rules as they stand in the folder."""
        vendor = self.settings.vendor
        rulebook, _ = check_rules(self.home.rules, self.template_names)
        return Previews(self.templates, rulebook, vendor)

    @cached_property
    def calling(self) -> Calling:
        """What the calls of webhooks need."""
        hooks = self.settings.webhooks
        timeout = hooks.timeout.total_seconds()
        return Calling(
            WebhookCaller(timeout, private=hooks.private_addresses),
            hooks.timeout,
            RetryPolicy(hooks.attempts, hooks.first_wait, hooks.longest_wait),
        )

    @cached_property
    def working(self) -> Working:
        """What works on what came in, by where it came in."""
        inbox = self.settings.inbox
        retry = RetryPolicy(inbox.attempts, inbox.first_wait, inbox.longest_wait)
        handlers = {**self.slack.handlers(), **self.mail_in.handlers()}
        return Working(handlers, retry, inbox.lease)

    @cached_property
    def slack(self) -> SlackWiring:
        """What Slack needs, as far as it is configured."""
        return SlackWiring(
            self.settings.slack,
            lambda: self.site,
            lambda: self.intake,
            lambda: self.answering,
        )

    @cached_property
    def answering(self) -> Answering:
        """What answers in people's own words need."""
        # The vocabulary takes a while to compile, and most commands do without.
        from tacit.incoming import understanding

        return Answering(
            lambda: self.rulebook,
            self.policy,
            understanding(self.vocabularies),
            frozenset(self.channels),
        )

    @cached_property
    def mail_in(self) -> MailWiring:
        """What takes answers in by mail, as far as it is configured."""
        return MailWiring(
            self.settings,
            lambda: self.store,
            self.clock,
            lambda: self.signing_keys,
            lambda: self.answering,
        )

    @cached_property
    def metrics(self) -> Metrics:
        """What this process counts of itself."""
        return Metrics()

    def recording(self) -> Delivering:
        """A relay that sends nothing, over the channels there are: for simulations."""
        channels = {name: RecordingChannel(keep=False) for name in self.channels}
        # Nobody is asked, so nobody is given a link.
        return replace(self.delivering(channels), answer_at=None, reply_at=None)

    def close(self) -> None:
        if "channels" in self.__dict__:
            for channel in self.channels.values():
                channel.close()
        if "store" in self.__dict__:
            self.store.close()


def check_rules(
    folder: Path, templates: Written
) -> tuple[Rulebook | None, list[Problem]]:
    """The rules of a folder, and every problem found in them, by its path."""
    try:
        rulebook, problems = compile_rulebook(
            read_rule_files(folder), _audiences(templates)
        )
    except ProblemsError as error:
        rulebook, problems = None, list(error.problems)
    return rulebook, in_folder(folder, problems)


def in_folder(folder: Path, problems: Iterable[Problem]) -> list[Problem]:
    """Problems of the files in a folder, by their path."""
    return [replace(one, file=str(folder / one.file)) for one in problems]


def _audiences(templates: Written) -> dict[str, frozenset[str]]:
    return {
        name: frozenset(str(audience) for audience in templates.audiences(name))
        for name in templates.messages()
    }
