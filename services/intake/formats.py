"""Which reader reads which format."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from services.intake import events, fhir, hl7v2, mimic3
from services.intake.door import Door
from services.intake.ordering import in_order_of_receipt
from services.intake.reading import Reading

Reader = Callable[[Iterable[Path], Door], Iterator[Reading]]

READERS: dict[str, Reader] = {
    "events": events.read,
    "fhir": fhir.read,
    "hl7v2": hl7v2.read,
    "mimic3": mimic3.read,
}


def read(fmt: str, paths: Iterable[Path], door: Door) -> Iterator[Reading]:
    """Everything in `paths` as readings, each once.

    With simulated time in the order of receipt that the source itself tells (all of it is held in memory);
    with a live clock in file order, streaming. Raises `BrokenFile`.
    """
    readings = READERS[fmt](paths, door)
    return iter(in_order_of_receipt(readings)) if door.clock is None else readings
