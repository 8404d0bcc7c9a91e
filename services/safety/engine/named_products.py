"""Products that a sum rests on and that were recognised by their name: no list knows their code."""

from collections.abc import Iterator
from dataclasses import replace

from schemas.clinical import Administration, Order
from services.safety.checks.amounts.limits import AMOUNT_UNITS
from services.safety.checks.judgement import Finding
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.products import Basis
from services.safety.ledger.ledger import PatientLedger

_UNITS = AMOUNT_UNITS | {"MME"}


def with_names(finding: Finding, ledger: PatientLedger, knowledge: KnowledgeBase) -> Finding:
    """The finding with the names that it rests on, if it is about amounts and there are any.

    Asked for only when it is told: it changes nothing that is compared.
    """
    if finding.reason is not None or finding.evidence.get("unit") not in _UNITS:
        return finding
    found = dict(_by_name(finding, ledger, knowledge))
    if not found:
        return finding
    names = ", ".join(dict.fromkeys(found.values()))
    return replace(
        finding,
        text=f"{finding.text} Recognised by the name and not by the code: {names}.",
        evidence=finding.evidence | {"recognised_by_name": [*found]},
    )


def _by_name(finding: Finding, ledger: PatientLedger, knowledge: KnowledgeBase) -> Iterator[tuple[str, str]]:
    for entity in finding.implicated:
        fact = ledger.facts.get(entity)
        if isinstance(fact, Administration | Order):
            product = knowledge.product(fact.medication)
            if product.basis is Basis.STRUCTURED_NAME:
                yield entity, product.label
