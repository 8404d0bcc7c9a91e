"""Which checks have to be asked again, and asking one so that its failure stays its own.

House rules: a check that raises, or that wants to be asked again at or before the present, becomes a
`check-failed` that people can see; the exception's text stays inside, because it may quote a patient's data.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from schemas.issues import NotAssessedReason
from services.safety.checks.by_body import view_of
from services.safety.checks.doses_alike import Regular
from services.safety.checks.further_dose import AsksOfAsNeeded, AsksOnlyUse, Steady, further_doses
from services.safety.checks.judgement import SILENT, Check, Judgement, Selective, View, not_assessed
from services.safety.checks.worked_out import judged
from services.safety.engine.going_on import Promises, promised, still_going_on, without_asked, without_drugs
from services.safety.engine.hearing import Answers, Heard
from services.safety.engine.state import Asked, GoingOn, Judgements
from services.safety.knowledge.base import KnowledgeBase
from services.safety.ledger.ledger import Change, PatientLedger

_BY_INGREDIENT = frozenset({"given", "orders"})
_GIVEN = frozenset({"given"})
_REMEMBERED = 50_000
_UNHEARD: Mapping[str, datetime] = {}
_NONE: frozenset[Asked] = frozenset()


_Perhaps = tuple[Asked, Steady, Regular | None]
"""A question whose answer has to be looked at, with its check, also as one that may promise."""


class _Further(NamedTuple):
    """Of a further dose of a drug: whose answers may stand, and of which of them that has to be looked at."""

    may_stand: frozenset[Asked]
    perhaps: tuple[_Perhaps, ...]


class Standing(NamedTuple):
    """The questions whose answers stand after a change, and what is promised of the next doses."""

    stand: frozenset[Asked]
    going_on: Promises


@dataclass(frozen=True, eq=False)
class Examiner:
    """The checks of one knowledge base, with what each reads looked up once."""

    checks: Sequence[Check]
    knowledge: KnowledgeBase
    _readers: dict[str, tuple[int, ...]] = field(init=False, default_factory=dict)
    _selective: dict[int, Selective] = field(init=False, default_factory=dict)
    _steady: dict[int, Steady] = field(init=False, default_factory=dict)
    _regular: dict[int, Regular] = field(init=False, default_factory=dict)
    _further: dict[tuple[str, bool], _Further] = field(init=False, default_factory=dict)
    _unpromised: dict[tuple[str, frozenset[Asked]], tuple[_Perhaps, ...]] = field(
        init=False, default_factory=dict
    )
    _about: dict[tuple[str, str], frozenset[Asked]] = field(init=False, default_factory=dict)
    _of_all: dict[tuple[str, frozenset[str]], frozenset[Asked]] = field(init=False, default_factory=dict)
    _concerning: dict[tuple[int, str], bool] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for place, check in enumerate(self.checks):
            if isinstance(check, Selective):
                self._selective[place] = check
            if isinstance(check, Steady):
                self._steady[place] = check
            if isinstance(check, Regular):
                self._regular[place] = check
            for name in check.reads(self.knowledge):
                self._readers[name] = (*self._readers.get(name, ()), place)

    def everything(self, ledger: PatientLedger) -> Iterable[Asked]:
        """Every question there is about a ledger that may have an answer."""
        return self._questions(range(len(self.checks)), subjects(ledger))

    def concerned(self, change: Change, ledger: PatientLedger) -> set[Asked]:
        """The questions whose answer a change may have changed."""
        asked: set[Asked] = set()
        for name in change.inputs:
            readers = self._readers.get(name)
            if readers is None:
                continue
            if name in _BY_INGREDIENT and change.ingredients:
                for ingredient in change.ingredients:
                    known = self._about.get((name, ingredient))
                    asked.update(self._asked_about(name, ingredient) if known is None else known)
            else:
                names = subjects(ledger)
                known = self._of_all.get((name, names))
                asked.update(self._asked_of_all(name, names) if known is None else known)
        return asked

    def standing(
        self, before: PatientLedger, change: Change, ledger: PatientLedger, now: datetime, held: Judgements
    ) -> Standing:
        """The questions that a change concerns and whose answers stand nevertheless.

        Only where all that happened is a further dose of each drug of the change, and never an answer that
        looked at signs of life. A check that fails here is asked again, and people see that.
        """
        view = View(ledger, self.knowledge, now, _UNHEARD)
        further = further_doses(view, before.given, change) if change.inputs == _GIVEN else ()
        if not further:
            return Standing(_NONE, without_drugs(held.going_on, change.ingredients))
        stand: frozenset[Asked] = _NONE
        answers, going_on = held.answers, held.going_on
        fallen: list[Asked] = []
        for each in further:
            drug = each.dose.ingredient
            before_it = going_on.get(drug)
            known = still_going_on(before_it, view, each)
            after = self._after(drug, as_needed=each.order.as_needed)
            stand |= after.may_stand
            stood: list[tuple[Asked, Regular]] = []
            for asked, check, regular in after.perhaps if known is None else self._left(after, drug, known):
                try:
                    stands = check.stands(view, each, answers.get(asked, SILENT))
                except Exception:  # noqa: BLE001
                    stands = False
                if not stands:
                    fallen.append(asked)
                elif regular is not None:
                    stood.append((asked, regular))
            now_known = promised(known, view, each, stood, answers) if stood else known
            if now_known is not before_it:
                going_on = going_on.delete(drug) if now_known is None else going_on.set(drug, now_known)
        return Standing(stand.difference(fallen, held.by_life), going_on)

    def without_asked(self, promises: Promises, answers: Answers) -> Promises:
        """What goes on alike, without what was promised of questions that were asked again."""
        regular = self._regular
        return without_asked(promises, [asked for asked, _ in answers.given if asked.check in regular])

    def answers(
        self, questions: Iterable[Asked], ledger: PatientLedger, now: datetime, alive: Mapping[str, datetime]
    ) -> Answers:
        """The answers to some questions at an instant."""
        heard = Heard(alive)
        view = view_of(ledger, self.knowledge, now, heard)
        given = []
        for question in questions:
            heard.asking = question
            given.append((question, self.ask(question, view)))
        return Answers(given, frozenset(heard.readers))

    def ask(self, asked: Asked, view: View) -> Judgement:
        """The answer now; silence for an ingredient that the ledger no longer holds."""
        check = self.checks[asked.check]
        if check.per_ingredient:
            ledger = view.ledger
            if asked.subject not in ledger.given and asked.subject not in ledger.prescribed:
                return SILENT
        try:
            answer = judged(check, view, asked.subject)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - one check must not silence the others
            return failed(check, asked.subject, type(error).__name__)
        if answer.review_at is not None and answer.review_at <= view.now:
            return failed(check, asked.subject, "review not after the present", answer)
        return answer

    def _after(self, ingredient: str, *, as_needed: bool) -> _Further:
        """What of the answers may stand after a further dose, under an order of one of both kinds."""
        known = self._further.get((ingredient, as_needed))
        if known is None:
            steady = [
                (asked, check)
                for asked in sorted(self._asked_about("given", ingredient))
                if (check := self._steady.get(asked.check)) is not None
            ]
            always = AsksOnlyUse if as_needed else (AsksOnlyUse, AsksOfAsNeeded)
            perhaps = tuple(
                (asked, check, self._regular.get(asked.check))
                for asked, check in steady
                if not isinstance(check, always)
            )
            known = _Further(frozenset(asked for asked, _ in steady), perhaps)
            if len(self._further) >= _REMEMBERED:
                self._further.clear()
            self._further[ingredient, as_needed] = known
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

    def _asked_about(self, name: str, ingredient: str) -> frozenset[Asked]:
        """The questions whose answer doses or orders of one ingredient may change."""
        asked = frozenset(
            Asked(place, ingredient if self.checks[place].per_ingredient else "")
            for place in self._readers[name]
            if self._concerns(place, ingredient)
        )
        if len(self._about) >= _REMEMBERED:
            self._about.clear()
        self._about[name, ingredient] = asked
        return asked

    def _asked_of_all(self, name: str, names: frozenset[str]) -> frozenset[Asked]:
        """The questions whose answer an input may change that is not about one drug."""
        asked = frozenset(self._questions(self._readers[name], names))
        if len(self._of_all) >= _REMEMBERED:
            self._of_all.clear()
        self._of_all[name, names] = asked
        return asked

    def _questions(self, places: Iterable[int], names: Iterable[str]) -> Iterable[Asked]:
        for place in places:
            if self.checks[place].per_ingredient:
                for name in names:
                    if self._concerns(place, name):
                        yield Asked(place, name)
            else:
                yield Asked(place, "")

    def _concerns(self, place: int, ingredient: str) -> bool:
        """Whether a check may have anything to say about an ingredient; one that fails here is asked."""
        known = self._concerning.get((place, ingredient))
        if known is None:
            known = True
            check = self._selective.get(place)
            if check is not None:
                try:
                    known = check.concerns(self.knowledge, ingredient)
                except Exception:  # noqa: BLE001 - it fails where it is asked, and people see that
                    known = True
            if len(self._concerning) >= _REMEMBERED:
                self._concerning.clear()
            self._concerning[place, ingredient] = known
        return known


def subjects(ledger: PatientLedger) -> frozenset[str]:
    """Every ingredient that was given or ordered."""
    return frozenset((*ledger.given, *ledger.prescribed))


def failed(check: Check, subject: str, what: str, answer: Judgement = SILENT) -> Judgement:
    """What stands for a check that cannot be relied on, beside whatever it did find."""
    finding = not_assessed(
        check.id,
        NotAssessedReason.CHECK_FAILED,
        subject,
        f"The check {check.id} failed ({what}): what it looks for is not judged. Tell the operators.",
    )
    return Judgement((*answer.findings, finding))
