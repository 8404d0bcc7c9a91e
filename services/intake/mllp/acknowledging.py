"""ACK messages: MSH turned round, MSA, and ERR in the form of the peer's version.

Original mode answers AA, AE or AR. Enhanced mode (MSH-15 or MSH-16 says something) commits with CA, CE or CR
where MSH-15 asks for it and then answers where MSH-16 does; a commit that refuses is the only answer, and it
carries the faults where no other answer will.
"""

import re
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime

from services.intake.hl7v2 import Fault, Header
from services.intake.hl7v2.charset import Charset
from services.intake.hl7v2.separators import Separators, escaped
from services.intake.mllp.verdict import Verdict

_OURS = "DOSEWARDEN"
_UNKNOWN = Header(Separators())
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_VERSION = re.compile(r"2\.(\d{1,2})(?:\.(\d{1,2}))?")
_ID_BYTES = 10
_LONGEST_TEXT = 80
"""Characters of MSA-3 before version 2.7, which took it away."""
_LONGEST_ECHO = 1_000
"""Characters of a field that is sent back; HL7 gives none of these more than 427."""
_MEANING = {
    "0": "Message accepted",
    "101": "Required field missing",
    "102": "Data type error",
    "103": "Table value not found",
    "200": "Unsupported message type",
    "201": "Unsupported event code",
    "202": "Unsupported processing id",
    "203": "Unsupported version id",
    "204": "Unknown key identifier",
    "205": "Duplicate key identifier",
    "207": "Application internal error",
}


def acknowledgements(header: Header | None, charset: Charset, verdict: Verdict, at: datetime) -> list[bytes]:
    """The answers that the peer asked for, in their order; none where it asked for none. `header` is the
    message's, None where it could not be read.
    """
    known = header or _UNKNOWN
    return [
        _message(known, charset, code, verdict.faults if told else (), at)
        for code, told in _codes(known.accept_ack, known.application_ack, verdict)
    ]


def _codes(accept: str, application: str, verdict: Verdict) -> Iterator[tuple[str, bool]]:
    """Each code to answer with, and whether the faults go with it."""
    code, good = verdict.code, verdict.code == "AA"
    if not accept and not application:
        yield code, True
        return
    follows = _wanted(application, good) and code != "AR"
    committed = good or follows
    if _wanted(accept, committed):
        yield "CA" if committed else code.replace("A", "C", 1), not follows
        if not committed:
            return
    if _wanted(application, good):
        yield code, True


def _wanted(condition: str, good: bool) -> bool:
    """HL7 table 0155: always, never, on error, on success. What is none of them asks for an answer."""
    if condition in ("", "NE"):
        return False
    return {"ER": not good, "SU": good}.get(condition, True)


def _message(header: Header, charset: Charset, code: str, faults: tuple[Fault, ...], at: datetime) -> bytes:
    signs = header.separators
    version = _version(header.version)
    segments = [
        _msh(header, charset.named, version, at),
        ["MSA", code, _raw(header.control_id), *_said(faults, version, signs)],
        *(_modern(faults, signs) if version >= (2, 5) else _ancient(faults, signs)),
    ]
    text = "".join(signs.field.join(fields).rstrip(signs.field) + "\r" for fields in segments)
    return text.encode(charset.encoding, "replace")


def _msh(header: Header, charset: str, version: tuple[int, int], at: datetime) -> list[str]:
    signs = header.separators
    kind = ["ACK"]
    if header.trigger:
        kind.append(escaped(header.trigger[:_LONGEST_ECHO], signs))
        if version > (2, 3) or header.version.startswith("2.3.1"):
            kind.append("ACK")
    return [
        "MSH",
        signs.encoding,
        _raw(header.receiving_application) or _OURS,
        _raw(header.receiving_facility),
        _raw(header.sending_application),
        _raw(header.sending_facility),
        at.astimezone(UTC).strftime("%Y%m%d%H%M%S+0000"),
        "",
        signs.component.join(kind),
        secrets.token_hex(_ID_BYTES),
        escaped(header.processing_id[:_LONGEST_ECHO], signs) or "P",
        escaped(header.version[:_LONGEST_ECHO], signs) or "2.5",
        *[""] * 5,
        escaped(charset[:_LONGEST_ECHO], signs),
    ]


def _said(faults: tuple[Fault, ...], version: tuple[int, int], signs: Separators) -> list[str]:
    if not faults or version >= (2, 7):
        return []
    return [escaped(faults[0].detail[:_LONGEST_TEXT], signs)]


def _modern(faults: tuple[Fault, ...], signs: Separators) -> list[list[str]]:
    """One ERR for each fault: ERL, the code of table 0357, severity, our reason, the sentence."""
    return [
        [
            "ERR",
            "",
            signs.component.join(_place(fault)),
            signs.component.join(_code(fault, signs)),
            fault.severity,
            signs.component.join((escaped(fault.reason, signs), "", "L")),
            "",
            "",
            escaped(fault.detail, signs),
        ]
        for fault in faults
    ]


def _ancient(faults: tuple[Fault, ...], signs: Separators) -> list[list[str]]:
    """One ERR whose first field repeats: ELD, with the code as its subcomponents. Notices have no place."""
    places = []
    for fault in faults:
        if fault.severity != "I":
            place = [*_place(fault), "", ""][:3]
            places.append(signs.component.join((*place, signs.subcomponent.join(_code(fault, signs)))))
    return [["ERR", signs.repetition.join(places)]] if places else []


def _place(fault: Fault) -> list[str]:
    return [fault.segment, str(fault.sequence), *([str(fault.field)] if fault.field is not None else [])]


def _code(fault: Fault, signs: Separators) -> tuple[str, str, str]:
    return fault.code, escaped(_MEANING.get(fault.code, ""), signs), "HL70357"


def _version(text: str) -> tuple[int, int]:
    found = _VERSION.match(text)
    return (2, int(found[1])) if found else (2, 5)


def _raw(field: str) -> str:
    """A field of the peer's as it was written, which has the peer's own separators."""
    return _CONTROL.sub(" ", field[:_LONGEST_ECHO])
