"""Interactions that depend on more than the two drugs: a few for the brief knowledge base."""

from datetime import timedelta
from decimal import Decimal

from schemas.base import Severity
from services.safety.knowledge.interacting import Circumstance, DailyDose, Interaction
from services.safety.knowledge.models import EvidenceCode
from tests.brief_knowledge import amount, interaction

LUNGS = Circumstance(
    condition="obstructive lung disease", codes=(EvidenceCode(system="icd10", code="J44", prefix=True),)
)

OLD_OR_WEAK_KIDNEYS: Interaction = interaction(
    "drug:baclofen",
    "drug:morphine",
    Severity.MODERATE,
    step_up=(Circumstance(age_from=Decimal(65)), Circumstance(egfr_below=Decimal(30))),
)
MIDDLE_AGED: Interaction = interaction(
    "drug:acetaminophen",
    "drug:diazepam",
    Severity.MAJOR,
    when=(Circumstance(age_from=Decimal(50), age_below=Decimal(60)),),
)
WITH_CREATININE: Interaction = interaction(
    "drug:acetaminophen",
    "drug:morphine",
    Severity.MAJOR,
    when=(Circumstance(measure="creatinine", at_least=Decimal("1.5")),),
)
WITH_KNOWN_CREATININE: Interaction = interaction(
    "drug:acetaminophen",
    "drug:fentanyl",
    Severity.MAJOR,
    when=(Circumstance(measure="creatinine", below=Decimal("1.5"), held_unknown=False),),
)
WITH_A_THIRD: Interaction = interaction(
    "drug:fentanyl",
    "drug:diazepam",
    Severity.MODERATE,
    when=(Circumstance(also="class:gabapentinoid"),),
    step_up=(LUNGS, Circumstance(also="drug:baclofen")),
)
UNLESS_WITH: Interaction = interaction(
    "drug:citalopram", "drug:acetaminophen", Severity.MAJOR, unless_with=("drug:phenelzine", "class:opioid")
)
ABOVE_A_DOSE: Interaction = interaction(
    "drug:citalopram",
    "drug:diazepam",
    Severity.MAJOR,
    daily_dose=DailyDose(drug="citalopram", above=amount("20 mg")),
)
EACH_FOR_ITS_TIME: Interaction = interaction(
    "class:ssri",
    "drug:morphine",
    Severity.MAJOR,
    exposure_of={"class:ssri": timedelta(hours=48), "drug:citalopram": timedelta(days=5)},
)

CONTEXTUAL = (
    OLD_OR_WEAK_KIDNEYS,
    MIDDLE_AGED,
    WITH_CREATININE,
    WITH_KNOWN_CREATININE,
    WITH_A_THIRD,
    UNLESS_WITH,
    ABOVE_A_DOSE,
    EACH_FOR_ITS_TIME,
)
