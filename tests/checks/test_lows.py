"""The lowest creatinine since an instant, kept up result by result, is what all results say."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from schemas.clinical import FactStatus, Observation, PatientFact
from services.safety.checks.judgement import View
from services.safety.checks.patient.lows import lowest_since
from services.safety.ledger.folding import fold
from services.safety.ledger.ledger import PatientLedger
from tests.brief_knowledge import measurement
from tests.brief_rules import RULED
from tests.builders import at, observation

CREATININE = measurement(
    "creatinine", "mg/dL", 30, "loinc|2160-0", "loinc|38483-4", per_unit={"umol/L": Decimal("88.4")}
)
KNOWLEDGE = replace(RULED, measurements={CREATININE.id: CREATININE})
SPANS = (timedelta(hours=48), timedelta(days=7))


@st.composite
def results(draw: st.DrawFn) -> PatientFact:
    """A result, a correction of one or one taken back; by either of two codes, some of no use."""
    return observation(
        draw(st.sampled_from(("2160-0", "38483-4"))),
        draw(st.sampled_from(("0.9 mg/dL", "1.1 mg/dL", "1.2 mg/dL", "2 mg/dL", "88.4 umol/L", "99 mg/dL"))),
        at(draw(st.integers(0, 24 * 10))),
        entity=f"result {draw(st.integers(0, 30))}",
        version=draw(st.integers(0, 2)),
        status=draw(st.sampled_from((*4 * (FactStatus.STATED,), FactStatus.ENTERED_IN_ERROR))),
    )


def by_all(ledger: PatientLedger, since: datetime, now: datetime) -> Decimal | None:
    """The same from the facts themselves."""
    values = []
    for fact in ledger.facts.values():
        stated = fact.status is FactStatus.STATED
        if (
            stated
            and isinstance(fact, Observation)
            and fact.value is not None
            and since <= fact.effective_at <= now
        ):
            divisor = Decimal("88.4") if fact.value.unit == "umol/L" else 1
            values.append(fact.value.value / divisor)
    return min((value for value in values if value <= 30), default=None)


@given(st.lists(results(), max_size=40), st.integers(0, 24 * 11))
def test_the_lowest_is_kept_up_whatever_comes_and_goes(story: list[PatientFact], hours: int) -> None:
    ledger, now = PatientLedger(), at(hours)
    for fact in story:
        ledger, _ = fold(ledger, fact, KNOWLEDGE)
        instants = [now - span for span in SPANS]
        told = lowest_since(View(ledger, KNOWLEDGE, now, {}), "creatinine", *instants)
        assert told == tuple(by_all(ledger, since, now) for since in instants)


def test_a_result_counts_from_its_instant_on_and_to_the_last_microsecond_of_the_time() -> None:
    ledger, _ = fold(PatientLedger(), observation("2160-0", "1 mg/dL", at(10)), KNOWLEDGE)

    def lowest(since: datetime, now: datetime) -> Decimal | None:
        return lowest_since(View(ledger, KNOWLEDGE, now, {}), "creatinine", since)[0]

    moment = datetime.resolution
    assert lowest(at(0), at(10) - moment) is None
    assert lowest(at(0), at(10)) == 1
    assert lowest(at(10), at(20)) == 1
    assert lowest(at(10) + moment, at(20)) is None
