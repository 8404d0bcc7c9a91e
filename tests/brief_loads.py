"""Rules about more than one drug, and about what is seen after a drug was given."""

from datetime import timedelta

from schemas.base import Severity
from schemas.clinical import Route
from services.safety.knowledge.kinds.double_charting import DoubleCharting
from services.safety.knowledge.kinds.duplicate import Duplicate
from tests.brief_knowledge import row

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

LOADS = (*DUPLICATES, *TWICE)
