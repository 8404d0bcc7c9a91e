"""Many codes made ready, so that a condition is looked up among them at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from schemas.clinical import Condition
from schemas.medications import Coding
from services.safety.checks.patient.coded_conditions import undotted
from services.safety.knowledge.childbearing import CodeGroup


@dataclass(frozen=True, slots=True, eq=False)
class CodeSet:
    """Codes by system: whole ones, and beginnings of codes with the lengths that these have."""

    whole: frozenset[tuple[str, str]]
    beginnings: frozenset[tuple[str, str]]
    lengths: tuple[int, ...]

    @classmethod
    def of(cls, groups: Iterable[CodeGroup]) -> Self:
        """The codes of some groups."""
        whole: set[tuple[str, str]] = set()
        beginnings: set[tuple[str, str]] = set()
        for group in groups:
            wanted = beginnings if group.prefix else whole
            wanted |= {(group.system, undotted(group.system, code)) for code in group.codes}
        lengths = sorted({len(code) for _, code in beginnings})
        return cls(frozenset(whole), frozenset(beginnings), tuple(lengths))

    def stated_by(self, fact: Condition) -> Coding | None:
        """The first coding of a condition that is one of the codes."""
        for coding in fact.codings:
            code = undotted(coding.system, coding.code)
            if (coding.system, code) in self.whole or any(
                (coding.system, code[:length]) in self.beginnings for length in self.lengths
            ):
                return coding
        return None
