"""One kind of judgement a file; `CHECKS` is all of them, in the order in which they are asked."""

from services.safety.checks.charting.charted_again import ChartedAgain
from services.safety.checks.charting.corrected_dose import CorrectedDose
from services.safety.checks.charting.double_charting import PossibleDoubleChart
from services.safety.checks.charting.visit_moved import VisitMoved
from services.safety.checks.contraindications.age import DrugAtAge
from services.safety.checks.contraindications.allergy import AllergicDrug
from services.safety.checks.contraindications.condition import DrugInCondition
from services.safety.checks.contraindications.lactation import DrugWhileBreastfeeding
from services.safety.checks.contraindications.pregnancy import DrugInPregnancy
from services.safety.checks.doses.as_needed_maximum import AsNeededMaximum
from services.safety.checks.doses.cumulative_dose import CumulativeDose
from services.safety.checks.doses.dose_interval import DoseInterval
from services.safety.checks.doses.doubled_dose import DoubledDose
from services.safety.checks.doses.duration import TreatmentDuration
from services.safety.checks.doses.forbidden_route import DrugByForbiddenRoute
from services.safety.checks.doses.infusion_rate import InfusionTooFast
from services.safety.checks.doses.infusion_time import DoseTooShort
from services.safety.checks.doses.lifetime_dose import LifetimeTotal
from services.safety.checks.doses.loading_dose import LoadingDoseRepeated
from services.safety.checks.doses.prescribed_dose import PrescribedDose
from services.safety.checks.doses.projected_dose import ProjectedDose
from services.safety.checks.doses.single_dose import SingleDose
from services.safety.checks.judgement import Check
from services.safety.checks.not_assessed.unassessed import UnassessedDrug
from services.safety.checks.not_assessed.unassessed_allergy import UnassessedAllergy
from services.safety.checks.not_assessed.unassessed_before_admission import UnassessedBeforeAdmission
from services.safety.checks.not_assessed.unassessed_before_birth import UnassessedBeforeBirth
from services.safety.checks.not_assessed.unassessed_condition import UnassessedCondition
from services.safety.checks.not_assessed.unassessed_infusion import UnassessedInfusion
from services.safety.checks.not_assessed.unassessed_limit import UnassessedLimit
from services.safety.checks.not_assessed.unassessed_measurement import UnassessedMeasurement
from services.safety.checks.not_assessed.unassessed_stay import UnassessedStay
from services.safety.checks.not_assessed.unreadable import UnassessedRecord
from services.safety.checks.opioids.opioid_load import OpioidsTogether
from services.safety.checks.organs.hepatic_dose import HepaticDoseTooHigh
from services.safety.checks.organs.renal_dose import RenalDoseTooHigh
from services.safety.checks.organs.renal_schedule import RenalSchedule
from services.safety.checks.organs.result_limit import ResultForbids
from services.safety.checks.starting.first_dose import FirstDoseTooHigh
from services.safety.checks.starting.naive_dose import NaiveDose
from services.safety.checks.starting.screened_start import ScreenedStartTooHigh
from services.safety.checks.starting.screening_dose import ScreeningDoseTooHigh
from services.safety.checks.starting.titration import TitrationPace
from services.safety.checks.stopping.refill import RefillOverdue
from services.safety.checks.stopping.withdrawal import WithdrawalRisk
from services.safety.checks.together.alcohol import Alcohol
from services.safety.checks.together.cns_depression import CnsDepression
from services.safety.checks.together.duplicate_therapy import DuplicateTherapy
from services.safety.checks.together.interaction import DrugInteraction
from services.safety.checks.watching.adverse_effect import AdverseEffect
from services.safety.checks.watching.benefit_review import BenefitUnknown
from services.safety.checks.watching.monitoring import Unmonitored

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
