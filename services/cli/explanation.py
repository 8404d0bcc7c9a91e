"""An issue in the words and the order in which a clinician wants to read it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import orjson

from schemas.quantities import plain
from schemas.unit_words import well_read
from services.safety.recomputing import recomputed

_ARITHMETIC = ("worked_out", "doses", "due", "orders", "levels", "window", "unit", "total", "limit")
_FIELDS = {
    "start": "at",
    "due": "at",
    "counted_at": "counted as of its due time",
    "from": "from",
    "stated": "stated",
    "counted": "counts",
    "single": "each",
    "doses_in_window": "times",
    "in_window": "together",
    "per_day": "a day",
    "every": "every",
    "amount": "amount",
    "seconds": "in seconds",
    "entity": "record",
}
"""Which columns a row of arithmetic has, in their order, and how people call them."""

_HOW = {"infusion-rate": "At most"}
"""What kind of number a check shows; of the others it is a sum."""


@dataclass(frozen=True, slots=True)
class Explained:
    """What an explanation is made of, whether it was read from a replay or from the running system."""

    issue_id: str
    check: str
    severity: str
    text: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
    sources: tuple[Mapping[str, Any], ...] = ()
    implicated: tuple[str, ...] = ()
    knowledge_version: str = ""
    reason: str = ""
    because: str = ""
    since: str = ""
    standing: str = ""
    shadow: bool = False
    retrospective: bool = False


def explanation(issue: Explained) -> Iterator[str]:
    """The lines of an explanation."""
    return map(well_read, _lines(issue))


def _lines(issue: Explained) -> Iterator[str]:
    if issue.reason:
        yield f"NOT ASSESSED ({issue.reason}): what could not be looked at, not harm that was found."
    else:
        yield f"{issue.check}, {issue.severity}" + (
            " (recorded only: its rule is a draft)" if issue.shadow else ""
        )
    yield issue.text
    yield ""
    if issue.standing or issue.since:
        yield " ".join(
            part for part in (issue.standing, f"since {issue.since}" if issue.since else "") if part
        )
    if issue.because:
        yield f"Why now: {issue.because}"
    if issue.retrospective:
        yield "It became known only after it had passed."
    yield from _arithmetic(issue)
    yield from _circumstances(issue.evidence)
    yield from _rules(issue.sources)
    if issue.implicated:
        yield ""
        yield f"Rests on: {', '.join(issue.implicated)}"
    yield f"Knowledge: {issue.knowledge_version}" if issue.knowledge_version else "Knowledge: not stated"
    yield f"Issue: {issue.issue_id}"


def _arithmetic(issue: Explained) -> Iterator[str]:
    evidence = issue.evidence
    unit = str(evidence.get("unit", ""))
    yield from _worked_out(evidence)
    for name in ("doses", "due", "orders", "levels"):
        rows = [row for row in evidence.get(name, ()) if isinstance(row, Mapping)]
        if not rows:
            continue
        yield ""
        window = evidence.get("window")
        within = f", after {window['after']} up to {window['until']}" if name == "doses" and window else ""
        yield f"{name.capitalize()}{within}" + (f", in {unit}:" if unit else ":")
        for row in rows:
            told = (f"{label} {row[key]}" for key, label in _FIELDS.items() if row.get(key) not in (None, ""))
            rest = (
                f"{key} {_told(value)}" for key, value in row.items() if key not in _FIELDS and key != "end"
            )
            yield "  " + ", ".join((*told, *rest))
    again = recomputed(issue.check, evidence)
    if again is None:
        return
    how = "Apart" if unit == "min" else _HOW.get(issue.check, "Together")
    yield f"{how} {plain(again.shown)} {unit}{_against(again.shown, evidence, unit)}."
    if again.agrees:
        yield "The rows above make the same number."
    else:
        yield f"THE ROWS ABOVE MAKE {plain(again.made)} {unit}: do not rely on this number; tell operators."


def _worked_out(evidence: Mapping[str, Any]) -> Iterator[str]:
    """How doses per kilogram or square metre became amounts."""
    steps = [row for row in evidence.get("worked_out", ()) if isinstance(row, Mapping)]
    if steps:
        yield ""
        yield "Worked out:"
    for row in steps:
        how_long = f" in {row['per_seconds']} s" if "per_seconds" in row else ""
        yield (
            f"  {row['stated']} x {row['by']} = {row['makes']}{how_long}, by {', '.join(row['rests_on'])}, "
            f"for {', '.join(row['of'])}"
        )


def _against(shown: Decimal, evidence: Mapping[str, Any], unit: str) -> str:
    if "limit" not in evidence:
        return "; no limit is stated"
    limit = Decimal(evidence["limit"])
    share = f", {plain(round(100 * shown / limit, 1))} %" if limit else ""
    return f"; limit {plain(limit)} {unit}{share}"


def _circumstances(evidence: Mapping[str, Any]) -> Iterator[str]:
    rest = {
        name: value
        for name, value in evidence.items()
        if name not in _ARITHMETIC or (name in ("doses", "orders") and _names_only(value))
    }
    if rest:
        yield ""
        for name, value in rest.items():
            yield f"{name.replace('_', ' ').capitalize()}: {_told(value)}"


def _names_only(value: object) -> bool:
    return isinstance(value, list) and not any(isinstance(row, Mapping) for row in value)


def _told(value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value) or "none"
    return orjson.dumps(value).decode()


def _rules(sources: tuple[Mapping[str, Any], ...]) -> Iterator[str]:
    for source in sources:
        yield ""
        yield f"Rule {source['row']} ({source['status']}, {source['certainty']}):"
        names = ("title", "publisher", "version", "section")
        yield "  " + ", ".join(str(source[name]) for name in names if source.get(name))
        if source.get("quote"):
            yield f"  “{source['quote']}”"
