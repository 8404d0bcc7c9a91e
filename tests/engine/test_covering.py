"""One story is told once: the lesser tellings of one overdose are shown as covered."""

from decimal import Decimal

from schemas.base import Severity
from schemas.clinical import MaxDose, PatientFact
from tests.brief_knowledge import INTERACTIONS, interaction, knowledge
from tests.builders import at, dosage, dose, order, quantity
from tests.engine.ward import engine, told

PAIRED = knowledge(
    interactions=(
        *INTERACTIONS,
        interaction("class:opioid", "class:benzodiazepine", Severity.MODERATE),
    )
)


def covered(facts: list[PatientFact]) -> dict[str, bool]:
    """For each open issue by check, whether another one covers it."""
    state, _ = told(engine(knowledge=PAIRED), facts)
    return {issue.check: issue.covered_by is not None for issue in state.open_issues()}


HIGH = order("baclofen", "20 mg", at(0), times=6)
GIVEN: list[PatientFact] = [dose("baclofen", "20 mg", at(2 * n)) for n in range(7)]


def test_an_order_above_the_limit_stands_alone_until_its_doses_are_given() -> None:
    assert covered([HIGH])["prescribed-dose"] is False
    assert covered([HIGH, *GIVEN])["prescribed-dose"] is True
    assert covered([HIGH, *GIVEN])["cumulative-dose"] is False


def test_a_daily_overdose_covers_the_maximum_of_the_order_as_needed() -> None:
    most = (MaxDose(amount=quantity("40 mg"), period_seconds=Decimal(86_400)),)
    asked = order(
        "baclofen",
        dosages=(dosage("20 mg", times=None, as_needed=True, max_dose=most),),
        entity="o",
    )
    under: list[PatientFact] = [dose("baclofen", "20 mg", at(2 * n), order="o") for n in range(6)]
    assert covered([asked, *under[:3]])["as-needed-maximum"] is False
    standing = covered([asked, *under])
    assert standing["as-needed-maximum"] is True
    assert standing["cumulative-dose"] is False


def test_a_pair_of_sedatives_is_covered_by_the_count_of_sedatives() -> None:
    facts: list[PatientFact] = [dose("morphine", "5 mg", at(0)), dose("lorazepam", "1 mg", at(1))]
    standing = covered(facts)
    assert standing["cns-depression"] is False
    assert standing["interaction"] is True


def test_a_lesser_coverer_does_not_cover() -> None:
    """A total that is a little too high does not hide an order that is far too high."""
    ordered = order("baclofen", "20 mg", at(0), times=8)
    mild: list[PatientFact] = [dose("baclofen", "17 mg", at(2 * n)) for n in range(5)]
    state, _ = told(engine(knowledge=PAIRED), [ordered, *mild])
    issues = {issue.check: issue for issue in state.open_issues()}
    assert issues["cumulative-dose"].severity.rank < issues["prescribed-dose"].severity.rank
    assert issues["prescribed-dose"].covered_by == issues["projected-dose"].issue_id
    assert issues["projected-dose"].covered_by is None
