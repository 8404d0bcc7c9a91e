"""What drug is meant: a code, a contained Medication, or one of the same input."""

from typing import Any

from schemas.medications import Medication, StatedIngredient
from services.intake.fhir.codes import codings, inner, several, short, wording
from services.intake.fhir.elements import quantity
from services.intake.fhir.modifiers import refuse_modifiers, refuse_part
from services.intake.fhir.r5 import as_r4
from services.intake.fhir.references import Known, contained, local
from services.intake.reading import Unreadable


def medication_of(resource: dict[str, Any], known: Known) -> Medication:
    """The `medication[x]` of a request or an administration.

    A reference that leads nowhere, or to what was entered in error, leaves its display as text: an unmapped
    drug that is shown as such. R5 may have both; the concept stands where it has a code.
    """
    concept = resource.get("medicationCodeableConcept")
    coded = codings(concept)
    element = resource.get("medicationReference")
    if isinstance(concept, dict) and (coded or not isinstance(element, dict)):
        return Medication(text=wording(concept), codings=coded)
    reference = element.get("reference") if isinstance(element, dict) else None
    display = wording(concept) or (short(element.get("display")) if isinstance(element, dict) else "")
    if not isinstance(reference, str):
        return Medication(text=display)
    if reference.startswith("#"):
        found = contained(resource, reference)
    else:
        found = known.medications.get(reference) or known.medications.get(local(reference))
    if (
        found is None
        or found.get("resourceType") != "Medication"
        or found.get("status") == "entered-in-error"
    ):
        return Medication(text=display)
    try:
        return _product(found, display, resource if reference.startswith("#") else found)
    except Unreadable as error:
        raise Unreadable(error.reason, error.detail, "medicationReference") from error


def _product(stated: dict[str, Any], display: str, around: dict[str, Any]) -> Medication:
    """The product; `around` is the resource in which its substances are contained."""
    refuse_part(stated)
    refuse_modifiers(stated)
    resource = as_r4(stated)
    code = resource.get("code")
    ingredients = tuple(
        _ingredient(item, around)
        for item in several(resource, "ingredient")
        if item.get("isActive") is not False
    )
    return Medication(text=wording(code) or display, codings=codings(code), ingredients=ingredients)


def _ingredient(item: dict[str, Any], around: dict[str, Any]) -> StatedIngredient:
    concept = item.get("itemCodeableConcept")
    reference = item.get("itemReference")
    if concept is None and isinstance(reference, dict):
        concept = (contained(around, str(reference.get("reference"))) or {}).get("code")
    strength = inner(item, "strength")
    return StatedIngredient(
        name=wording(concept) or (short(reference.get("display")) if isinstance(reference, dict) else ""),
        codings=codings(concept),
        strength=quantity(strength.get("numerator"), "ingredient.strength.numerator"),
        per=quantity(strength.get("denominator"), "ingredient.strength.denominator"),
    )
