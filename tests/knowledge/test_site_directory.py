"""A site's directory: it adds, supersedes and approves; nothing is edited in place."""

from datetime import date
from pathlib import Path

import pytest

from schemas.medications import Coding, Medication
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.loader import SHIPPED, documents, layers, load
from services.safety.knowledge.models import Limit, LimitKind, Status
from services.safety.knowledge.problems import KnowledgeError

LOWER = """drug: baclofen
source: {title: Site formulary, section: page 3}
limits:
  - id: site.baclofen.daily
    supersedes: baclofen.daily.us
    kind: daily
    value: 60 mg
    window: 24 h
    routes: [oral, enteral]
    jurisdiction: US
    action: Ask the pharmacist on call before the next dose.
    source: {title: Site formulary, section: page 3, quote: At most 60 mg of baclofen a day on the wards.}
    status: site-approved
    approval: {by: Drug committee, on: 2026-12-01}
    certainty: read
    checked_on: 2026-12-01
"""


def write(directory: Path, file: str, text: str) -> Path:
    place = directory / file
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")
    return directory


def daily(base: KnowledgeBase, drug: str = "baclofen") -> dict[str, Limit]:
    return {row.id: row for row in base.limits(drug, LimitKind.DAILY)}


def test_a_row_supersedes_the_shipped_one(tmp_path: Path, base: KnowledgeBase) -> None:
    site = load(write(tmp_path, "drugs/baclofen.yaml", LOWER))
    assert "baclofen.daily.us" not in daily(site)
    assert str(daily(site)["site.baclofen.daily"].value) == "60 mg"
    assert daily(site)["site.baclofen.daily"].status is Status.SITE_APPROVED
    assert "baclofen.daily.us" in daily(base)


def test_a_row_of_another_jurisdiction_supersedes_nothing_here(tmp_path: Path) -> None:
    british = LOWER.replace("jurisdiction: US", "jurisdiction: GB").replace("daily.us", "daily.gb")
    write(tmp_path, "drugs/baclofen.yaml", british)
    assert "site.baclofen.daily" not in daily(load(tmp_path))
    assert "baclofen.daily.us" in daily(load(tmp_path))
    assert "site.baclofen.daily" in daily(load(tmp_path, jurisdiction="GB"))
    assert "baclofen.daily.gb" not in daily(load(tmp_path, jurisdiction="GB"))


def test_a_site_approves_a_draft_and_it_is_shadow_no_more(tmp_path: Path, base: KnowledgeBase) -> None:
    assert daily(base, "acetaminophen")["acetaminophen.daily.from-65"].shadow
    text = "approvals:\n  - {row: acetaminophen.daily.from-65, by: Drug committee, on: 2026-12-01}\n"
    row = daily(load(write(tmp_path, "approvals.yaml", text)), "acetaminophen")["acetaminophen.daily.from-65"]
    assert not row.shadow
    assert row.status is Status.SITE_APPROVED
    assert row.approval is not None
    assert (row.approval.by, row.approval.on) == ("Drug committee", date(2026, 12, 1))


def test_a_site_adds_a_drug_and_puts_it_into_a_class(tmp_path: Path) -> None:
    write(
        tmp_path,
        "drugs/clobazam.yaml",
        'drug: clobazam\ncodes: {rxnorm: ["21241"]}\nsource: {title: Site formulary, section: page 9}\n',
    )
    write(
        tmp_path,
        "classes.yaml",
        "classes:\n  - id: benzodiazepine\n    label: benzodiazepines\n    members: [clobazam]\n"
        "    source: {title: Site formulary, section: page 9}\n",
    )
    site = load(tmp_path)
    assert site.product(Medication(codings=(Coding(system="rxnorm", code="21241"),))).ingredients == (
        "clobazam",
    )
    assert {"clobazam", "lorazepam"} <= set(site.classes["benzodiazepine"].members)


def test_a_site_maps_its_own_codes(tmp_path: Path) -> None:
    text = """system: site-list
source: {title: Site formulary, section: code list}
products:
  - codes: [BAC10]
    contents: [{ingredient: baclofen, strength: 10 mg, per: "1 {tablet}"}]
  - displays: ["*lorazepam*syringe*"]
    contents: [{ingredient: lorazepam}]
"""
    site = load(write(tmp_path, "codes/site.yaml", text))
    (content,) = site.product(Medication(codings=(Coding(system="site-list", code="bac10"),))).contents
    assert (content.ingredient, str(content.strength)) == ("baclofen", "10 mg")
    by_display = Coding(system="site-list", code="77", display="LORazepam 4 mg Syringe (ward)")
    assert site.product(Medication(codings=(by_display,))).ingredients == ("lorazepam",)
    elsewhere = Coding(system="other-list", code="77", display="LORazepam 4 mg Syringe (ward)")
    assert not site.product(Medication(codings=(elsewhere,))).exact_code


def test_a_site_changes_the_policy_as_a_whole(tmp_path: Path, base: KnowledgeBase) -> None:
    shipped = (SHIPPED / "policy.yaml").read_text(encoding="utf-8")
    site = load(write(tmp_path, "policy.yaml", shipped.replace("tolerance: 60 min", "tolerance: 30 min")))
    assert site.policy.dose.tolerance * 2 == base.policy.dose.tolerance


def test_a_row_holds_from_its_first_to_its_last_day(tmp_path: Path) -> None:
    dated = LOWER.replace(
        "    kind: daily", "    valid_from: 2027-01-01\n    valid_to: 2027-06-30\n    kind: daily"
    )
    write(tmp_path, "drugs/baclofen.yaml", dated)
    held = {
        day: set(daily(load(tmp_path, on=day)))
        for day in (date(2026, 12, 31), date(2027, 1, 1), date(2027, 6, 30), date(2027, 7, 1))
    }
    assert held == {
        date(2026, 12, 31): {"baclofen.daily.us", "baclofen.daily.intrathecal"},
        date(2027, 1, 1): {"site.baclofen.daily", "baclofen.daily.intrathecal"},
        date(2027, 6, 30): {"site.baclofen.daily", "baclofen.daily.intrathecal"},
        date(2027, 7, 1): {"baclofen.daily.us", "baclofen.daily.intrathecal"},
    }


def test_dated_rows_are_not_judged_without_a_day(tmp_path: Path) -> None:
    dated = LOWER.replace("    kind: daily", "    valid_from: 2027-01-01\n    kind: daily")
    with pytest.raises(KnowledgeError, match="no day was given"):
        load(write(tmp_path, "drugs/baclofen.yaml", dated))


@pytest.mark.parametrize("jurisdiction", ["FR", "AT", "DE"])
def test_a_jurisdiction_without_any_dose_limit_does_not_load(jurisdiction: str) -> None:
    """Some rows on conditions hold in Austria and Germany; a base without limits would look like one with."""
    with pytest.raises(
        KnowledgeError,
        match=f"no dose limit is written for the jurisdiction '{jurisdiction}'; use one of GB, US",
    ):
        load(jurisdiction=jurisdiction)


def test_only_a_site_approves(tmp_path: Path) -> None:
    copy_of_shipped(tmp_path)
    file = tmp_path / "alcohol.yaml"
    text = file.read_text(encoding="utf-8").replace("status: draft", "status: site-approved")
    file.write_text(text, encoding="utf-8")
    write(
        tmp_path,
        "approvals.yaml",
        "approvals:\n  - {row: acetaminophen.daily.from-65, by: Somebody, on: 2026-12-01}\n",
    )
    told = [problem.what for problem in layers(shipped=tmp_path)[2]]
    assert told == ["only a site makes a row site-approved", "approvals belong to a site"]


def test_a_base_without_its_policy_does_not_load(tmp_path: Path) -> None:
    copy_of_shipped(tmp_path)
    (tmp_path / "policy.yaml").unlink()
    (problem,) = layers(shipped=tmp_path)[2]
    assert str(problem) == "policy.yaml:1: the policy is missing from the shipped base; restore policy.yaml"


def copy_of_shipped(directory: Path) -> None:
    for document in documents(SHIPPED):
        write(directory, document.file, (SHIPPED / document.file).read_text(encoding="utf-8"))
