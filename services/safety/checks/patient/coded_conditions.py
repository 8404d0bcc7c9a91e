"""Whether a patient has a condition under one of several codes."""

from datetime import datetime

from schemas.clinical import Condition
from services.safety.checks.judgement import View, earliest
from services.safety.checks.remembering import Remembered
from services.safety.knowledge.models import EvidenceCode, PatientCondition

_DOTTED = frozenset({"icd9", "icd10"})


def undotted(system: str, code: str) -> str:
    """A code as it is compared: dots in classification codes are no difference."""
    return code.replace(".", "") if system in _DOTTED else code


def matches(code: EvidenceCode, fact: Condition) -> bool:
    """Whether a condition is stated under the code."""
    for coding in fact.codings:
        if coding.system == code.system:
            stated = undotted(coding.system, coding.code)
            wanted = undotted(code.system, code.code)
            if stated == wanted or (code.prefix and stated.startswith(wanted)):
                return True
    return False


_Held = tuple[tuple[Condition, EvidenceCode], ...]
_remembered: Remembered[_Held] = Remembered()


def holding(
    view: View, codes: tuple[EvidenceCode, ...], *, history: bool = False
) -> tuple[_Held, datetime | None]:
    """The conditions that hold now under one of the codes, and when time may next change that.

    With `history` also those that held once: abated, inactive or resolved.
    """
    if not view.ledger.conditions:
        return (), None
    about = (view.ledger.conditions, codes)
    return _remembered(view.now, about, (history,), lambda: _holding(view, codes, history))


def stated(view: View, condition: PatientCondition | None) -> tuple[tuple[str, ...], datetime | None]:
    """The entities that state a row's condition now, none where it names none, and when that may change."""
    if condition is None:
        return (), None
    held, changes = holding(view, condition.codes, history=condition.history_counts)
    return tuple(fact.entity for fact, _ in held), changes


def _holding(view: View, codes: tuple[EvidenceCode, ...], history: bool) -> tuple[_Held, datetime | None]:
    found: list[tuple[Condition, EvidenceCode]] = []
    review_at: datetime | None = None
    for _, fact in sorted(view.ledger.conditions.items()):
        code = next((code for code in codes if matches(code, fact)), None)
        if code is None or not (fact.active or history):
            continue
        ends = None if history else fact.abated_at
        review_at = earliest(view.now, review_at, fact.effective_at, ends)
        if fact.effective_at <= view.now and (ends is None or view.now < ends):
            found.append((fact, code))
    return tuple(found), review_at
