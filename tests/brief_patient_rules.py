"""Rules about what the patient is, has or does not bear: a few for the brief knowledge base."""

from datetime import timedelta
from decimal import Decimal

from schemas.base import Severity
from services.safety.knowledge.kinds.age import AgeRule
from services.safety.knowledge.kinds.allergy import AllergyRule
from services.safety.knowledge.kinds.condition import ConditionRule
from services.safety.knowledge.models import EvidenceCode
from tests.brief_knowledge import MOUTH, row

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
)
