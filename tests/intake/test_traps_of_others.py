"""Self-written twins of what is odd in the sample data of others and not told elsewhere: units of pieces,
rates in words, a training message with a mode, a drug that is referred to and nowhere.
"""

from pathlib import Path
from typing import Any

import pytest

from tests.intake.hl7v2_writing import MSH, message, rxa, told
from tests.intake.in_words import in_words
from tests.intake.writing import amount, describe, instruction, order_of

FORMS = "http://terminology.hl7.org/CodeSystem/v3-orderableDrugForm"


def dosage_in_words(directory: Path, **more: Any) -> str:
    """The only dosage of an order of baclofen by mouth three times a day, unless told otherwise."""
    _, dosage = in_words(order_of(directory, dosageInstruction=[instruction(**more)]))
    return dosage


@pytest.mark.parametrize(
    ("quantity", "read"),
    [
        ({"value": 1, "unit": "patch", "system": FORMS, "code": "patch"}, "1 patch"),
        ({"value": 2, "unit": "OPDROP", "system": FORMS, "code": "OPDROP"}, "2 OPDROP"),
        ({"value": 10, "unit": "drop", "system": "http://unitsofmeasure.org", "code": "drop"}, "10 drop"),
        ({"value": 2, "unit": "puff"}, "2 puff"),
        (amount(20, "meq"), "20 meq"),
        (amount(75, "mg/m2"), "75 mg/m2"),
        (amount(0.5, "mg/kg"), "0.5 mg/kg"),
    ],
)
def test_a_unit_stays_what_it_is_and_never_becomes_milligrams(
    quantity: dict[str, Any], read: str, tmp_path: Path
) -> None:
    dosage = dosage_in_words(tmp_path, doseAndRate=[{"doseQuantity": quantity}])
    assert dosage == f"{read}, 3 times in 24 h, oral"


@pytest.mark.parametrize(("unit", "read"), [("ug/kg/h", "4 ug/kg in 1 h"), ("mL/h", "4 mL in 1 h")])
def test_a_unit_that_ends_in_a_time_is_a_rate(unit: str, read: str, tmp_path: Path) -> None:
    rate = {"rateQuantity": amount(4, unit)}
    assert dosage_in_words(tmp_path, doseAndRate=[rate], timing=None, route=None) == read


def test_a_rate_in_the_words_alone_is_no_number(tmp_path: Path) -> None:
    written = dosage_in_words(tmp_path, text="4 mcg/kg/min", doseAndRate=None, timing=None, route=None)
    assert written == "words only"


def test_a_drug_that_is_referred_to_and_nowhere_is_known_by_its_display_alone(tmp_path: Path) -> None:
    order = order_of(
        tmp_path,
        medicationCodeableConcept=None,
        medicationReference={"reference": "Medication/elsewhere", "display": "baclofen 10 mg tablet"},
    )
    assert (order.medication.codings, order.medication.text) == ((), "baclofen 10 mg tablet")


def test_a_training_message_with_a_mode_is_one_for_training() -> None:
    practised = message("RAS^O17^RAS_O17", "ORC|RE|ORD77", rxa(), msh=MSH.replace("|P|2.5.1", "|T^T|2.5.1"))
    assert [describe(reading) for reading in told(practised).readings] == ["message-for-training"]


def test_one_control_id_on_two_messages_is_two_statements() -> None:
    first, second = (
        message("RAS^O17^RAS_O17", f"ORC|RE|{order}", rxa()).replace(b"|C1|", b"|SAME|")
        for order in ("ORD77", "ORD78")
    )
    entities = {reading.event.entity for one in (first, second) for reading in told(one).readings}  # type: ignore[union-attr]
    assert len(entities) == 2
