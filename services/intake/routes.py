"""The routes that sources write, as the contract's coarse routes; what is not here is unknown, never oral."""

from schemas.medications import Route

_R = Route
BY_WORD: dict[str, Route] = {
    "po": _R.ORAL, "oral": _R.ORAL, "oral route": _R.ORAL, "by mouth": _R.ORAL, "orally": _R.ORAL,
    "oral use": _R.ORAL, "swallow, oral": _R.ORAL, "po/ng": _R.ENTERAL, "ng": _R.ENTERAL, "nu": _R.ENTERAL,
    "og": _R.ENTERAL, "j tube": _R.ENTERAL, "jtube": _R.ENTERAL, "g tube": _R.ENTERAL, "peg": _R.ENTERAL,
    "gt": _R.ENTERAL, "nasogastric route": _R.ENTERAL, "gastrostomy route": _R.ENTERAL, "dht": _R.ENTERAL,
    "sl": _R.SUBLINGUAL, "sublingual route": _R.SUBLINGUAL, "sublingual": _R.SUBLINGUAL,
    "iv": _R.INTRAVENOUS, "iv drip": _R.INTRAVENOUS, "iv bolus": _R.INTRAVENOUS, "ivpca": _R.INTRAVENOUS,
    "iv push": _R.INTRAVENOUS, "ivpush": _R.INTRAVENOUS, "ivdrp": _R.INTRAVENOUS, "ivp": _R.INTRAVENOUS,
    "intravenous": _R.INTRAVENOUS, "intravenous route": _R.INTRAVENOUS, "intravenous use": _R.INTRAVENOUS,
    "pca": _R.INTRAVENOUS, "ivinj": _R.INTRAVENOUS, "ivpb": _R.INTRAVENOUS,
    "im": _R.INTRAMUSCULAR, "intramuscular route": _R.INTRAMUSCULAR, "intramuscular": _R.INTRAMUSCULAR,
    "sc": _R.SUBCUTANEOUS, "sq": _R.SUBCUTANEOUS, "subcut": _R.SUBCUTANEOUS, "subq": _R.SUBCUTANEOUS,
    "subcutaneous route": _R.SUBCUTANEOUS, "subcutaneous": _R.SUBCUTANEOUS, "sqinj": _R.SUBCUTANEOUS,
    "it": _R.INTRATHECAL, "intrathecal route": _R.INTRATHECAL, "intrathecal": _R.INTRATHECAL,
    "ed": _R.EPIDURAL, "epidural": _R.EPIDURAL, "epidural route": _R.EPIDURAL,
    "td": _R.TRANSDERMAL, "transdermal route": _R.TRANSDERMAL, "transdermal": _R.TRANSDERMAL,
    "transderm": _R.TRANSDERMAL,
    "pr": _R.RECTAL, "rectal route": _R.RECTAL, "rectal": _R.RECTAL, "per rectum": _R.RECTAL,
    "ih": _R.INHALED, "inh": _R.INHALED, "neb": _R.INHALED, "respiratory tract route": _R.INHALED,
    "inhalation": _R.INHALED, "inhalation route": _R.INHALED, "iphinhl": _R.INHALED,
    "nas": _R.NASAL, "in": _R.NASAL, "nasal route": _R.NASAL, "nasal": _R.NASAL,
    "both eyes": _R.OPHTHALMIC, "ou": _R.OPHTHALMIC, "od": _R.OPHTHALMIC, "os": _R.OPHTHALMIC,
    "right eye": _R.OPHTHALMIC, "left eye": _R.OPHTHALMIC, "ophthalmic route": _R.OPHTHALMIC,
    "ophthalmic": _R.OPHTHALMIC, "opthalmic": _R.OPHTHALMIC,
    "both ears": _R.OTIC, "right ear": _R.OTIC, "left ear": _R.OTIC, "otic route": _R.OTIC, "au": _R.OTIC,
    "tp": _R.TOPICAL, "top": _R.TOPICAL, "topical route": _R.TOPICAL, "topical": _R.TOPICAL,
    "skin": _R.TOPICAL, "cutaneous route": _R.TOPICAL,
    "ep": _R.EPIDURAL, "op": _R.OPHTHALMIC, "ot": _R.OTIC, "ns": _R.NASAL, "id": _R.OTHER, "io": _R.OTHER,
    "dialys": _R.OTHER, "dwell": _R.OTHER, "ij": _R.OTHER, "ip": _R.OTHER, "ir": _R.OTHER, "pb": _R.OTHER,
    "vg": _R.OTHER, "vaginal route": _R.OTHER, "buccal route": _R.OTHER, "buccal": _R.OTHER,
}  # fmt: skip
"""By abbreviation or name, lower case: HL7 v2 table 0162, hospital lists, SNOMED CT displays."""

BY_SNOMED: dict[str, Route] = {
    "26643006": _R.ORAL, "47625008": _R.INTRAVENOUS, "255560000": _R.INTRAVENOUS,
    "78421000": _R.INTRAMUSCULAR, "34206005": _R.SUBCUTANEOUS, "37161004": _R.RECTAL,
    "37839007": _R.SUBLINGUAL, "72607000": _R.INTRATHECAL, "404820008": _R.EPIDURAL,
    "45890007": _R.TRANSDERMAL, "46713006": _R.NASAL, "54485002": _R.OPHTHALMIC, "10547007": _R.OTIC,
    "6064005": _R.TOPICAL, "447694001": _R.INHALED, "127492001": _R.ENTERAL, "418821007": _R.ENTERAL,
    "448598008": _R.OTHER, "54471007": _R.OTHER, "16857009": _R.OTHER,
}  # fmt: skip
"""SNOMED CT codes of FHIR's route-codes value set."""


def by_word(text: str) -> Route:
    """The route of an abbreviation or a name; UNKNOWN where it is not listed."""
    bare = text.strip().lower().removesuffix("(qualifier value)").strip()
    return BY_WORD.get(bare, Route.UNKNOWN)
