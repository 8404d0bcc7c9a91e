"""A rule or two of each kind, laid over the brief knowledge base where every check should have its say."""

from datetime import timedelta
from decimal import Decimal

from schemas.base import Severity
from services.safety.knowledge.kinds.duration import Duration
from services.safety.knowledge.kinds.first_dose import FirstDose
from services.safety.knowledge.kinds.titration import Titration
from services.safety.knowledge.models import LimitKind
from tests.brief_knowledge import LIMITS, MOUTH, amount, knowledge, limit, row
from tests.brief_loads import LOADS
from tests.brief_patient_rules import PATIENT_RULES

RULES = (
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
    *PATIENT_RULES,
)

BY_WEIGHT = limit("acetaminophen", LimitKind.DAILY, "15 mg", ".light", per="kg", weight_below=Decimal(50))

RULED = knowledge(
    rules=(*RULES, *LOADS), limits=LIMITS | {"acetaminophen": (*LIMITS["acetaminophen"], BY_WEIGHT)}
)
