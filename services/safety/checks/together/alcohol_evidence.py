"""What speaks for alcohol in a patient now: measured, screened, diagnosed, observed or indirect.

A level in blood falls by the knowledge base's rate from the instant it was measured, and is gone below its
bound. The newest result of a test replaces earlier ones; a negative result is no evidence.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from schemas.clinical import Observation
from schemas.issues import NotAssessedReason
from schemas.medications import Coding
from schemas.quantities import UnconvertibleUnit, UnknownUnit, plain
from services.safety.checks.judgement import View, earliest
from services.safety.checks.patient.coded_conditions import holding
from services.safety.checks.remembering import Remembered
from services.safety.knowledge.depressants import AlcoholTier
from services.safety.knowledge.models import EvidenceCode
from services.safety.ledger.entries import Observed

_HOUR_IN_MICROSECONDS = Decimal(3_600_000_000)
_NEGATIVE = ("neg", "none", "not detected", "undetected", "absent", "nil", "no ", "<")


@dataclass(frozen=True, slots=True)
class AlcoholSign:
    """One piece of evidence that stands now. `level` in mg/dL is what was measured at `at`."""

    tier: AlcoholTier
    entity: str
    at: datetime
    text: str
    level: Decimal | None = None


@dataclass(frozen=True, slots=True)
class AlcoholSigns:
    """All evidence that stands now, until `review_at`; `unusable` are results that say nothing calculable."""

    standing: tuple[AlcoholSign, ...]
    unusable: tuple[tuple[str, NotAssessedReason], ...]
    review_at: datetime | None


def below_from(sign: AlcoholSign, bound: Decimal, fall_per_hour: Decimal) -> datetime:
    """When a falling level first is below a bound; if it never was above, that of measurement."""
    if sign.level is None or sign.level < bound:
        return sign.at
    microseconds = (sign.level - bound) * _HOUR_IN_MICROSECONDS / fall_per_hour
    return sign.at + timedelta(microseconds=int(microseconds) + 1)


_remembered: Remembered[AlcoholSigns] = Remembered()


def alcohol_signs(view: View) -> AlcoholSigns:
    """The evidence on record that stands at the view's instant."""
    ledger = view.ledger
    about = (ledger.observed, ledger.conditions, ledger.person, view.knowledge, view.wards)
    key = tuple(map(id, about))
    known = _remembered.known(view.now, key)
    if known is None:
        known = _remembered.keep(view.now, key, about, *_signs(view))
    return known[0]


def _signs(view: View) -> tuple[AlcoholSigns, datetime | None]:
    rules = view.knowledge.alcohol_evidence
    standing: list[AlcoholSign] = []
    unusable: list[tuple[str, NotAssessedReason]] = []
    review_at: datetime | None = None
    levels: list[Observed] = []
    for tier, codes in rules.codes.items():
        valid_for = rules.valid_for.get(tier)
        for code in codes:
            readings = view.ledger.observed.get(f"{code.system}|{code.code}")
            if readings is None:
                continue
            review_at = earliest(view.now, review_at, readings.next_after(view.now))
            reading = readings.latest(view.now)
            if reading is None:
                continue
            if code.concentration:
                levels.append(reading)
                continue
            ends = None if valid_for is None else reading.start + valid_for
            if _positive(view, code, reading.fact) and (ends is None or view.now < ends):
                review_at = earliest(view.now, review_at, ends)
                standing.append(AlcoholSign(tier, reading.entity, reading.start, _told(view, reading.fact)))
        if view.ledger.conditions:
            conditions, changes = holding(view, codes)
            review_at = earliest(view.now, review_at, changes)
            standing += [
                AlcoholSign(tier, fact.entity, fact.effective_at, f"diagnosis {code.system} {code.code}")
                for fact, code in conditions
            ]
    if levels:
        sign = _level(view, max(levels, key=lambda entry: (entry.start, entry.entity)))
        if isinstance(sign, AlcoholSign):
            gone = below_from(sign, rules.gone_below_mg_dl, rules.decay_mg_dl_per_h)
            if view.now < gone:
                review_at = earliest(view.now, review_at, gone)
                standing.append(sign)
        elif sign is not None:
            unusable.append(sign)
    return AlcoholSigns(tuple(standing), tuple(unusable), review_at), review_at


def _level(view: View, reading: Observed) -> AlcoholSign | tuple[str, NotAssessedReason] | None:
    fact = reading.fact
    sign = AlcoholSign(AlcoholTier.MEASURED, reading.entity, reading.start, _told(view, fact))
    if fact.value is None:
        return None if _negative(fact.text) else (reading.entity, NotAssessedReason.UNCONVERTIBLE_UNIT)
    try:
        return replace(sign, level=fact.value.to("mg/dL"))
    except UnknownUnit:
        return reading.entity, NotAssessedReason.UNKNOWN_UNIT
    except UnconvertibleUnit:
        return reading.entity, NotAssessedReason.UNCONVERTIBLE_UNIT


def _positive(view: View, code: EvidenceCode, fact: Observation) -> bool:
    """A score counts from its threshold; the lower one for women only where the sex is known."""
    if fact.value is None:
        return code.positive_from is None and not _negative(fact.text)
    person = view.ledger.person
    female = person is not None and person.sex == "female"
    bound = code.positive_from_female if female and code.positive_from_female else code.positive_from
    return fact.value.value > 0 if bound is None else fact.value.value >= bound


def _negative(text: str) -> bool:
    stated = text.strip().lower()
    return not stated or stated == "no" or stated.startswith(_NEGATIVE)


def _told(view: View, fact: Observation) -> str:
    names = " ".join(map(_named, fact.codings))
    value = "reported"
    if fact.value is not None:
        value = f"{plain(fact.value.value)} {fact.value.unit.strip('{}')}"
    return f"{names}: {value} at {view.clock(fact.effective_at)}"


def _named(coding: Coding) -> str:
    code = f"{coding.system} {coding.code}"
    return f"{coding.display} ({code})" if coding.display else code
