"""Results that are parts of another one: a newer version of the whole takes back those it no longer has."""

from itertools import permutations

import pytest

from schemas.clinical import Observation, PatientFact
from schemas.issues import Transition
from services.safety.ledger.folding import folded
from services.safety.ledger.ledger import PatientLedger
from tests.brief_knowledge import KNOWLEDGE
from tests.builders import PATIENT, at, corrected, merge, observation, order, visit_move, voided
from tests.engine.hospital import NEW, OLD, Hospital, of
from tests.engine.ward import engine

STAY = "encounter/WEST|V1"
CREATININE, POTASSIUM, SODIUM = "2160-0", "2823-3", "2951-2"


def part(number: int, code: str, value: str, hours: float, whole: str = "panel") -> Observation:
    return observation(
        code, value, at(0), entity=f"{whole}#{number}", component_of=whole, recorded_at=at(hours)
    )


def whole(hours: float, entity: str = "panel") -> Observation:
    return observation("24323-8", None, at(0), entity=entity, recorded_at=at(hours))


FIRST = [
    part(1, CREATININE, "1 mg/dL", 1),
    part(2, POTASSIUM, "9 mmol/L", 1),
    part(3, SODIUM, "9 mmol/L", 1),
    whole(1),
]


def counted(ledger: PatientLedger) -> dict[str, str]:
    """The results that count, by code."""
    return {
        code.removeprefix("loinc|"): str(timeline.entries[-1].fact.value)
        for code, timeline in ledger.observed.items()
        if timeline.entries[-1].fact.value is not None
    }


def test_parts_that_the_corrected_whole_has_no_longer_are_gone_whatever_comes_first() -> None:
    facts = [*FIRST, part(1, CREATININE, "2 mg/dL", 2), whole(2)]
    for arriving in permutations(facts):
        assert counted(folded(arriving, KNOWLEDGE)) == {CREATININE: "2 mg/dL"}, arriving


def test_the_corrected_whole_is_the_same_after_a_restart() -> None:
    ledger = folded([*FIRST, part(1, CREATININE, "2 mg/dL", 2), whole(2)], KNOWLEDGE)
    for arriving in permutations(ledger.facts.values()):
        assert folded(arriving, KNOWLEDGE) == ledger


def test_a_whole_taken_back_takes_its_parts_with_it_though_it_does_not_list_them() -> None:
    assert counted(folded([*FIRST, voided(whole(1), at(2))], KNOWLEDGE)) == {}


def test_a_part_comes_back_with_a_version_that_has_it_again() -> None:
    facts = [*FIRST, whole(2), part(1, CREATININE, "3 mg/dL", 3), whole(3)]
    for arriving in permutations(facts):
        assert counted(folded(arriving, KNOWLEDGE)) == {CREATININE: "3 mg/dL"}


def test_what_only_looks_like_a_part_stays() -> None:
    alike = observation(POTASSIUM, "4 mmol/L", at(0), entity="panel#1")
    assert counted(folded([alike, whole(2)], KNOWLEDGE)) == {POTASSIUM: "4 mmol/L"}
    elsewhere = corrected(whole(2), at(2), source="lab")
    assert CREATININE in counted(folded([*FIRST[:3], elsewhere], KNOWLEDGE))


def test_a_part_that_is_gone_stays_so_when_its_whole_is_forgotten() -> None:
    years = [
        observation("24323-8", None, at(days=400 * n), entity=f"later-{n}", recorded_at=at(days=400 * n))
        for n in (1, 2, 3)
    ]
    kept = folded([*FIRST, whole(2), *years], KNOWLEDGE, prune=True)
    assert "panel" not in kept.facts
    assert counted(folded(kept.facts.values(), KNOWLEDGE)) == {}


@pytest.mark.parametrize("joining", ["merge", "move"])
def test_at_another_record_parts_are_gone_as_well(joining: str) -> None:
    facts: list[PatientFact] = [
        of(OLD, each, visit=STAY) for each in (*FIRST, part(1, CREATININE, "2 mg/dL", 2), whole(2))
    ]
    joined = of(OLD, merge(NEW, at(3)) if joining == "merge" else visit_move(STAY, NEW, at(3)))
    for arriving in ([*facts, joined], [joined, *facts], [*facts[:4], joined, *facts[4:]]):
        hospital = Hospital(engine())
        hospital.take(*arriving)
        assert counted(hospital.states[NEW].ledger) == {CREATININE: "2 mg/dL"}


def test_what_rested_on_a_part_that_is_gone_was_never_right() -> None:
    hospital = Hospital(engine())
    level = part(1, "5643-2", "120 mg/dL", 1)
    told = hospital.take(
        *(of(PATIENT, each) for each in (order("baclofen", "10 mg", at(0)), level, whole(1)))
    )
    (raised,) = [each for each in told if level.entity in each.implicated and each.check == "alcohol"]
    told = hospital.take(of(PATIENT, whole(2)))
    (ended,) = [each for each in told if each.issue_id == raised.issue_id]
    assert (raised.transition, ended.transition) == (Transition.RAISED, Transition.WITHDRAWN)
