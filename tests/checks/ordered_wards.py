"""Wards on which doses are given as they are ordered, now and then otherwise: stories for further doses."""

from datetime import timedelta
from enum import Enum, auto
from typing import NamedTuple

from hypothesis import strategies as st

from schemas.clinical import Encounter, PatientFact
from schemas.medications import Route
from tests.brief_wards import ICU, WEST
from tests.builders import at, condition, corrected, dosage, dose, encounter, observation, order, person
from tests.stories import statements

DRUGS = (
    *("baclofen", "morphine", "oxycodone", "fentanyl"),
    *("diazepam", "phenelzine", "citalopram", "acetaminophen"),
)
AMOUNTS = ("5 mg", "10 mg", "20 mg", "40 mg", "900 mg", "50 ug", "5 mmol")


class Use(NamedTuple):
    """What orders and doses are drawn from."""

    drugs: tuple[str, ...] = DRUGS
    amounts: tuple[str, ...] = AMOUNTS
    routes: tuple[Route, ...] = (*4 * (Route.ORAL,), Route.INTRATHECAL)


ANY = Use()
BY_MOUTH = (Route.ORAL,)
NEAR = {
    "screened-start": Use(("baclofen",), ("50 ug", "100 ug", "5 mg"), (Route.ORAL, Route.INTRATHECAL)),
    "screening-dose": Use(("baclofen",), ("50 ug", "100 ug", "5 mg"), (Route.ORAL, Route.INTRATHECAL)),
    "doubled-dose": Use(("baclofen",), ("5 mg", "10 mg"), BY_MOUTH),
    "not-assessed-limit": Use(("baclofen", "phenelzine"), ("5 mg", "50 ug"), (Route.ORAL, Route.RECTAL)),
    "opioid-load": Use(("morphine", "oxycodone"), ("5 mg", "10 mg", "20 mg"), BY_MOUTH),
}
"""What a check is about that hardly any ward of all drugs comes near."""


@st.composite
def ordered_use(draw: st.DrawFn, number: int, use: Use) -> list[PatientFact]:
    """An order of one drug and doses under it, roughly as they are due, now and then something else."""
    drug, amount = draw(st.sampled_from(use.drugs)), draw(st.sampled_from(use.amounts))
    every = draw(st.sampled_from((3, 6, 8, 12, 24)))
    times = 24 // every if draw(st.booleans()) else None
    as_needed = draw(st.sampled_from((False, False, True)))
    route = draw(st.sampled_from(use.routes))
    entity, begins = f"order-{number}", draw(st.integers(0, 48))
    ends = draw(st.sampled_from((None, None, None, at(200))))
    facts: list[PatientFact] = [
        order(
            drug,
            amount,
            at(begins),
            times=times,
            every=timedelta(hours=every) if times is None else None,
            as_needed=as_needed,
            route=route,
            entity=entity,
            ends_at=ends,
        )
    ]
    for place in range(draw(st.integers(2, 9))):
        if draw(st.integers(0, 9)) == 0:
            continue
        minutes = draw(st.sampled_from((0, -40, 5, 20, 20, 90)))
        when = at(begins + place * every, minutes=max(minutes, 1))
        late = draw(st.sampled_from((0, 0, 0, 0, 10, 600)))
        facts.append(
            dose(
                drug,
                draw(st.sampled_from((amount, amount, amount, *use.amounts))),
                when,
                order=draw(st.sampled_from((entity, entity, entity, entity, None))),
                route=draw(st.sampled_from((*5 * (route,), Route.TOPICAL))),
                done=draw(st.integers(0, 9)) != 0,
                lasting=draw(st.sampled_from((None, None, None, timedelta(hours=2)))),
                entity=f"dose-of-{entity}-{place}",
                recorded_at=when + timedelta(minutes=late),
                received_at=when + timedelta(minutes=late),
            )
        )
    return facts


@st.composite
def wards(draw: st.DrawFn, use: Use = ANY) -> list[PatientFact]:
    """A patient on a few drugs, with some statements of any kind; in order of receipt."""
    facts: list[PatientFact] = []
    for number in range(draw(st.integers(1, 4))):
        facts += draw(ordered_use(number, use))
    if draw(st.booleans()):
        facts += draw(moves())
    if draw(st.booleans()):
        facts.append(person(draw(st.sampled_from((30, 70))), at(0), sex="female"))
    facts += draw(st.lists(st.sampled_from(AROUND), max_size=3))
    facts += draw(st.lists(statements(days=9, entities=2), max_size=3))
    return sorted(facts, key=lambda fact: fact.received_at)


@st.composite
def moves(draw: st.DrawFn) -> list[Encounter]:
    """A stay, as a rule on one ward of the house, else moved between wards of other tolerance and hours."""
    stay = encounter(at(0), entity="stay", ward=draw(st.sampled_from(("", "", ICU, WEST))))
    told = [stay]
    for place in range(draw(st.sampled_from((0, 0, 1, 3)))):
        when = at(draw(st.integers(1, 90)), minutes=draw(st.sampled_from((0, 20, 45))))
        late = timedelta(hours=draw(st.sampled_from((0, 0, 9))))
        ward = draw(st.sampled_from((ICU, WEST, "another")))
        told.append(corrected(stay, when + late, ward=ward, ward_since=when, version=place + 1))
    return told


AROUND: tuple[PatientFact, ...] = (
    condition("icd10|F10.2", at(1), entity="condition-a"),
    condition("icd10|K74.6", at(2), entity="condition-b"),
    condition("icd10|Z34.0", at(3), entity="condition-c"),
    observation("2160-0", "1.5 mg/dL", at(4), entity="observation-a"),
    observation("98979-8", "20 mL/min/{1.73_m2}", at(5), entity="observation-b"),
    observation("29463-7", "40 kg", at(6), entity="observation-c"),
)


@st.composite
def regular_use(draw: st.DrawFn, number: int, drugs: tuple[str, ...]) -> list[PatientFact]:
    """A scheduled order and many doses alike, each some minutes early or late; now and then one otherwise."""
    drug = draw(st.sampled_from(drugs))
    amount = draw(st.sampled_from(("10 mg", "20 mg", "40 mg", "650 mg", "1000 mg", "1300 mg", "2000 mg")))
    every = draw(st.sampled_from((3, 4, 6, 8, 12, 24)))
    entity, route = f"order-{number}", draw(st.sampled_from((*4 * (Route.ORAL,), Route.INTRAVENOUS)))
    starts = draw(st.sampled_from((1, 1, 30)))
    ordered = draw(st.sampled_from((amount, amount, "10 mg", "650 mg")))
    clock = draw(st.sampled_from(((), (), ("08:00", "20:00"))))
    due = dosage(ordered, every=timedelta(hours=every), times_of_day=clock, route=route)
    facts: list[PatientFact] = [order(drug, when=at(starts), dosages=(due,), entity=entity)]
    otherwise = st.sampled_from(tuple(Otherwise))
    for place in range(draw(st.integers(5, 14))):
        how = draw(otherwise) if draw(st.integers(0, 9)) == 0 else None
        minutes = draw(st.sampled_from((1, 1, 5, 15, 15, 25, 50)))
        when = at(starts + place * every, minutes=minutes)
        if how is Otherwise.LEFT_OUT:
            continue
        facts.append(
            dose(
                drug,
                "1300 mg" if how is Otherwise.LARGER else amount,
                when,
                order=None if how is Otherwise.LOOSE else entity,
                route=route,
                entity=f"dose-of-{entity}-{place}",
                recorded_at=when,
                received_at=when + timedelta(hours=5 if how is Otherwise.CHARTED_LATE else 0),
            )
        )
        if how is Otherwise.TWICE:
            again = when + timedelta(minutes=draw(st.sampled_from((3, 40, 120))))
            name = f"dose-of-{entity}-{place}-again"
            facts.append(dose(drug, amount, again, order=entity, route=route, entity=name, received_at=again))
    return facts


class Otherwise(Enum):
    """What a dose may be that is not as the others."""

    LEFT_OUT = auto()
    LARGER = auto()
    LOOSE = auto()
    CHARTED_LATE = auto()
    TWICE = auto()


@st.composite
def regular_wards(draw: st.DrawFn) -> list[PatientFact]:
    """A patient in the house on one or two drugs given alike for days, with statements of other kinds."""
    drugs = draw(st.sampled_from((("acetaminophen",), ("baclofen",), ("morphine", "citalopram"), DRUGS)))
    facts: list[PatientFact] = [*draw(moves())] if draw(st.integers(0, 4)) else []
    for number in range(draw(st.integers(1, 2))):
        facts += draw(regular_use(number, drugs))
    if draw(st.booleans()):
        facts.append(person(draw(st.sampled_from((30, 70))), at(0), sex="female"))
    facts += draw(st.lists(st.sampled_from(AROUND), max_size=3))
    later = draw(st.integers(0, 200))
    facts += draw(st.lists(st.sampled_from([_moved(fact, later) for fact in AROUND]), max_size=2))
    return sorted(facts, key=lambda fact: fact.received_at)


def _moved(fact: PatientFact, hours: int) -> PatientFact:
    by = timedelta(hours=hours)
    times = {name: getattr(fact, name) + by for name in ("effective_at", "recorded_at", "received_at")}
    return fact.model_copy(update=times | {"entity": f"{fact.entity}-later"})
