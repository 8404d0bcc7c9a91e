"""Doses in quick succession under orders as needed: a judgement stays right until its review, whatever is
forgotten meanwhile, and its numbers can be made again.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.clinical import OrderState, PatientFact
from schemas.dosage import MaxDose
from schemas.quantities import Quantity
from services.safety.checks.amounts.by_body import view_of
from services.safety.checks.amounts.worked_out import judged
from services.safety.checks.doses.as_needed_maximum import AsNeededMaximum
from services.safety.checks.doses.dose_interval import DoseInterval
from services.safety.checks.judgement import Check
from services.safety.ledger.folding import folded
from services.safety.recomputing import recomputed
from tests.brief_rules import RULED
from tests.builders import at, dosage, dose, order, tablets
from tests.checks.test_judgements_hold import ALIVE, essence

CHECKS: tuple[Check, ...] = (DoseInterval(), AsNeededMaximum())
BOTH = tablets(hydrocodone="5 mg", acetaminophen="325 mg")
DRUGS: tuple[Any, ...] = ("acetaminophen", "diazepam", "morphine", "morphine", BOTH)
TIMINGS: tuple[dict[str, Any], ...] = (
    {"times": 2},
    {"times": 3},
    {"every": timedelta(hours=4)},
    {"every": timedelta(days=4)},
)


@st.composite
def orders(draw: st.DrawFn, entity: str, drug: Any) -> PatientFact:
    maxima = tuple(
        MaxDose(amount=Quantity(value=Decimal(value), unit=unit), period_seconds=Decimal(hours * 3600))
        for value, unit, hours in draw(
            st.lists(
                st.sampled_from(((1000, "mg", 24), (700, "mg", 5), (2, "{tablet}", 24), (1000, "mg", 100))),
                max_size=2,
            )
        )
    )
    timing: dict[str, Any] = draw(
        st.sampled_from(
            ({"times": 2}, {"times": 3}, {"every": timedelta(hours=4)}, {"every": timedelta(days=4)})
        )
    )
    started = draw(st.sampled_from((0, 0, 5, 40)))
    ends = draw(st.sampled_from((None, None, at(started + 9))))
    told = dosage(
        "325 mg",
        as_needed=draw(st.sampled_from((True, True, True, False))),
        max_dose=maxima,
        ends_at=draw(st.sampled_from((None, ends))),
        **timing,
    )
    state = draw(st.sampled_from((OrderState.ACTIVE, OrderState.ACTIVE, OrderState.ON_HOLD)))
    replaces = draw(st.sampled_from((None, "order 0")))
    return order(
        drug, None, at(started), dosages=(told,), entity=entity, ends_at=ends, state=state, replaces=replaces
    )


@st.composite
def doses(draw: st.DrawFn, entity: str, drug: Any) -> PatientFact:
    when = at(draw(st.integers(0, 30)), minutes=draw(st.sampled_from((0, 1, 5, 6, 59))))
    late = timedelta(hours=draw(st.sampled_from((0, 0, 0, 26, 60))))
    return dose(
        drug,
        draw(st.sampled_from(("325 mg", "1 {tablet}", "500 mg"))),
        when,
        entity=entity,
        order=draw(st.sampled_from(("order 0", "order 0", "order 1", None))),
        done=draw(st.sampled_from((True, True, True, True, False))),
        lasting=draw(st.sampled_from((None, None, timedelta(minutes=15), timedelta(hours=2)))),
        recorded_at=when + late,
        received_at=when + late,
    )


@st.composite
def stories(draw: st.DrawFn) -> list[PatientFact]:
    drug, other = draw(st.sampled_from(DRUGS)), draw(st.sampled_from(DRUGS))
    drugs = st.sampled_from((drug, drug, drug, other))
    told = [draw(orders(f"order {n}", draw(drugs))) for n in range(draw(st.integers(1, 2)))]
    told += [draw(doses(f"dose {n}", draw(drugs))) for n in range(draw(st.integers(4, 14)))]
    return sorted(told, key=lambda fact: fact.received_at)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
@given(story=stories(), now=st.integers(0, 24 * 60 * 4), later=st.integers(1, 100))
def test_a_judgement_stays_right_until_its_review_and_its_number_is_made_again(
    check: Check, story: list[PatientFact], now: int, later: int
) -> None:
    ledger, anew = folded(story, RULED), folded(story, RULED)
    for subject in {*ledger.given, *ledger.prescribed}:
        instant = at(0, minutes=now)
        told = judged(check, view_of(ledger, RULED, instant, ALIVE), subject)
        assert told.review_at is None or told.review_at > instant
        span = timedelta(days=20) if told.review_at is None else told.review_at - instant
        then = instant + span * later / 100 - timedelta.resolution
        again = judged(check, view_of(anew, RULED, max(instant, then), ALIVE), subject)
        assert essence(again.findings) == essence(told.findings)
        for finding in told.findings:
            made = recomputed(finding.check, finding.evidence)
            assert made is None or made.agrees


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
@given(story=stories())
def test_what_is_forgotten_changes_no_judgement(check: Check, story: list[PatientFact]) -> None:
    whole, pruned = folded(story, RULED), folded(story, RULED, prune=True)
    now = max(fact.received_at for fact in story)
    for subject in {*pruned.given, *pruned.prescribed}:
        told, kept = (judged(check, view_of(each, RULED, now, ALIVE), subject) for each in (whole, pruned))
        assert essence(told.findings) == essence(kept.findings)
