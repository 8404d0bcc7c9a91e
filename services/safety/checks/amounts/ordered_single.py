"""How much one dose of an order is."""

from schemas.dosage import Dosage
from schemas.issues import NotAssessedReason
from services.safety.ledger.amounts import Amount, amount_of
from services.safety.ledger.entries import Prescribed


def ordered_single(entry: Prescribed, dosage: Dosage) -> Amount | NotAssessedReason:
    """The upper end of what a dosage says, whatever its schedule; or why that cannot be said."""
    dose = dosage.dose_high or dosage.dose_low
    if entry.content is None:
        return NotAssessedReason.UNMAPPED_DRUG
    if dose is None:
        return NotAssessedReason.TEXT_ONLY_DOSE if dosage.text else NotAssessedReason.MISSING_DOSE
    return amount_of(dose, entry.product, entry.content, entry.body)
