"""Each filter writes what the manual says of it."""

from pathlib import Path

import pytest

from tests.notifiers.builders import a_rendering


@pytest.mark.parametrize(
    ("expression", "written"),
    [
        ("{{ product | upper }} {{ product | lower }}", "MARKETING PRO marketing pro"),
        ("{{ type | label | capitalize }}", "Renewal"),
        ("{{ state | label }}", "on holiday"),
        ('{{ asks | join(" or ") }}', "accept or request_cancellation"),
        ('{{ reason | default("none") }}', "none"),
        (
            "{% for one in asks %}{{ one | last_day | date }} {% endfor %}",
            "15 January 2027 15 January 2027 ",
        ),
        ("{{ days_left | days }}", "16 days"),
        ("{{ renewal_start | month }}", "March 2027"),
        ("{# a note #}`tacit set contact`", "tacit set contact"),
        ("*soft* {% if reason is none %}no reason{% endif %}", "soft no reason"),
    ],
)
def test_a_filter_writes_what_the_manual_says(
    expression: str, written: str, tmp_path: Path
) -> None:
    rendered = a_rendering(tmp_path, expression, reason=None, state="on_holiday")

    assert rendered.text.startswith(f"{written}\n\n-- ")
