"""MSH: who sends what to whom, as an acknowledgement needs it."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.intake.hl7v2.separators import Separators, separators, unescaped
from services.intake.reading import Unreadable

_LONGEST = 4_096
_FIELDS = 20


@dataclass(frozen=True, slots=True)
class Header:
    """The fields of MSH. Applications and facilities are as written, with their components, so that an
    acknowledgement in the same separators can turn them round; `sent_at` is MSH-7 as written.
    """

    separators: Separators
    sending_application: str = ""
    sending_facility: str = ""
    receiving_application: str = ""
    receiving_facility: str = ""
    sent_at: str = ""
    message_type: str = ""
    trigger: str = ""
    structure: str = ""
    control_id: str = ""
    processing_id: str = ""
    version: str = ""
    accept_ack: str = ""
    application_ack: str = ""


def header_of(fields: Sequence[str], signs: Separators) -> Header:
    """The header of MSH's fields, each at its number. A missing structure (MSH-9.3) is made of type and
    event; a missing event is taken from the structure.
    """

    def text(number: int, component: int = 1) -> str:
        parts = fields[number].split(signs.component, component) if number < len(fields) else []
        found = parts[component - 1].strip() if len(parts) >= component else ""
        return "" if found == '""' else unescaped(found, signs)

    kind, event, structure = (text(9, part).upper() for part in (1, 2, 3))
    if not structure and kind and event:
        structure = f"{kind}_{event}"
    if not event and structure.startswith(f"{kind}_"):
        event = structure.removeprefix(f"{kind}_")
    fields = (*fields, *[""] * (_FIELDS - len(fields)))
    return Header(
        signs, fields[3], fields[4], fields[5], fields[6], fields[7], kind, event, structure,
        fields[10], text(11).upper(), text(12), text(15).upper(), text(16).upper(),
    )  # fmt: skip


def facility_names(header: Header) -> tuple[str, ...]:
    """What MSH-4 calls the facility: its namespace, its universal id."""
    signs = header.separators
    parts = header.sending_facility.split(signs.component)[:2]
    return tuple(name for part in parts if (name := unescaped(part, signs).strip()) and name != '""')


def salvaged(content: bytes) -> Header | None:
    """The header of a message that cannot be read as a whole; None where MSH cannot be read either."""
    start = content[:_LONGEST].removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n\t \x0b").decode("latin-1")
    line = start.splitlines()[0] if start.startswith("MSH") else ""
    try:
        signs = separators(line)
    except Unreadable:
        return None
    fields = line.split(signs.field)
    return header_of([fields[0], signs.field, *fields[1:]], signs)
