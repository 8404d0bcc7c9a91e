"""Which answers stand after a further dose of a drug, and what is promised of the next ones."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from services.safety.checks.amounts.orders_on_wards import on_wards
from services.safety.checks.further_dose import (
    AsksOfAsNeeded,
    AsksOnlyUse,
    FurtherDose,
    RestsOnOthers,
    Steady,
    further_doses,
)
from services.safety.checks.judgement import SILENT, Check, View
from services.safety.checks.spaced import Spaced
from services.safety.engine.going_on import (
    Promises,
    promised,
    still_going_on,
    without_asked,
    without_drugs,
)
from services.safety.engine.hearing import Answers
from services.safety.engine.state import Asked, GoingOn, Judgements
from services.safety.knowledge.base import KnowledgeBase
from services.safety.ledger.ledger import Change, PatientLedger

_GIVEN = frozenset({"given"})
_REMEMBERED = 50_000
_UNHEARD: Mapping[str, datetime] = {}
_NONE: frozenset[Asked] = frozenset()

_ALWAYS = (AsksOnlyUse, AsksOfAsNeeded)
"""Checks of which nobody looks at an answer after a dose of a scheduled order."""

_Perhaps = tuple[Asked, Steady]
"""A question whose answer has to be looked at, with its check."""


class _Further(NamedTuple):
    """Of a further dose of a drug: whose answers never stand, whose may, and of which of them that has to be
    looked at; `rest_on_others`: of which of these what is promised rests on other drugs.
    """

    never_stand: frozenset[Asked]
    may_stand: frozenset[Asked]
    perhaps: tuple[_Perhaps, ...]
    rest_on_others: tuple[Asked, ...]


class Standing(NamedTuple):
    """The questions whose answers stand after a change, and what is promised of the next doses; `asked`: all
    others that it concerns, None where it is no further dose and nothing stands.
    """

    stand: frozenset[Asked]
    asked: frozenset[Asked] | None
    going_on: Promises


@dataclass(frozen=True, eq=False)
class Constancy:
    """The checks that can tell that an answer stands. `asked_about`: what doses of a drug may change."""

    checks: Sequence[Check]
    knowledge: KnowledgeBase
    asked_about: Callable[[str], frozenset[Asked]]
    _steady: dict[int, Steady] = field(init=False, default_factory=dict)
    _promising: set[int] = field(init=False, default_factory=set)
    _further: dict[tuple[str, bool], _Further] = field(init=False, default_factory=dict)
    _unpromised: dict[tuple[str, frozenset[Asked]], tuple[_Perhaps, ...]] = field(
        init=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        self._steady.update((n, check) for n, check in enumerate(self.checks) if isinstance(check, Steady))
        self._promising.update(n for n, check in self._steady.items() if not isinstance(check, _ALWAYS))

    def standing(
        self, before: PatientLedger, change: Change, ledger: PatientLedger, now: datetime, held: Judgements
    ) -> Standing:
        """Of the questions that a change concerns those whose answers stand nevertheless, and the others.

        Only where all that happened is a further dose of each drug of the change, and never an answer that
        looked at signs of life. A check that fails here is asked again, and people see that.
        """
        view = on_wards(View(ledger, self.knowledge, now, _UNHEARD))
        further = further_doses(view, before.given, change) if change.inputs == _GIVEN else ()
        if not further:
            return Standing(_NONE, None, without_drugs(held.going_on, change.ingredients))
        stand = asked_again = _NONE
        going_on, fallen = held.going_on, list(held.by_life)
        for each in further:
            drug = each.dose.ingredient
            before_it = going_on.get(drug)
            known = still_going_on(before_it, view, each)
            after = self._after(drug, as_needed=each.order.as_needed)
            stand = after.may_stand.union(stand) if stand else after.may_stand
            asked_again = after.never_stand.union(asked_again) if asked_again else after.never_stand
            perhaps = after.perhaps if known is None else self._left(after, drug, known)
            now_known = self._looked_at(view, each, perhaps, known, held, fallen)
            if now_known is not before_it:
                going_on = going_on.delete(drug) if now_known is None else going_on.set(drug, now_known)
            for asked in after.rest_on_others:
                if now_known is None or asked not in now_known.promised:
                    going_on = without_asked(going_on, (asked,))
        if fallen:
            asked_again = asked_again.union(stand.intersection(fallen))
            stand = stand.difference(fallen)
        return Standing(stand, asked_again, going_on)

    def without_asked(self, promises: Promises, answers: Answers, *, found_the_same: bool) -> Promises:
        """What goes on alike, without what was promised of questions that were asked again; `found_the_same`:
        by a review.
        """
        asked = [asked for asked, _ in answers.given if asked.check in self._promising]
        return without_asked(promises, asked, found_the_same=found_the_same)

    def _looked_at(
        self,
        view: View,
        further: FurtherDose,
        perhaps: Sequence[_Perhaps],
        known: GoingOn | None,
        held: Judgements,
        fallen: list[Asked],
    ) -> GoingOn | None:
        """Adds to `fallen` the questions whose answers do not stand; what is promised by those that do."""
        stood: list[tuple[Asked, Spaced]] = []
        answers = held.answers
        for asked, check in perhaps:
            try:
                stands: bool | Spaced = check.stands(view, further, answers.get(asked, SILENT))
            except Exception:  # noqa: BLE001
                stands = False
            if isinstance(stands, Spaced):
                stood.append((asked, stands))
            elif not stands:
                fallen.append(asked)
        return promised(known, view, further, stood) if stood else known

    def _after(self, drug: str, *, as_needed: bool) -> _Further:
        """What of the answers may stand after a further dose, under an order of one of both kinds."""
        known = self._further.get((drug, as_needed))
        if known is None:
            about = self.asked_about(drug)
            steady = [
                (asked, check)
                for asked in sorted(about)
                if (check := self._steady.get(asked.check)) is not None
            ]
            may_stand = frozenset(asked for asked, _ in steady)
            always = AsksOnlyUse if as_needed else _ALWAYS
            perhaps = tuple((asked, check) for asked, check in steady if not isinstance(check, always))
            on_others = tuple(asked for asked, check in perhaps if isinstance(check, RestsOnOthers))
            known = _Further(about - may_stand, may_stand, perhaps, on_others)
            if len(self._further) >= _REMEMBERED:
                self._further.clear()
            self._further[drug, as_needed] = known
        return known

    def _left(self, after: _Further, drug: str, known: GoingOn) -> tuple[_Perhaps, ...]:
        """What has to be looked at although doses of a drug go on alike."""
        key = (drug, known.promised)
        left = self._unpromised.get(key)
        if left is None:
            if len(self._unpromised) >= _REMEMBERED:
                self._unpromised.clear()
            left = tuple(each for each in after.perhaps if each[0] not in known.promised)
            self._unpromised[key] = left
        return left
