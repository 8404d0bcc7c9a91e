"""Units in sentences for people. UCUM's "U" is misread as a nought and its "ug" as "mg".

The Joint Commission's "do not use" list and ISMP's list of error-prone abbreviations ask for "units" and
"mcg". Records, evidence and everything that a machine reads keep UCUM.
"""

import re

_WORDS = {"ug": "mcg", "U": "units", "IU": "units", "[iU]": "units", "[IU]": "units"}
_MISREAD = re.compile(r"(?<=\d )(?:ug|U|IU|\[[iI]U\])(?=[\s/,.;:)]|$)")


def well_read(sentence: str) -> str:
    """The sentence with the units behind its numbers as staff write them: "20 units", "50 mcg/kg/min"."""
    return _MISREAD.sub(lambda found: _WORDS[found[0]], sentence)
