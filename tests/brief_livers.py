"""Rules about a sick liver for the brief knowledge base: a lower dose, and drugs that are not for it."""

from schemas.base import Severity
from services.safety.knowledge.kinds.hepatic import HepaticDose
from services.safety.knowledge.models import EvidenceCode
from tests.brief_knowledge import MOUTH, amount, row

FAILURE = (EvidenceCode(system="icd10", code="K72", prefix=True),)
CIRRHOSIS = (EvidenceCode(system="icd10", code="K74", prefix=True),)

LIVERS = (
    HepaticDose(
        **row(
            "hepatic.baclofen",
            subject="drug:baclofen",
            routes=MOUTH,
            condition="liver disease",
            codes=(*FAILURE, *CIRRHOSIS),
            daily_max=amount("40 mg"),
            severity=Severity.MAJOR,
        )
    ),
    HepaticDose(
        **row(
            "hepatic.citalopram",
            subject="drug:citalopram",
            condition="severe liver impairment",
            codes=FAILURE,
            perhaps=CIRRHOSIS,
            daily_max=amount("20 mg"),
            severity=Severity.MODERATE,
        )
    ),
    HepaticDose(
        **row(
            "hepatic.diazepam",
            subject="drug:diazepam",
            condition="severe liver impairment",
            codes=FAILURE,
            perhaps=CIRRHOSIS,
            avoid=True,
            severity=Severity.MAJOR,
        )
    ),
)
