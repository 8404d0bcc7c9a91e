"""Which messages are read (MSH-9, MSH-11, MSH-12)."""

import re

from services.intake.hl7v2.faults import Misread
from services.intake.hl7v2.leaves import EVENTS as LEAVES
from services.intake.hl7v2.merges import LINKS, MERGES
from services.intake.hl7v2.message import Message
from services.intake.hl7v2.visits import ALTERNATE_NUMBER, MOVES

PRODUCTION = frozenset({"P"})
DISPENSE, ADMINISTRATION = "RDS", "RAS"
UPDATE = "A08"
DIET = "OMD"
_NOT_FOR_CARE = {"T": "training", "D": "debugging"}
_ORDERS = {
    "RDE": frozenset({"O11", "O25", "O01"}), "OMP": frozenset({"O09"}), "ORM": frozenset({"O01"}),
    DIET: frozenset({"O03"}),
}  # fmt: skip
_VISITS = frozenset({"A01", "A02", "A03", "A04", "A06", "A07", "A08", "A11", "A12", "A13"})
_PEOPLE = frozenset({"A05", "A28", "A31", "A60"})
EVENTS: dict[str, frozenset[str]] = {
    **_ORDERS,
    ADMINISTRATION: frozenset({"O17", "O01"}),
    DISPENSE: frozenset({"O13", "O01"}),
    "ORU": frozenset({"R01"}),
    "ADT": _VISITS | _PEOPLE | MERGES | LINKS | MOVES | LEAVES.keys() | {ALTERNATE_NUMBER},
}
_VERSION = re.compile(r"2\.[3-8](\.[0-9])?")


def has_orders(message: Message) -> bool:
    """Whether its ORC are orders."""
    return message.header.message_type in _ORDERS


def has_visit(message: Message) -> bool:
    """Whether its PV1 says where the patient is."""
    return message.header.message_type == "ADT" and message.header.trigger in _VISITS


def only_planned(message: Message) -> bool:
    """Whether its PV1 speaks of a visit that has not begun (pre-admission)."""
    return message.header.message_type == "ADT" and message.header.trigger == "A05"


def of_several_records(message: Message) -> bool:
    """Whether its PID, and MRG, are of records that have to do with each other."""
    return message.header.message_type == "ADT" and message.header.trigger in MERGES | LINKS | MOVES


def may_move_records(message: Message) -> bool:
    """Whether it has to do with two records, read here (whatever its version) or not (it has an MRG)."""
    return of_several_records(message) or (is_unknown_admission(message) and message.first("MRG") is not None)


def is_read(message: Message) -> bool:
    """Whether its type and event are read here."""
    return message.header.trigger in EVENTS.get(message.header.message_type, ())


def is_unknown_admission(message: Message) -> bool:
    """Whether it is an ADT message of an event that is not read."""
    return message.header.message_type == "ADT" and message.header.trigger not in EVENTS["ADT"]


def not_for_care(message: Message) -> str | None:
    """What a message is for (MSH-11) that is about no real patient: training, debugging; else None."""
    return _NOT_FOR_CARE.get(message.header.processing_id)


def refuse_unknown(message: Message) -> None:
    """Raises `Misread` for a message that is not read here. An empty MSH-11 counts as production, because
    whatever trains says so.
    """
    header, msh = message.header, message.segments[0]
    if header.processing_id not in {"", *PRODUCTION, *_NOT_FOR_CARE}:
        raise Misread("unknown-processing-id", "is neither P nor T nor D", msh, 11)
    if not header.message_type:
        raise Misread("missing-message-type", "says not what the message is", msh, 9)
    events = EVENTS.get(header.message_type)
    if events is None:
        raise Misread("unknown-message-type", "is no type of message that is read here", msh, 9)
    if header.trigger not in events:
        raise Misread("unknown-event", "has an event that is not read for this type of message", msh, 9)
    if not _VERSION.fullmatch(header.version):
        raise Misread("unknown-version", "is none of the versions 2.3 to 2.8", msh, 12)
