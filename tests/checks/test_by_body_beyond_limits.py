"""Checks beyond the limits of a dose and of a day go by the dose that the body makes, too."""

from datetime import timedelta
from decimal import Decimal

from schemas.dosage import MaxDose
from schemas.quantities import Quantity
from services.safety.checks.doses.as_needed_maximum import AsNeededMaximum
from services.safety.checks.doses.dose_interval import DoseInterval
from services.safety.checks.doses.lifetime_dose import LifetimeTotal
from services.safety.checks.doses.projected_dose import ProjectedDose
from services.safety.checks.judgement import Check
from services.safety.checks.opioids.opioid_load import OpioidsTogether
from services.safety.checks.organs.renal_dose import RenalDoseTooHigh
from services.safety.checks.starting.first_dose import FirstDoseTooHigh
from services.safety.checks.starting.titration import TitrationPace
from tests.brief_rules import RULED
from tests.builders import at, dosage, dose, observation, order
from tests.checks.doses_by_body import made_again, weight
from tests.checks.ward import Ward


def test_given_and_due_are_worked_out_together() -> None:
    projected = Ward(ProjectedDose())
    ordered = order("baclofen", "0.5 mg/kg", at(0), times=4, entity="order")
    extra = [dose("baclofen", "0.5 mg/kg", at(0), order="order"), dose("baclofen", "0.25 mg/kg", at(2))]
    finding = made_again(projected.finding([weight("40"), ordered, *extra], at(2)))
    assert finding.evidence["total"] == "90"


def test_the_first_dose_titration_and_kidneys_go_by_the_worked_out_dose() -> None:
    ordered = order("baclofen", "0.2 mg/kg", at(0), times=3, entity="order")
    earlier = order("morphine", "1 mg", at(days=-20))
    first = made_again(Ward(FirstDoseTooHigh(), RULED).finding([earlier, weight("40"), ordered], at(1)))
    assert first.evidence["total"] == "24"
    raised = order("baclofen", "0.4 mg/kg", at(48), times=3, entity="more", replaces="order")
    pace = made_again(Ward(TitrationPace(), RULED).finding([weight("40"), ordered, raised], at(48)))
    assert (pace.evidence["before"], pace.evidence["total"]) == ("24", "48")
    egfr = observation("98979-8", "50 mL/min/{1.73_m2}", at(47))
    kidneys = made_again(Ward(RenalDoseTooHigh(), RULED).finding([weight("40"), egfr, raised], at(48)))
    assert kidneys.evidence["total"] == "48"


def test_a_new_weight_alone_is_no_step_of_a_titration() -> None:
    pace = Ward(TitrationPace(), RULED)
    ordered = order("baclofen", "0.2 mg/kg", at(0), times=3, entity="order")
    again = order("baclofen", "0.2 mg/kg", at(24), times=3, entity="again", replaces="order")
    assert pace.finding([weight("40"), ordered, weight("44", 20), again], at(30)) is None


def test_opioids_per_kilogram_enter_the_load() -> None:
    load = Ward(OpioidsTogether(), RULED)
    facts = [weight("40"), *(dose("morphine", "0.25 mg/kg", at(h)) for h in (0, 2, 4, 6, 8))]
    finding = made_again(load.finding(facts, at(8)))
    assert finding.evidence["total"] == "50"
    told = load.judge(facts[1:], at(8)).findings
    assert [each.reason.value for each in told if each.reason is not None] == ["missing-weight"]


def test_a_lifetime_counts_each_dose_by_the_body_of_its_day() -> None:
    lifetime = Ward(LifetimeTotal(), RULED)
    facts = [weight("30", -24 * 300), dose("diazepam", "0.5 mg/kg", at(days=-299)), weight("40")]
    given = [*facts, dose("diazepam", "0.5 mg/kg", at(0))]
    found = [each for each in lifetime.judge(given, at(0), "diazepam").findings if each.reason is None]
    assert len(found) == 1
    assert made_again(found[0]).evidence["total"] == "35"


def test_the_most_of_an_order_as_needed_may_be_stated_per_kilogram() -> None:
    most = MaxDose(amount=Quantity(value=Decimal(1), unit="mg/kg"), period_seconds=Decimal(86_400))
    step = dosage("0.25 mg/kg", times=None, as_needed=True, max_dose=(most,))
    ordered = order("baclofen", None, at(0), dosages=(step,), entity="order")
    doses = [dose("baclofen", "0.25 mg/kg", at(h), order="order") for h in (0, 4, 8)]
    maximum = Ward(AsNeededMaximum())
    assert maximum.finding([weight("40"), ordered, *doses], at(8)) is None
    last = dose("baclofen", "0.26 mg/kg", at(12), order="order")
    finding = made_again(maximum.finding([weight("40"), ordered, *doses, last], at(12)))
    assert (finding.evidence["total"], finding.evidence["limit"]) == ("40.4", "40")
    unknown = maximum.finding([ordered, *doses], at(8))
    assert unknown is not None and unknown.reason is not None


def test_an_interval_needs_no_weight_and_names_none() -> None:
    check: Check = DoseInterval()
    ordered = order("baclofen", "0.5 mg/kg", at(0), every=timedelta(hours=8), entity="order", as_needed=True)
    facts = [ordered, *(dose("baclofen", "0.5 mg/kg", at(h), order="order") for h in (0, 2))]
    without, known = Ward(check).finding(facts, at(2)), Ward(check).finding([weight("40"), *facts], at(2))
    assert without is not None and known is not None
    assert without.implicated == known.implicated and without.text == known.text
