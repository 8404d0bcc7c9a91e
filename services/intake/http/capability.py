"""The CapabilityStatement: what this door takes, in FHIR's own words."""

from services.intake.fhir.resources import MAPPINGS
from services.intake.http.outcomes import Json

_DATE = "2026-11-26"


_SERVICES = "http://terminology.hl7.org/CodeSystem/restful-security-service"
_ASKED = (
    "Each request shows an access token of OAuth 2.0 client credentials (Authorization: Bearer, a JWT), or"
    " its connection a client certificate; either names the source of all that it states"
)
_NOT_ASKED = "Nobody is asked who they are: whoever reaches this address can state facts"


def capability(version: str, *, asked: bool = False) -> Json:
    """The statement of a running service of this `version`; `asked` says that callers prove who they are."""
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
                "security": _security(asked=asked),
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


def _security(*, asked: bool) -> Json:
    if not asked:
        return {"cors": False, "description": _NOT_ASKED}
    services = [{"coding": [{"system": _SERVICES, "code": code}]} for code in ("OAuth", "Certificates")]
    return {"cors": False, "service": services, "description": _ASKED}
