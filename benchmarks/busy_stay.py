"""A patient for fourteen days with fifteen drugs at once, as a ward charts them, out of a seeded generator.

Two choices of drugs: those that a ward for internal medicine gives most, and fifteen of which nearly all
sedate, interact or double each other, which is as hard to judge as it gets.

Twelve drugs are scheduled and three as needed; every scheduled dose is charted within some minutes of when it
is due, one in fifty is left out, and a drug as needed is given about once a day. Laboratory values come twice
a day. The same seed gives the same events.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from random import Random

from benchmarks.workload import BEGIN, DRUGS, MANY_DRUGS, SITE, Chart, Drug
from schemas.clinical import PatientFact

DAYS = 14
PATIENT = SITE.patient_key("busy stay")
COMMON = (
    Drug("lisinopril", "29046", "10", 1),
    Drug("metformin", "6809", "500", 2),
    Drug("furosemide", "4603", "40", 2),
    Drug("atorvastatin", "83367", "40", 1),
    Drug("metoprolol", "6918", "25", 2),
    Drug("pantoprazole", "40790", "40", 1),
    Drug("prednisone", "8640", "20", 1),
    Drug("aspirin", "1191", "81", 1),
    Drug("clopidogrel", "32968", "75", 1),
    Drug("sertraline", "36437", "50", 1),
    Drug("acetaminophen", "161", "650", 4),
    Drug("levetiracetam", "114477", "500", 2),
    Drug("ondansetron", "26225", "4", 3),
    Drug("oxycodone", "7804", "5", 4),
    Drug("trazodone", "10737", "50", 1),
)
SEDATING = DRUGS[:MANY_DRUGS]
_AS_NEEDED = 3
_DAY = timedelta(days=1)
_LABS = (("2160-0", 60, 140, "mg/dL"), ("2823-3", 350, 510, "mmol/L"), ("6301-6", 90, 280, "1"))


def busy_stay(drugs: Sequence[Drug] = COMMON, seed: int = 1) -> list[PatientFact]:
    """Its facts in the order in which they are received; the last three drugs are as needed."""
    random = Random(seed)
    chart = Chart(PATIENT, random)
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
