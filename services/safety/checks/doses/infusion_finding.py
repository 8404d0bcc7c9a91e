"""What is told of drugs that run too fast, and of those of which nobody can say how fast they run."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from pydantic import JsonValue

from schemas.base import Severity
from schemas.issues import NotAssessedReason
from schemas.quantities import plain
from services.safety.checks.amounts.limits import base_unit, shown
from services.safety.checks.amounts.paces import Running
from services.safety.checks.doses.rate_limits import RateRule
from services.safety.checks.judgement import Finding, View, not_assessed

CHECK = "infusion-rate"

_WHY = {
    NotAssessedReason.MISSING_DURATION: "neither a rate nor an end is stated",
    NotAssessedReason.UNCONVERTIBLE_UNIT: "a unit cannot be converted to the limit's",
    NotAssessedReason.UNKNOWN_UNIT: "a unit is not known",
    NotAssessedReason.MISSING_WEIGHT: "it is stated by the weight, and no usable one is known",
    NotAssessedReason.MISSING_HEIGHT: "it is stated by the body surface, and no height is known",
    NotAssessedReason.UNMAPPED_DRUG: "the product is known by its name only",
}
_NOT_STATED = "the dose is not stated in a way that can be calculated with"


def not_known(ingredient: str, reason: NotAssessedReason, entities: tuple[str, ...]) -> Finding:
    """That it could not be held against the drug's limits, and why."""
    why = _WHY.get(reason, _NOT_STATED)
    text = f"{ingredient}: how fast it runs could not be assessed: {why}."
    return not_assessed(CHECK, reason, f"{ingredient}|rate", text, entities, (ingredient,))


def too_fast(
    view: View,
    ingredient: str,
    rule: RateRule,
    fast: Sequence[tuple[Running, Severity]],
    *,
    age_known: bool,
) -> Finding:
    """The worst of what is too fast by one row, with all of it."""
    row = rule.row
    worst, severity = max(fast, key=lambda one: (one[1].rank, one[0].within(row.within)))
    much = worst.within(row.within)
    limit = row.at_most
    per = row.spoken.rpartition("/")[2]
    each_kilogram = f"/{row.per}" if row.per is not None else ""
    how = "by the charted times" if worst.charted else "stated"
    unaged = f"That is {row.ages}; the age is not known. " if row.aged and not age_known else ""
    return Finding(
        check=CHECK,
        subject=ingredient,
        subjects=(ingredient,),
        severity=severity,
        level=much / rule.value,
        text=(
            f"{ingredient}: {shown(much, limit)}{each_kilogram}/{per} {how}; at most {row.spoken} are safe. "
            f"{unaged}{row.action}"
        ),
        implicated=tuple(
            dict.fromkeys(entity for each, _ in fast for entity in (each.entity, *each.rests_on))
        ),
        evidence={
            "doses": [_shown(each) for each, _ in fast],
            "unit": base_unit(rule.dimension) + each_kilogram,
            "within_seconds": plain(Decimal(row.within // timedelta(seconds=1))),
            "total": plain(max(each.within(row.within) for each, _ in fast)),
            "limit": plain(rule.value),
        },
        sources=(rule.source,),
        shadow=row.shadow,
        high_alert=view.knowledge.high_alert(ingredient, row.routes),
    )


def _shown(each: Running) -> dict[str, JsonValue]:
    return {
        "entity": each.entity,
        "stated": each.stated,
        "amount": plain(each.amount.value),
        "seconds": plain(each.seconds),
        "by": "charted times" if each.charted else "stated rate",
    }
