"""ORC-1 (HL7 table 0119) and ORC-5 (table 0038): what becomes of an order."""

from enum import StrEnum

from services.intake.hl7v2.faults import Misread
from services.intake.hl7v2.message import Segment


class Step(StrEnum):
    """What a message does to its order."""

    ACTIVE = "active"
    CHANGED = "changed"
    REPLACED = "replaced"
    REPLACEMENT = "replacement"
    HELD = "held"
    RELEASED = "released"
    STOPPED = "stopped"
    CANCELLED = "cancelled"
    COMPLETED = "completed"


_STEPS = {
    **dict.fromkeys(("NW", "OK", "SN", "RE"), Step.ACTIVE),
    **dict.fromkeys(("XO", "XX", "XR"), Step.CHANGED),
    **dict.fromkeys(("RP", "RQ", "RU"), Step.REPLACED),
    "RO": Step.REPLACEMENT,
    **dict.fromkeys(("HD", "HR", "OH"), Step.HELD),
    **dict.fromkeys(("RL", "OE", "OR"), Step.RELEASED),
    **dict.fromkeys(("DC", "OD", "DR"), Step.STOPPED),
    **dict.fromkeys(("CA", "OC", "CR"), Step.CANCELLED),
}
_STATUSES = {
    **dict.fromkeys(("A", "IP", "SC"), Step.ACTIVE),
    "HD": Step.HELD, "DC": Step.STOPPED, "RP": Step.STOPPED, "CA": Step.CANCELLED, "CM": Step.COMPLETED,
}  # fmt: skip
_BY_STATUS = frozenset({"SC", "SR"})
_OF_NO_CONCERN = frozenset({"AF", "DF", "FU", "LI", "MC", "NA", "NR", "RF", "RR", "SS", "UN"})
"""Numbers assigned, refills, links, requests for a status: none changes what the patient is to get."""
_REFUSED = frozenset({"DE", "UA", "UC", "UD", "UF", "UH", "UM", "UR", "UX"})
_IN_FORCE = frozenset({Step.ACTIVE, Step.CHANGED, Step.REPLACEMENT, Step.RELEASED})
VERSIONS = {
    Step.ACTIVE: 0, Step.CHANGED: 1, Step.REPLACEMENT: 1, Step.HELD: 2, Step.RELEASED: 3,
    Step.REPLACED: 4, Step.CANCELLED: 4, Step.STOPPED: 4, Step.COMPLETED: 5,
}  # fmt: skip
"""Of statements made in the same second the later step in an order's life holds."""
NEEDS_NUMBER = frozenset(Step) - {Step.ACTIVE, Step.COMPLETED}
"""Steps that mean nothing where nobody can say which order they mean."""


def of_no_concern(orc: Segment) -> str | None:
    """The control code where it changes nothing that is judged here."""
    code = orc.text(1).upper()
    return code if code in _OF_NO_CONCERN else None


def step(orc: Segment) -> Step:
    """What the order becomes. A status of its own that ends or holds it (ORC-5) wins over a control code
    that would have it in force. Raises `Misread`.
    """
    code, status = orc.text(1).upper(), orc.text(5).upper()
    if not code:
        raise Misread("missing-order-control", "says not what becomes of the order", orc, 1)
    if code in _REFUSED:
        raise Misread("order-refused", "tells that what was asked of an order was not done", orc, 1)
    if status == "ER":
        raise Misread("unknown-status", "tells of an error: nobody can say whether the order holds", orc, 5)
    stated = _STATUSES.get(status)
    if code in _BY_STATUS:
        if stated is None:
            raise Misread("unknown-status", "says not whether the order holds", orc, 5)
        return stated
    found = _STEPS.get(code)
    if found is None:
        raise Misread("unknown-order-control", "is no order control code that is read here", orc, 1)
    return stated if found in _IN_FORCE and stated is not None and stated is not Step.ACTIVE else found
