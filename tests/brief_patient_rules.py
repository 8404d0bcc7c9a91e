"""Rules about what the patient is, has or does not bear: a few for the brief knowledge base."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from schemas.base import Severity
from schemas.medications import Route
from services.safety.knowledge.kinds.age import AgeRule
from services.safety.knowledge.kinds.allergy import AllergyRule
from services.safety.knowledge.kinds.benefit_review import BenefitReview
from services.safety.knowledge.kinds.condition import ConditionRule
from services.safety.knowledge.kinds.infusion_rate import InfusionRate
from services.safety.knowledge.kinds.monitoring import Monitoring
from services.safety.knowledge.kinds.route import ForbiddenRoute
from services.safety.knowledge.models import EvidenceCode
from tests.brief_knowledge import MOUTH, amount, row

HOUR = timedelta(hours=1)


def monitoring(subject: str, measured: str, *any_of: str, **more: Any) -> Monitoring:
    """What is wanted of a drug; a break of two days ends its use."""
    stated = {
        "subject": subject,
        "measured": measured,
        "any_of": any_of,
        "grace": 12 * HOUR,
        "gap": 48 * HOUR,
        "severity": Severity.MINOR,
    } | more
    name = f"monitoring.{subject.split(':')[1]}.{measured.replace(' ', '-')}"
    return Monitoring(**row(stated.pop("id", name), **stated))


WANTED = (
    monitoring(
        "drug:baclofen",
        "kidney function",
        "egfr",
        "creatinine",
        routes=MOUTH,
        before=120 * HOUR,
        first_after=72 * HOUR,
        every=144 * HOUR,
    ),
    monitoring("drug:baclofen", "body weight", "body-weight", every=96 * HOUR, severity=Severity.MODERATE),
    monitoring("class:opioid", "body weight", "body-weight", every=240 * HOUR),
    monitoring("drug:acetaminophen", "kidney function", "creatinine", before=48 * HOUR, grace=0 * HOUR),
)

BENEFIT_REVIEW = BenefitReview(
    **row(
        "benefit-review.baclofen",
        subject="drug:baclofen",
        routes=MOUTH,
        at_daily=amount("60 mg"),
        after=96 * HOUR,
        effects=("snomed|26544005",),
        severity=Severity.MINOR,
    )
)

PATIENT_RULES = (
    ConditionRule(
        **row(
            "condition.baclofen.seizures",
            subject="drug:baclofen",
            condition="history of seizures",
            codes=(
                EvidenceCode(system="icd10", code="G40", prefix=True),
                EvidenceCode(system="icd9", code="345", prefix=True),
            ),
            severity=Severity.MAJOR,
            history_counts=True,
        )
    ),
    ConditionRule(
        **row(
            "condition.muscle-relaxant.lungs",
            subject="class:muscle-relaxant",
            condition="obstructive lung disease",
            codes=(EvidenceCode(system="icd10", code="J44", prefix=True),),
            severity=Severity.MODERATE,
        )
    ),
    ConditionRule(
        **row(
            "condition.opioid.lungs",
            subject="class:opioid",
            routes=MOUTH,
            condition="obstructive lung disease",
            codes=(EvidenceCode(system="icd10", code="J44", prefix=True),),
            severity=Severity.MAJOR,
            exposure=timedelta(hours=12),
        )
    ),
    AllergyRule(
        **row(
            "allergy.opioid",
            subject="class:opioid",
            allergens=("class:opioid",),
            names=("opioids", "opioid", "morphine-like drugs"),
            codes=(EvidenceCode(system="snomed", code="293584003"),),
            severity=Severity.MAJOR,
        )
    ),
    AllergyRule(
        **row(
            "allergy.tramadol",
            subject="drug:tramadol",
            allergens=("drug:morphine",),
            severity=Severity.CONTRAINDICATED,
            intolerance=Severity.MODERATE,
        )
    ),
    AgeRule(
        **row(
            "age.opioid.old",
            subject="class:opioid",
            age_from=Decimal(60),
            severity=Severity.MINOR,
        )
    ),
    AgeRule(
        **row(
            "age.tramadol.child",
            subject="drug:tramadol",
            age_below=Decimal(12),
            severity=Severity.CONTRAINDICATED,
        )
    ),
    AgeRule(
        **row(
            "age.muscle-relaxant.middle",
            subject="class:muscle-relaxant",
            routes=MOUTH,
            age_from=Decimal(40),
            age_below=Decimal(65),
            severity=Severity.MODERATE,
            exposure=timedelta(hours=30),
        )
    ),
    ForbiddenRoute(
        **row(
            "route.diazepam.spine",
            subject="drug:diazepam",
            routes=(Route.INTRATHECAL, Route.INTRAVENOUS),
            severity=Severity.CONTRAINDICATED,
        )
    ),
    InfusionRate(
        **row(
            "rate.morphine",
            subject="drug:morphine",
            at_most=amount("4 mg"),
            within=HOUR,
            severity=Severity.MODERATE,
        )
    ),
    *WANTED,
    BENEFIT_REVIEW,
)
