"""Drugs as their sources name them, and the ways in which they enter the body."""

from enum import StrEnum

from schemas.base import Contract, Identifier, Several, ShortText
from schemas.quantities import Quantity


class Route(StrEnum):
    """How a drug enters the body, as coarse as limits need it; UNKNOWN never falls back to oral."""

    ORAL = "oral"
    ENTERAL = "enteral"
    SUBLINGUAL = "sublingual"
    INTRAVENOUS = "intravenous"
    INTRAMUSCULAR = "intramuscular"
    SUBCUTANEOUS = "subcutaneous"
    INTRATHECAL = "intrathecal"
    EPIDURAL = "epidural"
    TRANSDERMAL = "transdermal"
    RECTAL = "rectal"
    INHALED = "inhaled"
    NASAL = "nasal"
    OPHTHALMIC = "ophthalmic"
    OTIC = "otic"
    TOPICAL = "topical"
    OTHER = "other"
    UNKNOWN = "unknown"


class Coding(Contract):
    """A code in its system, well-known ones by short name: rxnorm, atc, ndc, snomed, loinc, icd9, icd10."""

    system: Identifier
    code: Identifier
    display: ShortText = ""


class StatedIngredient(Contract):
    """One ingredient as the source itself breaks a product down; `strength` per one `per`."""

    name: ShortText = ""
    codings: Several[Coding] = ()
    strength: Quantity | None = None
    per: Quantity | None = None


class Medication(Contract):
    """A product or substance as the source named it; the knowledge base says which ingredients it holds."""

    text: ShortText = ""
    codings: Several[Coding] = ()
    ingredients: Several[StatedIngredient] = ()
