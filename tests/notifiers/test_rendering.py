import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest

from engine.domain.errors import TacitError
from engine.domain.interfaces import Renderer
from engine.domain.letters import Answer, Audience, LetterRequest, Rendered
from notifiers.rendering import Templates
from notifiers.slack_blocks import BLOCK_LIMIT, SECTION_LIMIT, blocks_of
from notifiers.template_files import SHIPPED_TEMPLATES
from notifiers.values import example_values
from tests.notifiers.builders import (
    HOSTILE,
    a_rendering,
    a_request,
    write_template,
)

SHIPPED = Templates()


def body_of(html: str) -> str:
    return html.partition('class="body"')[2].partition(">")[2].partition("</td>")[0]


def slack_body(rendered: Rendered) -> str:
    return "\n\n".join(
        str(block["text"]["text"])  # type: ignore[index] # a section has a text
        for block in rendered.blocks
        if block["type"] == "section"
    )


def test_one_source_is_written_in_three_shapes(tmp_path: Path) -> None:
    body = "Dear **{{ recipient_name }}**,\n\n- see [our site](https://x.example/a)\n"

    rendered = a_rendering(tmp_path, body, recipient_name="Ana")

    assert rendered.text.startswith(
        "Dear Ana,\n\n- see our site (https://x.example/a)\n"
    )
    assert body_of(rendered.html).strip() == (
        "<p>Dear <strong>Ana</strong>,</p>\n"
        '<ul>\n<li>see <a href="https://x.example/a">our site</a></li>\n</ul>'
    )
    assert slack_body(rendered) == "Dear *Ana*,\n\n• see <https://x.example/a|our site>"


def test_bullets_of_a_loop_are_one_list(tmp_path: Path) -> None:
    body = (
        "{% if asks %}\n{% for one in asks %}\n- {{ one }}\n{% endfor %}\n{% endif %}"
    )

    rendered = a_rendering(tmp_path, body, asks=("a", "b"))

    assert body_of(rendered.html).strip() == "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"
    assert rendered.text.startswith("- a\n- b\n\n--")


def test_a_tag_on_its_own_line_leaves_no_empty_paragraph(tmp_path: Path) -> None:
    body = "{% if automatic_renewal %}\nYes.\n{% else %}\nNo.\n{% endif %}\n\nEnd."

    rendered = a_rendering(tmp_path, body, automatic_renewal=False)

    assert body_of(rendered.html).strip() == "<p>No.</p>\n<p>End.</p>"
    assert rendered.text.startswith("No.\n\nEnd.\n\n--")


def test_lines_of_a_paragraph_are_joined(tmp_path: Path) -> None:
    rendered = a_rendering(tmp_path, "One\ntwo\n\nthree")

    assert rendered.text.startswith("One two\n\nthree\n")


@pytest.mark.parametrize("literal", [r"\{\{ 7 * 7 \}\}", "&#123;&#123; 7 * 7 }}"])
def test_escaped_braces_do_not_become_jinja(literal: str, tmp_path: Path) -> None:
    rendered = a_rendering(tmp_path, literal)

    assert rendered.text.startswith("{{ 7 * 7 }}")


def test_braces_inside_a_string_do_not_end_an_expression(tmp_path: Path) -> None:
    rendered = a_rendering(tmp_path, '{{ reason | default("}} {{") }}', reason=None)

    assert rendered.text.startswith("}} {{")


class _Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs).get("href") or ""))


@pytest.mark.parametrize("language", ["en", "fr"])
def test_hostile_values_stay_values(language: str) -> None:
    named = {
        name: HOSTILE
        for name, value in example_values().items()
        if isinstance(value, str) and name != "currency"
    }
    calm = SHIPPED.render(a_request(language=language))

    values = example_values(**named)
    request = LetterRequest("renewal_notice", Audience.CUSTOMER, language, values)
    rendered = SHIPPED.render(request)

    assert "\n" not in rendered.subject
    assert _Tags(rendered.html).tags != []
    assert [tag for tag, _ in _Tags(rendered.html).tags] == [
        tag for tag, _ in _Tags(calm.html).tags
    ]
    assert "evil" not in str(
        [link for _, link in _Tags(rendered.html).tags if "://" in link]
    )
    assert "**x** [a](http://evil)" in rendered.text


def test_hostile_values_are_not_markup_in_slack() -> None:
    calm = slack_body(SHIPPED.render(a_request()))

    rendered = SHIPPED.render(a_request(recipient_name=f"{HOSTILE} <!channel> ~s~ `c`"))

    said = slack_body(rendered)
    assert "<!channel>" not in said
    assert "&lt;script&gt;" in said
    assert [said.count(mark) for mark in "*~`<>"] == [
        calm.count(mark) for mark in "*~`<>"
    ]


def test_underscores_inside_identifiers_are_kept_in_slack() -> None:
    rendered = SHIPPED.render(a_request(contract_id="CT_2027_001"))

    assert "CT_2027_001" in slack_body(rendered)


def test_a_value_cannot_leave_the_address_of_a_link() -> None:
    rendered = SHIPPED.render(a_request(contract_id='1">&body=x|<b>', can_reply=False))

    links = [link for _, link in _Tags(rendered.html).tags if "?" in link]
    assert links == [
        "mailto:renewals@solaris.example?subject=1%22%3E%26body%3Dx%7C%3Cb%3E"
    ]
    assert "%7C%3Cb%3E|renewals@solaris.example>" in slack_body(rendered)


def test_a_change_of_writing_direction_is_taken_out() -> None:
    rendered = SHIPPED.render(a_request(recipient_name="Ana \u202egpj.exe"))

    assert "Hello Ana gpj.exe," in rendered.text


def test_slacks_limits_hold_for_very_long_values() -> None:
    rendered = SHIPPED.render(
        a_request("undeliverable", Audience.OPERATIONS, reason="& < " * 100_000)
    )

    assert len(rendered.blocks) <= BLOCK_LIMIT
    for block in rendered.blocks[1:-1]:
        assert len(block["text"]["text"]) <= SECTION_LIMIT  # type: ignore[index] # a section
    assert len(rendered.blocks[0]["text"]["text"]) <= 150  # type: ignore[index] # a header
    json.dumps(rendered.blocks)


@pytest.mark.parametrize("word", ["&amp;", "<https://x.example|a label with spaces>"])
def test_a_long_body_is_not_cut_inside_a_word_of_slacks(word: str) -> None:
    for padding in range(40):
        blocks = blocks_of("s", "x" * padding + word * 300, "footer")

        for block in blocks[1:-1]:
            text = str(block["text"]["text"])  # type: ignore[index] # a section
            assert len(text) <= SECTION_LIMIT
            assert re.fullmatch(rf"x*(?:{re.escape(word)})*", text)


@pytest.mark.parametrize(
    ("language", "amount", "day"),
    [
        ("en", "€1,320.00", "1 March 2027"),
        ("fr", "1\u202f320,00\xa0€", "1er\xa0mars\xa02027"),
    ],
)
@pytest.mark.req("BOT-1")
def test_dates_and_amounts_are_written_as_the_reader_writes_them(
    language: str, amount: str, day: str
) -> None:
    rendered = SHIPPED.render(a_request(language=language))

    assert amount in rendered.text
    assert day in rendered.subject
    assert f'<html lang="{language}">' in rendered.html


@pytest.mark.req("BOT-1")
@pytest.mark.parametrize(
    ("language", "day", "term"),
    [
        ("en", "1\xa0March\xa02027", "12\xa0months"),
        ("fr", "1er\xa0mars\xa02027", "12\xa0mois"),
    ],
)
def test_no_line_breaks_inside_a_date_or_a_count_with_its_unit(
    language: str, day: str, term: str
) -> None:
    rendered = SHIPPED.render(a_request(language=language))

    for written in (rendered.html, slack_body(rendered)):
        assert day in written
        assert term in written


def test_english_text_holds_ordinary_spaces() -> None:
    rendered = SHIPPED.render(a_request(language="en"))

    assert "\xa0" not in rendered.subject + rendered.text


@pytest.mark.req("REN-4")
@pytest.mark.parametrize(
    ("automatic", "sentence"),
    [(True, "the contract renews by itself"), (False, "the contract is not renewed")],
)
@pytest.mark.parametrize("audience", [Audience.CUSTOMER, Audience.PARTNER])
def test_a_notice_says_what_silence_does(
    audience: Audience, automatic: bool, sentence: str
) -> None:
    request = a_request(audience=audience, automatic_renewal=automatic)

    assert sentence in SHIPPED.render(request).text


@pytest.mark.req("REN-10")
@pytest.mark.parametrize("message", sorted(SHIPPED.messages()))
def test_a_copy_asks_nothing(message: str) -> None:
    if Audience.COPY not in SHIPPED.audiences(message):
        return

    rendered = SHIPPED.render(a_request(message, Audience.COPY))

    assert "Accept the new conditions" not in rendered.text
    assert "nothing to do" in rendered.text


@pytest.mark.req("REN-10")
def test_what_asks_lists_each_answer_and_where_to_write() -> None:
    rendered = SHIPPED.render(a_request())

    assert "- Accept the new conditions\n- Ask to cancel\n" in rendered.text
    assert "by 15 January 2027 at the latest" in rendered.text
    assert "renewals@solaris.example" in rendered.text


@pytest.mark.req("REN-6")
def test_an_answer_that_is_open_longer_than_another_says_until_when() -> None:
    asks = (
        Answer("accept", date(2027, 2, 28)),
        Answer("request_cancellation", date(2027, 1, 15)),
    )

    rendered = SHIPPED.render(a_request(asks=asks, automatic_renewal=False))

    assert (
        "- Accept the new conditions (by 28 February 2027 at the latest)\n"
        "- Ask to cancel\n"
    ) in rendered.text


def test_a_missing_value_names_the_file_and_the_line() -> None:
    request = a_request(renewal_start=None)

    with pytest.raises(
        TacitError, match=r"renewal_notice.customer\.en\.md:1  renewal_start is missing"
    ):
        SHIPPED.render(request)


def test_a_value_that_was_asked_for_is_not_blamed(tmp_path: Path) -> None:
    body = "{% if reason %}{{ reason }}{% endif %} {{ month | month }}"

    with pytest.raises(TacitError, match=r"customer\.en\.md:3  month is missing"):
        a_rendering(tmp_path, body, reason=None, month=None)


@pytest.mark.parametrize(
    ("body", "needs"),
    [
        ("{{ reason }}", {"reason"}),
        ("{{ mrr_minor | money(currency) }}", {"mrr_minor", "currency"}),
        ("{{ product }}", set()),
        ('{{ reason | default("none") }}', set()),
        ("{% if reason %}{{ reason }}{% endif %}", set()),
        ("{% if reason is none %}-{% else %}{{ reason }}{% endif %}", set()),
        ("{% if type == 'renewal' %}{{ reason }}{% endif %}", set()),
        ("{% if reason == month %}a{% endif %}", set()),
        ("{% for one in asks %}{{ one }}{% endfor %}", set()),
    ],
)
def test_what_a_template_needs_is_what_it_writes_without_asking(
    tmp_path: Path, body: str, needs: set[str]
) -> None:
    write_template(tmp_path, f"Subject: Hello\n\n{body}")

    templates = Templates((tmp_path, SHIPPED_TEMPLATES))

    assert templates.needs("greeting", Audience.CUSTOMER) == needs


@pytest.mark.req("REN-16")
def test_only_what_tells_of_usage_needs_what_some_changes_lack() -> None:
    needs = {
        message: SHIPPED.needs(message, audience)
        for message in SHIPPED.messages()
        for audience in SHIPPED.audiences(message)
    }

    emails = {"emails_sent", "email_limit", "month"}
    assert {message: names for message, names in needs.items() if names} == {
        "tier_upgrade_notice": {"contacts", "contact_limit"},
        "contacts_near_limit": {"contacts", "contact_limit"},
        "email_overage_notice": emails,
        "emails_near_limit": emails,
    }


def test_an_unknown_message_is_named_with_its_nearest() -> None:
    with pytest.raises(TacitError, match=r'did you mean "renewal_notice/customer\.en"'):
        SHIPPED.render(a_request("renewal_notise"))


def test_the_users_template_goes_before_the_shipped_one(tmp_path: Path) -> None:
    text = "Subject: Ours\n\nOur own words."
    write_template(tmp_path, text, "renewal_notice", languages=("en",))

    templates = Templates((tmp_path, SHIPPED_TEMPLATES))

    assert templates.render(a_request()).subject == "Ours"
    assert templates.render(a_request(language="fr")).subject.startswith(
        "Votre contrat"
    )


def test_messages_and_audiences_are_listed() -> None:
    assert "renewal_notice" in SHIPPED.messages()
    assert "footer" not in SHIPPED.messages()
    assert SHIPPED.audiences("overdue") == {Audience.OPERATIONS}
    assert SHIPPED.audiences("unknown") == frozenset()


def test_threads_render_the_same_as_one() -> None:
    templates: Renderer = Templates()
    requests = [
        a_request(renewal_start=date(2027, 1 + number % 12, 1)) for number in range(200)
    ]
    expected = [SHIPPED.render(request) for request in requests]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(templates.render, requests)) == expected


@pytest.mark.req("REN-5", "REN-6")
@pytest.mark.parametrize("kind", ["contact_tier_upgrade", "email_overage"])
@pytest.mark.parametrize("message", ["cancellation_noted", "cancellation_withdrawn"])
def test_refusing_an_upgrade_is_never_said_to_end_the_contract(
    message: str, kind: str
) -> None:
    for audience in SHIPPED.audiences(message):
        request = a_request(message, audience, type=kind, automatic_renewal=False)
        rendered = SHIPPED.render(request)

        assert "ends on" not in rendered.subject + rendered.text
        assert "service stops" not in rendered.text
