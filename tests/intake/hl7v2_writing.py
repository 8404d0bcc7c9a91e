"""HL7 messages as hospitals write them, and what becomes of them."""

from datetime import UTC, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from schemas.clinical import PatientFact
from schemas.rejections import Origin
from services.intake.door import Door
from services.intake.hl7v2 import Outcome, read_message
from services.intake.reading import Accepted
from tests.intake.writing import one

MSH = r"MSH|^~\&|MAR|WEST|DW|DW|20260301080512+0100||{kind}|C1|P|2.5.1|||AL|NE"
PID = "PID|1||4711^^^WEST^MR||ROE^JANE||19580612|F"
ADMITTED = "20260227101500+0100"
PV1 = "PV1|1|I|3W^12^1^WEST" + "|" * 16 + "V100^^^WEST" + "|" * 25 + ADMITTED
ORC = "ORC|{control}|ORD77^CPOE|RX99^PHARM||||||20260301080000+0100"
BACLOFEN = "1292^Baclofen^RXNORM"
SENT = datetime(2026, 3, 1, 7, 5, 12, tzinfo=UTC)
NOW = datetime(2026, 3, 1, 7, 6, tzinfo=UTC)
LIVE = Door(zone=ZoneInfo("Europe/Vienna"), clock=lambda: NOW)
F = TypeVar("F", bound=PatientFact)


def message(kind: str, *segments: str, msh: str = MSH, pid: str = PID) -> bytes:
    """A message of a kind ("RAS^O17^RAS_O17") about Jane Roe."""
    return "\r".join((msh.format(kind=kind), pid, *segments, "")).encode()


def fields(name: str, **numbered: str) -> str:
    """A segment with some fields: fields("RXA", f3="2026")."""
    numbers = {int(key[1:]): value for key, value in numbered.items()}
    return "|".join([name, *(numbers.get(number, "") for number in range(1, max(numbers) + 1))])


def rxa(**changed: str) -> str:
    """10 mg of baclofen given at 08:00; `f6=""` empties a field."""
    usual = {
        "f1": "1", "f2": "1", "f3": "20260301080000+0100", "f5": BACLOFEN, "f6": "10",
        "f7": "mg^milligram^UCUM", "f20": "CP", "f21": "A",
    }  # fmt: skip
    return fields("RXA", **(usual | changed))


def rxe(**changed: str) -> str:
    """5 mg of baclofen."""
    return fields("RXE", **({"f2": BACLOFEN, "f3": "5", "f5": "mg"} | changed))


def told(content: bytes, door: Door = LIVE, *, care: frozenset[str] = frozenset()) -> Outcome:
    """The outcome of one message at a door."""
    return read_message(content, Origin(door="hl7v2", path="ward", line=1), door, not_for_care=care)


def ras(*segments: str, control: str = "RE") -> Outcome:
    """The outcome of an administration message."""
    return told(message("RAS^O17^RAS_O17", ORC.format(control=control), *segments))


def rde(*segments: str, control: str = "NW", orc: str = ORC) -> Outcome:
    """The outcome of an encoded order."""
    return told(message("RDE^O11^RDE_O11", orc.format(control=control), *segments))


def only(outcome: Outcome, kind: type[F]) -> F:
    """The only fact of its kind in an outcome."""
    return one(outcome.readings, kind)


def facts(outcome: Outcome) -> list[PatientFact]:
    """All facts of an outcome, in its order."""
    return [item.event for item in outcome.readings if isinstance(item, Accepted)]  # type: ignore[misc]


def refusals(outcome: Outcome) -> list[tuple[str, str, int | None, str]]:
    """Reason, segment, field and code of each error."""
    return [
        (item.reason, item.segment, item.field, item.code) for item in outcome.faults if item.severity == "E"
    ]
