"""Several dosage instructions of one request: which run together, which follow each other, and until when."""

from pathlib import Path
from typing import Any

from tests.intake.writing import amount, at, instruction, order_of


def schedule(repeat: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    return [instruction(timing={"repeat": repeat}, **more)]


def step(number: int, dose: float, days: int | None, **more: Any) -> dict[str, Any]:
    """One step of a taper that says how long it lasts, not from when."""
    repeat: dict[str, Any] = {"frequency": 1, "period": 1, "periodUnit": "d"}
    if days is not None:
        repeat["boundsDuration"] = amount(days, "d")
    element = {"sequence": number, "timing": {"repeat": repeat}} | more
    return instruction(doseAndRate=[{"doseQuantity": amount(dose, "mg")}], **element)


def test_a_taper_told_by_durations_takes_one_step_after_the_other(tmp_path: Path) -> None:
    steps = [step(1, 20, 5), step(2, 10, 5), step(3, 5, None)]
    order = order_of(tmp_path, dosageInstruction=steps)
    assert [(dosage.starts_at, dosage.ends_at) for dosage in order.dosages] == [
        (None, at("2026-03-07T08:00:00")),
        (at("2026-03-07T08:00:00"), at("2026-03-12T08:00:00")),
        (at("2026-03-12T08:00:00"), None),
    ]
    assert (order.effective_at, order.ends_at) == (at("2026-03-02T08:00:00"), None)


def test_instructions_of_one_sequence_number_run_together(tmp_path: Path) -> None:
    steps = [step(1, 20, 5), step(1, 10, 5), step(2, 5, 5)]
    dosages = order_of(tmp_path, dosageInstruction=steps).dosages
    assert [dosage.ends_at for dosage in dosages[:2]] == [at("2026-03-07T08:00:00")] * 2
    assert (dosages[2].starts_at, dosages[2].ends_at) == (
        at("2026-03-07T08:00:00"),
        at("2026-03-12T08:00:00"),
    )


def test_a_step_after_one_without_an_end_begins_nobody_knows_when(tmp_path: Path) -> None:
    dosages = order_of(tmp_path, dosageInstruction=[step(1, 20, None), step(2, 10, None)]).dosages
    assert [(dosage.starts_at, dosage.ends_at) for dosage in dosages] == [(None, None)] * 2


def test_several_steps_with_one_text_are_each_held_against_all_of_it(tmp_path: Path) -> None:
    text = "Begin with 20 mg, then 10 mg, then stay at 5 mg daily"
    steps = [step(number, dose, None, text=text) for number, dose in enumerate((20, 10, 40), 1)]
    dosages = order_of(tmp_path, dosageInstruction=steps).dosages
    assert [str(dosage.dose_high) for dosage in dosages] == ["20 mg", "10 mg", "None"]


def test_a_number_of_doses_ends_the_order_unless_they_are_taken_as_needed(tmp_path: Path) -> None:
    counted = {"frequency": 3, "period": 1, "periodUnit": "d", "count": 9}
    assert order_of(tmp_path, dosageInstruction=schedule(counted)).ends_at == at("2026-03-05T08:00:00")
    most = schedule(counted | {"countMax": 12})
    assert order_of(tmp_path, dosageInstruction=most).ends_at == at("2026-03-06T08:00:00")
    needed = schedule(counted, asNeededBoolean=True)
    assert order_of(tmp_path, dosageInstruction=needed).ends_at is None


def test_the_words_to_the_patient_are_held_against_the_structure_too(tmp_path: Path) -> None:
    told = instruction(patientInstruction="Take 5 mg once daily")
    (dosage,) = order_of(tmp_path, dosageInstruction=[told]).dosages
    assert (dosage.dose_high, dosage.period_seconds, dosage.text) == (None, None, "Take 5 mg once daily")


def test_greatest_doses_per_administration_and_lifetime_invent_no_daily_one(tmp_path: Path) -> None:
    told = instruction(maxDosePerAdministration=amount(10, "mg"), maxDosePerLifetime=amount(500, "mg"))
    (dosage,) = order_of(tmp_path, dosageInstruction=[told]).dosages
    assert (dosage.max_dose, str(dosage.dose_high)) == ((), "5 mg")
