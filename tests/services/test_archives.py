"""The trail is archived: what is left holds, and with its archives it is whole."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.domain.access import operator
from engine.domain.errors import TacitError
from engine.services.archive_audit import Archived, ArchiveError
from engine.services.seal_audit import seal
from engine.services.show_change import show_change
from engine.services.verify_audit import verify
from engine.store.archive_files import ArchiveFile
from tests.support.archives import LATER, archived, broken, entries, sentences
from tests.support.books import a_small_book, at, some_usage
from tests.support.histories import CUSTOMER, HALF_WAY, NEXT_DAY, a_year_of_history
from tests.support.installation import RENEWAL, Installation


@pytest.mark.req("OPS-4")
def test_what_is_left_after_an_archive_holds_and_leads_to_the_present(
    tacit: Installation, tmp_path: Path
) -> None:
    a_year_of_history(tacit)
    before, file = entries(tacit), tmp_path / "trail.jsonl"

    made = archived(tacit, file)

    # The entry that says so is all that is left.
    assert (made.entries, entries(tacit)) == (before, 1)
    assert sentences(tacit) == []
    assert sentences(tacit, file) == []
    assert verify(tacit.store, [ArchiveFile(file)])[0] == before + 1
    assert broken(tacit, file) == []


@pytest.mark.req("OPS-4")
def test_every_trail_goes_on_after_an_archive(
    tacit: Installation, tmp_path: Path
) -> None:
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    a_year_of_history(tacit)
    archived(tacit, first)

    tacit.edit(LATER).owner_of_customer("acme", "vendor")
    tacit.edit(LATER).owner_of_change("K-1.R20280301", "partner")
    tacit.runs(LATER, at("2027-12-20"))
    tacit.fire("accept", CUSTOMER, at("2027-12-20"), "K-1.R20280301")
    seal(tacit.store, at("2027-12-20"))
    archived(tacit, second)
    tacit.edit(at("2027-12-21")).owner_of_customer("acme", "default")
    tacit.runs(at("2027-12-21"), at("2028-03-02"))

    assert sentences(tacit) == []
    assert sentences(tacit, second, first) == []
    assert broken(tacit, first, second) == []


@pytest.mark.req("OPS-4")
def test_only_what_was_sealed_before_a_day_is_archived(
    tacit: Installation, tmp_path: Path
) -> None:
    a_year_of_history(tacit)
    [sealed] = tacit.rows("SELECT entries FROM seals WHERE id = 1")
    files = [tmp_path / "old.jsonl.gz", tmp_path / "new.jsonl.gz"]

    first = archived(tacit, files[0], before=NEXT_DAY)
    second = archived(tacit, files[1])

    assert (first.entries, first.sealed_at) == (sealed["entries"], HALF_WAY)
    assert second.sealed_at == NEXT_DAY
    assert sentences(tacit, *files) == []


@pytest.mark.req("OPS-4")
def test_an_archive_is_made_of_what_is_sealed_only(
    tacit: Installation, tmp_path: Path
) -> None:
    tacit.imports(a_small_book(), at("2026-06-01"))

    with pytest.raises(ArchiveError, match="nothing to archive"):
        archived(tacit, tmp_path / "trail.jsonl")

    assert list(tmp_path.glob("*.jsonl*")) == []


@pytest.mark.req("OPS-4")
def test_an_archive_can_be_read_without_tacit(
    tacit: Installation, tmp_path: Path
) -> None:
    a_year_of_history(tacit)
    trail, file = tacit.trail(), tmp_path / "trail.jsonl"
    archived(tacit, file)

    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]

    mine = [line for line in lines if line.get("name") == RENEWAL]
    assert [{"kind": line["kind"], **line["says"]} for line in mine] == trail
    assert [line["seq"] for line in mine] == list(range(1, len(trail) + 1))


@pytest.mark.req("OPS-4")
def test_the_trail_says_what_was_archived_of_it(
    tacit: Installation, tmp_path: Path
) -> None:
    a_year_of_history(tacit)
    version, file = tacit.change().version, tmp_path / "trail.jsonl"

    made = archived(tacit, file)

    shown = show_change(tacit.store, tacit.rulebook, RENEWAL, LATER, operator())
    assert (shown["archived"], shown["archives"]) == (version, [str(file)])
    assert shown["history"] == []
    [entry] = tacit.rows("SELECT * FROM audit WHERE subject_kind = 'trail'")
    said = json.loads(entry["body"])
    assert (said["by"], said["file"]) == ("ines", str(file))
    assert said["entries"] == made.entries


@pytest.mark.req("OPS-4", "REN-16")
def test_a_warning_that_was_archived_is_not_given_again(
    tacit: Installation, tmp_path: Path
) -> None:
    tacit.imports(a_small_book(), at("2026-06-01"))
    near = [some_usage(month="2026-06", contacts=950)]
    tacit.imports(near, at("2026-06-20"))
    seal(tacit.store, at("2026-06-21"))
    archived(tacit, tmp_path / "trail.jsonl")

    again = [some_usage(month="2026-06", contacts=960)]
    tacit.imports(again, at("2026-06-22"))

    warned = tacit.rows("SELECT * FROM outbox WHERE message LIKE '%near%'")
    assert len(warned) == 1


@pytest.mark.req("OPS-4")
def test_a_simulation_goes_on_from_what_was_archived(
    tacit: Installation, tmp_path: Path
) -> None:
    a_year_of_history(tacit)
    archived(tacit, tmp_path / "trail.jsonl")

    copy = Installation(tacit.store.copy_in_memory(), tacit.rulebook, tacit.templates)
    copy.runs(LATER, at("2028-03-02"))

    assert copy.flaws() == []
    copy.store.close()


def nothing(_tacit: Installation) -> None: ...


def a_later_seal(tacit: Installation) -> None:
    tacit.edit(LATER).owner_of_customer("acme", "default")
    seal(tacit.store, LATER)


def archive_of_a_copy(
    tacit: Installation, file: Path, happens: Callable[[Installation], None] = nothing
) -> Archived:
    """An archive as a process leaves it that dies before it takes anything out."""
    copy = Installation(tacit.store.copy_in_memory(), tacit.rulebook, tacit.templates)
    happens(copy)
    made = archived(copy, file)
    copy.store.close()
    return made


@pytest.mark.req("OPS-4")
@pytest.mark.parametrize("meanwhile", [nothing, a_later_seal])
def test_an_archive_that_was_written_but_not_taken_out_is_finished(
    tacit: Installation, tmp_path: Path, meanwhile: Callable[[Installation], None]
) -> None:
    a_year_of_history(tacit)
    file = tmp_path / "trail.jsonl"
    written = archive_of_a_copy(tacit, file)
    meanwhile(tacit)

    finished = archived(tacit, file)

    assert finished == written
    assert sentences(tacit, file) == []
    assert broken(tacit, file) == []


@pytest.mark.req("OPS-4")
def test_an_archive_that_is_complete_stays_as_it_is(
    tacit: Installation, tmp_path: Path
) -> None:
    a_year_of_history(tacit)
    file = tmp_path / "trail.jsonl"
    archived(tacit, file)
    a_later_seal(tacit)
    before, text = tacit.contents(), file.read_text(encoding="utf-8")

    with pytest.raises(ArchiveError, match="is complete"):
        archived(tacit, file)

    assert (tacit.contents(), file.read_text(encoding="utf-8")) == (before, text)


@pytest.mark.req("OPS-4")
def test_a_file_that_holds_something_else_is_kept(
    tacit: Installation, tmp_path: Path
) -> None:
    a_year_of_history(tacit)
    file = tmp_path / "letter.txt"
    file.write_text("Dear customer", encoding="utf-8")
    before = tacit.contents()

    with pytest.raises(ArchiveError, match="line 1: cannot be read"):
        archived(tacit, file)

    assert file.read_text(encoding="utf-8") == "Dear customer"
    assert tacit.contents() == before


def the_last_entry_of_a_customer_is_removed(tacit: Installation) -> None:
    tacit.execute(
        "DELETE FROM audit WHERE id = "
        "(SELECT MAX(id) FROM audit WHERE subject_kind = 'customer')"
    )


@pytest.mark.req("OPS-4")
@pytest.mark.parametrize(
    ("there", "here", "sentence"),
    [
        (a_later_seal, nothing, "does not hold what comes next"),
        (
            nothing,
            the_last_entry_of_a_customer_is_removed,
            "does not hold all that would be removed",
        ),
    ],
    ids=["of another trail", "of a trail that was changed since"],
)
def test_an_archive_of_something_else_takes_nothing_out(
    tacit: Installation,
    tmp_path: Path,
    there: Callable[[Installation], None],
    here: Callable[[Installation], None],
    sentence: str,
) -> None:
    a_year_of_history(tacit)
    file = tmp_path / "trail.jsonl"
    archive_of_a_copy(tacit, file, there)
    here(tacit)
    before = tacit.contents()

    with pytest.raises(ArchiveError, match=sentence):
        archived(tacit, file)

    assert tacit.contents() == before


@pytest.mark.req("OPS-4")
def test_nothing_is_archived_after_a_seal_that_is_gone(
    tacit: Installation, tmp_path: Path
) -> None:
    a_year_of_history(tacit)
    archived(tacit, tmp_path / "first.jsonl")
    tacit.execute("DELETE FROM seals")

    with pytest.raises(ArchiveError, match="seal is missing"):
        archived(tacit, tmp_path / "second.jsonl")


@pytest.mark.req("OPS-4")
def test_the_draft_of_a_process_that_died_is_removed(
    tacit: Installation, tmp_path: Path
) -> None:
    a_year_of_history(tacit)
    draft = tmp_path / ".trail.jsonl.4711.draft"
    draft.write_text("half a li", encoding="utf-8")

    archived(tacit, tmp_path / "trail.jsonl")

    assert [file.name for file in tmp_path.glob("*trail*")] == ["trail.jsonl"]


@pytest.mark.req("OPS-4")
def test_a_file_that_appears_meanwhile_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "trail.jsonl"
    file = ArchiveFile(path)
    file.write(["ours"])
    path.write_text("theirs", encoding="utf-8")

    with pytest.raises(TacitError, match="somebody else"):
        file.publish()

    assert path.read_text(encoding="utf-8") == "theirs"
