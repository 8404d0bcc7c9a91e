"""Drips at random: an order for a rate alone, and what is stated of the infusions under it as they run."""

import random
from datetime import timedelta
from decimal import Decimal

from schemas.clinical import OrderState, Outcome, PatientFact
from schemas.dosage import Dosage, Rate
from schemas.medications import Medication, Route
from schemas.quantities import Quantity
from tests.builders import at, corrected, dose, order, stopped

_HOUR = 3_600


def drip(draw: random.Random, product: Medication, limit: Quantity) -> list[PatientFact]:
    """A drip of some days, with changes of its rate, ends that are stated late or never, and doses beside."""
    begins, route = (
        at(draw.randint(0, 30)),
        draw.choice((Route.INTRAVENOUS,) * 3 + (Route.ORAL, Route.UNKNOWN)),
    )
    hourly = limit.value / draw.choice((6, 12, 20, 30, 60))
    ordered = order(product, when=begins, entity="drip", dosages=(_rate_alone(hourly, limit.unit, route),))
    found: list[PatientFact] = [ordered]
    when = begins
    for place in range(draw.randint(1, 4)):
        factor = Decimal(draw.choice(("0.5", "1", "1", "2")))
        running = dose(
            product,
            None,
            when,
            route=route,
            entity=f"drip-{place}",
            order="drip",
            outcome=Outcome.IN_PROGRESS,
        )
        running = running.model_copy(update={"rate": _rate(round(hourly * factor, 6), limit.unit)})
        found.append(running)
        lasts = timedelta(minutes=draw.choice((40, 300, 660, 1_500, 3_000)))
        told = when + lasts + timedelta(minutes=draw.choice((0, 0, 90)))
        if draw.random() < 0.4:
            found.append(corrected(running, told, outcome=Outcome.GIVEN, ended_at=when + lasts, version=1))
        elif draw.random() < 0.3:
            found.append(
                corrected(
                    running, told, outcome=draw.choice((Outcome.PAUSED, Outcome.IN_PROGRESS)), version=1
                )
            )
        if draw.random() < 0.4:
            amount = f"{limit.value / 4:f} {limit.unit}"
            found.append(dose(product, amount, when + lasts / 2, route=route, entity=f"beside-{place}"))
        when += lasts
    if draw.random() < 0.3:
        held = corrected(ordered, begins + timedelta(hours=draw.randint(1, 40)), state=OrderState.ON_HOLD)
        found += [held, corrected(held, held.received_at + timedelta(hours=9), state=OrderState.ACTIVE)]
    if draw.random() < 0.4:
        found.append(stopped(ordered, begins + timedelta(hours=draw.randint(41, 90))))
    return found


def _rate(amount: Decimal, unit: str) -> Rate:
    return Rate(amount=Quantity(value=amount, unit=unit), per_seconds=Decimal(_HOUR))


def _rate_alone(hourly: Decimal, unit: str, route: Route) -> Dosage:
    return Dosage(route=route, rate=_rate(round(hourly, 6), unit))
