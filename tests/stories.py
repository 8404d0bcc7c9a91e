"""Generated statements about one patient: few entities, so that corrections, voids and replacements meet."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from schemas.clinical import FactStatus, Intent, MaxDose, OrderState, PatientFact, Route
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
AMOUNTS = ("10 mg", "20 mg", "40 mg", "2500 mg", "1 {tablet}", "50 ug", "25 ug/h", "5 mmol")
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
    ("29463-7", ("40 kg", "90 kg", "40 [lb_av]")),
    ("82810-3", (None,)),
    ("2106-3", (None, "1 1")),
    ("63895-7", (None,)),
    ("18185-9", ("19 wk", "137 d", "44 wk")),
)
CONDITIONS = (
    "icd10|F10.2",
    "icd10|J44.1",
    "icd10|G40.9",
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


@st.composite
def statements(draw: st.DrawFn, days: int = 40, entities: int = 4) -> PatientFact:
    """Any statement within `days`, about one of a few entities of each kind."""
    kind = draw(st.sampled_from(KINDS))
    when = at(draw(st.integers(0, 24 * days)), minutes=draw(st.sampled_from((0, 30, 59))))
    recorded = when + timedelta(hours=draw(st.sampled_from((0, 0, 1, 5, 30, 160))))
    stated: dict[str, Any] = {
        "entity": f"{kind}-{draw(st.integers(0, entities - 1))}",
        "recorded_at": recorded,
        "received_at": recorded + timedelta(hours=draw(st.sampled_from((0, 1)))),
        "version": draw(st.integers(0, 2)),
        "status": draw(st.sampled_from((*3 * (FactStatus.STATED,), FactStatus.ENTERED_IN_ERROR))),
    }
    ends = draw(st.sampled_from((None, when + timedelta(days=1), when + timedelta(days=9))))
    product = draw(st.sampled_from(PRODUCTS))
    match kind:
        case "dose":
            lasting = draw(st.sampled_from((None, None, timedelta(hours=3), timedelta(hours=30))))
            route = draw(st.sampled_from(ROUTES))
            done = draw(st.sampled_from((True, True, True, False)))
            amount = draw(st.sampled_from(AMOUNTS))
            stated["order"] = draw(st.sampled_from((None, None, "order-0", "order-1")))
            return dose(product, amount, when, lasting=lasting, route=route, done=done, **stated)
        case "order":
            stated["replaces"] = draw(st.sampled_from((None, None, "order-0", "order-1")))
            stated["state"] = draw(
                st.sampled_from((OrderState.ACTIVE, OrderState.ACTIVE, OrderState.ON_HOLD))
            )
            stated["intent"] = draw(st.sampled_from((Intent.ORDER, Intent.ORDER, Intent.FILLER_ORDER)))
            stated["community"] = draw(st.booleans())
            as_needed = draw(st.sampled_from((False, False, True)))
            amount = draw(st.sampled_from(AMOUNTS))
            times, route = draw(st.integers(1, 4)), draw(st.sampled_from((Route.ORAL, Route.TRANSDERMAL)))
            most = draw(st.sampled_from(((), (), MOST)))
            steps = (
                dosage(amount, times=times, as_needed=as_needed, ends_at=ends, route=route, max_dose=most),
            )
            return order(product, None, when, dosages=steps, ends_at=ends, **stated)
        case "observation":
            code, values = draw(st.sampled_from(READINGS))
            text = draw(st.sampled_from(("NEG", "POS", "POS", "unknown", "hemolysed")))
            return observation(code, draw(st.sampled_from(values)), when, text=text, **stated)
        case "condition":
            code = draw(st.sampled_from(CONDITIONS))
            active = draw(st.sampled_from((True, True, False)))
            return condition(code, when, abated_at=ends, active=active, **stated)
        case "allergy":
            to = draw(
                st.sampled_from((product, in_words("opioids"), in_words("Allergy to baclofen and latex")))
            )
            flags = {name: draw(st.sampled_from((False, False, True))) for name in ("negated", "intolerance")}
            return allergy(to, when, active=draw(st.sampled_from((True, True, False))), **flags, **stated)
        case "person":
            sex = draw(st.sampled_from(("unknown", "female", "female", "male")))
            return person(draw(st.sampled_from((50, 59.99, 64.99, None))), when, sex=sex, **stated)
        case "stay":
            return encounter(when, ends_at=ends, **stated)
        case _:
            about = draw(st.sampled_from((None, "dose-0", "order-1")))
            others = (merge("b", when, **stated), unreadable("no unit", when, about=about, **stated))
            return draw(st.sampled_from(others))


def stories(days: int = 40, entities: int = 4, longest: int = 24) -> st.SearchStrategy[list[PatientFact]]:
    """Statements in order of receipt."""
    facts = st.lists(statements(days, entities), max_size=longest)
    return facts.map(lambda told: sorted(told, key=lambda fact: fact.received_at))
