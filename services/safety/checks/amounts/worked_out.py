"""How amounts came from doses per kilogram or square metre: shown with every finding that rests on them."""

from collections.abc import Iterator
from dataclasses import replace

from pydantic import JsonValue

from schemas.quantities import plain
from services.safety.checks.amounts.limits import AMOUNT_UNITS
from services.safety.checks.amounts.running_on import running_on
from services.safety.checks.judgement import Check, Finding, Judgement, View, sooner
from services.safety.ledger.body import Size, WorkedOut, per_body, stated_by_body

_UNITS = AMOUNT_UNITS | {"MME"}


def judged(check: Check, view: View, subject: str) -> Judgement:
    """What a check says, with the weights that it rests on, and asked again when time changes these."""
    answer = check.judge(view, subject)
    by_body = view.by_body
    if by_body is None:
        return answer
    findings = tuple(_with_steps(view, finding) for finding in answer.findings)
    review_at = answer.review_at
    if by_body.ordered and "orders" in check.reads(view.knowledge):
        review_at = sooner(review_at, by_body.review_at(subject))
    return Judgement(findings, review_at, answer.evident_until)


def _with_steps(view: View, finding: Finding) -> Finding:
    """The finding with how its amounts were worked out, if it is about amounts and they were."""
    if finding.reason is not None or finding.evidence.get("unit") not in _UNITS:
        return finding
    about = frozenset(finding.implicated)
    steps: dict[tuple[WorkedOut, str], list[JsonValue]] = {}
    for entity, step, how_long in (*_of_doses(view, about), *_of_orders(view, about)):
        entities = steps.setdefault((step, how_long), [])
        if entity not in entities:
            entities.append(entity)
    if not steps:
        return finding
    shown: list[JsonValue] = [_shown(step, how_long, of) for (step, how_long), of in steps.items()]
    sizes = dict.fromkeys(step.size for step, _ in steps)
    rests_on = (entity for size in sizes for entity in size.entities)
    by = " and ".join(dict.fromkeys(map(str, sizes)))
    return replace(
        finding,
        text=f"{finding.text} Worked out with {by}.",
        implicated=tuple(dict.fromkeys((*finding.implicated, *rests_on))),
        evidence=finding.evidence | {"worked_out": shown},
    )


def _shown(step: WorkedOut, how_long: str, of: list[JsonValue]) -> JsonValue:
    told: dict[str, JsonValue] = {
        "stated": str(step.stated),
        "by": str(step.size),
        "makes": f"{plain(step.made)} {step.unit}",
        "rests_on": [*step.size.entities],
        "of": of,
    }
    return told | {"per_seconds": how_long} if how_long else told


def _of_doses(view: View, about: frozenset[str]) -> Iterator[tuple[str, WorkedOut, str]]:
    for ingredient in view.ledger.by_body:
        timeline = view.ledger.given.get(ingredient)
        for dose in timeline.entries if timeline is not None else ():
            step = dose.amount.worked_out if dose.amount is not None else None
            if step is not None and dose.entity in about:
                yield dose.entity, step, ""
        for dose, _ in running_on(view, ingredient)[0]:
            step = dose.amount.worked_out if dose.amount is not None else None
            if step is not None and dose.pace is not None and dose.entity in about:
                yield dose.entity, step, plain(dose.pace.seconds)


def _of_orders(view: View, about: frozenset[str]) -> Iterator[tuple[str, WorkedOut, str]]:
    """What an order states, not each dose of it: of a rate for how many seconds it is."""
    for ingredient in view.ledger.by_body:
        for entry in view.ledger.prescribed.get(ingredient, ()):
            for dosage in entry.order.dosages if entry.by_body and entry.entity in about else ():
                for stated in stated_by_body(dosage):
                    split = per_body(stated.unit)
                    size = entry.body.per(split[1]) if split is not None else None
                    rate = dosage.rate if dosage.rate is not None and dosage.rate.amount is stated else None
                    if isinstance(size, Size):
                        how_long = plain(rate.per_seconds) if rate is not None else ""
                        yield entry.entity, WorkedOut(stated, size), how_long
