"""What is at least major in the shipped base: weak kidneys, sick livers, high-priority pairs, abrupt stop."""

from schemas.base import Severity
from services.safety.knowledge.interacting import Priority
from services.safety.knowledge.kinds.hepatic import HepaticDose
from services.safety.knowledge.kinds.renal import RenalDose
from services.safety.knowledge.loader import load

BASE = load()
NITROFURANTOIN_ABOVE_30 = ("renal.nitrofurantoin", "60")
"""The label forbids it below 60 mL/min; that 30 to 60 is shown and not paged is said in the row."""


def test_a_drug_to_be_avoided_with_weak_kidneys_or_on_dialysis_is_at_least_major() -> None:
    rows = [row for drug in BASE.drugs for row in BASE.rules_of(drug, RenalDose)]
    lesser = {
        (row.id, str(getattr(band, "below", "dialysis")))
        for row in rows
        for band in (*row.bands, row.dialysis)
        if band is not None and band.avoid and band.severity.rank < Severity.MAJOR.rank
    }
    assert any(band.avoid for row in rows for band in row.bands)
    assert lesser == {NITROFURANTOIN_ABOVE_30}


def test_a_drug_to_be_avoided_with_a_sick_liver_is_at_least_major() -> None:
    avoided = [row for row in BASE.rules_of_kind(HepaticDose) if row.avoid]
    assert avoided
    assert all(row.severity.rank >= Severity.MAJOR.rank for row in avoided)


def test_a_high_priority_pair_is_at_least_major_and_a_low_priority_one_minor() -> None:
    high = [row for row in BASE.interactions if row.priority is Priority.HIGH]
    low = [row for row in BASE.interactions if row.priority is Priority.LOW]
    assert high and low
    assert all(row.severity.rank >= Severity.MAJOR.rank for row in high)
    assert all(row.severity is Severity.MINOR for row in low)


def test_an_abrupt_stop_of_baclofen_is_major() -> None:
    assert {row.severity for row in BASE.withdrawal("baclofen")} == {Severity.MAJOR}
