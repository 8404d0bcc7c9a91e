"""One patient for fourteen days with fifteen drugs at once, as a ward charts them, out of a seeded generator.

Twelve drugs are scheduled and three as needed; every scheduled dose is charted within some minutes of when it
is due, one in fifty is left out, and a drug as needed is given about once a day. Laboratory values come twice
a day. The same seed gives the same events.
"""

from collections.abc import Iterator
from datetime import timedelta
from random import Random

from benchmarks.workload import BEGIN, DRUGS, MANY_DRUGS, SITE, Chart, Drug
from schemas.clinical import PatientFact

DAYS = 14
PATIENT = SITE.patient_key("busy stay")
_AS_NEEDED = 3
_DAY = timedelta(days=1)
_LABS = (("2160-0", 60, 140, "mg/dL"), ("2823-3", 350, 510, "mmol/L"), ("6301-6", 90, 280, "1"))


def busy_stay(seed: int = 1) -> list[PatientFact]:
    """Its facts in the order in which they are received."""
    random = Random(seed)
    chart = Chart(PATIENT, random)
    drugs = DRUGS[:MANY_DRUGS]
    scheduled, as_needed = drugs[:-_AS_NEEDED], drugs[-_AS_NEEDED:]
    facts = list(chart.admission(BEGIN))
    facts += [chart.order(drug, BEGIN + timedelta(minutes=5)) for drug in scheduled]
    facts += [chart.order(drug, BEGIN + timedelta(minutes=5), as_needed=True) for drug in as_needed]
    for drug in scheduled:
        facts += _scheduled_doses(chart, drug, random)
    for day in range(DAYS):
        begun = BEGIN + day * _DAY
        facts += [chart.dose(drug, begun + random.uniform(0.1, 0.9) * _DAY) for drug in as_needed]
        for hour in (6, 18):
            for code, low, high, unit in _LABS:
                value = f"{random.randrange(low, high) / 100}"
                facts.append(chart.measured(code, value, unit, begun + timedelta(hours=hour)))
    return sorted(facts, key=lambda fact: fact.received_at)


def _scheduled_doses(chart: Chart, drug: Drug, random: Random) -> Iterator[PatientFact]:
    step = _DAY / drug.times
    for number in range(DAYS * drug.times):
        due = BEGIN + timedelta(minutes=10) + number * step
        if random.random() >= 0.02:
            yield chart.dose(drug, due + timedelta(minutes=random.randrange(0, 20), seconds=number % 60))
