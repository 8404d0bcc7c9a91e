"""Rules about pregnancy and breastfeeding for the brief knowledge base, and what says that either is so."""

from datetime import timedelta
from decimal import Decimal

from schemas.base import Severity
from services.safety.knowledge.childbearing import Childbearing, CodeGroup, StateEvidence
from services.safety.knowledge.kinds.lactation import LactationRule
from services.safety.knowledge.kinds.pregnancy import AskedOf, PregnancyRule
from services.safety.knowledge.measurements import Measurement
from tests.brief_knowledge import MOUTH, SOURCE, measurement, row

CHILDBEARING = Childbearing(
    pregnancy=StateEvidence(
        conditions=(
            CodeGroup(system="icd10", codes=("Z34", "O09", "O99"), prefix=True),
            CodeGroup(system="snomed", codes=("77386006",)),
        ),
        over=(CodeGroup(system="icd10", codes=("O80", "Z37", "O9902"), prefix=True),),
        excluded=(CodeGroup(system="icd10", codes=("Z90710",)),),
        observations=("loinc|82810-3", "loinc|2106-3"),
        positive=("pregnant", "pos"),
        negative=("not pregnant", "neg"),
        undecided=("unknown",),
        valid_for=timedelta(weeks=42),
        denied_for=timedelta(days=5),
        source=SOURCE,
    ),
    lactation=StateEvidence(
        conditions=(CodeGroup(system="icd10", codes=("Z391",)),),
        observations=("loinc|63895-7",),
        positive=("currently breastfeeding", "pos"),
        negative=("not currently breastfeeding", "neg"),
        valid_for=timedelta(days=10),
        denied_for=timedelta(days=5),
        age_from=Decimal(10),
        source=SOURCE,
    ),
)

GESTATIONAL_AGE: Measurement = measurement(
    "gestational-age", "wk", 45, "loinc|18185-9", "loinc|11884-4", valid_for=timedelta(weeks=42)
)


def pregnancy_rule(name: str, subject: str, severity: Severity, **more: object) -> PregnancyRule:
    """A row: `pregnancy_rule("late", "class:nsaid", Severity.MAJOR, from_week=Decimal(30))`."""
    return PregnancyRule(**row(f"pregnancy.{name}", subject=subject, severity=severity, **more))


ASK = AskedOf(age_from=Decimal(12), age_below=Decimal(60))

CHILDBEARING_RULES = (
    pregnancy_rule("baclofen", "drug:baclofen", Severity.MODERATE),
    pregnancy_rule("citalopram.late", "drug:citalopram", Severity.MAJOR, from_week=Decimal(20)),
    pregnancy_rule("morphine.early", "drug:morphine", Severity.MODERATE, until_week=Decimal(20)),
    pregnancy_rule("diazepam", "drug:diazepam", Severity.CONTRAINDICATED, ask=ASK),
    pregnancy_rule("phenelzine", "drug:phenelzine", Severity.MAJOR, ask=ASK, exposure=timedelta(hours=36)),
    LactationRule(**row("lactation.opioid", subject="class:opioid", routes=MOUTH, severity=Severity.MAJOR)),
    LactationRule(
        **row(
            "lactation.baclofen",
            subject="drug:baclofen",
            severity=Severity.MODERATE,
            exposure=timedelta(hours=6),
        )
    ),
)
