"""RXR: the route of an order or a dose."""

from collections.abc import Sequence

from services.intake.fhir.dosage import route_of
from services.intake.hl7v2.amounts import Element
from services.intake.hl7v2.codes import concept
from services.intake.hl7v2.message import Segment


def route(segments: Sequence[Segment]) -> Element | None:
    """The route that all of some RXR agree on, as a FHIR concept; None where they leave a choice."""
    stated = [concept(item.field(1)) for item in segments]
    if len(stated) > 1 and len({route_of(item) for item in stated}) > 1:
        return None
    return stated[0] if stated else None
