"""The site's own patient keys in place of the source's ids."""

from typing import Any

from schemas.clinical import PatientFact
from schemas.identity import SiteKey


def keyed(fact: PatientFact, site: SiteKey) -> PatientFact:
    """The fact under the site's patient key, as it stands in `patient-events`."""
    names: dict[str, Any] = {"patient": site.patient_key(fact.patient)}
    if fact.kind == "merge":
        names["survivor"] = site.patient_key(fact.survivor)
    if fact.kind == "visit-move":
        names["to"] = site.patient_key(fact.to)
    return fact.model_copy(update=names)
