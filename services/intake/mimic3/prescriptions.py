"""PRESCRIPTIONS: orders. No schedule and no time of day stands in this table, and none is invented.

Of a drip it states what the bag holds, not what is given at once or in an hour: that stays words.
"""

from collections.abc import Iterator
from datetime import timedelta

from schemas.clinical import Order, OrderState
from schemas.dosage import Dosage
from schemas.medications import Coding, Medication, StatedIngredient
from services.intake import routes
from services.intake.door import Door
from services.intake.mimic3.amounts import dose_range, strength
from services.intake.mimic3.stamping import stamps
from services.intake.mimic3.tables import Row
from services.intake.reading import Accepted, Reading, Skipped, Unreadable

_DILUENTS = frozenset({"BASE", "ADDITIVE"})
_BAGS = frozenset({"iv drip"})


def order(row: Row, door: Door) -> Iterator[Reading]:
    """The order of one row. Raises `Unreadable`.

    Only the MAIN component is a therapy. An end is a date: the order holds to the end of that day.
    """
    kind = row["DRUG_TYPE"].upper()
    if kind in _DILUENTS:
        yield Skipped(f"diluent-{kind.lower()}", row.origin)
        return
    start, end = row.needed("STARTDATE", door), row.time("ENDDATE", door)
    if end is not None and end < start:
        raise Unreadable("end-before-start", "ENDDATE lies before STARTDATE")
    if end is not None and row["ENDDATE"].endswith("00:00:00"):
        end += timedelta(days=1)
    yield Accepted(
        Order(
            **stamps(row, door, row.entity, start, start),
            medication=medication(row),
            state=OrderState.ACTIVE,
            dosages=(_dosage(row),),
            ends_at=end,
        ),
        row.origin,
    )


def medication(row: Row) -> Medication:
    """The drug by its name in the list, with the strength of a piece or a volume where that can be read."""
    name = row["DRUG"]
    if not name:
        raise Unreadable("missing-drug", "DRUG is empty")
    codings = (Coding(system="mimic-drug", code=name.lower()[:512], display=name[:2_000]),)
    found = strength(row["PROD_STRENGTH"])
    if found is None:
        return Medication(text=name[:2_000], codings=codings)
    ingredient = StatedIngredient(name=name[:2_000], codings=codings, strength=found[0], per=found[1])
    return Medication(text=name[:2_000], codings=codings, ingredients=(ingredient,))


def _dosage(row: Row) -> Dosage:
    text, route = row["DOSE_VAL_RX"], row["ROUTE"]
    low, high = dose_range(text, row["DOSE_UNIT_RX"], "DOSE_VAL_RX")
    words = f"{text} {row['DOSE_UNIT_RX']}".strip() if low is None else ""
    if low is not None and route.lower() in _BAGS:
        words, low, high = f"{text} {row['DOSE_UNIT_RX']} {route}", None, None
    return Dosage(text=words[:2_000], route=routes.by_word(route), dose_low=low, dose_high=high)
