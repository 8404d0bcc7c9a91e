"""The kinds of rules about drugs, one a file; `KINDS` is all of them, by the name of their files."""

from collections.abc import Mapping

from services.safety.knowledge.kinds.after_effect import AfterEffect
from services.safety.knowledge.kinds.age import AgeRule
from services.safety.knowledge.kinds.allergy import AllergyRule
from services.safety.knowledge.kinds.benefit_review import BenefitReview
from services.safety.knowledge.kinds.condition import ConditionRule
from services.safety.knowledge.kinds.double_charting import DoubleCharting
from services.safety.knowledge.kinds.duplicate import Duplicate
from services.safety.knowledge.kinds.duration import Duration
from services.safety.knowledge.kinds.first_dose import FirstDose
from services.safety.knowledge.kinds.hepatic import HepaticDose
from services.safety.knowledge.kinds.infusion_rate import InfusionRate
from services.safety.knowledge.kinds.infusion_time import InfusionTime
from services.safety.knowledge.kinds.interval import Interval
from services.safety.knowledge.kinds.lactation import LactationRule
from services.safety.knowledge.kinds.lifetime import LifetimeDose
from services.safety.knowledge.kinds.loading import Loading
from services.safety.knowledge.kinds.missed_dose import MissedDose
from services.safety.knowledge.kinds.mme import MmeFactor
from services.safety.knowledge.kinds.monitoring import Monitoring
from services.safety.knowledge.kinds.naive import NaiveDose
from services.safety.knowledge.kinds.opioid_load import OpioidLoad
from services.safety.knowledge.kinds.pregnancy import PregnancyRule
from services.safety.knowledge.kinds.refill import Refill
from services.safety.knowledge.kinds.release import Release
from services.safety.knowledge.kinds.renal import RenalDose
from services.safety.knowledge.kinds.renal_schedule import RenalSchedule
from services.safety.knowledge.kinds.result_limit import ResultLimit
from services.safety.knowledge.kinds.route import ForbiddenRoute
from services.safety.knowledge.kinds.screened_start import ScreenedStart
from services.safety.knowledge.kinds.screening_dose import ScreeningDose
from services.safety.knowledge.kinds.titration import Titration
from services.safety.knowledge.kinds.tolerance import Tolerance
from services.safety.knowledge.ruling import DrugRule, RulesFile

_ALL: tuple[type[DrugRule], ...] = (
    AfterEffect,
    AgeRule,
    AllergyRule,
    BenefitReview,
    ConditionRule,
    DoubleCharting,
    Duplicate,
    Duration,
    FirstDose,
    LactationRule,
    LifetimeDose,
    Loading,
    InfusionRate,
    InfusionTime,
    Interval,
    MissedDose,
    MmeFactor,
    Monitoring,
    NaiveDose,
    Tolerance,
    OpioidLoad,
    PregnancyRule,
    Refill,
    Release,
    RenalDose,
    RenalSchedule,
    HepaticDose,
    ResultLimit,
    ForbiddenRoute,
    ScreenedStart,
    ScreeningDose,
    Titration,
)

KINDS: Mapping[str, type[DrugRule]] = {each.kind: each for each in _ALL}

FILES: Mapping[str, type[RulesFile[DrugRule]]] = {name: RulesFile[each] for name, each in KINDS.items()}  # type: ignore[valid-type]
