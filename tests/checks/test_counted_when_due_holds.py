"""Doses about their due times, under orders of all kinds: what is judged holds until its review."""

import random
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.clinical import Order, PatientFact
from services.safety.checks.amounts.by_body import view_of
from services.safety.checks.amounts.worked_out import judged
from services.safety.checks.doses.cumulative_dose import CumulativeDose
from services.safety.checks.doses.projected_dose import ProjectedDose
from services.safety.checks.judgement import Check
from services.safety.checks.organs.renal_dose import RenalDoseTooHigh
from services.safety.ledger.folding import folded
from tests.brief_rules import RULED
from tests.builders import at, dosage, dose, observation, order, stopped
from tests.checks.test_judgements_hold import ALIVE, essence, stays_right

CHECKS = (CumulativeDose(), ProjectedDose(), RenalDoseTooHigh())
KIDNEYS = observation("98979-8", "55 mL/min/{1.73_m2}", at(0))
ORDERS: dict[str, Order] = {
    "clock": order(
        dosages=(dosage("40 mg", times=2, times_of_day=("08:00", "20:00")),), when=at(-1), entity="clock"
    ),
    "spaced": order("baclofen", "20 mg", at(-2.5), every=timedelta(hours=12), entity="spaced"),
    "asked": order("baclofen", "20 mg", at(-1), times=2, as_needed=True, entity="asked"),
}

_OFF = st.sampled_from((-121, -61, -60, -59, -30, 0, 0, 1, 45, 60, 61))
_DOSE = st.tuples(
    st.integers(0, 6), _OFF, st.sampled_from((10, 40, 80)), st.sampled_from((None, *ORDERS)), st.booleans()
)
_DOSES = st.lists(_DOSE, max_size=9, unique=True)
_STANDING = st.lists(st.sampled_from(sorted(ORDERS)), unique=True, max_size=3)
_STOPS = st.sampled_from((None, 14, 23.5, 36))


@st.composite
def wards(draw: st.DrawFn) -> list[PatientFact]:
    """Up to nine doses, some of them over half an hour, and up to three orders, one of them stopped."""
    facts: list[PatientFact] = [KIDNEYS]
    names, stops = draw(_STANDING), draw(_STOPS)
    for name in names:
        facts.append(ORDERS[name])
        if stops is not None and name == names[0]:
            facts.append(stopped(ORDERS[name], at(stops)))
    for number, (slot, off, amount, under, lasts) in enumerate(draw(_DOSES)):
        lasting = timedelta(minutes=30) if lasts else None
        when = at(12 * slot, minutes=off)
        facts.append(
            dose("baclofen", f"{amount} mg", when, order=under, lasting=lasting, entity=f"dose {number}")
        )
    return sorted(facts, key=lambda fact: fact.received_at)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
@given(story=wards(), now=st.integers(0, 96), later=st.integers(1, 100))
@settings(max_examples=150)
def test_a_judgement_stays_right_until_its_review(
    check: Check, story: list[PatientFact], now: int, later: int
) -> None:
    stays_right(check, story, now, later)


@given(story=wards(), seed=st.integers(), now=st.integers(0, 96))
def test_the_order_of_arrival_does_not_matter(story: list[PatientFact], seed: int, now: int) -> None:
    shuffled = random.Random(seed).sample(story, len(story))
    views = [view_of(folded(facts, RULED), RULED, at(now), ALIVE) for facts in (story, shuffled)]
    for check in CHECKS:
        told, retold = (judged(check, view, "baclofen") for view in views)
        assert essence(told.findings) == essence(retold.findings)
        assert told.review_at == retold.review_at
