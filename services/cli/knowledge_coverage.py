"""Which check has rows for which drug, so that "nothing found" is not mistaken for "no rule"."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from rich.table import Table

from services.cli.knowledge_without_limit import WithoutLimit
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.kinds import KINDS
from services.safety.knowledge.models import LimitKind, Row

_CHECKS = dict.fromkeys(kind.check for kind in KINDS.values())


class Coverage(StrEnum):
    """What a check can say of a drug: findings, findings only recorded (all rows are drafts), or nothing."""

    IN_FORCE = "in force"
    SHADOW = "shadow"
    NO_RULE = "no rule"


def coverage(base: KnowledgeBase) -> Mapping[str, Mapping[str, Coverage]]:
    """For each drug in order of its name, each check id with its coverage in the loaded jurisdiction."""
    return {drug: _of(base, drug) for drug in sorted(base.drugs)}


def without_rxnorm(base: KnowledgeBase, covered: Mapping[str, Mapping[str, Coverage]]) -> tuple[str, ...]:
    """The drugs that have rules and no RxNorm ingredient code, in the order of `covered`.

    An event that states such a drug by nothing but that code is not recognised, and its rules stay silent.
    """
    return tuple(
        drug
        for drug, standing in covered.items()
        if _any_rule(standing) and not base.drugs[drug].codes.rxnorm
    )


def _any_rule(standing: Mapping[str, Coverage]) -> bool:
    return any(found is not Coverage.NO_RULE for found in standing.values())


def _of(base: KnowledgeBase, drug: str) -> dict[str, Coverage]:
    return {
        "single-dose": _standing(base.limits(drug, LimitKind.SINGLE)),
        "cumulative-dose": _standing(base.limits(drug, LimitKind.DAILY)),
        "withdrawal": _standing(base.withdrawal(drug)),
        "interaction": _standing(base.interactions_of(drug)),
        "alcohol": _standing(row for row in base.alcohol_rules if base.selected(row.subject, drug)),
        "cns-depression": _standing((base.cns_load,) if base.sedating(drug) else ()),
        **{check: _standing(_rules(base, drug, check)) for check in _CHECKS},
    }


def _rules(base: KnowledgeBase, drug: str, check: str) -> Iterable[Row]:
    return (rule for rule in base.every_rule_of(drug) if rule.check == check)


def _standing(rows: Iterable[Row]) -> Coverage:
    found = tuple(rows)
    if not found:
        return Coverage.NO_RULE
    return Coverage.SHADOW if all(row.shadow for row in found) else Coverage.IN_FORCE


def coverage_table(
    covered: Mapping[str, Mapping[str, Coverage]], uncoded: Sequence[str], unlimited: WithoutLimit
) -> Table:
    """One line per drug with the checks that have rules for it, and how many drugs each check knows.

    The lines after these say by which routes a limit is missing. The last one counts and names the `uncoded`:
    drugs with rules and no RxNorm code.
    """
    table = Table()
    for heading in ("drug", "rules in force", "recorded only (shadow)"):
        table.add_column(heading, overflow="fold")
    for drug, standing in covered.items():
        if not _any_rule(standing):
            table.add_row(drug, "no rule: nothing can be found", "")
            continue
        in_force, shadow = (
            ", ".join(check for check, found in standing.items() if found is kind)
            for kind in (Coverage.IN_FORCE, Coverage.SHADOW)
        )
        table.add_row(drug, in_force, shadow)
    table.add_section()
    for check in next(iter(covered.values()), {}):
        ruled = sum(one[check] is not Coverage.NO_RULE for one in covered.values())
        table.add_row(check, f"{ruled} of {len(covered)} drugs with a rule", "")
    table.add_section()
    for heading, told in unlimited.rows():
        table.add_row(heading, told, "")
    table.add_section()
    ruled = sum(_any_rule(standing) for standing in covered.values())
    named = ": " + ", ".join(uncoded) if uncoded else ""
    table.add_row("no RxNorm code", f"{len(uncoded)} of {ruled} drugs with rules{named}", "")
    return table
