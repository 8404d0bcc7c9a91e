"""An infusion that is in progress and of which no end is stated counts for what has run in, and runs on."""

from datetime import timedelta
from decimal import Decimal

from schemas.clinical import Administration, Order, OrderState, Outcome, PatientFact
from schemas.dosage import Dosage, Rate
from schemas.issues import NotAssessedReason
from schemas.medications import Route
from services.safety.checks.doses.cumulative_dose import CumulativeDose
from services.safety.checks.doses.projected_dose import ProjectedDose
from services.safety.checks.not_assessed.unassessed import UnassessedDrug
from services.safety.checks.not_assessed.unassessed_infusion import UnassessedInfusion
from services.safety.engine.assessment import summed_up
from services.safety.knowledge.models import LimitKind
from tests.brief_knowledge import knowledge, limit
from tests.builders import at, corrected, dose, encounter, observation, order, quantity, stopped
from tests.checks.ward import Ward
from tests.engine.test_incremental import shape
from tests.engine.ward import engine

DRUG, VEIN = "morphine", Route.INTRAVENOUS
KNOWLEDGE = knowledge(limits={DRUG: (limit(DRUG, LimitKind.DAILY, "200 mg", routes=(VEIN,)),)})
given, due = Ward(CumulativeDose(), KNOWLEDGE), Ward(ProjectedDose(), KNOWLEDGE)
amounts, ends = Ward(UnassessedDrug(), KNOWLEDGE), Ward(UnassessedInfusion(), KNOWLEDGE)

CROSSES = at(20) + timedelta.resolution
"""10 mg an hour: after 20 hours it is 200 mg."""


def drip(per_hour: str = "10 mg", hours: float = -1, **more: object) -> Order:
    """An order for a rate alone, as for what runs until somebody stops it."""
    rate = Rate(amount=quantity(per_hour), per_seconds=Decimal(3600))
    dosages = (Dosage(route=VEIN, rate=rate),)
    return order(DRUG, when=at(hours), dosages=dosages, entity="o").model_copy(update=more)


DRIP = drip()


def running(per_hour: str = "10 mg", hours: float = 0, **more: object) -> Administration:
    stated: dict[str, object] = {"rate": Rate(amount=quantity(per_hour), per_seconds=Decimal(3600))}
    stated |= {"outcome": Outcome.IN_PROGRESS, "order": "o"}
    return dose(DRUG, None, at(hours), route=VEIN).model_copy(update=stated | more)


def test_it_passes_the_limit_by_time_alone_and_that_is_when_it_is_looked_at_again() -> None:
    before = given.judge([DRIP, running()], at(1), DRUG)
    assert before.findings == ()
    assert before.review_at == CROSSES
    assert given.finding([DRIP, running()], CROSSES - timedelta.resolution, DRUG) is None
    told = given.finding([DRIP, running()], CROSSES, DRUG)
    assert told is not None and told.severity.value == "moderate"
    assert (
        "200 mg given or running, and more to come with no end stated, in the 24 h up to 2026-03-03"
        in told.text
    )
    assert amounts.finding([DRIP, running()], at(1), DRUG) is None


def test_what_it_gives_is_the_sum_of_its_rates_over_their_times() -> None:
    faster = [DRIP, running(), running("20 mg", 10, entity="faster")]
    assert given.judge(faster, at(11), DRUG).review_at == at(15) + timedelta.resolution
    slower = [DRIP, running(), running("5 mg", 10, entity="slower")]
    assert all(given.finding(slower, at(hour), DRUG) is None for hour in range(11, 58))


def test_what_is_given_at_once_beside_it_makes_it_pass_sooner() -> None:
    both = [DRIP, running(), dose(DRUG, "50 mg", at(2), route=VEIN, entity="bolus")]
    assert given.judge(both, at(3), DRUG).review_at == at(15) + timedelta.resolution


def test_its_end_its_order_s_end_and_the_end_of_the_stay_end_the_sum() -> None:
    assert given.finding([DRIP, running()], at(21), DRUG) is not None
    assert given.finding([DRIP, running(), stopped(DRIP, at(20))], at(21), DRUG) is None
    assert given.finding([DRIP, encounter(at(-5), ends_at=at(20)), running()], at(21), DRUG) is None
    over = corrected(running(), at(20), outcome=Outcome.GIVEN, ended_at=at(20))
    assert given.finding([DRIP, running(), over], at(21), DRUG) is None


def test_on_hold_nobody_knows_whether_it_runs() -> None:
    held = corrected(DRIP, at(3), state=OrderState.ON_HOLD)
    facts: list[PatientFact] = [DRIP, running(), held]
    assert given.finding(facts, CROSSES, DRUG) is None
    told = amounts.finding(facts, CROSSES, DRUG)
    assert told is not None and told.reason is NotAssessedReason.MISSING_DOSE
    assert given.finding([*facts, corrected(held, at(4), state=OrderState.ACTIVE)], CROSSES, DRUG) is not None


def test_what_is_not_said_to_be_in_progress_is_not_taken_to_run() -> None:
    for outcome in (Outcome.GIVEN, Outcome.PAUSED):
        facts = [DRIP, running(outcome=outcome)]
        assert given.finding(facts, CROSSES, DRUG) is None
        told = amounts.finding(facts, at(1), DRUG)
        assert told is not None and told.reason is NotAssessedReason.MISSING_DOSE


def test_under_an_order_that_was_over_before_it_began_it_is_not_known_to_run() -> None:
    facts = [stopped(drip(hours=-5), at(-1)), running()]
    assert given.finding(facts, CROSSES, DRUG) is None
    assert amounts.finding(facts, at(1), DRUG) is not None


def test_of_an_order_for_doses_or_of_none_nobody_knows_when_its_infusion_is_over() -> None:
    doses = order(DRUG, "10 mg", at(-1), route=VEIN, entity="o")
    for ordered in ([doses], [drip(dosages=(DRIP.dosages[0].model_copy(update={"once": True}),))], []):
        facts = [*ordered, running()]
        assert given.finding(facts, CROSSES, DRUG) is None
        told = amounts.finding(facts, at(1), DRUG)
        assert told is not None and told.reason is NotAssessedReason.MISSING_DOSE


def test_it_is_worse_from_when_it_is_a_quarter_too_much_and_never_said_to_be_what_may_still_run_in() -> None:
    faster = [DRIP, running("20 mg")]
    told = given.finding(faster, at(12.5), DRUG)
    assert told is not None and told.severity.value == "moderate" and told.level < Decimal("1.0001")
    assert given.judge(faster, at(12), DRUG).review_at == at(12.5) + timedelta.resolution
    grave = given.finding(faster, at(40), DRUG)
    assert grave is not None and grave.severity.value == "major" and grave.level < Decimal("1.2501")


def test_two_days_after_the_last_word_nobody_knows_any_more() -> None:
    slow = running("1 mg")
    assert ends.judge([DRIP, slow], at(1), DRUG).review_at == at(48)
    assert ends.finding([DRIP, slow], at(48, seconds=-1), DRUG) is None
    told = ends.finding([DRIP, slow], at(48), DRUG)
    assert told is not None and told.reason is NotAssessedReason.MISSING_DURATION
    assert ends.finding([DRIP, slow, corrected(slow, at(30))], at(48), DRUG) is None
    assert ends.finding([DRIP, slow, corrected(slow, at(30))], at(78), DRUG) is not None


def test_a_rate_per_kilogram_counts_by_the_weight() -> None:
    per_kilogram = running("0.2 mg/kg")
    weighed = observation("29463-7", "50 kg", at(-1))
    assert given.judge([DRIP, weighed, per_kilogram], at(1), DRUG).review_at == CROSSES
    told = given.finding([DRIP, weighed, per_kilogram], CROSSES, DRUG)
    assert told is not None and "Worked out with 50 kg." in told.text
    assert amounts.finding([DRIP, weighed, per_kilogram], at(1), DRUG) is None
    assert amounts.finding([DRIP, per_kilogram], at(1), DRUG) is not None


def test_what_runs_on_and_what_is_due_are_added_up_before_they_meet() -> None:
    ordered = order(DRUG, "60 mg", at(12), times=1, route=VEIN, entity="once-a-day")
    assert due.finding([DRIP, running("5 mg"), ordered], at(1), DRUG) is None
    told = due.finding([DRIP, running("12 mg"), ordered], at(1), DRUG)
    assert told is not None


def test_a_further_dose_beside_it_is_judged_with_it() -> None:
    """Though doses alike alone would never pass the limit, and are not added up each time."""
    drug, judging = "morphine", engine(knowledge=KNOWLEDGE)
    scheduled = order(drug, "40 mg", at(0), times=2, route=VEIN, entity="twice-a-day")
    doses = [
        dose(
            drug, "40 mg", at(12 * n), route=VEIN, order="twice-a-day", entity=f"d{n}", received_at=at(12 * n)
        )
        for n in range(6)
    ]
    facts = [scheduled, *doses[:4], drip(hours=37), running("12 mg", 37), *doses[4:]]
    state = None
    for place, fact in enumerate(facts):
        state = judging.step(state, fact.model_copy(update={"event_id": f"e{place}"})).state
        assert state.judgements is not None
        by_change = shape(summed_up(state.judgements))
        assert by_change == shape(judging.assess(state.ledger, state.now, state.alive))
    assert any(item[0] == "cumulative-dose" for item in by_change)


def test_the_sum_with_which_too_much_began_is_told_for_as_long_as_it_runs_also_after_days() -> None:
    """What was given in the first day leaves no sum that ends with that day, however long ago it is."""
    bolus = dose(DRUG, "100 mg", at(-5), route=VEIN, entity="bolus")
    facts = [DRIP, bolus, dose(DRUG, "101 mg", at(-1), route=VEIN, entity="second"), running()]
    told_again = corrected(running(), at(46), recorded_at=at(46), received_at=at(46))
    first, later = given.finding(facts, at(1), DRUG), given.finding([*facts, told_again], at(72), DRUG)
    assert first is not None and later is not None
    assert (later.level, later.evidence["doses"]) == (first.level, first.evidence["doses"])
