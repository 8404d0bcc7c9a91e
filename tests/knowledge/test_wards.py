"""What a site states of its wards is in force there, and makes another version of the knowledge."""

from datetime import timedelta
from pathlib import Path

from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.loader import SHIPPED, load

STATED = """
hours:
  source: {title: Ward handbook, section: drug rounds}
  times_a_day:
    2: ["08:00", "20:00"]
    3: ["08:00", "14:00", "20:00"]
wards:
  - names: [ICU, Burns]
    tolerance: 30 min
    times_a_day: {3: ["06:00", "14:00", "22:00"]}
    source: {title: Ward handbook, section: the ICU}
  - names: [Airfield]
    zone: America/New_York
    source: {title: Ward handbook, section: the airfield}
"""


def test_a_ward_has_what_is_stated_of_it_and_else_what_the_house_has(
    tmp_path: Path, base: KnowledgeBase
) -> None:
    policy = (SHIPPED / "policy.yaml").read_text(encoding="utf-8")
    (tmp_path / "policy.yaml").write_text(policy + STATED, encoding="utf-8")
    site = load(tmp_path)
    assert site.version != base.version
    assert site.wards["Burns"] == site.wards["ICU"]
    icu, airfield = site.wards["ICU"], site.wards["Airfield"]
    assert (icu.tolerance, icu.zone) == (timedelta(minutes=30), site.zone)
    assert icu.hours == {2: ("08:00", "20:00"), 3: ("06:00", "14:00", "22:00")}
    assert (airfield.tolerance, airfield.hours) == (site.house.tolerance, site.house.hours)
    assert airfield.zone.key == "America/New_York"
    assert base.wards == {}
