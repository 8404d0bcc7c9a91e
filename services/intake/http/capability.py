"""The CapabilityStatement: what this door takes, in FHIR's own words."""

from services.intake.fhir.resources import MAPPINGS
from services.intake.http.outcomes import Json

_DATE = "2026-11-26"


def capability(version: str) -> Json:
    """The statement of a running service of this `version`."""
    interactions = [{"code": "create"}, {"code": "update"}]
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": _DATE,
        "kind": "instance",
        "software": {"name": "DoseWarden", "version": version},
        "implementation": {
            "description": "Takes what was prescribed and given; keeps no resources and answers no searches"
        },
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "application/fhir+ndjson"],
        "rest": [
            {
                "mode": "server",
                "documentation": "Ids and versions of the source are kept; the same content again states"
                " nothing new. Types that are not listed are understood and passed over, with an information"
                " issue.",
                "interaction": [{"code": "transaction"}, {"code": "batch"}],
                "resource": [
                    {
                        "type": kind,
                        "interaction": interactions,
                        "versioning": "versioned",
                        "updateCreate": True,
                        "conditionalCreate": False,
                        "operation": [
                            {
                                "name": "validate",
                                "definition": "http://hl7.org/fhir/OperationDefinition/Resource-validate",
                            }
                        ],
                    }
                    for kind in sorted({*MAPPINGS, "Medication"})
                ],
            }
        ],
    }
