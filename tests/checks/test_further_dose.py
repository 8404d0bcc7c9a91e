"""A further dose of a drug in use: an answer that is said to stand is the one that asking would give."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from schemas.clinical import PatientFact, Route
from services.safety.checks import CHECKS
from services.safety.checks.by_body import view_of
from services.safety.checks.further_dose import Steady, further_doses
from services.safety.checks.judgement import Check, Finding, Judgement
from services.safety.checks.worked_out import judged
from services.safety.ledger.folding import fold, folded
from services.safety.ledger.ledger import PatientLedger
from tests.brief_rules import RULED
from tests.builders import RXNORM, at, condition, dose, encounter, observation, order, person
from tests.checks.test_judgements_hold import ALIVE
from tests.stories import statements

STEADY = [check for check in CHECKS if isinstance(check, Steady)]
DRUGS = ("baclofen", "morphine", "fentanyl", "diazepam", "phenelzine", "citalopram", "acetaminophen")
EIGHT_HOURLY = timedelta(hours=8)
AMOUNTS = ("5 mg", "10 mg", "20 mg", "40 mg", "900 mg", "50 ug", "5 mmol")


def told(findings: tuple[Finding, ...]) -> set[tuple[Any, ...]]:
    """All that is told or compared of findings; what else they have is evidence."""
    return {
        (
            *(f.check, f.subject, f.subjects, f.severity, f.level, f.shadow, f.retrospective),
            *(f.reason, f.sources, f.high_alert, f.of_doses),
        )
        for f in findings
    }


@st.composite
def ordered_use(draw: st.DrawFn, number: int) -> list[PatientFact]:
    """An order of one drug and doses under it, roughly as they are due, now and then something else."""
    drug, amount = draw(st.sampled_from(DRUGS)), draw(st.sampled_from(AMOUNTS))
    every = draw(st.sampled_from((3, 6, 8, 12, 24)))
    as_needed = draw(st.sampled_from((False, False, True)))
    entity, begins = f"order-{number}", draw(st.integers(0, 48))
    ends = draw(st.sampled_from((None, None, None, at(200))))
    facts: list[PatientFact] = [
        order(
            drug,
            amount,
            at(begins),
            every=timedelta(hours=every),
            as_needed=as_needed,
            entity=entity,
            ends_at=ends,
        )
    ]
    for place in range(draw(st.integers(2, 9))):
        if draw(st.integers(0, 9)) == 0:
            continue
        minutes = draw(st.sampled_from((0, -40, 5, 20, 20, 90)))
        when = at(begins + place * every, minutes=max(minutes, 1))
        late = draw(st.sampled_from((0, 0, 0, 0, 10, 600)))
        facts.append(
            dose(
                drug,
                draw(st.sampled_from((amount, amount, amount, *AMOUNTS))),
                when,
                order=draw(st.sampled_from((entity, entity, entity, entity, None))),
                route=draw(st.sampled_from((*5 * (Route.ORAL,), Route.TOPICAL))),
                done=draw(st.integers(0, 9)) != 0,
                lasting=draw(st.sampled_from((None, None, None, timedelta(hours=2)))),
                entity=f"dose-of-{entity}-{place}",
                recorded_at=when + timedelta(minutes=late),
                received_at=when + timedelta(minutes=late),
            )
        )
    return facts


@st.composite
def wards(draw: st.DrawFn) -> list[PatientFact]:
    """A patient on a few drugs, with some statements of any kind; in order of receipt."""
    facts: list[PatientFact] = []
    for number in range(draw(st.integers(1, 4))):
        facts += draw(ordered_use(number))
    if draw(st.booleans()):
        facts.append(encounter(at(0)))
    if draw(st.booleans()):
        facts.append(person(draw(st.sampled_from((30, 70))), at(0), sex="female"))
    facts += draw(st.lists(st.sampled_from(AROUND), max_size=3))
    facts += draw(st.lists(statements(days=9, entities=2), max_size=3))
    return sorted(facts, key=lambda fact: fact.received_at)


AROUND: tuple[PatientFact, ...] = (
    condition("icd10|F10.2", at(1), entity="condition-a"),
    condition("icd10|K74.6", at(2), entity="condition-b"),
    condition("icd10|Z34.0", at(3), entity="condition-c"),
    observation("2160-0", "1.5 mg/dL", at(4), entity="observation-a"),
    observation("98979-8", "20 mL/min/{1.73_m2}", at(5), entity="observation-b"),
    observation("29463-7", "40 kg", at(6), entity="observation-c"),
)


def asked(check: Check, ledger: PatientLedger, now: datetime, subject: str) -> Judgement:
    return judged(check, view_of(ledger, RULED, now, ALIVE), subject)


@pytest.mark.parametrize("check", STEADY, ids=lambda check: check.id)
@given(story=wards(), before=st.integers(0, 30), later=st.integers(0, 100))
@settings(max_examples=60)
def test_an_answer_that_is_said_to_stand_is_the_one_that_asking_gives(
    check: Any, story: list[PatientFact], before: int, later: int
) -> None:
    """Asked some hours before each dose, at the dose, and at a part (of 100) of the time until the review."""
    ledger = PatientLedger()
    stood: set[str] = set()
    for place, fact in enumerate(story):
        was = ledger
        ledger, change = fold(was, fact, RULED)
        now = fact.received_at
        further = further_doses(view_of(ledger, RULED, now, ALIVE), was.given, change) if change else ()
        for each in further:
            subject = each.dose.ingredient if check.per_ingredient else ""
            earliest = story[place - 1].received_at
            held = asked(check, was, max(earliest, now - timedelta(hours=before)), subject)
            if held.review_at is not None and held.review_at <= now:
                continue
            if len(further) > 1 or not check.stands(view_of(ledger, RULED, now, ALIVE), each, held):
                continue
            stood.add("stood with findings" if held.findings else "stood silent")
            anew = folded(story[: place + 1], RULED)
            span = (
                timedelta(hours=2 * later)
                if held.review_at is None
                else (held.review_at - timedelta.resolution - now) * later / 100
            )
            for instant in (now, now + span):
                assert told(asked(check, anew, instant, subject).findings) == told(held.findings)
    assume(stood)
    for how in stood:
        event(how)


def said_to_stand(name: str, story: list[PatientFact]) -> bool:
    """Whether a check says that its answer before the last fact, a dose, stands with it."""
    check: Any = next(check for check in STEADY if check.id == name)
    was = folded(story[:-1], RULED)
    ledger, change = fold(was, story[-1], RULED)
    now = story[-1].received_at
    view = view_of(ledger, RULED, now, ALIVE)
    assert change is not None
    (further,) = further_doses(view, was.given, change)
    subject = further.dose.ingredient if check.per_ingredient else ""
    return bool(check.stands(view, further, asked(check, was, now - timedelta(minutes=1), subject)))


def doses_under_an_order(drug: str, *hours: float, as_needed: bool, late: float = 0) -> list[PatientFact]:
    """An order every eight hours and doses under it, the last one charted hours after it was given."""
    stated = order(drug, "5 mg", at(-1), every=EIGHT_HOURLY, as_needed=as_needed, entity="order-0")
    given_at = [(at(hour), late if hour == hours[-1] else 0) for hour in hours]
    doses = [
        dose(
            drug,
            "5 mg",
            when,
            order="order-0",
            entity=f"dose-{place}",
            recorded_at=when + timedelta(hours=wait),
            received_at=when + timedelta(hours=wait),
        )
        for place, (when, wait) in enumerate(given_at)
    ]
    return [encounter(at(-2)), stated, *doses]


def test_a_sedative_as_needed_that_acted_no_more_counts_anew() -> None:
    assert said_to_stand("cns-depression", doses_under_an_order("morphine", 0, 8, as_needed=True))
    assert not said_to_stand("cns-depression", doses_under_an_order("morphine", 0, 40, as_needed=True))
    assert said_to_stand("cns-depression", doses_under_an_order("morphine", 0, 40, as_needed=False))


def test_a_drug_as_needed_that_makes_a_pair_worse_is_looked_at() -> None:
    bystander = next(name for name in RXNORM if RULED.is_bystander(name))
    other = next(name for name in RXNORM if not RULED.is_bystander(name))
    assert said_to_stand("interaction", doses_under_an_order(bystander, 0, 8, as_needed=False))
    assert not said_to_stand("interaction", doses_under_an_order(bystander, 0, 8, as_needed=True))
    assert said_to_stand("interaction", doses_under_an_order(other, 0, 8, as_needed=True))


def test_a_dose_that_is_charted_late_may_leave_others_missed() -> None:
    assert said_to_stand("withdrawal", doses_under_an_order("baclofen", 0, 8, as_needed=False))
    assert not said_to_stand("withdrawal", doses_under_an_order("baclofen", 0, 8, as_needed=False, late=20))


def test_a_dose_of_no_order_is_no_further_one() -> None:
    story = doses_under_an_order("baclofen", 0, 8, as_needed=False)
    was = folded(story, RULED)
    loose = dose("baclofen", "5 mg", at(16), entity="dose-loose", order=None)
    ledger, change = fold(was, loose, RULED)
    assert change is not None
    assert further_doses(view_of(ledger, RULED, at(16), ALIVE), was.given, change) == ()
