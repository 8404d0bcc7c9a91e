"""What is told of a dose for somebody who is not used to it, or of whom nobody knows that."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from pydantic import JsonValue

from schemas.issues import NotAssessedReason
from schemas.quantities import plain
from services.safety.checks.amounts.limits import base_unit, shown
from services.safety.checks.judgement import Finding, View, not_assessed
from services.safety.checks.span_words import in_words
from services.safety.checks.starting.naive_rules import NaiveRule
from services.safety.checks.starting.tolerance import Had, tolerance_before
from services.safety.checks.starting.used_to import Use
from services.safety.ledger.amounts import Amount

CHECK = "naive-dose"
SHARE = "share_of_tolerance"
"""The evidence of a finding that rests on how much was given before."""

_ONE = Decimal(1)
_ENOUGH = Had(_ONE, _ONE)


def told(
    view: View,
    ingredient: str,
    rule: NaiveRule,
    use: Use,
    at: datetime,
    how: str,
    entity: str,
    amount: Amount | None,
    listed: Mapping[str, JsonValue],
) -> Iterator[Finding]:
    """The finding about one dose or order, unless the patient is used to it."""
    row = rule.row
    had: Decimal | None = None
    unknown = False
    if use.long_enough(at, row.used_for):
        use_before = tolerance_before(view, at, rule.used_to, row.used_for) if row.enough else _ENOUGH
        if use_before.known >= _ONE:
            return
        had, unknown = use_before.known, use_before.may >= _ONE
    much = shown(amount.value, row.single_max) if amount is not None and row.single_max is not None else "it"
    if had is None and use.record_too_short(row.naive_for):
        if not row.shadow:
            text = (
                f"{ingredient}: {much} was {how}; whether the patient is used to such drugs is not known, "
                f"because the record begins on {view.calendar(use.known_from)}."
            )
            reason = NotAssessedReason.INSUFFICIENT_HISTORY
            yield not_assessed(CHECK, reason, f"{ingredient}|naive", text, (entity,), (ingredient,))
        return
    if unknown:
        if not row.shadow:
            text = (
                f"{ingredient}: {much} was {how}; whether the patient is used to such drugs is not known, "
                f"because how much they had in the {in_words(row.used_for)} before cannot be worked out. "
                f"Ask what they took, and look for a patch on the skin."
            )
            reason = NotAssessedReason.INSUFFICIENT_HISTORY
            yield not_assessed(CHECK, reason, f"{ingredient}|naive", text, (entity,), (ingredient,))
        return
    most = "not at all" if row.single_max is None else f"at most {row.single_max} at once"
    rows: Sequence[JsonValue] = [dict(listed)]
    evidence: dict[str, JsonValue] = {"doses" if how == "given" else "orders": [*rows]}
    level = _ONE
    if amount is not None and rule.most is not None:
        value, dimension = rule.most
        level = amount.value / value
        field = "counted" if how == "given" else "single"
        evidence = {
            "doses" if how == "given" else "orders": [dict(listed) | {field: plain(amount.value)}],
            "unit": base_unit(dimension),
            "total": plain(amount.value),
            "limit": plain(value),
        }
    days = in_words(row.used_for)
    had_before = f"had such drugs for less than {days}"
    if had is not None:
        had_before = f"had {int(had * 100)} % of what makes used to such drugs in the {days} before"
    what = ingredient if much == "it" else f"{ingredient}: {much}"
    yield Finding(
        check=CHECK,
        subject=ingredient,
        subjects=(ingredient,),
        severity=row.severity,
        level=level,
        text=f"{what} {how} to somebody who {had_before}; {most} then. {row.action}",
        implicated=(entity,),
        evidence=evidence
        | {"used_since": use.since.isoformat()}
        | ({} if had is None else {SHARE: plain(round(had, 4))}),
        sources=(rule.source,),
        shadow=row.shadow,
        high_alert=view.knowledge.high_alert(ingredient, row.routes),
    )
