"""Facts of one patient as short sentences: `dose("baclofen", "10 mg", at(6))`, `order("baclofen", times=3)`.

Instants are counted from `MORNING`. Entities name themselves after what they state, so two statements about
one entity are made with `voided` and `corrected`, or with the same `entity`.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from schemas.clinical import (
    Administration,
    Allergy,
    Condition,
    Encounter,
    Fact,
    FactStatus,
    Merge,
    Observation,
    Order,
    OrderState,
    Outcome,
    Patient,
    UnreadableFact,
    VisitMove,
)
from schemas.dosage import Dosage, Rate
from schemas.medications import Coding, Medication, Route, StatedIngredient
from schemas.quantities import Quantity
from schemas.stream_events import ClockTick

MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
"""When stories begin."""

PATIENT = "b8d2c1f0a9e84763b8d2c1f0a9e84763"

RXNORM = {
    "acetaminophen": "161", "alprazolam": "596", "amitriptyline": "704", "baclofen": "1292",
    "carbamazepine": "2002", "ciprofloxacin": "2551", "citalopram": "2556", "clonazepam": "2598",
    "diazepam": "3322", "diclofenac": "3355", "fentanyl": "4337", "fluvoxamine": "42355",
    "gabapentin": "25480", "hydrocodone": "5489", "ibuprofen": "5640", "levodopa": "6375",
    "linezolid": "190376", "lisinopril": "29046", "lithium": "6448", "lorazepam": "6470",
    "meperidine": "6754", "metformin": "6809", "morphine": "7052", "oxycodone": "7804",
    "phenelzine": "8123", "pregabalin": "187832", "sertraline": "36437", "tizanidine": "57258",
    "tramadol": "10689", "trazodone": "10737", "warfarin": "11289", "zolpidem": "39993",
}  # fmt: skip
"""RxNorm ingredient codes of the drugs that stories name."""

F = TypeVar("F", bound=Fact)


def at(hours: float = 0, **more: float) -> datetime:
    """A moment counted from the morning: `at(6)`, `at(days=-14)`, `at(24, seconds=1)`."""
    return MORNING + timedelta(hours=hours, **more)


def quantity(text: str) -> Quantity:
    """A quantity as written: "10 mg"."""
    value, unit = text.split(" ", 1)
    return Quantity(value=Decimal(value), unit=unit)


def medication(drug: str) -> Medication:
    """A drug by its RxNorm ingredient code."""
    return Medication(text=drug, codings=(Coding(system="rxnorm", code=RXNORM[drug], display=drug),))


def in_words(text: str) -> Medication:
    """A drug that its source names in free text only."""
    return Medication(text=text)


def tablets(**strengths: str) -> Medication:
    """A product broken down per tablet: `tablets(hydrocodone="5 mg", acetaminophen="325 mg")`."""
    one = Quantity(value=Decimal(1), unit="{tablet}")
    parts = tuple(
        StatedIngredient(
            name=name,
            codings=(Coding(system="rxnorm", code=RXNORM[name]),),
            strength=quantity(strength),
            per=one,
        )
        for name, strength in strengths.items()
    )
    return Medication(text=" / ".join(strengths) + " tablet", ingredients=parts)


def _stated(kind: str, name: str, when: datetime, more: dict[str, Any]) -> dict[str, Any]:
    entity = more.pop("entity", None) or f"{kind}-{name}-{when:%m%d-%H%M%S.%f}"
    recorded = more.pop("recorded_at", when)
    version = more.get("version", 0)
    return {
        "event_id": f"{entity}@{recorded.isoformat()}/{version}",
        "patient": PATIENT,
        "entity": entity,
        "effective_at": when,
        "recorded_at": recorded,
        "received_at": more.pop("received_at", max(when, recorded)),
        "source": "ward",
        **more,
    }


def _medication(drug: str | Medication) -> tuple[str, Medication]:
    return (drug, medication(drug)) if isinstance(drug, str) else (drug.text, drug)


def dose(
    drug: str | Medication = "baclofen",
    amount: str | None = "10 mg",
    when: datetime = MORNING,
    *,
    route: Route = Route.ORAL,
    lasting: timedelta | None = None,
    rate: str | None = None,
    done: bool = True,
    **more: Any,
) -> Administration:
    """One dose given. `lasting` makes it an infusion, `rate` is per hour, `done=False`: it was not given."""
    name, product = _medication(drug)
    stated: dict[str, Any] = {"medication": product, "route": route}
    if amount is not None:
        stated["dose"] = quantity(amount)
    if rate is not None:
        stated["rate"] = Rate(amount=quantity(rate), per_seconds=Decimal(3600))
    if lasting is not None:
        stated["ended_at"] = when + lasting
    if not done:
        stated["outcome"] = Outcome.NOT_DONE
    return Administration(**_stated("dose", name, when, stated | more))


def dosage(
    amount: str | None = "10 mg",
    *,
    up_to: str | None = None,
    times: int | None = 3,
    every: timedelta | None = None,
    **more: Any,
) -> Dosage:
    """A dosage instruction: `times` a day or one dose `every` so often; `up_to` makes it a range."""
    stated: dict[str, Any] = {"route": Route.ORAL}
    if amount is not None:
        stated["dose_low"] = quantity(amount)
    if up_to is not None:
        stated["dose_high"] = quantity(up_to)
    if every is not None:
        stated |= {"times_low": Decimal(1), "period_seconds": Decimal(int(every.total_seconds()))}
    elif times is not None:
        stated |= {"times_low": Decimal(times), "period_seconds": Decimal(86_400)}
    return Dosage(**(stated | more))


def order(
    drug: str | Medication = "baclofen",
    amount: str | None = "10 mg",
    when: datetime = MORNING,
    *,
    times: int | None = 3,
    every: timedelta | None = None,
    up_to: str | None = None,
    as_needed: bool = False,
    route: Route = Route.ORAL,
    dosages: tuple[Dosage, ...] | None = None,
    **more: Any,
) -> Order:
    """An active order with one dosage, or with the `dosages` given."""
    name, product = _medication(drug)
    if dosages is None:
        dosages = (dosage(amount, up_to=up_to, times=times, every=every, as_needed=as_needed, route=route),)
    stated = {"medication": product, "dosages": dosages, "state": OrderState.ACTIVE}
    return Order(**_stated("order", name, when, stated | more))


def stopped(earlier: Order, when: datetime, **changes: Any) -> Order:
    """The same order, stopped at `when`."""
    return corrected(earlier, when, state=OrderState.STOPPED, stopped_at=when, **changes)


def observation(code: str, value: str | None, when: datetime = MORNING, **more: Any) -> Observation:
    """A value under a code: `observation("5643-2", "120 mg/dL", at(1))`; a bare code is a LOINC code."""
    system, _, bare = code.rpartition("|")
    stated: dict[str, Any] = {"codings": (Coding(system=system or "loinc", code=bare),)}
    if value is not None:
        stated["value"] = quantity(value)
    return Observation(**_stated("observation", bare, when, stated | more))


def condition(code: str, when: datetime = MORNING, **more: Any) -> Condition:
    """A diagnosis under a code: `condition("icd10|F10.2")`, or in words: `condition("", text="fits")`."""
    system, _, bare = code.partition("|")
    codings = (Coding(system=system, code=bare),) if code else ()
    return Condition(**_stated("condition", bare, when, {"codings": codings} | more))


def allergy(drug: str | Medication, when: datetime = MORNING, **more: Any) -> Allergy:
    """An allergy to a drug."""
    name, substance = _medication(drug)
    return Allergy(**_stated("allergy", name, when, {"substance": substance} | more))


def person(age: float | None = 50, when: datetime = MORNING, **more: Any) -> Patient:
    """The patient, `age` years old at `when`; None where the birth date is not known."""
    born = None if age is None else when - timedelta(seconds=round(age * 31_557_600))
    return Patient(**_stated("patient", "self", when, {"born_at": born, "entity": "self"} | more))


def encounter(when: datetime = MORNING, *, inpatient: bool = True, **more: Any) -> Encounter:
    """A stay that begins at `when`."""
    return Encounter(**_stated("encounter", "stay", when, {"inpatient": inpatient} | more))


def merge(survivor: str, when: datetime = MORNING, **more: Any) -> Merge:
    """This record goes on under another key."""
    return Merge(**_stated("merge", "record", when, {"survivor": survivor} | more))


def visit_move(visit: str, to: str, when: datetime = MORNING, **more: Any) -> VisitMove:
    """A visit of this record is another patient's."""
    return VisitMove(**_stated("visit-move", visit, when, {"visit": visit, "to": to} | more))


def unreadable(reason: str, when: datetime = MORNING, **more: Any) -> UnreadableFact:
    """Something about this patient that could not be understood."""
    return UnreadableFact(**_stated("unreadable", reason.split(":")[0], when, {"reason": reason} | more))


def corrected(earlier: F, when: datetime, **changes: Any) -> F:
    """A later statement about the same entity, charted and received at `when`."""
    stated = {name: getattr(earlier, name) for name in type(earlier).model_fields}
    told = {"recorded_at": when, "received_at": when, "event_id": f"{earlier.entity}@{when.isoformat()}"}
    return type(earlier)(**(stated | told | changes))


def voided(earlier: F, when: datetime, **changes: Any) -> F:
    """The entity is taken back as entered in error at `when`."""
    return corrected(earlier, when, status=FactStatus.ENTERED_IN_ERROR, **changes)


def tick(when: datetime, **more: Any) -> ClockTick:
    """Time reaches the patient."""
    return ClockTick(event_id=f"tick@{when.isoformat()}", patient=PATIENT, received_at=when, **more)
