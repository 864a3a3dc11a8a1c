"""The clock, messages, files, rules and the trail by the API."""

from datetime import timedelta
from io import BytesIO

import httpx
import pytest

from tests.support.books import a_contract, a_customer, a_person, a_small_book
from tests.support.installation import RENEWAL
from tests.web.api_client import Program, a_program
from tests.web.conftest import NOW, Served

#: A customer whom nobody can be told anything.
LONE = [a_customer("lone", primary_contact=None), a_contract("K-9", customer="lone")]


@pytest.fixture
def ops(served: Served) -> Program:
    served.book.imports(a_small_book(), NOW)
    return a_program(served, "ops")


def test_tick_and_relay_do_what_is_due(served: Served, ops: Program) -> None:
    served.clock.now = NOW + timedelta(days=30)

    ticked = ops.post("/clock/tick").json()["counts"]
    relayed = ops.post("/clock/relay").json()["counts"]

    assert ticked["due"] == 1
    assert relayed["sent"] >= 1
    sent = ops.get("/messages?status=sent").json()["items"]
    assert sent[0]["copies"][0]["status"] == "sent"
    assert ops.get(f"/messages/{sent[0]['id']}").json() == sent[0]


def test_messages_come_by_the_page_and_by_reader(served: Served, ops: Program) -> None:
    served.book.imports(LONE, NOW)
    for days in (0, 30, 45):
        served.book.passes(NOW + timedelta(days=days))
    found, path = [], "/messages?limit=1"
    while path:
        page = ops.get(path.removeprefix("/api/v1")).json()
        found += [item["id"] for item in page["items"]]
        path = page["next"]

    assert found == sorted(found, reverse=True)
    assert len(found) == len({*found}) >= 3
    contact = a_program(served, "acme.contact")
    theirs = contact.get("/messages").json()["items"]
    assert 0 < len(theirs) < len(found)
    audiences = {copy["audience"] for one in theirs for copy in one["copies"]}
    assert audiences == {"customer"}
    [other] = [id_ for id_ in found if id_ not in {one["id"] for one in theirs}][:1]
    assert contact.get(f"/messages/{other}").status_code == 404


def test_the_list_of_changes_comes_by_the_page(served: Served, ops: Program) -> None:
    served.book.imports([a_contract(f"L-{n}") for n in range(5)], NOW)
    found, path = [], "/changes?limit=2&sort=-id"
    while path:
        answer = ops.get(path.removeprefix("/api/v1"))
        assert len(answer.json()["items"]) <= 2
        found += [item["id"] for item in answer.json()["items"]]
        path = answer.json()["next"]
        assert (path is None) == ("link" not in answer.headers)

    assert found == sorted(found, reverse=True)
    assert len(found) == 6


def test_held_messages_are_seen_as_needing_a_person_and_released(
    served: Served, ops: Program
) -> None:
    served.book.imports(LONE, NOW)
    served.book.passes(NOW)

    held = ops.get("/attention").json()["held_messages"]
    released = ops.post("/releases", {"changes": [held[0]["change"]]})
    both = ops.post("/releases", {"changes": [RENEWAL], "all": True})

    assert held[0]["status"] == "held"
    assert held[0]["reason"]
    assert "1 held messages are queued again" in released.json()["message"]
    assert both.status_code == 422


def test_a_simulation_says_what_would_happen_and_does_nothing(
    served: Served, ops: Program
) -> None:
    before = served.book.contents()

    found = ops.get("/simulation?from=2026-12-01&to=2027-04-01").json()["items"]

    assert RENEWAL in {one["change"] for one in found}
    assert "renewed" in {one.get("to") for one in found}
    assert served.book.contents() == before


def test_a_message_is_previewed_in_both_languages(ops: Program) -> None:
    english = ops.get("/previews/renewal_notice?set=automatic_renewal=false").json()
    french = ops.get("/previews/renewal_notice?language=fr").json()
    wrong = ops.get("/previews/renewal_notice?set=colour=red")

    assert "subject" in english, english
    assert english["subject"] != french["subject"]
    assert "<html" in english["html"].lower()
    assert wrong.status_code == 422
    assert "colour" in wrong.json()["detail"]


def test_rules_and_trail_are_checked(served: Served, ops: Program) -> None:
    assert ops.get("/rules/problems").json() == {
        "version": served.site.rulebook.version,
        "problems": [],
    }
    assert ops.get("/audit/verification").json()["flaws"] == []
    served.book.execute("UPDATE audit SET body = '{}' WHERE subject_kind = 'change'")
    assert ops.get("/audit/verification").json()["flaws"]


def sent(program: Program, name: str, content: bytes, **data: str) -> httpx.Response:
    return program.post("/book/import", files={"files": (name, content)}, data=data)


def test_a_book_is_rehearsed_and_taken_in(served: Served, ops: Program) -> None:
    content = b"code,name\nest,Est\nnord,Nord and Sons\n"

    rehearsed = sent(ops, "partners.csv", content, dry_run="true")
    before = ops.get("/partners/est").status_code
    taken = sent(ops, "partners.csv", content)

    assert rehearsed.json()["dry_run"] is True
    assert rehearsed.json()["counts"] == taken.json()["counts"]
    assert taken.json()["counts"]["partners"] == {"new": 1, "changed": 1, "same": 0}
    assert before == 404
    assert ops.get("/partners/est").json()["name"] == "Est"
    last = served.book.rows("SELECT body FROM audit ORDER BY id DESC LIMIT 2")
    assert all('"by":"ops"' in entry["body"] for entry in last)


def test_a_mapping_is_named_and_none_outside_is_read(ops: Program) -> None:
    answer = sent(ops, "x.csv", b"a\n1\n", mapping="../../../etc/passwd")

    assert answer.status_code == 422
    assert "there is no mapping" in answer.json()["detail"]


def test_a_workbook_of_the_book_is_taken_back_unchanged(ops: Program) -> None:
    book = ops.get("/exports/book")

    again = sent(ops, "book.xlsx", book.content)

    assert book.headers["content-disposition"] == 'attachment; filename="book.xlsx"'
    counts = again.json()["counts"]
    assert counts["people"] == {"new": 0, "changed": 0, "same": 3}


def test_the_list_is_exported_for_spreadsheets(served: Served, ops: Program) -> None:
    served.book.imports([a_customer(name="=1+1", partner="nord")], NOW)

    csv = ops.get("/exports/changes?search=1")
    xlsx = ops.get("/exports/changes?format=xlsx")
    none = ops.get("/exports/changes?search=nobody")

    assert csv.text.splitlines()[1].startswith("'=1+1,vendor,renewal")
    assert xlsx.status_code == 200, xlsx.text
    assert BytesIO(xlsx.content).read(2) == b"PK"
    assert len(none.text.splitlines()) == 1


def test_a_partners_administrator_exports_no_more_than_they_see(
    served: Served, ops: Program
) -> None:
    person = a_person("nord.admin", partner="nord", roles=("partner_administrator",))
    other = [
        a_customer("other", primary_contact=None),
        a_contract("K-2", customer="other"),
    ]
    served.book.imports([person, *other], NOW)
    administrator = a_program(served, "nord.admin")

    lines = administrator.get("/exports/changes").text.splitlines()

    assert len(lines) == 2
    assert administrator.get("/exports/book").status_code == 403


def test_edits_of_the_book_are_made_and_said(served: Served, ops: Program) -> None:
    served.book.imports([a_person("acme.second", customer="acme")], NOW)
    edits = [
        ("PUT", "/customers/acme/owner", {"owner": "partner"}, "owner is partner"),
        ("PUT", "/customers/acme/primary-contact", {"person": "acme.second"}, "Second"),
        ("PUT", "/partners/nord/owner", {"owner": "partner"}, "owns every"),
        (
            "PUT",
            "/contracts/K-1/automatic-renewal",
            {"automatic_renewal": False},
            "off",
        ),
        ("PUT", "/contracts/K-1/end", {"ended_on": "2027-02-01"}, "ends on 2027-02-01"),
        ("DELETE", "/contracts/K-1/end", None, "goes on"),
        ("DELETE", "/customers/acme/association", None, "no partner"),
        ("PUT", "/customers/acme/association", {"partner": "nord"}, "with nord"),
    ]

    for method, path, body, said in edits:
        options = {} if body is None else {"json": body}
        answer = ops.call(method, path, **options)
        assert answer.status_code == 200, answer.text
        assert said in answer.json()["message"]
    assert ops.get("/customers/acme").json()["primary_contact"] == "acme.second"
    assert ops.get("/contracts/K-1").json()["automatic_renewal"] is False


@pytest.mark.parametrize("person", ["ops", "other.contact", "nobody.at.all"])
def test_of_other_peoples_users_no_more_is_said_than_that(
    served: Served, ops: Program, person: str
) -> None:
    rows = [a_customer("other"), a_person("other.contact", customer="other")]
    served.book.imports(rows, NOW)
    partner = a_program(served, "nord.poc")

    answer = partner.put("/customers/acme/primary-contact", {"person": person})

    assert answer.status_code == 422
    assert (
        answer.json()["detail"] == f"{person} is not among the users of Acme's account"
    )


def test_somebody_learns_who_they_are_and_makes_a_key(
    served: Served, ops: Program
) -> None:
    me = ops.get("/me").json()
    made = ops.post("/me/keys", {"name": "night", "actions": ["see changes"]})
    night = Program(ops.client, made.json()["secret"])

    assert me["person"] == "ops"
    assert "run clock" in me["actions"]
    assert night.get("/me").json()["actions"] == ["see changes"]
    assert night.get("/changes").status_code == 200
    assert ops.delete(f"/me/keys/{made.json()['id']}").status_code == 204
    assert night.get("/changes").status_code == 401


def test_a_key_asks_for_no_more_than_its_maker_may(
    served: Served, ops: Program
) -> None:
    partner = a_program(served, "nord.poc")

    answer = partner.post("/me/keys", {"name": "x", "actions": ["run clock"]})
    unknown = partner.post("/me/keys", {"name": "x", "actions": ["fly"]})

    assert answer.status_code == 403
    assert "run clock" in answer.json()["detail"]
    assert unknown.status_code == 422
    assert unknown.json()["errors"][0]["pointer"] == "#/actions/0"
