"""What a backtest found, counted, and as plain data."""

from dataclasses import dataclass
from typing import Any

from services.cli.knowledge_sides import Side
from services.safety.backtesting import Compared, Told, Version, by_check, compared

_NONE = (0, 0)
APPEARS, VANISHES, CHANGES, SAME = "appears", "vanishes", "changes", "same"


@dataclass(frozen=True, slots=True)
class Backtest:
    """Both sides with what they tell; `owners` the source's own id of each patient; `days` 0: not known."""

    a: Side
    b: Side
    told_a: Version
    told_b: Version
    events: int
    owners: dict[str, str]
    days: float

    def rate(self, pages: int) -> float | None:
        """Pages per 100 patient-days, None where no patient-day is known."""
        return 100 * pages / self.days if self.days > 0 else None


def what(one: Compared) -> str:
    """Whether an issue appears, vanishes, changes or stays as it is from A to B."""
    if one.a is None:
        return APPEARS
    if one.b is None:
        return VANISHES
    return CHANGES if one.differs else SAME


def as_json(result: Backtest) -> dict[str, Any]:
    """Counts, rates (null without patient-days), and every issue that is not the same under both."""
    by_check_id, by_row = checks(result), rules(result)
    return {
        "a": {"version": result.a.base.version, "from": result.a.origin},
        "b": {"version": result.b.base.version, "from": result.b.origin},
        "events": result.events,
        "patients": len(result.owners),
        "patient_days": result.days if result.days > 0 else None,
        "checks": {
            check: {
                "a": _counted(result, *counts["a"]),
                "b": _counted(result, *counts["b"]),
                **{word: counts[word] for word in (APPEARS, VANISHES, CHANGES)},
            }
            for check, counts in by_check_id.items()
        },
        "rules": {
            row: {
                side: {"pages": pages, "pages_per_100_patient_days": result.rate(pages)}
                for side, pages in zip("ab", both, strict=True)
            }
            for row, both in by_row.items()
        },
        "issues": [
            _issue(result, one) for one in compared(result.told_a, result.told_b) if what(one) != SAME
        ],
    }


def checks(result: Backtest) -> dict[str, dict[str, Any]]:
    """For each check its issues and pages under `a` and `b`, and how many appear, vanish and change."""
    counts: dict[str, dict[str, Any]] = {}
    a, b = by_check(result.told_a.issues), by_check(result.told_b.issues)
    for check in sorted({*a, *b}):
        counts[check] = {
            "a": a.get(check, _NONE),
            "b": b.get(check, _NONE),
            APPEARS: 0,
            VANISHES: 0,
            CHANGES: 0,
        }
    for one in compared(result.told_a, result.told_b):
        if what(one) != SAME:
            counts[one.either.check][what(one)] += 1
    return counts


def rules(result: Backtest) -> dict[str, tuple[int, int]]:
    """For each row its pages under A and under B."""
    a, b = result.told_a.pages_by_row, result.told_b.pages_by_row
    return {row: (a.get(row, 0), b.get(row, 0)) for row in sorted({*a, *b})}


def _counted(result: Backtest, issues: int, pages: int) -> dict[str, Any]:
    return {"issues": issues, "pages": pages, "pages_per_100_patient_days": result.rate(pages)}


def _issue(result: Backtest, one: Compared) -> dict[str, Any]:
    issue = one.either
    return {
        "what": what(one),
        "issue_id": issue.issue_id,
        "patient": result.owners[issue.patient],
        "check": issue.check,
        "reason": issue.reason.value if issue.reason is not None else None,
        "subjects": list(issue.subjects),
        "differs": [difference.value for difference in one.differs],
        "a": _told_json(one.a),
        "b": _told_json(one.b),
    }


def _told_json(told: Told | None) -> dict[str, Any] | None:
    if told is None:
        return None
    return {
        "severity": told.severity.value,
        "level": str(told.level) if told.level is not None else None,
        "shadow": told.issue.shadow,
        "rows": [source.row for source in told.issue.sources],
        "pages": told.pages,
        "held": [
            {"from": since.isoformat(), "to": until.isoformat() if until is not None else None}
            for since, until in told.held
        ],
        "text": told.issue.text,
    }
