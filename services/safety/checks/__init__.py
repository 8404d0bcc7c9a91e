"""One kind of judgement a file; `CHECKS` is all of them, in the order in which they are asked."""

from services.safety.checks.adverse_effect import AdverseEffect
from services.safety.checks.age import DrugAtAge
from services.safety.checks.alcohol import Alcohol
from services.safety.checks.allergy import AllergicDrug
from services.safety.checks.as_needed_maximum import AsNeededMaximum
from services.safety.checks.benefit_review import BenefitUnknown
from services.safety.checks.charted_again import ChartedAgain
from services.safety.checks.cns_depression import CnsDepression
from services.safety.checks.condition import DrugInCondition
from services.safety.checks.corrected_dose import CorrectedDose
from services.safety.checks.cumulative_dose import CumulativeDose
from services.safety.checks.dose_interval import DoseInterval
from services.safety.checks.double_charting import PossibleDoubleChart
from services.safety.checks.doubled_dose import DoubledDose
from services.safety.checks.duplicate_therapy import DuplicateTherapy
from services.safety.checks.duration import TreatmentDuration
from services.safety.checks.first_dose import FirstDoseTooHigh
from services.safety.checks.forbidden_route import DrugByForbiddenRoute
from services.safety.checks.hepatic_dose import HepaticDoseTooHigh
from services.safety.checks.infusion_rate import InfusionTooFast
from services.safety.checks.infusion_time import DoseTooShort
from services.safety.checks.interaction import DrugInteraction
from services.safety.checks.judgement import Check
from services.safety.checks.lactation import DrugWhileBreastfeeding
from services.safety.checks.lifetime_dose import LifetimeTotal
from services.safety.checks.loading_dose import LoadingDoseRepeated
from services.safety.checks.monitoring import Unmonitored
from services.safety.checks.naive_dose import NaiveDose
from services.safety.checks.opioid_load import OpioidsTogether
from services.safety.checks.pregnancy import DrugInPregnancy
from services.safety.checks.prescribed_dose import PrescribedDose
from services.safety.checks.projected_dose import ProjectedDose
from services.safety.checks.refill import RefillOverdue
from services.safety.checks.renal_dose import RenalDoseTooHigh
from services.safety.checks.renal_schedule import RenalSchedule
from services.safety.checks.result_limit import ResultForbids
from services.safety.checks.screened_start import ScreenedStartTooHigh
from services.safety.checks.screening_dose import ScreeningDoseTooHigh
from services.safety.checks.single_dose import SingleDose
from services.safety.checks.titration import TitrationPace
from services.safety.checks.unassessed import UnassessedDrug
from services.safety.checks.unassessed_allergy import UnassessedAllergy
from services.safety.checks.unassessed_before_admission import UnassessedBeforeAdmission
from services.safety.checks.unassessed_before_birth import UnassessedBeforeBirth
from services.safety.checks.unassessed_condition import UnassessedCondition
from services.safety.checks.unassessed_infusion import UnassessedInfusion
from services.safety.checks.unassessed_limit import UnassessedLimit
from services.safety.checks.unassessed_measurement import UnassessedMeasurement
from services.safety.checks.unassessed_stay import UnassessedStay
from services.safety.checks.unreadable import UnassessedRecord
from services.safety.checks.visit_moved import VisitMoved
from services.safety.checks.withdrawal import WithdrawalRisk

CHECKS: tuple[Check, ...] = (
    CumulativeDose(),
    ProjectedDose(),
    SingleDose(),
    InfusionTooFast(),
    DoseTooShort(),
    DrugByForbiddenRoute(),
    PrescribedDose(),
    RenalDoseTooHigh(),
    RenalSchedule(),
    HepaticDoseTooHigh(),
    ResultForbids(),
    FirstDoseTooHigh(),
    NaiveDose(),
    ScreeningDoseTooHigh(),
    ScreenedStartTooHigh(),
    LoadingDoseRepeated(),
    TitrationPace(),
    TreatmentDuration(),
    LifetimeTotal(),
    DoseInterval(),
    AsNeededMaximum(),
    DoubledDose(),
    DrugInteraction(),
    DuplicateTherapy(),
    AllergicDrug(),
    DrugInCondition(),
    DrugAtAge(),
    DrugInPregnancy(),
    DrugWhileBreastfeeding(),
    PossibleDoubleChart(),
    OpioidsTogether(),
    AdverseEffect(),
    Alcohol(),
    CnsDepression(),
    WithdrawalRisk(),
    RefillOverdue(),
    Unmonitored(),
    BenefitUnknown(),
    UnassessedDrug(),
    UnassessedRecord(),
    UnassessedInfusion(),
    UnassessedLimit(),
    UnassessedMeasurement(),
    UnassessedBeforeBirth(),
    UnassessedBeforeAdmission(),
    UnassessedAllergy(),
    UnassessedCondition(),
    ChartedAgain(),
    CorrectedDose(),
    VisitMoved(),
    UnassessedStay(),
)
