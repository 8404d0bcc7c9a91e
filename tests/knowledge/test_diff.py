"""`dosewarden knowledge diff`: what a site's directory, or another whole base, says otherwise."""

import json
import shutil
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from services.cli.knowledge import knowledge
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.loader import SHIPPED
from tests.knowledge.test_site_directory import LOWER, write


def diff(old: Path | str, new: Path | str, *options: str) -> Result:
    return CliRunner().invoke(knowledge, ["diff", str(old), str(new), *options])


def changes(old: Path | str, new: Path | str) -> list[dict[str, Any]]:
    done = diff(old, new, "--json")
    assert done.exit_code == 0, done.output
    found: list[dict[str, Any]] = json.loads(done.stdout)["changes"]
    return found


def whole(directory: Path) -> Path:
    for path in sorted(SHIPPED.rglob("*.yaml")):
        place = directory / path.relative_to(SHIPPED)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
    return directory


def test_a_superseded_limit_is_shown_with_what_became_of_its_value(tmp_path: Path) -> None:
    (change,) = changes("shipped", write(tmp_path, "drugs/baclofen.yaml", LOWER))
    assert (change["kind"], change["id"]) == ("limits", "baclofen.daily.us")
    assert (change["what"], change["by"]) == ("superseded", "site.baclofen.daily")
    fields = {field["field"]: (field["old"], field["new"]) for field in change["fields"]}
    assert fields["value"] == ("80 mg", "60 mg")
    assert fields["status"] == ("source-checked", "site-approved")
    assert "window" not in fields and "id" not in fields


def test_the_way_back_removes_the_sites_row_and_adds_the_shipped_one(tmp_path: Path) -> None:
    found = changes(write(tmp_path, "drugs/baclofen.yaml", LOWER), "shipped")
    assert [(change["what"], change["id"]) for change in found] == [
        ("added", "baclofen.daily.us"),
        ("removed", "site.baclofen.daily"),
    ]


def test_a_row_changed_in_place_is_shown_field_by_field_to_the_microgram(tmp_path: Path) -> None:
    old = write(tmp_path / "old", "drugs/baclofen.yaml", LOWER)
    new = write(tmp_path / "new", "drugs/baclofen.yaml", LOWER.replace("value: 60 mg", "value: 60.001 mg"))
    (change,) = changes(old, new)
    assert (change["id"], change["what"]) == ("site.baclofen.daily", "changed")
    (field,) = change["fields"]
    assert (field["field"], field["old"], field["new"]) == ("value", "60 mg", "60.001 mg")


def test_a_drug_a_class_member_and_a_code_that_came_are_shown(tmp_path: Path) -> None:
    source = "source: {title: Site formulary, section: page 9}\n"
    write(tmp_path, "drugs/clobazam.yaml", 'drug: clobazam\ncodes: {rxnorm: ["21241"]}\n' + source)
    write(
        tmp_path,
        "classes.yaml",
        "classes:\n  - id: benzodiazepine\n    label: benzodiazepines\n    members: [clobazam]\n    "
        + source,
    )
    codes = "system: our-list\nproducts:\n  - codes: [BAC10]\n    contents: [{ingredient: baclofen}]\n"
    write(tmp_path, "codes/our-list.yaml", codes + source)
    found = {(change["kind"], change["id"]): change for change in changes("shipped", tmp_path)}
    assert set(found) == {
        ("drug", "clobazam"),
        ("class", "benzodiazepine"),
        ("code list", "our-list: Site formulary, page 9"),
        ("product code", "our-list: BAC10"),
    }
    assert found["drug", "clobazam"]["what"] == "added"
    (members,) = found["class", "benzodiazepine"]["fields"]
    assert (members["field"], members["added"], members["removed"]) == ("members", ["clobazam"], [])


def test_what_another_whole_base_no_longer_has_is_removed(tmp_path: Path) -> None:
    older = whole(tmp_path)
    (older / "interactions" / "lithium-haloperidol.yaml").unlink()
    classes = (older / "classes.yaml").read_text(encoding="utf-8")
    assert "members: [gabapentin, pregabalin]" in classes
    (older / "classes.yaml").write_text(
        classes.replace("members: [gabapentin, pregabalin]", "members: [gabapentin]"), encoding="utf-8"
    )
    found = {(change["what"], change["id"]): change for change in changes("shipped", older)}
    assert set(found) == {("removed", "lithium-haloperidol"), ("changed", "gabapentinoid")}
    (members,) = found["changed", "gabapentinoid"]["fields"]
    assert members["removed"] == ["pregabalin"]


def test_a_part_that_a_base_gains_is_not_forgotten_by_the_comparison() -> None:
    compared = "drugs classes interactions alcohol_rules alcohol_evidence cns_load policy recogniser rules"
    parts = {part.name for part in fields(KnowledgeBase) if part.init}
    assert parts == {*compared.split(), "kidneys", "childbearing", "measurements", "version", "zone"}


def test_an_approval_is_a_change_of_status(tmp_path: Path) -> None:
    text = "approvals:\n  - {row: acetaminophen.daily.from-65, by: Drug committee, on: 2026-12-01}\n"
    (change,) = changes("shipped", write(tmp_path, "approvals.yaml", text))
    fields = {field["field"]: (field["old"], field["new"]) for field in change["fields"]}
    assert fields["status"] == ("draft", "site-approved")


def test_a_changed_policy_is_shown(tmp_path: Path) -> None:
    shipped = (SHIPPED / "policy.yaml").read_text(encoding="utf-8")
    write(tmp_path, "policy.yaml", shipped.replace("tolerance: 60 min", "tolerance: 59 min"))
    (change,) = changes("shipped", tmp_path)
    assert change["kind"] == "policy"
    assert [field["field"] for field in change["fields"]] == ["dose.tolerance"]


def test_people_read_it_and_scripts_are_told_by_the_exit_code(tmp_path: Path) -> None:
    site = write(tmp_path, "drugs/baclofen.yaml", LOWER)
    done = diff("shipped", site, "--exit-code")
    assert done.exit_code == 1
    assert "  superseded baclofen.daily.us by site.baclofen.daily\n" in done.stdout
    assert "    value: 80 mg -> 60 mg\n" in done.stdout
    assert diff("shipped", site).exit_code == 0
    same = diff(site, site, "--exit-code")
    assert same.exit_code == 0
    assert same.stdout.endswith("no difference\n")


def test_the_same_base_elsewhere_is_no_difference(tmp_path: Path) -> None:
    done = diff("shipped", whole(tmp_path))
    assert done.stdout.endswith("no difference\n")
    assert "a whole base" in done.stdout


def test_another_sequence_number_alone_is_not_called_the_same(tmp_path: Path) -> None:
    done = diff("shipped", write(tmp_path, "sequence.yaml", "sequence: 3\n"), "--exit-code")
    assert done.exit_code == 1
    assert "no row differs" in done.stdout


def test_an_empty_directory_is_not_mistaken_for_no_difference(tmp_path: Path) -> None:
    done = diff("shipped", tmp_path)
    assert done.exit_code == 2
    assert "no knowledge file stands there" in done.stderr


@pytest.mark.parametrize("broken", ["/no/such/place", "site"])
def test_what_does_not_load_is_not_mistaken_for_a_difference(broken: str, tmp_path: Path) -> None:
    write(tmp_path / "site", "drugs/baclofen.yaml", LOWER.replace("60 mg", "60"))
    done = diff("shipped", broken if broken.startswith("/") else tmp_path / broken, "--exit-code")
    assert done.exit_code == 2
    assert not done.stdout
