"""What a fact says, as a nurse or pharmacist would read it in a line."""

from decimal import Decimal

from schemas.clinical import (
    Administration,
    Allergy,
    Condition,
    Encounter,
    FactStatus,
    Observation,
    Order,
    OrderState,
    Outcome,
    Patient,
    PatientFact,
    UnreadableFact,
)
from schemas.dosage import Dosage
from schemas.medications import Medication
from schemas.quantities import Quantity, plain

_DAY_S = 86_400
_MANY = {1: "once", 2: "twice", 3: "three times", 4: "four times"}


def words_of(fact: PatientFact) -> str:
    """One line about a fact, without the patient and the time."""
    if isinstance(fact, Administration):
        return _administration(fact)
    if isinstance(fact, Order):
        return _order(fact)
    taken_back = " (taken back: entered in error)" if fact.status is FactStatus.ENTERED_IN_ERROR else ""
    return _other(fact) + taken_back


def dose_words(dose: Quantity) -> str:
    """A dose as people write it: "2.5 tablets", "20 mg"."""
    if dose.unit.startswith("{"):
        form = dose.unit.strip("{}")
        return f"{plain(dose.value)} {form}{'' if dose.value == 1 else 's'}"
    return f"{plain(dose.value)} {dose.unit}"


def _administration(fact: Administration) -> str:
    drug = _name(fact.medication)
    amount = dose_words(fact.dose) if fact.dose else fact.dose_text
    if fact.status is FactStatus.ENTERED_IN_ERROR:
        return f"taken back: {drug} {amount} of {fact.effective_at:%H:%M} was charted in error"
    if fact.outcome is Outcome.NOT_DONE:
        return f"not given: {drug}"
    late = fact.recorded_at - fact.effective_at
    when = f" at {fact.effective_at:%H:%M}, charted later" if late.total_seconds() > 600 else ""
    return f"given: {drug}, {amount}{when}" if _is_product(drug) else f"given: {drug} {amount}{when}"


def _order(fact: Order) -> str:
    drug = _name(fact.medication)
    if fact.status is FactStatus.ENTERED_IN_ERROR:
        return f"order taken back: {drug}"
    if fact.state is OrderState.STOPPED:
        return f"stopped: {drug}"
    parts = [_dosage(dosage) for dosage in fact.dosages]
    return f"ordered: {drug}{',' if _is_product(drug) else ''} {' and '.join(parts)}"


def _dosage(dosage: Dosage) -> str:
    dose = dosage.dose_high or dosage.dose_low
    words = [dose_words(dose)] if dose else []
    if dosage.times_of_day:
        words.append("at " + ", ".join(dosage.times_of_day))
    elif dosage.period_seconds:
        words.append(_frequency(dosage.times_high or dosage.times_low or Decimal(1), dosage.period_seconds))
    if dosage.as_needed:
        words.append("as needed")
    return " ".join(words) or dosage.text


def _frequency(times: Decimal, period_s: Decimal) -> str:
    hours = plain(round(period_s / 3600, 2))
    if period_s == _DAY_S:
        return f"{_MANY.get(int(times), f'{plain(times)} times')} a day"
    return f"every {hours} h" if times == 1 else f"{plain(times)} times in {hours} h"


def _other(fact: PatientFact) -> str:
    if isinstance(fact, Observation):
        name = next((code.display or code.code for code in fact.codings), "observation")
        return f"measured: {name} {dose_words(fact.value) if fact.value else fact.text}"
    if isinstance(fact, Patient):
        born = f", born {fact.born_at.year}" if fact.born_at else ""
        return f"patient known: {fact.sex}{born}"
    if isinstance(fact, Encounter):
        return f"{'admitted to' if fact.inpatient else 'seen in'} {fact.ward or 'no ward'}"
    if isinstance(fact, Condition):
        return f"diagnosis: {fact.text or ', '.join(code.display or code.code for code in fact.codings)}"
    if isinstance(fact, Allergy):
        return f"{'no allergy' if fact.negated else 'allergy'}: {_name(fact.substance)}"
    if isinstance(fact, UnreadableFact):
        return f"a message could not be understood ({fact.reason})"
    return "record merged"


def _name(medication: Medication) -> str:
    return medication.text or next((code.display or code.code for code in medication.codings), "unnamed drug")


def _is_product(drug: str) -> bool:
    return any(letter.isdigit() for letter in drug)
