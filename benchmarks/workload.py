"""Two weeks of a hospital out of a seeded generator: 500 ordinary patients, and one long stay of 3,000 facts.

The same seed gives the same events, byte for byte. Times are told (`simulated`), so that no run depends on
the day it is made. Doses are ordinary ones of adults; some patients get what should raise issues: a double
dose, the wrong pair, alcohol. A tenth of the ordinary patients take fifteen drugs at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from schemas.base import TimeDomain
from schemas.clinical import (
    Administration,
    Encounter,
    FactStatus,
    Observation,
    Order,
    OrderState,
    Patient,
    PatientFact,
)
from schemas.dosage import Dosage
from schemas.identity import SiteKey
from schemas.medications import Coding, Medication, Route
from schemas.quantities import Quantity

SITE = SiteKey(b"the site key of the benchmarks, which guards nothing")
BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
LENGTH = timedelta(days=14)
LONG_STAY = SITE.patient_key("long stay")
LONG_STAY_FACTS = 3_000
FEW_DRUGS, MANY_DRUGS = 4, 15


@dataclass(frozen=True, slots=True)
class Drug:
    """A drug as the ward gives it: RxNorm ingredient, one dose, and how often a day."""

    name: str
    rxnorm: str
    milligrams: str
    times: int


DRUGS = (
    Drug("baclofen", "1292", "10", 3),
    Drug("acetaminophen", "161", "650", 4),
    Drug("gabapentin", "25480", "300", 3),
    Drug("oxycodone", "7804", "5", 4),
    Drug("lorazepam", "6470", "1", 2),
    Drug("ibuprofen", "5640", "400", 3),
    Drug("sertraline", "36437", "50", 1),
    Drug("lisinopril", "29046", "10", 1),
    Drug("metformin", "6809", "500", 2),
    Drug("trazodone", "10737", "50", 1),
    Drug("tizanidine", "57258", "4", 3),
    Drug("morphine", "7052", "15", 4),
    Drug("zolpidem", "39993", "5", 1),
    Drug("pregabalin", "187832", "75", 2),
    Drug("amitriptyline", "704", "25", 1),
    Drug("carbamazepine", "2002", "200", 2),
    Drug("diazepam", "3322", "5", 2),
    Drug("tramadol", "10689", "50", 3),
)


class Chart:
    """Writes one patient's facts; event ids are unique, each fact is received a little after it happened."""

    def __init__(self, patient: str, random: Random) -> None:
        self.patient = patient
        self._random = random
        self._count = 0

    def stated(self, entity: str, when: datetime, version: int = 0) -> dict[str, object]:
        self._count += 1
        charted = when + timedelta(seconds=self._random.randrange(5, 240))
        return {
            "event_id": f"{self.patient[:12]}-{self._count}", "patient": self.patient, "entity": entity,
            "version": version, "effective_at": when, "recorded_at": charted, "received_at": charted,
            "time_domain": TimeDomain.SIMULATED, "source": "ward",
        }  # fmt: skip

    def admission(self, when: datetime) -> Iterator[PatientFact]:
        born = when - timedelta(days=self._random.randrange(20 * 365, 90 * 365))
        yield Patient.model_validate(
            {**self.stated("self", when), "born_at": born, "sex": self._random.choice(["female", "male"])}
        )
        stay = self.stated("stay", when)
        yield Encounter.model_validate({**stay, "inpatient": True, "ward": f"W{self._random.randrange(20)}"})

    def order(self, drug: Drug, when: datetime, factor: int = 1, *, as_needed: bool = False) -> Order:
        dosage = Dosage(
            route=Route.ORAL, dose_low=_mg(drug, factor), times_low=Decimal(drug.times),
            period_seconds=Decimal(86_400), as_needed=as_needed,
        )  # fmt: skip
        return Order.model_validate(
            {**self.stated(f"order-{drug.name}", when), "medication": _product(drug),
             "state": OrderState.ACTIVE, "dosages": (dosage,)}
        )  # fmt: skip

    def dose(self, drug: Drug, when: datetime, factor: int = 1) -> Administration:
        name = f"dose-{drug.name}-{when:%d%H%M%S}"
        return Administration.model_validate(
            {**self.stated(name, when), "medication": _product(drug), "order": f"order-{drug.name}",
             "route": Route.ORAL, "dose": _mg(drug, factor)}
        )  # fmt: skip

    def measured(self, code: str, value: str, unit: str, when: datetime) -> Observation:
        name = f"observation-{code}-{when:%d%H%M%S}"
        return Observation.model_validate(
            {**self.stated(name, when), "codings": (Coding(system="loinc", code=code),),
             "value": Quantity(value=Decimal(value), unit=unit)}
        )  # fmt: skip

    def voided(self, fact: Administration, when: datetime) -> Administration:
        said = self.stated(fact.entity, when, fact.version + 1)
        return fact.model_copy(
            update={**said, "effective_at": fact.effective_at, "status": FactStatus.ENTERED_IN_ERROR}
        )


def _mg(drug: Drug, factor: int) -> Quantity:
    return Quantity(value=Decimal(drug.milligrams) * factor, unit="mg")


def _product(drug: Drug) -> Medication:
    coding = Coding(system="rxnorm", code=drug.rxnorm, display=drug.name)
    return Medication(text=drug.name, codings=(coding,))


def _ordinary(number: int, random: Random, facts: int) -> Iterator[PatientFact]:
    """Admission, orders, then doses up to `facts`; one dose in fifty is double, one in fifty is voided."""
    chart = Chart(SITE.patient_key(f"patient {number}"), random)
    admitted = BEGIN + random.random() * (LENGTH - timedelta(days=2))
    made = list(chart.admission(admitted))
    drugs = random.sample(DRUGS, MANY_DRUGS if number % 10 == 0 else FEW_DRUGS)
    made += [chart.order(drug, admitted + timedelta(minutes=10)) for drug in drugs]
    made.append(chart.measured("2160-0", "0.9", "mg/dL", admitted + timedelta(minutes=20)))
    if number % 25 == 0:
        made.append(chart.measured("5643-2", "120", "mg/dL", admitted + timedelta(minutes=25)))
    while len(made) < facts:
        drug = random.choice(drugs)
        when = admitted + timedelta(minutes=30) + random.random() * timedelta(days=2)
        dose = chart.dose(drug, when, 2 if random.random() < 0.02 else 1)
        made.append(dose)
        if random.random() < 0.02:
            made.append(chart.voided(dose, when + timedelta(minutes=30)))
    yield from made[:facts]


def _intensive(random: Random, facts: int) -> Iterator[PatientFact]:
    """One patient with fifteen drugs at once: a quarter of the facts are doses, the others measurements."""
    chart = Chart(LONG_STAY, random)
    made = list(chart.admission(BEGIN))
    made += [chart.order(drug, BEGIN + timedelta(minutes=5)) for drug in DRUGS[:MANY_DRUGS]]
    step = (LENGTH - timedelta(hours=1)) / facts
    while len(made) < facts:
        when = BEGIN + timedelta(minutes=10) + len(made) * step
        if len(made) % 4 == 0:
            made.append(chart.dose(DRUGS[len(made) // 4 % MANY_DRUGS], when))
        else:
            made.append(chart.measured("2160-0", f"{random.randrange(60, 140) / 100}", "mg/dL", when))
    yield from made


def events(total: int = 20_000, seed: int = 1) -> list[PatientFact]:
    """About `total` facts in the order in which they are received, 3,000 of them (or half) of one patient."""
    random = Random(seed)
    long_stay = min(LONG_STAY_FACTS, total // 2)
    facts = list(_intensive(random, long_stay))
    each = 34
    for number in range((total - long_stay) // each):
        facts += _ordinary(number, random, each)
    return sorted(facts, key=lambda fact: fact.received_at)
