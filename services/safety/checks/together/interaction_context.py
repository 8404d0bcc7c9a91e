"""The circumstances of two active drugs: whether a row speaks in them, and what makes it worse or better.

What is not known of what a row needs counts as held unless the row says otherwise, and is named; what is not
known of what would raise it raises nothing, and is named too.
"""

from dataclasses import dataclass, field
from datetime import datetime

from pydantic import JsonValue

from services.safety.checks.judgement import View, earliest
from services.safety.checks.together.circumstances import Standing, in_use, standing
from services.safety.checks.together.daily_amount import daily_amount
from services.safety.checks.together.interacting_pairs import Pair, Rule

_DOSE = "daily dose of"


@dataclass(frozen=True, slots=True)
class Context:
    """What holds about the patient that the row asks about, in words, and the entities it rests on."""

    held: tuple[str, ...] = ()
    raised_by: tuple[str, ...] = ()
    eased_by: tuple[str, ...] = ()
    not_known: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    dose: dict[str, JsonValue] = field(default_factory=dict)

    @property
    def said(self) -> str:
        """The circumstances as sentences that follow another; empty where there are none."""
        parts = (
            ("Here", self.held),
            ("Worse with", self.raised_by),
            ("Less with", self.eased_by),
            ("Not known", self.not_known),
        )
        return "".join(f" {name}: {', '.join(what)}." for name, what in parts if what)

    @property
    def evidence(self) -> dict[str, JsonValue]:
        """The same for programs, and the rows that make up a daily dose."""
        if self is NO_CONTEXT:
            return {}
        return {
            "held": list(self.held),
            "raised_by": list(self.raised_by),
            "eased_by": list(self.eased_by),
            "not_known": list(self.not_known),
            **self.dose,
        }


NO_CONTEXT = Context()


def context(view: View, rule: Rule, pair: Pair) -> tuple[Context | None, datetime | None]:
    """The circumstances of a row that speaks, None where it does not; and when time alone may change that."""
    row = rule.row
    both = (pair.one, pair.other)
    review_at: datetime | None = None
    held: list[Standing] = []
    unknown: list[str] = []
    for asked in row.when:
        found, changes = standing(view, asked, row.exposure, both)
        review_at = earliest(view.now, review_at, changes)
        if found.holds is False or (found.holds is None and not asked.held_unknown):
            return None, review_at
        if found.holds is None:
            unknown.append(found.said)
        else:
            held.append(found)
    dose: dict[str, JsonValue] = {}
    if row.daily_dose is not None and rule.most is not None:
        daily, changes = daily_amount(view, row.daily_dose.drug, rule.most)
        review_at = earliest(view.now, review_at, changes)
        if daily.amount > rule.most.value:
            held.append(Standing(True, f"{_DOSE} {row.daily_dose.drug} above {row.daily_dose.above}"))
        elif daily.complete:
            return None, review_at
        else:
            unknown.append(f"{_DOSE} {row.daily_dose.drug}, which may be above {row.daily_dose.above}")
        dose = daily.evidence
    raising: list[Standing] = []
    for asked in row.step_up:
        found, changes = standing(view, asked, row.exposure, both)
        review_at = earliest(view.now, review_at, changes)
        if found.holds is None:
            unknown.append(found.said)
        elif found.holds:
            raising.append(found)
    easing: list[Standing] = []
    if row.unless_with:
        found, changes = in_use(view, row.unless_with, row.exposure, both)
        review_at = earliest(view.now, review_at, changes)
        if found.holds:
            easing.append(found)
    entities = tuple(entity for each in (*held, *raising, *easing) for entity in each.entities)
    told = Context(_said(held), _said(raising), _said(easing), tuple(unknown), entities, dose)
    return told, review_at


def _said(standings: list[Standing]) -> tuple[str, ...]:
    return tuple(each.said for each in standings)
