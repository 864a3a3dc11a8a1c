from pathlib import Path

import pytest

from engine.domain.errors import ProblemsError, TacitError
from engine.domain.problems import Problem
from notifiers.rendering import Templates
from notifiers.template_files import SHIPPED_TEMPLATES
from tests.notifiers.builders import write_template


def problems(folder: Path) -> tuple[Problem, ...]:
    with pytest.raises(ProblemsError) as caught:
        Templates((folder, SHIPPED_TEMPLATES))
    return caught.value.problems


@pytest.mark.req("RULE-2")
@pytest.mark.parametrize(
    ("body", "message", "column"),
    [
        ("{{ custmer_name }}", 'unknown name "custmer_name"', 4),
        ("Dear {{ product | dat }}", 'unknown filter "dat"', 19),
        ("{{ product | date }}", 'the filter "date" cannot take this', 14),
        ("{{ mrr_minor | money }}", 'the filter "money" cannot take this', 16),
        ("{{ product.__class__ }}", "a dot reaches into a value", 1),
        ("{{ asks[0] }}", "brackets reach into a value", 1),
        ("{{ product() }}", "calls are not allowed", 1),
        ("{{ 'a' * 1000000000 }}", "a template cannot compute", 1),
        ("{{ 9 ** 9 ** 9 }}", "a template cannot compute", 1),
        ("{{ 'a' ~ 'b' }}", "concat is not allowed", 1),
        ("{{ [1, 2] }}", "list is not allowed", 1),
        ("{% set x = 1 %}", "a template cannot set a name", 1),
        ("{% include 'x' %}", "a template cannot include another", 1),
        ("{% import 'x' as y %}", "a template cannot import another", 1),
        ("{% macro m() %}{% endmacro %}", "macros are not allowed", 1),
        ("{% filter upper %}x{% endfilter %}", "filterblock is not allowed", 1),
        ("{% for x in product %}{% endfor %}", "a loop runs over a list", 4),
        ("{% for product in asks %}{% endfor %}", "a loop is written", 4),
        ("{% for x in asks if x %}{% endfor %}", "a loop is written", 4),
        ("{% if product is defined %}{% endif %}", 'unknown test "defined"', 18),
        ("{{ product | upper(name='x') }}", 'the filter "upper" takes plain', 14),
        ("{% raw %}{{ x }}{% endraw %}", "raw blocks", 1),
        ("{% if product %}", "Unexpected end of template", 1),
        ("# A heading", "not one of the forms of Markdown", 1),
        ("| a | table |", "not one of the forms of Markdown", 1),
        ("<b>raw</b>", "not one of the forms of Markdown", 1),
        ("![image](https://x.example)", "not one of the forms of Markdown", 1),
        ("[x](javascript:alert)", "a link must start with", 1),
        ("[x]({{ product }})", "a link must start with", 1),
        (
            "- a\n{% if asks %}\n- b\n\n- c\n{% endif %}",
            "a tag opens inside",
            1,
        ),
    ],
)
def test_a_mistake_is_found_when_the_template_is_loaded(
    body: str, message: str, column: int, tmp_path: Path
) -> None:
    write_template(tmp_path, f"Subject: Hello\n\n{body}")

    [first, *_] = problems(tmp_path)

    assert first.message.startswith(message) or message in first.message
    assert (first.line, first.column) == (3, column)
    assert first.file.endswith("greeting/customer.en.md")


def test_a_mistake_comes_with_the_nearest_spelling(tmp_path: Path) -> None:
    write_template(tmp_path, "Subject: {{ custmer_name }}\n\nHello")

    [first, *_] = problems(tmp_path)

    assert first.hint == 'did you mean "customer_name"?'
    assert first.source == "Subject: {{ custmer_name }}"
    assert "^^^^" in first.with_source()


@pytest.mark.req("RULE-2")
def test_all_mistakes_are_reported_together(tmp_path: Path) -> None:
    text = "Subject: {{ a }}\nPreview: {{ b }}\n\n{{ c }}\n\n{{ d | e }}"
    write_template(tmp_path, text)

    found = problems(tmp_path)

    assert len(found) == 10
    assert {problem.line for problem in found} == {1, 2, 4, 6}


def test_a_missing_language_is_a_mistake(tmp_path: Path) -> None:
    write_template(tmp_path, "Subject: Hello\n\nHello", languages=("en",))

    [problem] = problems(tmp_path)

    assert problem.file.endswith("greeting/customer.fr.md")
    assert problem.message == "the same message in fr is missing"


def test_a_misspelt_file_name_is_a_mistake(tmp_path: Path) -> None:
    write_template(tmp_path, "Subject: Hello\n\nHello", audience="custmer")

    assert {problem.hint for problem in problems(tmp_path)} == {
        'did you mean "customer.en.md"?',
        'did you mean "customer.fr.md"?',
    }


@pytest.mark.parametrize(
    "text", ["", "Hello", "Subject: x\nno blank line", "Subject:\n\nx"]
)
def test_a_template_opens_with_its_subject(text: str, tmp_path: Path) -> None:
    write_template(tmp_path, text)

    assert "opens with Subject" in problems(tmp_path)[0].message


def test_a_layout_needs_every_slot_and_is_checked_too(tmp_path: Path) -> None:
    (tmp_path / "layout.html").write_text("<p>{{ body }} {{ cycler }}</p>")

    messages = {problem.message for problem in problems(tmp_path)}

    assert "the layout has no {{ footer }}" in messages
    assert 'unknown name "cycler"' in messages


def test_a_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    write_template(tmp_path, "Subject: x\n\nx")
    (tmp_path / "greeting" / "customer.en.md").write_bytes(b"Subject: \xe9\n\nx")

    with pytest.raises(TacitError, match=r"customer\.en\.md is not UTF-8"):
        Templates((tmp_path, SHIPPED_TEMPLATES))
