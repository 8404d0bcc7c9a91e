"""Rules about more than one drug, and about what is seen after a drug was given."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from schemas.base import Severity
from schemas.medications import Route
from services.safety.knowledge.kinds.after_effect import AfterEffect, Sign
from services.safety.knowledge.kinds.double_charting import DoubleCharting
from services.safety.knowledge.kinds.duplicate import Duplicate
from services.safety.knowledge.kinds.interval import Interval
from services.safety.knowledge.kinds.mme import MmeFactor
from services.safety.knowledge.kinds.naive import NaiveDose
from services.safety.knowledge.kinds.opioid_load import OpioidLoad
from services.safety.knowledge.kinds.result_limit import ResultLimit
from services.safety.knowledge.kinds.tolerance import Tolerance
from services.safety.knowledge.models import EvidenceCode, PatientCondition
from tests.brief_knowledge import DAY, MOUTH, amount, row

DUPLICATES = (
    Duplicate(
        **row(
            "duplicate.nsaid",
            subject="class:nsaid",
            together=Severity.MODERATE,
            repeated=Severity.MODERATE,
            exposure=timedelta(hours=12),
            overlap=timedelta(hours=1),
            exempt_routes=(Route.OPHTHALMIC,),
        )
    ),
    Duplicate(
        **row(
            "duplicate.ssri",
            subject="class:ssri",
            together=Severity.MAJOR,
            exposure=timedelta(hours=24),
            overlap=timedelta(hours=1),
        )
    ),
    Duplicate(
        **row(
            "duplicate.opioid",
            subject="class:opioid",
            together=Severity.MINOR,
            repeated=Severity.MODERATE,
            exposure=timedelta(hours=12),
            overlap=timedelta(hours=1),
            as_needed_exempt=True,
        )
    ),
    Duplicate(
        **row(
            "duplicate.baclofen",
            subject="drug:baclofen",
            repeated=Severity.MODERATE,
            exposure=timedelta(hours=12),
            overlap=timedelta(hours=1),
        )
    ),
)

TWICE = tuple(
    DoubleCharting(
        **row(
            f"double-charting.{drug}",
            subject=f"drug:{drug}",
            within=timedelta(minutes=5),
            told_for=timedelta(hours=24),
            severity=Severity.MINOR,
        )
    )
    for drug in ("baclofen", "acetaminophen")
)

INTERVALS = (
    Interval(
        **row(
            "interval.acetaminophen",
            subject="drug:acetaminophen",
            routes=(*MOUTH, Route.RECTAL, Route.INTRAVENOUS),
            at_least=timedelta(hours=4),
            severity=Severity.MINOR,
        )
    ),
    Interval(
        **row(
            "interval.diazepam",
            subject="drug:diazepam",
            at_least=timedelta(days=6),
            severity=Severity.MODERATE,
            not_in=PatientCondition(
                condition="epilepsy", codes=(EvidenceCode(system="icd10", code="G40", prefix=True),)
            ),
        )
    ),
)


def mme(drug: str, factor: str | None, **more: Any) -> MmeFactor:
    """A factor for doses by mouth: `mme("oxycodone", "1.5")`."""
    stated = {
        "routes": MOUTH,
        "table": "Table of tests",
        "factor": Decimal(factor) if factor else None,
    } | more
    return MmeFactor(**row(f"mme.{drug}", subject=f"drug:{drug}", **stated))


FACTORS = (
    mme("morphine", "1"),
    mme("hydrocodone", "1"),
    mme("oxycodone", "1.5"),
    mme("tramadol", None, routes=()),
    mme("fentanyl", "2.4", routes=(Route.TRANSDERMAL,), worn_for=timedelta(hours=72)),
)

OPIOID_LOAD = tuple(
    OpioidLoad(
        **row(f"opioid-load.{mme}", subject="class:opioid", mme=Decimal(mme), window=DAY, severity=severity)
    )
    for mme, severity in ((50, Severity.MINOR), (90, Severity.MODERATE))
)


def after_effect(subject: str, effect: str, severity: Severity, **more: Any) -> AfterEffect:
    """An effect looked for during three days after a start or a rise."""
    stated = {
        "subject": subject,
        "effect": effect,
        "within": timedelta(hours=72),
        "gap": timedelta(hours=72),
        "persists_on": 2,
        "severity": severity,
        "severity_persisting": severity.stepped(1),
        "action": "Prevent falls and ask for physical therapy.",
    } | more
    return AfterEffect(**row(f"after-effect.{effect.replace(' ', '-')}", **stated))


AFTER_EFFECTS = (
    after_effect(
        "drug:baclofen",
        "weakness",
        Severity.MINOR,
        signs=(Sign(code="snomed|26544005"),),
        conditions=(EvidenceCode(system="icd10", code="M62.81"),),
    ),
    after_effect(
        "class:opioid",
        "slow breathing",
        Severity.MAJOR,
        signs=(Sign(code="loinc|9279-1", below=Decimal(10), units=("/min",)),),
        severity_persisting=Severity.MAJOR,
    ),
)

FIRST_OPIOID = (
    Tolerance(**row("tolerance.morphine", subject="drug:morphine", routes=MOUTH, daily_from=amount("60 mg"))),
    NaiveDose(
        **row(
            "naive.oxycodone",
            subject="drug:oxycodone",
            routes=MOUTH,
            single_max=amount("10 mg"),
            used_to="class:opioid",
            used_for=timedelta(days=3),
            naive_for=timedelta(days=3),
            enough=True,
            severity=Severity.MAJOR,
        )
    ),
)

RESULTS = (
    ResultLimit(
        **row(
            "result-limit.morphine",
            subject="drug:morphine",
            measure="creatinine",
            at_least=Decimal(3),
            given=Severity.MAJOR,
            ordered=Severity.MODERATE,
        )
    ),
)

LOADS = (*RESULTS, *FIRST_OPIOID, *DUPLICATES, *TWICE, *INTERVALS, *FACTORS, *OPIOID_LOAD, *AFTER_EFFECTS)
