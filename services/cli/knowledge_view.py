"""The facts of one drug, and the count of rows, as tables for people and as plain data."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from schemas.quantities import plain
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.depressants import AlcoholRule
from services.safety.knowledge.interacting import Interaction
from services.safety.knowledge.kinds import KINDS
from services.safety.knowledge.models import Drug, Limit, Reckoning, Row, Source, Status, Withdrawal


def census_table(counted: Mapping[str, Mapping[Status, int]], title: str = "") -> Table:
    """Rows by kind and status, with their sums."""
    table = Table(title=title or None)
    table.add_column("rows")
    for status in Status:
        table.add_column(status.value, justify="right")
    for kind, by_status in counted.items():
        table.add_row(kind, *(str(by_status[status]) for status in Status))
    sums = [str(sum(by_status[status] for by_status in counted.values())) for status in Status]
    table.add_section()
    table.add_row("all", *sums)
    return table


def drug_as_json(base: KnowledgeBase, drug: Drug) -> dict[str, Any]:
    """Everything the base says of a drug. Every row has its source, status and certainty."""
    stated: dict[str, Any] = drug.model_dump(mode="json")
    stated["knowledge_version"] = base.version
    stated["classes"] = [base.classes[name].label for name in sorted(base.classes_of(drug.drug))]
    stated["class_ids"] = sorted(base.classes_of(drug.drug))
    stated["interactions"] = [row.model_dump(mode="json") for row in base.interactions_of(drug.drug)]
    stated["alcohol"] = [row.model_dump(mode="json") for row in _alcohol(base, drug)]
    stated["rules"] = [
        {"kind": rule.kind, **rule.model_dump(mode="json")} for rule in base.every_rule_of(drug.drug)
    ]
    stated["counts_as_sedating"] = base.sedating(drug.drug)
    return stated


def show_drug(console: Console, base: KnowledgeBase, drug: Drug) -> None:
    """Print everything the base says of a drug."""
    console.print(drug.drug + (" (high alert)" if drug.high_alert else ""))
    console.print(f"  names    {', '.join(drug.names) or 'no other'}")
    codes = [f"{system} {' '.join(found)}" for system, found in drug.codes if found]
    console.print(f"  codes    {', '.join(codes) or 'none'}")
    labels = [base.classes[name].label for name in sorted(base.classes_of(drug.drug))]
    console.print(f"  classes  {', '.join(labels) or 'none'}")
    if base.sedating(drug.drug):
        console.print("  counts as a sedating drug")
    if not drug.limits:
        console.print("  no rule: no dose limit is written for this drug, so none can be found exceeded")
    _print(console, "Limits", ((_limit(row), row) for row in drug.limits))
    _print(console, "Stopping", ((_stopping(row), row) for row in drug.withdrawal))
    _print(
        console, "Interactions", ((_interaction(base, row), row) for row in base.interactions_of(drug.drug))
    )
    _print(console, "Alcohol", ((_tiers(row), row) for row in _alcohol(base, drug)))
    for kind in KINDS.values():
        rules = base.rules_of(drug.drug, kind)
        _print(console, kind.label.capitalize(), ((rule.said, rule) for rule in rules))
    console.print(f"knowledge {base.version}")


def _print(console: Console, title: str, rows: Iterable[tuple[str, Row]]) -> None:
    found = list(rows)
    if not found:
        return
    table = Table(title=title, title_justify="left", show_lines=True)
    for heading in ("what", "what to do", "source", "status"):
        table.add_column(heading, overflow="fold")
    for what, row in found:
        standing = row.status.value + (f"\n{row.checked_on}" if row.checked_on else "")
        if row.approval is not None:
            standing += f"\n{row.approval.by}, {row.approval.on}"
        table.add_row(f"{what}\n{row.id}", row.action, _source(row.source), standing)
    console.print(table)


def _source(source: Source) -> str:
    place = ", ".join(
        part for part in (source.title, source.publisher, source.version, source.section) if part
    )
    return f"{place}\n“{source.quote}”" if source.quote else place


def _limit(row: Limit) -> str:
    hours = int(row.window.total_seconds() // 3600)
    span = f"in {hours} h" if row.kind.value == "daily" else "at once"
    if row.edge == "inclusive":
        span += ", both ends counted"
    if row.reckoning is Reckoning.CALENDAR_DAY:
        span = "on a calendar day"
    scope = [f"from {plain(row.age_from)} years" if row.age_from is not None else ""]
    scope.append(f"below {plain(row.age_below)} years" if row.age_below is not None else "")
    scope.append(f"from {plain(row.weight_from)} kg" if row.weight_from is not None else "")
    scope.append(f"below {plain(row.weight_below)} kg" if row.weight_below is not None else "")
    scope.append(f"in {row.only_in.condition}" if row.only_in is not None else "")
    scope.append(f"unless {row.not_in.condition}" if row.not_in is not None else "")
    value = f"{row.value}/{row.per}" if row.per is not None else str(row.value)
    routes = ", ".join(route.value for route in row.routes)
    routes += f"; {row.release} release only" if row.release is not None else ""
    return " ".join(part for part in (f"at most {value} {span}", *scope, f"({routes})") if part)


def _stopping(row: Withdrawal) -> str:
    return f"{row.severity.value}: {row.missed_slots} doses missed after {row.used_for.days} days of use"


def _interaction(base: KnowledgeBase, row: Interaction) -> str:
    sides = [
        base.classes[name].label if kind == "class" else name
        for kind, name in (selector.split(":", 1) for selector in row.between)
    ]
    depends = "; depends on the patient" if row.contextual else ""
    return f"{row.severity.value}: {' with '.join(sides)}{depends}\n{row.mechanism}"


def _tiers(row: AlcoholRule) -> str:
    tiers = ", ".join(f"{tier.value} {severity.value}" for tier, severity in row.tiers.items())
    if row.acute_from is not None and row.acute_severity is not None:
        tiers += f"; from {row.acute_from} now {row.acute_severity.value}"
    return tiers


def _alcohol(base: KnowledgeBase, drug: Drug) -> list[AlcoholRule]:
    return [row for row in base.alcohol_rules if base.selected(row.subject, drug.drug)]
