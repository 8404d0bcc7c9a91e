"""Double charting: two entries that look like one dose, charted by two people or by two systems.

Both stay counted in every sum, because they may be two doses. Doses under two different orders are two doses
and no double chart.
"""

from datetime import timedelta
from decimal import Decimal

from pydantic import JsonValue

from schemas.quantities import plain
from services.safety.checks.amounts.limits import base_unit
from services.safety.checks.amounts.suspected_copies import CopyRule, Pair, copy_rules, suspected
from services.safety.checks.further_dose import FurtherDose
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, earliest, sooner
from services.safety.checks.spaced import Spaced
from services.safety.knowledge.base import KnowledgeBase


class PossibleDoubleChart:
    """The doses of one ingredient, each against those that were charted shortly after it."""

    id = "double-charting"
    per_ingredient = True

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:  # noqa: ARG002 - the protocol's
        """Doses given."""
        return frozenset({"given"})

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Drugs with a row."""
        return bool(copy_rules(knowledge, ingredient))

    def judge(self, view: View, subject: str) -> Judgement:
        """One finding for all pairs of a drug that are still told, by the worst row that speaks of it."""
        rules = copy_rules(view.knowledge, subject)
        timeline = view.ledger.given.get(subject)
        if not rules or timeline is None:
            return SILENT
        found: list[Finding] = []
        review_at = timeline.next_after(view.now)
        for rule in rules:
            still_told = view.now - rule.row.told_for + timedelta.resolution
            pairs = list(suspected(timeline, rule.row, still_told, view.now))
            if pairs:
                found.append(_finding(view, subject, rule, pairs))
                ends = (later.start + rule.row.told_for for _, later in pairs)
                review_at = sooner(review_at, earliest(view.now, *ends))
        worst = max(found, key=lambda f: (not f.shadow, f.severity.rank, f.sources[0].row), default=None)
        return Judgement((worst,) if worst else (), review_at)

    def stands(self, view: View, further: FurtherDose, held: Judgement) -> bool | Spaced:  # noqa: ARG002
        """Where the dose before is too long ago to be the same one, or no copy is known of the drug."""
        rules = copy_rules(view.knowledge, further.dose.ingredient)
        if not rules:
            return Spaced()
        longest = max(rule.row.within for rule in rules)
        since = further.dose.start - further.before.start
        return since > longest and Spaced(longest + timedelta.resolution)


def _finding(view: View, ingredient: str, rule: CopyRule, pairs: list[Pair]) -> Finding:
    row = rule.row
    doses = {dose.entity: dose for pair in pairs for dose in pair}
    when = view.clock(pairs[-1][1].start)
    unit = base_unit(pairs[-1][1].amount.dimension) if pairs[-1][1].amount is not None else ""
    listed: list[JsonValue] = [
        {
            "entity": dose.entity,
            "start": dose.start.isoformat(),
            "stated": dose.stated,
            "counted": plain(dose.amount.value) if dose.amount is not None else "",
            "source": dose.source,
        }
        for dose in doses.values()
    ]
    return Finding(
        check=PossibleDoubleChart.id,
        subject=ingredient,
        subjects=(ingredient,),
        severity=row.severity,
        level=Decimal(len(pairs)),
        text=f"{ingredient}: the same dose stands twice at about {when}. Both are counted. {row.action}",
        implicated=tuple(doses),
        evidence={
            "doses": listed,
            "unit": unit,
            "within_minutes": int(row.within.total_seconds() // 60),
        },
        sources=(rule.source,),
        shadow=row.shadow,
        high_alert=rule.high_alert,
    )
