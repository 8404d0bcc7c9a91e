"""How many readings of which kind: the counts add up to everything read."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from services.intake.reading import Accepted, Reading, Rejected


@dataclass(slots=True)
class Tally:
    """Accepted by kind of event, rejected by reason and sentence, skipped by reason."""

    accepted: Counter[str] = field(default_factory=Counter)
    rejected: Counter[tuple[str, str]] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)

    def count(self, reading: Reading) -> None:
        """Count one reading."""
        if isinstance(reading, Accepted):
            self.accepted[reading.event.kind] += 1
        elif isinstance(reading, Rejected):
            self.rejected[reading.rejection.reason, reading.rejection.detail] += 1
        else:
            self.skipped[reading.reason] += 1

    def as_json(self) -> dict[str, Any]:
        """The counts as JSON gives them."""
        return {
            "accepted": dict(sorted(self.accepted.items())),
            "rejected": [
                {"reason": reason, "detail": detail, "count": count}
                for (reason, detail), count in sorted(self.rejected.items())
            ],
            "skipped": dict(sorted(self.skipped.items())),
        }

    def as_text(self) -> str:
        """The counts as people read them, one line each."""
        lines = [f"accepted {self.accepted.total()}" + _listed(self.accepted)]
        lines.append(f"rejected {self.rejected.total()}")
        lines += [f"  {count} {reason}: {detail}" for (reason, detail), count in self.rejected.most_common()]
        lines.append(f"skipped {self.skipped.total()}" + _listed(self.skipped))
        return "\n".join(lines)


def _listed(counts: Counter[str]) -> str:
    return ": " + ", ".join(f"{count} {name}" for name, count in counts.most_common()) if counts else ""
