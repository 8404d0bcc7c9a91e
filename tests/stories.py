"""Generated statements about one patient: few entities, so that corrections, voids and replacements meet."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from schemas.clinical import FactStatus, Intent, OrderState, PatientFact
from schemas.dosage import MaxDose
from schemas.medications import Route
from schemas.quantities import Quantity
from tests.builders import (
    allergy,
    at,
    condition,
    dosage,
    dose,
    encounter,
    in_words,
    merge,
    observation,
    order,
    person,
    tablets,
    unreadable,
)

PRODUCTS: tuple[Any, ...] = (
    "baclofen",
    "baclofen",
    "morphine",
    "fentanyl",
    "diazepam",
    "phenelzine",
    "citalopram",
    "acetaminophen",
    in_words("baclofen syrup"),
    in_words("holy water"),
    tablets(hydrocodone="5 mg", acetaminophen="325 mg"),
    tablets(baclofen="10 mg"),
)
AMOUNTS = (
    "10 mg",
    "20 mg",
    "40 mg",
    "2500 mg",
    "1 {tablet}",
    "50 ug",
    "25 ug/h",
    "5 mmol",
    "0.5 mg/kg",
    "20 mg/m2",
)
ROUTES = (Route.ORAL, Route.ORAL, Route.ORAL, Route.UNKNOWN, Route.TOPICAL, Route.TRANSDERMAL)
MOST = (MaxDose(amount=Quantity(value=Decimal(40), unit="mg"), period_seconds=Decimal(86_400)),)
READINGS = (
    ("5643-2", ("200 mg/dL", "85 mg/dL", "12 mg/dL", "3 mmol/L", None)),
    ("75626-2", ("3 1", "8 1")),
    ("98979-8", ("20 mL/min/{1.73_m2}", "90 mL/min/{1.73_m2}")),
    ("74013-4", ("2 1", "0 1")),
    ("2160-0", ("0.9 mg/dL", "1.5 mg/dL", "4 mg/dL", "90 mmol/L")),
    ("snomed|26544005", (None, "0 1", "1 1")),
    ("9279-1", ("9 /min", "16 /min", "9 1")),
    ("29463-7", ("40 kg", "42 kg", "90 kg", "40 [lb_av]")),
    ("8302-2", ("170 cm",)),
    ("82810-3", (None,)),
    ("2106-3", (None, "1 1")),
    ("63895-7", (None,)),
    ("18185-9", ("19 wk", "137 d", "44 wk")),
)
CONDITIONS = (
    "icd10|F10.2",
    "snomed|182923009",
    "icd10|J44.1",
    "icd10|G40.9",
    "icd10|K72.9",
    "icd10|K74.6",
    "icd10|Z34.0",
    "icd10|Z34.9",
    "icd10|Z37.0",
    "icd10|Z39.1",
    "icd10|Z90.710",
    "",
)
KINDS = (
    "dose",
    "dose",
    "dose",
    "order",
    "order",
    "observation",
    "condition",
    "allergy",
    "person",
    "stay",
    "other",
)


_KIND = st.sampled_from(KINDS)
_MINUTES = st.sampled_from((0, 30, 59))
_RECORDED_AFTER_H = st.sampled_from((0, 0, 1, 5, 30, 160))
_RECEIVED_AFTER_H = st.sampled_from((0, 1))
_VERSION = st.integers(0, 2)
_STATUS = st.sampled_from((*3 * (FactStatus.STATED,), FactStatus.ENTERED_IN_ERROR))
_ENDS_AFTER = st.sampled_from((None, timedelta(days=1), timedelta(days=9)))
_PRODUCT = st.sampled_from(PRODUCTS)
_AMOUNT = st.sampled_from(AMOUNTS)
_LASTING = st.sampled_from((None, None, timedelta(hours=3), timedelta(hours=30)))
_ROUTE = st.sampled_from(ROUTES)
_MOSTLY = st.sampled_from((True, True, True, False))
_OFTEN = st.sampled_from((True, True, False))
_SELDOM = st.sampled_from((False, False, True))
_AN_ORDER = st.sampled_from((None, None, "order-0", "order-1"))
_STATE = st.sampled_from((OrderState.ACTIVE, OrderState.ACTIVE, OrderState.ON_HOLD))
_INTENT = st.sampled_from((Intent.ORDER, Intent.ORDER, Intent.FILLER_ORDER))
_COMMUNITY = st.booleans()
_TIMES = st.integers(1, 4)
_ORDERED_ROUTE = st.sampled_from((Route.ORAL, Route.TRANSDERMAL))
_MOST = st.sampled_from(((), (), MOST))
_READING = st.sampled_from(READINGS)
_VALUES = {values: st.sampled_from(values) for _, values in READINGS}
_TEXT = st.sampled_from(("NEG", "POS", "POS", "unknown", "hemolysed"))
_CONDITION = st.sampled_from(CONDITIONS)
_OTHER_ALLERGEN = st.sampled_from((None, in_words("opioids"), in_words("Allergy to baclofen and latex")))
_AGE = st.sampled_from((0, 50, 59.99, 64.99, None))
_WARD = st.sampled_from(("", "3 West", "ICU"))
_SEX = st.sampled_from(("unknown", "female", "female", "male"))
_ABOUT = st.sampled_from((None, "dose-0", "order-1"))
_OF_OTHERS = st.sampled_from(("merge", *5 * ("unreadable",)))


@st.composite
def statements(draw: st.DrawFn, days: int = 40, entities: int = 4) -> PatientFact:
    """Any statement within `days`, about one of a few entities of each kind.

    What is drawn from is made once, above: making it for every statement took longer than drawing.
    """
    kind = draw(_KIND)
    when = at(draw(st.integers(0, 24 * days)), minutes=draw(_MINUTES))
    recorded = when + timedelta(hours=draw(_RECORDED_AFTER_H))
    stated: dict[str, Any] = {
        "entity": f"{kind}-{draw(st.integers(0, entities - 1))}",
        "recorded_at": recorded,
        "received_at": recorded + timedelta(hours=draw(_RECEIVED_AFTER_H)),
        "version": draw(_VERSION),
        "status": draw(_STATUS),
    }
    after = draw(_ENDS_AFTER)
    ends = None if after is None else when + after
    product = draw(_PRODUCT)
    match kind:
        case "dose":
            lasting, route, done, amount = draw(_LASTING), draw(_ROUTE), draw(_MOSTLY), draw(_AMOUNT)
            stated["order"] = draw(_AN_ORDER)
            return dose(product, amount, when, lasting=lasting, route=route, done=done, **stated)
        case "order":
            stated["replaces"] = draw(_AN_ORDER)
            stated["state"] = draw(_STATE)
            stated["intent"] = draw(_INTENT)
            stated["community"] = draw(_COMMUNITY)
            as_needed, amount = draw(_SELDOM), draw(_AMOUNT)
            times, route, most = draw(_TIMES), draw(_ORDERED_ROUTE), draw(_MOST)
            steps = (
                dosage(amount, times=times, as_needed=as_needed, ends_at=ends, route=route, max_dose=most),
            )
            return order(product, None, when, dosages=steps, ends_at=ends, **stated)
        case "observation":
            code, values = draw(_READING)
            text = draw(_TEXT)
            return observation(code, draw(_VALUES[values]), when, text=text, **stated)
        case "condition":
            code, active = draw(_CONDITION), draw(_OFTEN)
            return condition(code, when, abated_at=ends, active=active, **stated)
        case "allergy":
            to = draw(_OTHER_ALLERGEN) or product
            flags = {name: draw(_SELDOM) for name in ("negated", "intolerance")}
            return allergy(to, when, active=draw(_OFTEN), **flags, **stated)
        case "person":
            sex = draw(_SEX)
            return person(draw(_AGE), when, sex=sex, **stated)
        case "stay":
            return encounter(when, ends_at=ends, ward=draw(_WARD), **stated)
        case _:
            about = draw(_ABOUT)
            if draw(_OF_OTHERS) == "merge":
                return merge("b", when, **stated)
            return unreadable("no unit", when, about=about, **stated)


def stories(days: int = 40, entities: int = 4, longest: int = 24) -> st.SearchStrategy[list[PatientFact]]:
    """Statements in order of receipt."""
    facts = st.lists(statements(days, entities), max_size=longest)
    return facts.map(lambda told: sorted(told, key=lambda fact: fact.received_at))
