"""Patient.link: which record goes on under which other one."""

from typing import Any

from schemas.clinical import Merge
from services.intake.fhir.codes import several
from services.intake.fhir.header import Context, stamps
from services.intake.fhir.references import patient_of
from services.intake.reading import Unreadable

_MOST_LINKS = 500


def merges(resource: dict[str, Any], context: Context) -> tuple[Merge, ...]:
    """The merges that a Patient with an id tells: `replaced-by` of itself, `replaces` of the other record.

    `refer` and `seealso` merge nothing. Whoever tells it, the same two records are the same entity. Raises
    `Unreadable` where the other record is not named.
    """
    own = str(resource["id"])
    found: list[Merge] = []
    links = several(resource, "link")
    if len(links) > _MOST_LINKS:
        raise Unreadable("too-large", f"a record may have at most {_MOST_LINKS} links", "link")
    fields = stamps(resource, context, own, None, None, standing=True) if links else {}
    for number, link in enumerate(links):
        kind = link.get("type")
        if kind not in ("replaced-by", "replaces"):
            continue
        try:
            other = patient_of({"subject": link.get("other")}, context.known)
        except Unreadable as error:
            place = f"link[{number}].other"
            raise Unreadable(error.reason, "the other record of a link is not named", place) from error
        old, survivor = (own, other) if kind == "replaced-by" else (other, own)
        if old == survivor:
            raise Unreadable("wrong-schema", "a record is linked to itself", f"link[{number}].other")
        name = f"Patient/{old}#replaced-by/{survivor}"[-512:]
        found.append(
            Merge(
                **fields
                | {"patient": old, "entity": name, "event_id": f"{name}/{fields['event_id']}"[-512:]},
                survivor=survivor,
            )
        )
    return tuple(found)
