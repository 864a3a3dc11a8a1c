import json
import shutil
from pathlib import Path

import pytest

from engine.services.list_changes import COLUMNS
from tests.acceptance.conftest import CHECKOUT, SAMPLES, Tacit

NOW = ("--now", "2026-10-01")


@pytest.mark.req("REN-11")
def test_the_five_locked_columns_come_first(sample: Tacit) -> None:
    ran = sample("changes", *NOW, "--columns", "website,mrr")

    header = ran.out.splitlines()[0].split()
    assert header == [
        "customer", "owner", "type", "state", "deadline", "website", "mrr",
    ]  # fmt: skip


@pytest.mark.req("REN-11")
def test_a_change_as_json_has_every_documented_field(sample: Tacit) -> None:
    manual = (CHECKOUT / "docs" / "commands.md").read_text()

    listed = sample("changes", *NOW, "--json").json

    assert listed
    names = {column.name for column in COLUMNS}
    assert all(set(change) == names for change in listed)
    assert {name for name in names if f"`{name}`" not in manual} == set()


@pytest.mark.req("REN-2")
def test_a_change_is_listed_from_its_window_until_its_start(sample: Tacit) -> None:
    def ids(day: str) -> set[str]:
        listed = sample("changes", "--on", day, *NOW, "--json").json
        return {change["id"] for change in listed}

    change = "K-1008.R20270110"
    assert change not in ids("2026-09-11")
    assert change in ids("2026-09-12")
    assert change in ids("2027-01-09")
    assert change not in ids("2027-01-10")


@pytest.mark.req("REN-12")
@pytest.mark.parametrize(
    "search", ["hudson", "HUDSON ROB", "hudson-robotics.example", "420004", "grace"]
)
def test_a_customer_is_found_by_what_identifies_it(sample: Tacit, search: str) -> None:
    found = sample("changes", "--on", "2026-11-10", "--search", search, "--json").json

    assert {change["customer"] for change in found} == {"Hudson Robotics"}


def test_an_unknown_column_is_refused_with_the_nearest(sample: Tacit) -> None:
    ran = sample("changes", *NOW, "--columns", "webste")

    assert ran.code == 2
    assert 'did you mean "website"?' in ran.err


@pytest.mark.req("REN-14")
def test_a_partner_sees_its_customers_until_the_association_ends(
    sample: Tacit,
) -> None:
    before = sample("changes", *NOW, "--partner", "brightline", "--json").json
    sample("set", "association", "hudson-robotics", "none", *NOW)

    after = sample("changes", *NOW, "--partner", "brightline", "--json").json

    assert "Hudson Robotics" in {change["customer"] for change in before}
    assert "Hudson Robotics" not in {change["customer"] for change in after}


@pytest.mark.req("REN-4", "REN-6")
def test_an_answer_by_hand_moves_the_change_and_is_kept(sample: Tacit) -> None:
    change = "K-1008.R20270110"

    accepted = sample("fire", change, "accept", "--as", "grace.oneill", *NOW)
    shown = sample("show", change, *NOW, "--json").json

    assert accepted.code == 0
    assert shown["state"] == "renewed"
    [entry] = [entry for entry in shown["history"] if entry["kind"] == "transition"]
    assert (entry["by"], entry["from"], entry["to"]) == (
        "grace.oneill", "pending", "renewed",
    )  # fmt: skip


@pytest.mark.req("REN-6")
def test_a_cancellation_after_the_deadline_is_refused_with_the_date(
    sample: Tacit,
) -> None:
    change, late = "K-1008.R20270110", "2026-11-27T05:00"
    for day in ("2026-10-12T13:00", late):
        sample("tick", "--now", day)
        sample("relay", "--now", day)

    ran = sample(
        "fire", change, "request_cancellation", "--as", "grace.oneill", "--now", late
    )

    assert ran.code == 1
    assert "26 November 2026" in ran.out


def test_an_outsider_is_told_who_may_answer(sample: Tacit) -> None:
    ran = sample("fire", "K-1008.R20270110", "accept", "--as", "rafael.lima", *NOW)

    assert ran.code == 1
    assert "Rafael Lima" in ran.out
    assert "partner" in ran.out


def test_a_mistyped_change_is_answered_with_the_nearest(sample: Tacit) -> None:
    ran = sample("show", "K-1008.R20270111", *NOW)

    assert ran.code == 2
    assert "K-1008.R20270110" in ran.err


@pytest.mark.req("REN-9")
def test_a_contact_of_somebody_else_is_refused(sample: Tacit) -> None:
    ran = sample("set", "contact", "hudson-robotics", "rafael.lima", *NOW)

    assert ran.code == 2
    assert "Hudson Robotics" in ran.err


@pytest.mark.req("OPS-1")
def test_the_exported_book_imports_again_and_changes_nothing(
    sample: Tacit, tmp_path: Path
) -> None:
    book = tmp_path / "book.xlsx"
    assert sample("export", book, "--what", "book").code == 0

    counts = sample("import", book, *NOW, "--json").json["counts"]

    kinds = {kind: count for kind, count in counts.items() if kind != "changes"}
    assert all(set(count) == {"same"} or count["new"] == 0 for count in kinds.values())
    assert not any(count.get("changed") for count in kinds.values())
    assert set(counts["changes"].values()) == {0}


@pytest.mark.req("OPS-1")
def test_an_amount_below_nothing_is_a_number_in_the_list(
    sample: Tacit, tmp_path: Path
) -> None:
    lines = ["code,customer,product,started_on,commitment_months,automatic_renewal,mrr"]
    lines.append("K-1,hudson-robotics,Suite,2026-01-15,12,yes,-12.50")
    contracts, listed = tmp_path / "contracts.csv", tmp_path / "list.csv"
    contracts.write_text("\n".join(lines), encoding="utf-8")
    sample("import", contracts, *NOW)

    sample("export", listed, *NOW)

    assert ",-12.50," in listed.read_text(encoding="utf-8")


@pytest.mark.req("OPS-1")
def test_a_dry_run_says_what_would_change_and_changes_nothing(tacit: Tacit) -> None:
    tacit("init")

    dry = tacit("import", SAMPLES, "--dry-run", *NOW, "--json").json

    assert dry["counts"]["contracts"]["new"] == 16
    assert tacit("changes", "--on", "2026-10-15", "--json").json == []


@pytest.mark.req("OPS-1")
def test_a_bad_row_is_named_by_line_and_column_and_nothing_is_imported(
    tacit: Tacit, tmp_path: Path
) -> None:
    tacit("init")
    bad = tmp_path / "customers.csv"
    bad.write_text("code,name,time_zone\nacme,Acme,Europe/Paris\nbeta,Beta,Mars\n")

    ran = tacit("import", bad)

    assert ran.code == 2
    assert "customers.csv:3:3" in ran.err
    assert tacit("export", tmp_path / "b.xlsx", "--what", "book").code == 0


@pytest.mark.req("BOT-1")
@pytest.mark.parametrize(
    ("language", "word"), [("en", "renews on"), ("fr", "se renouvelle")]
)
def test_a_message_is_previewed_as_its_reader_gets_it(
    sample: Tacit, language: str, word: str
) -> None:
    ran = sample("preview", "renewal_notice", "--lang", language)

    assert ran.code == 0
    assert word in ran.out


@pytest.mark.req("RULE-5")
def test_a_simulation_lists_what_would_happen_and_saves_nothing(
    sample: Tacit, tmp_path: Path
) -> None:
    database = tmp_path / "home" / "tacit.db"
    before = database.read_bytes()

    listed = sample(
        "simulate", "--from", "2026-10-01", "--to", "2027-02-01", "--json"
    ).json

    renewed = [each for each in listed if each["kind"] == "transition"]
    assert renewed
    # Slack is not configured: who prefers it is written to by email, here as there.
    assert {each["channel"] for each in listed if each["kind"] == "sent"} == {"email"}
    assert database.read_bytes() == before
    assert not (tmp_path / "home" / "mailbox").exists()


@pytest.mark.req("RULE-2")
def test_rule_errors_are_all_told_with_their_place_and_remedy(
    sample: Tacit, tmp_path: Path
) -> None:
    file = tmp_path / "home" / "rules" / "renewal.yaml"
    text = file.read_text()
    wrong = text.replace("to: cancellation_requested", "to: cancelation_requested", 1)
    file.write_text(wrong.replace("until: deadline", "until: dedline", 1))

    ran = sample("rules", "check", "--json")

    assert ran.code == 1
    assert [set(problem) for problem in ran.json] == [
        {"file", "line", "column", "severity", "message", "hint"}
    ] * 2
    assert "cancellation_requested" in json.dumps(ran.json)


def test_the_trail_verifies_and_replays_after_a_quarter(sample: Tacit) -> None:
    for day in ("2026-10-12", "2026-11-01", "2026-11-27", "2026-12-20"):
        sample("tick", "--now", day)
        sample("relay", "--now", day)

    assert sample("audit", "verify").code == 0
    assert sample("audit", "replay").code == 0


@pytest.mark.req("RULE-2")
def test_a_state_in_which_changes_are_cannot_be_renamed(
    sample: Tacit, tmp_path: Path
) -> None:
    file = tmp_path / "home" / "rules" / "renewal.yaml"
    file.write_text(file.read_text().replace("pending", "waiting"))

    checked, ticked = sample("rules", "check"), sample("tick", "--now", "2026-10-02")

    assert (checked.code, ticked.code) == (1, 2)
    assert 'changes are in state "pending", which is not here any more' in checked.out
    assert f"{file}:" in checked.out
    assert ticked.err.startswith(checked.out.split("\n")[0])


@pytest.mark.req("OPS-4")
def test_a_trail_replays_though_a_message_of_old_rules_is_not_written_any_more(
    sample: Tacit, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    rules, templates = home / "rules" / "renewal.yaml", home / "templates"
    shipped = rules.read_text()
    shutil.copytree(templates / "renewal_done", templates / "farewell")
    rules.write_text(shipped.replace("message: renewal_done", "message: farewell"))
    fired = sample("fire", "K-1001.R20270131", "accept", "--as", "olivia.park", *NOW)

    rules.write_text(shipped)
    shutil.rmtree(templates / "farewell")

    assert fired.code == 0, fired
    assert sample("audit", "replay").code == 0


def test_a_mistyped_event_is_answered_with_the_nearest_and_leaves_no_trace(
    sample: Tacit,
) -> None:
    change = "K-1008.R20270110"

    ran = sample("fire", change, "acept", "--as", "grace.oneill", *NOW)

    assert ran.code == 2
    assert 'did you mean "accept"?' in ran.err
    history = sample("show", change, *NOW, "--json").json["history"]
    assert "refused" not in {entry["kind"] for entry in history}


def test_an_outsider_is_told_that_an_event_is_not_possible_now(sample: Tacit) -> None:
    ran = sample("fire", "K-1008.R20270110", "withdraw", "--as", "rafael.lima", *NOW)

    assert ran.code == 1
    assert "not possible now" in ran.out


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_refusal_speaks_the_language_of_the_vendor(
    sample: Tacit, language: str
) -> None:
    french_contact = ("--as", "helene.marchand", *NOW)

    ran = sample(
        "fire", "K-1015.R20261005", "withdraw", *french_contact, "--json",
        TACIT_VENDOR__LANGUAGE=language,
    )  # fmt: skip

    said = {"en": "not possible now", "fr": "pas possible maintenant"}
    assert ran.code == 1
    assert said[language] in ran.json["message"]
