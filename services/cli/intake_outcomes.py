"""What became of everything in some files: counts and reasons, in all and by file."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from schemas.issues import NotAssessedReason
from services.cli.calculable import cannot_be_calculated
from services.intake.reading import Accepted, Reading, Rejected
from services.intake.tally import Tally
from services.safety.knowledge.base import KnowledgeBase


@dataclass(slots=True)
class Outcomes:
    """Counts of one place. A message (a line, a resource, a row) may make several statements or none.

    `uncalculable` counts reasons, `unassessed` the accepted statements that have at least one.
    """

    messages: int = 0
    tally: Tally = field(default_factory=Tally)
    uncalculable: Counter[str] = field(default_factory=Counter)
    unassessed: int = 0

    def as_json(self) -> dict[str, Any]:
        """The counts as JSON gives them."""
        not_assessed = {"statements": self.unassessed, "reasons": dict(sorted(self.uncalculable.items()))}
        return {"messages": self.messages, **self.tally.as_json(), "not_assessed": not_assessed}

    def as_text(self) -> str:
        """The counts as people read them."""
        lines = [f"messages {self.messages}", *self.tally.as_text().splitlines()]
        reasons = ", ".join(f"{count} {name}" for name, count in self.uncalculable.most_common())
        told = f"of the accepted, not assessed {self.unassessed}" + (f": {reasons}" if reasons else "")
        lines.insert(2, told)
        return "\n".join(lines)

    def as_line(self) -> str:
        """The counts in a line."""
        tally = self.tally
        parts = [
            f"{self.messages} messages",
            f"accepted {tally.accepted.total()}",
            f"not assessed {self.unassessed}" + _listed(self.uncalculable),
            f"rejected {tally.rejected.total()}" + _listed(_by_reason(tally)),
            f"skipped {tally.skipped.total()}" + _listed(tally.skipped),
        ]
        return ", ".join(parts)


class OutcomesByFile:
    """Outcomes in all and by file, counted as the readings come."""

    def __init__(self, knowledge: KnowledgeBase) -> None:
        self._knowledge = knowledge
        self._last: dict[str, str] = {}
        self.all = Outcomes()
        self.files: dict[str, Outcomes] = {}

    def count(self, reading: Reading) -> None:
        """Count one reading."""
        origin = reading.rejection.origin if isinstance(reading, Rejected) else reading.origin
        file = origin.path.partition("#")[0]
        mine = self.files.setdefault(file, Outcomes())
        reasons: tuple[NotAssessedReason, ...] = ()
        if isinstance(reading, Accepted):
            reasons = cannot_be_calculated(reading.event, self._knowledge)
        another = self._last.get(file) != origin.key
        self._last[file] = origin.key
        for counts in (self.all, mine):
            counts.messages += another
            counts.tally.count(reading)
            counts.uncalculable.update(reason.value for reason in reasons)
            counts.unassessed += bool(reasons)


def _by_reason(tally: Tally) -> Counter[str]:
    found: Counter[str] = Counter()
    for (reason, _), count in tally.rejected.items():
        found[reason] += count
    return found


def _listed(counts: Counter[str]) -> str:
    return (
        " (" + ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) + ")" if counts else ""
    )
