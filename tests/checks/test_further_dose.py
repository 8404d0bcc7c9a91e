"""A further dose of a drug in use: an answer that is said to stand is the one that asking would give."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from schemas.clinical import PatientFact
from schemas.medications import Route
from services.safety.checks import CHECKS
from services.safety.checks.amounts.by_body import view_of
from services.safety.checks.amounts.worked_out import judged
from services.safety.checks.further_dose import Steady, further_doses
from services.safety.checks.judgement import Check, Finding, Judgement
from services.safety.ledger.folding import fold, folded
from services.safety.ledger.ledger import PatientLedger
from tests.brief_rules import RULED
from tests.builders import RXNORM, at, dose, encounter, order
from tests.checks.ordered_wards import NEAR, wards
from tests.checks.test_judgements_hold import ALIVE

STEADY = [check for check in CHECKS if isinstance(check, Steady)]
EIGHT_HOURLY = timedelta(hours=8)


def told(findings: tuple[Finding, ...]) -> set[tuple[Any, ...]]:
    """All that is told or compared of findings; what else they have is evidence."""
    return {
        (
            *(f.check, f.subject, f.subjects, f.severity, f.level, f.shadow, f.retrospective),
            *(f.reason, f.sources, f.high_alert, f.of_doses),
        )
        for f in findings
    }


def asked(check: Check, ledger: PatientLedger, now: datetime, subject: str) -> Judgement:
    return judged(check, view_of(ledger, RULED, now, ALIVE), subject)


@pytest.mark.parametrize("check", STEADY, ids=lambda check: check.id)
@given(story=wards(), before=st.integers(0, 30), later=st.integers(0, 100))
@settings(max_examples=60)
def test_an_answer_that_is_said_to_stand_is_the_one_that_asking_gives(
    check: Any, story: list[PatientFact], before: int, later: int
) -> None:
    """Asked some hours before each dose, at the dose, and at a part (of 100) of the time until the review."""
    what_stands_is_right(check, story, before, later)


@pytest.mark.parametrize("name", NEAR)
@given(data=st.data(), before=st.integers(0, 30), later=st.integers(0, 100))
@settings(max_examples=200)
def test_it_is_so_near_what_the_check_is_about(
    name: str, data: st.DataObject, before: int, later: int
) -> None:
    """The same of wards of few drugs and amounts."""
    (check,) = (check for check in STEADY if check.id == name)
    what_stands_is_right(check, data.draw(wards(NEAR[name])), before, later)


def what_stands_is_right(check: Any, story: list[PatientFact], before: int, later: int) -> None:
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


def test_a_drug_that_may_be_stopped_is_never_missed() -> None:
    assert not RULED.withdrawal("morphine")
    assert said_to_stand("withdrawal", doses_under_an_order("morphine", 0, 8, as_needed=False))


def given_under(
    stated: PatientFact, *doses: tuple[str, float], route: Route = Route.ORAL
) -> list[PatientFact]:
    """An order and doses of baclofen under it, each an amount and an hour."""
    return [
        stated,
        *(
            dose(
                "baclofen",
                amount,
                at(hour),
                order=stated.entity,
                route=route,
                entity=f"dose-{place}",
                received_at=at(hour),
            )
            for place, (amount, hour) in enumerate(doses)
        ),
    ]


def test_a_dose_that_is_no_larger_than_ordered_makes_up_for_none() -> None:
    ordered = order("baclofen", "10 mg", at(-1), every=EIGHT_HOURLY, entity="order-0", received_at=at(-1))
    assert said_to_stand("doubled-dose", given_under(ordered, ("10 mg", 0), ("10 mg", 16)))
    assert not said_to_stand("doubled-dose", given_under(ordered, ("10 mg", 0), ("11 mg", 16)))
    assert not said_to_stand("doubled-dose", given_under(ordered, ("10 mg", 15), ("10 mg", 16)))
    assert said_to_stand("doubled-dose", given_under(ordered, ("10 mg", 15), ("10 mg", 17)))


def test_a_dose_into_the_spine_may_be_a_screening_and_one_by_mouth_is_none() -> None:
    by_mouth = order("baclofen", "5 mg", at(-1), every=EIGHT_HOURLY, entity="order-0", received_at=at(-1))
    assert said_to_stand("screened-start", given_under(by_mouth, ("5 mg", 0), ("5 mg", 8)))
    spine = Route.INTRATHECAL
    pump = order("baclofen", "50 ug", at(-1), every=EIGHT_HOURLY, entity="order-0", route=spine)
    assert not said_to_stand("screened-start", given_under(pump, ("50 ug", 0), ("50 ug", 8), route=spine))


def opioids(first: tuple[str, ...], last: tuple[str, ...], *, apart: int = 6) -> list[PatientFact]:
    """Orders for morphine every six hours and oxycodone so many apart, both given long ago; then three times
    the `first` of them, and the `last`.
    """
    kinds = {"morphine": ("15 mg", 6), "oxycodone": ("5 mg", apart)}
    begun = at(-25)
    stated: list[PatientFact] = [
        order(drug, amount, begun, every=timedelta(hours=hours), entity=f"order-{drug}", received_at=begun)
        for drug, (amount, hours) in kinds.items()
    ]
    hours = [(drug, -19) for drug in kinds]
    hours += [(drug, hour) for hour in (-1, 5, 11) for drug in first] + [(drug, 17) for drug in last]
    for place, (drug, hour) in enumerate(hours):
        when = at(hour, minutes=1 + place)
        under, entity = f"order-{drug}", f"dose-{place}"
        stated.append(dose(drug, kinds[drug][0], when, order=under, entity=entity, received_at=when))
    return stated


def test_opioids_given_as_scheduled_tell_the_same_and_those_of_one_drug_alone_do_not() -> None:
    both, alone = ("morphine", "oxycodone"), ("morphine",)
    assert said_to_stand("opioid-load", opioids(both, both))
    assert not said_to_stand("opioid-load", opioids(alone, alone, apart=12))
    assert not said_to_stand("opioid-load", opioids(alone, both, apart=12))


def test_a_dose_of_no_order_is_no_further_one() -> None:
    story = doses_under_an_order("baclofen", 0, 8, as_needed=False)
    was = folded(story, RULED)
    loose = dose("baclofen", "5 mg", at(16), entity="dose-loose", order=None)
    ledger, change = fold(was, loose, RULED)
    assert change is not None
    assert further_doses(view_of(ledger, RULED, at(16), ALIVE), was.given, change) == ()
