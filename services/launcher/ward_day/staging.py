"""The ward day as events: what is told becomes facts with their three times, in the order of their receipt.

Orders reach the door as they are written; doses are charted two minutes after they were given.
The story's own patient ids (the beds) stand in `patient`; whoever publishes turns them into patient keys.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from schemas.base import Mode, TimeDomain
from schemas.clinical import (
    Administration,
    Encounter,
    FactStatus,
    Observation,
    Order,
    OrderState,
    Outcome,
    Patient,
    PatientFact,
)
from schemas.dosage import Dosage
from schemas.medications import Coding, Medication, Route, StatedIngredient
from schemas.quantities import Quantity
from schemas.stream_events import SourceHeartbeat
from services.launcher.ward_day.telling import Bed, Course, Entry, Telling

CHARTING = timedelta(minutes=2)
_DAY_S = Decimal(86_400)
_EGFR = "98979-8"
_MORNING = "06:10"


@dataclass(frozen=True, slots=True)
class Staged:
    """One line of the story: an event, and whether it is to be garbled on its way."""

    event: PatientFact | SourceHeartbeat
    garbled: str = ""


def stage(telling: Telling) -> list[Staged]:
    """Every event of the story by receipt; the ward's system says on time that it is alive."""
    lines: list[Staged] = []
    for bed in telling.patients:
        lines += _Stay(telling, bed).events()
    lines += heartbeats(telling)
    return sorted(lines, key=lambda line: line.event.received_at)


def heartbeats(telling: Telling) -> Iterator[Staged]:
    """Signs of life of the ward's system, from the beginning of the day to its end."""
    at, every = telling.begins, timedelta(minutes=telling.heartbeat_minutes)
    while at <= telling.ends:
        yield Staged(
            SourceHeartbeat(
                event_id=f"alive/{at:%Y%m%dT%H%M}",
                source=telling.source,
                received_at=at,
                time_domain=TimeDomain.SIMULATED,
            )
        )
        at += every


def quantity(text: str) -> Quantity:
    """A quantity as it is told: "2.5 {tablet}"."""
    value, unit = text.split(" ", 1)
    return Quantity(value=Decimal(value), unit=unit)


@dataclass
class _Stay:
    telling: Telling
    bed: Bed
    orders: dict[str, Order] = field(default_factory=dict)
    versions: dict[str, Administration] = field(default_factory=dict)
    number: int = 0

    def events(self) -> list[Staged]:
        """Everything about this patient, history first."""
        first = min((course.days[0] for course in self.bed.history), default=0)
        admitted = self.telling.slot(first, "06:00")
        born = datetime.combine(self.bed.born, time(), UTC)
        stay: dict[str, Any] = {"inpatient": True, "ward": self.telling.ward}
        found: list[PatientFact] = [
            Patient(**self._fact("person", admitted, admitted), born_at=born, sex=self.bed.sex),  # type: ignore[arg-type]
            Encounter(**self._fact("stay", admitted, admitted), **stay),
        ]
        found += self._kidneys(first)
        for course in self.bed.history:
            found += self._course(course)
        lines = [Staged(fact) for fact in found]
        for entry in self.bed.day:
            lines.append(self._entry(entry))
        return lines

    def _fact(self, entity: str, happened: datetime, charted: datetime, version: int = 0) -> dict[str, Any]:
        name = f"{self.bed.bed}/{entity}"
        return {
            "event_id": f"{name}/{version}",
            "patient": self.bed.bed,
            "entity": name,
            "version": version,
            "effective_at": happened,
            "recorded_at": charted,
            "received_at": charted,
            "mode": Mode.LIVE if charted >= self.telling.begins else Mode.BACKFILL,
            "time_domain": TimeDomain.SIMULATED,
            "source": self.telling.source,
        }

    def _next(self, kind: str) -> str:
        self.number += 1
        return f"{kind}-{self.number}"

    def _kidneys(self, first: int) -> Iterator[PatientFact]:
        """The laboratory's eGFR of each morning up to the ward day."""
        if self.bed.egfr:
            code = Coding(system="loinc", code=_EGFR, display="eGFR, CKD-EPI 2021")
            for day in range(first, 1):
                at = self.telling.slot(day, _MORNING)
                fact = self._fact(f"egfr-{day - first}", at, at + CHARTING)
                yield Observation(**fact, codings=(code,), value=quantity(self.bed.egfr))

    def _course(self, course: Course) -> Iterator[PatientFact]:
        first, last = course.days
        yield self._ordered(course.order, course.dose, course.times, self.telling.slot(first, "07:00"))
        doses = course.dose * len(course.times) if len(course.dose) == 1 else course.dose
        for day in range(first, last + 1):
            for hour, dose in zip(course.times, doses, strict=True):
                at = self.telling.slot(day, hour)
                if at >= self.telling.slot(first, "07:00"):
                    yield self._given(course.order, dose, at, at + CHARTING)

    def _entry(self, entry: Entry) -> Staged:
        at = self.telling.moment(entry.at)
        charted = self.telling.moment(entry.charted) if entry.charted else at + CHARTING
        if entry.order is not None:
            every, prn = entry.every_hours, entry.as_needed
            return Staged(self._ordered(entry.order, entry.dose, entry.times, at, every, prn))
        if entry.stop is not None:
            return Staged(self._stopped(entry.stop, at))
        if entry.void is not None:
            return Staged(self._voided(entry.void, at))
        if entry.measure is not None:
            code = Coding(system="loinc", code=entry.measure.loinc, display=entry.measure.display)
            value = quantity(entry.value) if entry.value else None
            fact = self._fact(self._next("measured"), at, charted)
            return Staged(Observation(**fact, codings=(code,), value=value))
        if entry.skip is not None:
            fact = self._fact(self._next("given"), at, charted)
            return Staged(
                Administration(**fact, **self._of(entry.skip), outcome=Outcome.NOT_DONE, route=Route.ORAL)
            )
        dose = "1 mg" if entry.unreadable else entry.dose[0]
        given = self._given(entry.give or "", dose, at, charted, entry.id)
        return Staged(given, garbled=entry.dose[0] if entry.unreadable else "")

    def _of(self, drug: str) -> dict[str, Any]:
        order = self.orders.get(drug)
        return {"medication": self._medication(drug), "order": order.entity if order else None}

    def _medication(self, drug: str) -> Medication:
        product = self.telling.drugs[drug]
        codes = (Coding(system="rxnorm", code=product.rxnorm, display=drug),) if product.rxnorm else ()
        one = Quantity(value=Decimal(1), unit="{tablet}")
        parts = tuple(
            StatedIngredient(
                name=name, codings=self._medication(name).codings, strength=quantity(strength), per=one
            )
            for name, strength in product.tablet.items()
        )
        return Medication(text=drug, codings=codes, ingredients=parts)

    def _given(
        self, drug: str, dose: str, at: datetime, charted: datetime, name: str | None = None
    ) -> Administration:
        earlier = self.versions.get(name) if name else None
        entity = name or self._next("given")
        version = earlier.version + 1 if earlier else 0
        fact = Administration(
            **self._fact(entity, at, charted, version),
            **self._of(drug),
            route=Route.ORAL,
            dose=quantity(dose),
        )
        if name:
            self.versions[name] = fact
        return fact

    def _voided(self, name: str, at: datetime) -> Administration:
        wrong = self.versions[name]
        again = self._fact(name, wrong.effective_at, at, wrong.version + 1)
        return Administration(
            **{**dict(wrong), **again, "status": FactStatus.ENTERED_IN_ERROR},
        )

    def _ordered(
        self,
        drug: str,
        doses: tuple[str, ...],
        times: tuple[str, ...],
        at: datetime,
        every_hours: int | None = None,
        as_needed: bool = False,
    ) -> Order:
        before = self.orders.get(drug)
        each = doses * len(times) if len(doses) == 1 else doses
        dosages: list[Dosage] = []
        for dose in dict.fromkeys(doses):
            hours = tuple(hour for hour, of in zip(times, each, strict=True) if of == dose)
            dosages.append(_dosage(quantity(dose), hours, every_hours, as_needed))
        order = Order(
            **self._fact(self._next("order"), at, at),
            medication=self._medication(drug),
            state=OrderState.ACTIVE,
            dosages=tuple(dosages),
            replaces=before.entity if before else None,
        )
        self.orders[drug] = order
        return order

    def _stopped(self, drug: str, at: datetime) -> Order:
        order = self.orders.pop(drug)
        again = self._fact(order.entity.split("/", 1)[1], order.effective_at, at, order.version + 1)
        return Order(**{**dict(order), **again, "state": OrderState.STOPPED, "stopped_at": at})


def _dosage(dose: Quantity, hours: tuple[str, ...], every_hours: int | None, as_needed: bool) -> Dosage:
    once_per = {"times_high": Decimal(1), "times_low": Decimal(1)}
    if every_hours is not None:
        timing: dict[str, Any] = {"period_seconds": Decimal(every_hours * 3600), **once_per}
    else:
        number = Decimal(len(hours))
        timing = {"times_low": number, "times_high": number, "period_seconds": _DAY_S, "times_of_day": hours}
    return Dosage(dose_low=dose, dose_high=dose, route=Route.ORAL, as_needed=as_needed, **timing)
