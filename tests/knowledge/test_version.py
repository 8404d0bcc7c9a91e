"""The version names the content: another row is another version, the same rows are the same."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.loader import load
from services.safety.knowledge.problems import KnowledgeError

DRUG = "drug: lorazepam\nsource: {title: Site formulary, section: page 3}\nnames: [temesta]\n"
CLASS = """classes:
  - {id: site-class, label: ours, members: [baclofen], source: {title: Site formulary, section: page 1}}
"""
PAIR = """id: site.pair
between: [drug:lorazepam, drug:baclofen]
severity: moderate
exposure: 24 h
action: Ask the pharmacist on call.
source: {title: Site formulary, section: page 3}
status: draft
certainty: known
"""
ALCOHOL = """rules:
  - id: site.alcohol
    subject: drug:lorazepam
    tiers: {measured: moderate}
    action: Ask the pharmacist on call.
    source: {title: Site formulary, section: page 3}
    status: draft
    certainty: known
"""
CODES = """system: site-list
source: {title: Site formulary, section: code list}
products:
  - {codes: [B10], contents: [{ingredient: baclofen}]}
"""
APPROVAL = "approvals:\n  - {row: lorazepam.daily, by: Drug committee, on: 2026-12-01}\n"


def test_the_version_is_a_sequence_and_a_hash(base: KnowledgeBase) -> None:
    sequence, _, digest = base.version.partition("-")
    assert int(sequence) >= 1
    assert len(digest) == 12
    assert int(digest, 16) >= 0


def test_the_same_files_give_the_same_version(base: KnowledgeBase, tmp_path: Path) -> None:
    assert load().version == base.version
    assert load(tmp_path).version == base.version


def test_every_process_finds_the_same_version() -> None:
    """Words hash differently in each process, and sets of them have another order."""
    found = {
        subprocess.run(
            [
                sys.executable,
                "-c",
                "from services.safety.knowledge.loader import load; print(load().version)",
            ],
            env=os.environ | {"PYTHONHASHSEED": str(seed)},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in range(4)
    }
    assert len(found) == 1


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("drugs/lorazepam.yaml", DRUG),
        ("classes.yaml", CLASS),
        ("interactions/site-pair.yaml", PAIR),
        ("interactions/site-pair.yaml", PAIR.replace("moderate", "major")),
        ("interactions/site-pair.yaml", PAIR.replace("page 3", "page 4")),
        ("alcohol.yaml", ALCOHOL),
        ("codes/site.yaml", CODES),
        ("approvals.yaml", APPROVAL),
    ],
)
def test_any_row_of_a_site_makes_another_version(
    base: KnowledgeBase, tmp_path: Path, file: str, text: str
) -> None:
    place = tmp_path / file
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")
    changed = load(tmp_path).version
    assert changed != base.version
    place.write_text(text + "# a remark\n", encoding="utf-8")
    assert load(tmp_path).version == changed


def test_another_jurisdiction_is_another_version(base: KnowledgeBase) -> None:
    assert load(jurisdiction="GB").version != base.version


def test_a_site_raises_the_sequence(base: KnowledgeBase, tmp_path: Path) -> None:
    (tmp_path / "sequence.yaml").write_text("sequence: 7\n", encoding="utf-8")
    shipped = int(base.version.split("-")[0])
    assert load(tmp_path).version == f"{shipped + 7}-{base.version.split('-')[1]}"


def test_another_time_zone_is_another_version_and_utc_is_the_same(base: KnowledgeBase) -> None:
    assert load(zone="UTC").version == base.version
    versions = {load(zone=zone).version for zone in ("UTC", "Europe/Berlin", "America/New_York")}
    assert len(versions) == 3
    assert load(zone="Europe/Berlin").zone.key == "Europe/Berlin"


@pytest.mark.parametrize("zone", ["Europe/Nowhere", "", "Europe", "../etc/passwd"])
def test_an_unknown_time_zone_is_refused_with_a_cure(zone: str) -> None:
    with pytest.raises(KnowledgeError, match="write an IANA name such as Europe/Berlin"):
        load(zone=zone)
