"""One valid resource of each kind that is read, with every element that a reader looks at."""

from typing import Any

from tests.intake.test_fhir_administrations import observation
from tests.intake.test_fhir_statements import statement
from tests.intake.writing import administration, amount, instruction, request

CONCEPT = {"coding": [{"system": "http://loinc.org", "code": "1", "display": "One"}], "text": "one"}
SPAN = {"start": "2026-03-02T08:00:00Z", "end": "2026-03-02T10:00:00Z"}
WHOLE: list[dict[str, Any]] = [
    request(
        meta={"versionId": "2", "lastUpdated": "2026-03-02T09:00:00Z"},
        priorPrescription={"reference": "MedicationRequest/0"},
        basedOn=[{"reference": "MedicationRequest/1"}],
        category=[CONCEPT],
        extension=[{"url": "x", "valueDateTime": "2026-03-02"}],
        identifier=[{"system": "s", "value": "v"}],
        medicationCodeableConcept=None,
        medicationReference={"reference": "#m", "display": "drug"},
        contained=[
            {
                "resourceType": "Medication",
                "id": "m",
                "code": CONCEPT,
                "ingredient": [
                    {
                        "itemCodeableConcept": CONCEPT,
                        "strength": {"numerator": amount(1, "mg"), "denominator": amount(1, "mL")},
                    }
                ],
            }
        ],
        dosageInstruction=[
            instruction(
                text="5 mg three times daily over 30 minutes for 7 days",
                asNeededCodeableConcept=CONCEPT,
                maxDosePerPeriod={"numerator": amount(80, "mg"), "denominator": amount(1, "d")},
                timing={
                    "event": ["2026-03-02"],
                    "code": CONCEPT,
                    "repeat": {
                        "boundsPeriod": SPAN,
                        "boundsDuration": amount(3, "d"),
                        "boundsRange": {"high": amount(3, "d")},
                        "frequency": 1,
                        "frequencyMax": 2,
                        "period": 4,
                        "periodMax": 6,
                        "periodUnit": "h",
                        "count": 3,
                        "when": ["HS"],
                        "timeOfDay": ["08:00:00"],
                        "dayOfWeek": ["mon"],
                    },
                },
                doseAndRate=[
                    {
                        "doseRange": {"low": amount(1, "mg"), "high": amount(2, "mg")},
                        "rateRatio": {"numerator": amount(1, "mg"), "denominator": amount(1, "h")},
                        "rateRange": {"high": amount(1, "mg/h")},
                    }
                ],
            )
        ],
    ),
    administration(
        effectiveDateTime=None,
        effectivePeriod=SPAN,
        request={"reference": "MedicationRequest/1"},
        dosage={
            "text": "10 mg",
            "route": CONCEPT,
            "dose": amount(10, "mg"),
            "rateQuantity": amount(5, "mg/h"),
        },
    ),
    observation(
        valueQuantity=amount(3, "mg/dL"), component=[{"code": CONCEPT, "valueCodeableConcept": CONCEPT}]
    ),
    {
        "resourceType": "Patient",
        "id": "a",
        "birthDate": "1970-05-01",
        "gender": "male",
        "deceasedBoolean": True,
    },
    {
        "resourceType": "Encounter",
        "id": "e",
        "status": "in-progress",
        "class": {"code": "IMP"},
        "subject": {"reference": "Patient/a"},
        "period": SPAN,
        "location": [{"location": {"display": "W"}, "status": "active", "period": SPAN}],
    },
    {
        "resourceType": "Condition",
        "id": "c",
        "subject": {"reference": "Patient/a"},
        "clinicalStatus": CONCEPT,
        "verificationStatus": CONCEPT,
        "code": CONCEPT,
        "onsetPeriod": SPAN,
        "abatementDateTime": "2026-03-03",
    },
    {
        "resourceType": "AllergyIntolerance",
        "id": "l",
        "patient": {"reference": "Patient/a"},
        "code": CONCEPT,
        "type": {"coding": [{"code": "intolerance"}]},
        "verificationStatus": CONCEPT,
        "reaction": [{"substance": CONCEPT}],
    },
    statement(
        effectiveDateTime=None,
        effectivePeriod=SPAN,
        statusReason=[CONCEPT],
        category=CONCEPT,
        dosage=[
            instruction(
                patientInstruction="one tablet daily for 7 days",
                timing={
                    "repeat": {"frequency": 1, "period": 1, "periodUnit": "d", "count": 7, "countMax": 9}
                },
            ),
            instruction(
                sequence=2, maxDosePerPeriod=[{"numerator": amount(1, "g"), "denominator": amount(1, "d")}]
            ),
        ],
    ),
    {
        "resourceType": "Patient",
        "id": "linked",
        "birthDate": "2026-03-01",
        "_birthDate": {
            "extension": [
                {
                    "url": "http://hl7.org/fhir/StructureDefinition/patient-birthTime",
                    "valueDateTime": "2026-03-01T17:11:00+01:00",
                }
            ]
        },
        "link": [
            {"other": {"reference": "Patient/old"}, "type": "replaces"},
            {"other": {"identifier": {"system": "s", "value": "v"}}, "type": "replaced-by"},
        ],
    },
    observation(
        id="lab-2",
        valueQuantity=None,
        valueRatio={"numerator": amount(1, "1"), "denominator": amount(128, "1")},
        valueRange={"low": amount(1, "mg/dL"), "high": amount(2, "mg/dL")},
        interpretation=[{"coding": [{"code": "POS"}]}],
        component=[{"code": CONCEPT, "dataAbsentReason": CONCEPT}],
    ),
    # R5
    request(
        id="order-2",
        medicationCodeableConcept=None,
        medication={"concept": CONCEPT, "reference": {"reference": "#m"}},
        contained=[
            {
                "resourceType": "Medication",
                "id": "m",
                "code": CONCEPT,
                "ingredient": [
                    {
                        "item": {"concept": CONCEPT, "reference": {"reference": "Substance/1"}},
                        "strengthRatio": {"numerator": amount(1, "mg"), "denominator": amount(1, "mL")},
                    }
                ],
            }
        ],
        reported=True,
        statusChanged="2026-03-02T09:00:00Z",
        renderedDosageInstruction="5 mg three times a day",
        dosageInstruction=[instruction(asNeeded=True, asNeededFor=[CONCEPT])],
    ),
    administration(
        id="dose-2",
        effectiveDateTime=None,
        medicationCodeableConcept=None,
        medication={"concept": CONCEPT},
        occurencePeriod=SPAN,
        recorded="2026-03-02T10:00:00Z",
    ),
    statement(
        resourceType="MedicationUsage",
        status="recorded",
        medicationCodeableConcept=None,
        medication={"concept": CONCEPT},
        adherence={"code": {"coding": [{"code": "taking"}]}},
    ),
    {
        "resourceType": "Encounter",
        "id": "modern",
        "status": "discharged",
        "class": [{"coding": [{"code": "IMP"}]}],
        "subject": {"reference": "Patient/a"},
        "actualPeriod": SPAN,
        "location": [{"location": {"display": "W"}, "form": {"coding": [{"code": "wa"}]}, "period": SPAN}],
    },
]
