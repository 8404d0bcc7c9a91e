"""A rule or two of each kind, laid over the brief knowledge base where every check should have its say."""

from datetime import timedelta
from decimal import Decimal

from schemas.base import Severity
from schemas.medications import Route
from services.safety.knowledge.kidneys import (
    BySex,
    CreatinineClearance,
    GlomerularFiltration,
    Indexing,
    Kidneys,
    UnstableCreatinine,
)
from services.safety.knowledge.kinds.dose_advice import DoseAdvice
from services.safety.knowledge.kinds.duration import Duration
from services.safety.knowledge.kinds.first_dose import FirstDose
from services.safety.knowledge.kinds.lifetime import LifetimeDose
from services.safety.knowledge.kinds.missed_dose import MissedDose
from services.safety.knowledge.kinds.renal import KidneyMeasure, RenalBand, RenalDose
from services.safety.knowledge.kinds.screened_start import ScreenedStart
from services.safety.knowledge.kinds.screening_dose import ScreeningDose
from services.safety.knowledge.kinds.titration import Titration
from services.safety.knowledge.models import EvidenceCode, LimitKind, PatientCondition, Reckoning
from tests.brief_childbearing import CHILDBEARING, CHILDBEARING_RULES, GESTATIONAL_AGE
from tests.brief_interactions import CONTEXTUAL
from tests.brief_knowledge import (
    INTERACTIONS,
    LIMITS,
    MEASUREMENTS,
    MOUTH,
    POLICY,
    SOURCE,
    amount,
    knowledge,
    limit,
    row,
)
from tests.brief_livers import LIVERS
from tests.brief_loads import LOADS
from tests.brief_patient_rules import PATIENT_RULES
from tests.brief_wards import WARDS

RULES = (
    RenalDose(
        **row(
            "renal.baclofen",
            subject="drug:baclofen",
            routes=MOUTH,
            measure=KidneyMeasure.EGFR,
            bands=(
                RenalBand(below=Decimal(90), daily_max=amount("53 mg"), severity=Severity.MODERATE),
                RenalBand(below=Decimal(60), daily_max=amount("40 mg"), severity=Severity.MAJOR),
                RenalBand(below=Decimal(30), avoid=True, severity=Severity.MAJOR),
            ),
            dialysis=DoseAdvice(avoid=True, severity=Severity.MAJOR),
        )
    ),
    RenalDose(
        **row(
            "renal.gabapentin",
            subject="drug:gabapentin",
            measure=KidneyMeasure.CLEARANCE,
            bands=(RenalBand(below=Decimal(60), daily_max=amount("1400 mg"), severity=Severity.MODERATE),),
        )
    ),
    FirstDose(
        **row(
            "first-dose.baclofen",
            subject="drug:baclofen",
            routes=MOUTH,
            daily_max=amount("15 mg"),
            naive_for=timedelta(days=14),
            watched_for=timedelta(hours=72),
            severity=Severity.MODERATE,
        )
    ),
    Titration(
        **row(
            "titration.baclofen",
            subject="drug:baclofen",
            routes=MOUTH,
            step=amount("15 mg"),
            every=timedelta(hours=72),
            severity=Severity.MODERATE,
        )
    ),
    Duration(
        **row(
            "duration.diazepam",
            subject="drug:diazepam",
            at_most=timedelta(days=5),
            gap=timedelta(hours=48),
            severity=Severity.MODERATE,
        )
    ),
    LifetimeDose(
        **row(
            "lifetime.diazepam",
            subject="drug:diazepam",
            value=amount("30 mg"),
            severity=Severity.MODERATE,
        )
    ),
    MissedDose(
        **row(
            "missed-dose.baclofen",
            subject="drug:baclofen",
            routes=MOUTH,
            of_missed=Decimal("0.8"),
            severity=Severity.MODERATE,
        )
    ),
    ScreenedStart(
        **row(
            "screened-start.baclofen",
            subject="drug:baclofen",
            routes=(Route.INTRATHECAL,),
            times=Decimal(2),
            screened_within=timedelta(days=30),
            gap=timedelta(hours=72),
            watched_for=timedelta(hours=24),
            severity=Severity.MAJOR,
        )
    ),
    ScreeningDose(
        **row(
            "screening-dose.baclofen",
            subject="drug:baclofen",
            routes=(Route.INTRATHECAL,),
            doses=(amount("50 ug"), amount("75 ug"), amount("100 ug")),
            within=timedelta(days=30),
            gap=timedelta(hours=72),
            severity=Severity.MODERATE,
        )
    ),
    *PATIENT_RULES,
)

BY_DAY = limit("baclofen", LimitKind.DAILY, "70 mg", ".by-day", reckoning=Reckoning.CALENDAR_DAY)

IN_LUNG_DISEASE = limit(
    "acetaminophen",
    LimitKind.DAILY,
    "2000 mg",
    ".lungs",
    only_in=PatientCondition(
        condition="obstructive lung disease",
        codes=(EvidenceCode(system="icd10", code="J44", prefix=True),),
    ),
)

BY_WEIGHT = limit("acetaminophen", LimitKind.DAILY, "15 mg", ".light", per="kg", weight_below=Decimal(50))

KIDNEYS = Kidneys(
    egfr=GlomerularFiltration(
        scale=Decimal(142),
        kappa=BySex(female=Decimal("0.7"), male=Decimal("0.9")),
        alpha=BySex(female=Decimal("-0.241"), male=Decimal("-0.302")),
        exponent=Decimal("-1.200"),
        by_year=Decimal("0.9938"),
        factor=BySex(female=Decimal("1.012"), male=Decimal(1)),
        age_from=Decimal(18),
        source=SOURCE,
    ),
    clearance=CreatinineClearance(
        years=Decimal(140),
        divisor=Decimal(72),
        factor=BySex(female=Decimal("0.85"), male=Decimal(1)),
        age_from=Decimal(18),
        source=SOURCE,
    ),
    indexing=Indexing(surface=Decimal("1.73"), source=SOURCE),
    unstable=UnstableCreatinine(
        by=Decimal("0.3"),
        within=timedelta(hours=48),
        times=Decimal("1.5"),
        within_times=timedelta(days=7),
        source=SOURCE,
    ),
    dialysis=(EvidenceCode(system="icd10", code="Z992"),),
    dialysis_source=SOURCE,
)

RULED = knowledge(
    policy=POLICY.model_copy(update={"wards": WARDS}),
    interactions=(*INTERACTIONS, *CONTEXTUAL),
    kidneys=KIDNEYS,
    childbearing=CHILDBEARING,
    measurements=MEASUREMENTS | {GESTATIONAL_AGE.id: GESTATIONAL_AGE},
    rules=(*RULES, *CHILDBEARING_RULES, *LOADS, *LIVERS),
    limits=LIMITS
    | {
        "acetaminophen": (*LIMITS["acetaminophen"], BY_WEIGHT, IN_LUNG_DISEASE),
        "baclofen": (*LIMITS["baclofen"], BY_DAY),
    },
)
