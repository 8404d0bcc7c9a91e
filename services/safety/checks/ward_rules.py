"""What holds on the wards of a patient: which tolerance, hours and clocks, and from when on.

House rule: the ward on which the patient is at an instant decides about it, so a due time before a move keeps
the old ward's. Where no ward is known, or one of which the policy says nothing, the house decides. Of several
stays at once the one that began last says where the patient is.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from schemas.clinical import Encounter
from services.safety.checks.remembering import Remembered
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.ward_rules import WardRules
from services.safety.ledger.wards import wards_of


@dataclass(frozen=True, slots=True, eq=False)
class RulesOfWards:
    """`rules` hold up to the first instant of `changes`, then from each to the next; one more than those."""

    changes: tuple[datetime, ...]
    rules: tuple[WardRules, ...]

    def at(self, instant: datetime) -> WardRules:
        """What holds at an instant."""
        return self.rules[bisect_right(self.changes, instant)]


_ALWAYS = datetime.min.replace(tzinfo=UTC)
_remembered: Remembered[RulesOfWards | None] = Remembered(20_000)


def rules_of_wards(stays: Mapping[str, Encounter], knowledge: KnowledgeBase) -> RulesOfWards | None:
    """What held and will hold by the stays that are known; None where that is the house's at all times."""
    key = (id(stays), id(knowledge))
    known = _remembered.known(_ALWAYS, key)
    if known is None:
        known = _remembered.keep(_ALWAYS, key, (stays, knowledge), _found_out(stays, knowledge), None)
    return known[0]


def _found_out(stays: Mapping[str, Encounter], knowledge: KnowledgeBase) -> RulesOfWards | None:
    places = {name: wards_of(stay) for name, stay in stays.items()}
    moments = {
        moment
        for name, stay in stays.items()
        for moment in (stay.effective_at, stay.ends_at, *(since for since, _ in places[name]))
        if moment is not None
    }
    changes: list[datetime] = []
    rules = [knowledge.house]
    for moment in sorted(moments):
        active = [
            stay
            for stay in stays.values()
            if stay.effective_at <= moment and (stay.ends_at is None or moment < stay.ends_at)
        ]
        ward = ""
        if active:
            last = max(active, key=lambda stay: (stay.effective_at, stay.recorded_at, stay.entity))
            ward = next((w for since, w in reversed(places[last.entity]) if since <= moment), "")
        found = knowledge.wards.get(ward, knowledge.house)
        if found != rules[-1]:
            changes.append(moment)
            rules.append(found)
    return RulesOfWards(tuple(changes), tuple(rules)) if changes else None
