"""Trial doses of baclofen into the spine before a pump: 50, 75 and 100 micrograms, in that order."""

from datetime import timedelta
from decimal import Decimal

import pytest

from schemas.base import Severity
from schemas.clinical import PatientFact
from schemas.medications import Route
from services.safety.checks.judgement import Finding
from services.safety.checks.starting.screening_dose import ScreeningDoseTooHigh
from services.safety.knowledge.kinds.screening_dose import ScreeningDose
from services.safety.knowledge.loader import load
from services.safety.recomputing import recomputed
from tests.brief_knowledge import amount, row
from tests.builders import at, dosage, dose, order
from tests.checks.ward import Ward

SPINE = Route.INTRATHECAL
ward = Ward(ScreeningDoseTooHigh(), load())


def trial(stated: str | None, day: float = 0, seconds: float = 0) -> PatientFact:
    return dose("baclofen", stated, at(days=day, seconds=seconds), route=SPINE)


def told(*facts: PatientFact, day: float = 0, hours: float = 0) -> Finding | None:
    return ward.finding(list(facts), at(days=day, hours=hours))


def test_the_first_is_fifty_and_a_microgram_more_is_too_much() -> None:
    assert told(trial("50 ug")) is None
    high = told(trial("51 ug"))
    assert high is not None
    assert high.text.startswith(
        "baclofen: 51 ug given as screening dose 1 on record in 30 d; at most 50 ug as number 1."
    )
    again = recomputed(high.check, high.evidence)
    assert again is not None and again.made == again.shown == Decimal("0.051")


def test_it_is_told_for_a_day() -> None:
    assert ward.judge([trial("75 ug")], at(1)).review_at == at(24)
    assert told(trial("75 ug"), hours=23.99) is not None
    assert told(trial("75 ug"), hours=24) is None


def test_the_second_is_seventy_five_and_the_third_a_hundred() -> None:
    assert told(trial("50 ug"), trial("75 ug", 1), day=1) is None
    assert told(trial("50 ug"), trial("76 ug", 1), day=1) is not None
    assert told(trial("50 ug"), trial("75 ug", 1), trial("100 ug", 2), day=2) is None
    assert told(trial("50 ug"), trial("50 ug", 1), trial("50 ug", 2), trial("100 ug", 3), day=3) is None


def test_which_one_it_is_goes_by_those_of_the_last_thirty_days() -> None:
    assert told(trial("50 ug", -30, seconds=1), trial("75 ug")) is None
    assert told(trial("50 ug", -30), trial("75 ug")) is not None


def test_one_whose_amount_nobody_knows_is_one_as_well() -> None:
    assert told(trial(None, -1), trial("75 ug")) is None
    assert told(trial("0 ug", -1), trial("75 ug")) is not None


def test_more_than_the_last_of_them_is_the_story_of_the_single_dose() -> None:
    assert told(trial("101 ug")) is None


def test_tablets_are_no_trial() -> None:
    assert told(dose("baclofen", "0.075 mg", at(0))) is None
    assert told(dose("baclofen", "5 mg", at(days=-1)), trial("75 ug")) is not None


@pytest.mark.parametrize(("until", "expected"), [(None, False), (at(-71), False), (at(-72), True)])
def test_what_is_given_at_once_beside_a_pump_is_no_trial(until: object, expected: bool) -> None:
    step = dosage("200 ug", times=1, route=SPINE)
    pump = order("baclofen", None, at(days=-40), dosages=(step,), ends_at=until, entity="pump")
    assert (told(pump, trial("75 ug")) is not None) is expected


def test_nor_is_what_runs_in_over_hours() -> None:
    assert told(dose("baclofen", "75 ug", at(0), route=SPINE, lasting=timedelta(hours=2)), hours=3) is None


@pytest.mark.parametrize("doses", [("50 ug", "50 ug"), ("75 ug", "50 ug"), ("50 ug", "0.1 mg")])
def test_a_trial_that_does_not_rise_does_not_load(doses: tuple[str, ...]) -> None:
    stated = row("own", subject="drug:baclofen", routes=(SPINE,), severity=Severity.MODERATE)
    spans = {"within": timedelta(days=30), "gap": timedelta(0)}
    with pytest.raises(ValueError, match="doses rise"):
        ScreeningDose(**stated, **spans, doses=tuple(map(amount, doses)))
