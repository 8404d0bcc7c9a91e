"""Which checks have to be asked again, and asking one so that its failure stays its own.

House rules: a check that raises, or that wants to be asked again at or before the present, becomes a
`check-failed` that people can see; the exception's text stays inside, because it may quote a patient's data.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import NamedTuple

from schemas.issues import NotAssessedReason
from services.safety.checks.amounts.by_body import view_of
from services.safety.checks.amounts.worked_out import judged
from services.safety.checks.judgement import (
    SILENT,
    Check,
    Judgement,
    ReadsByDrug,
    Selective,
    View,
    not_assessed,
)
from services.safety.engine.constancy import Constancy
from services.safety.engine.hearing import Answers, Heard
from services.safety.engine.state import Asked, Judgements
from services.safety.knowledge.base import KnowledgeBase
from services.safety.ledger.ledger import Change, PatientLedger

_BY_INGREDIENT = frozenset({"given", "orders"})
_REMEMBERED = 50_000


class _OfAll(NamedTuple):
    """The questions that an input concerns which is not about one drug: `asked`, and `if_told` of those where
    something is told, or where signs of life were looked at.
    """

    asked: frozenset[Asked]
    if_told: tuple[Asked, ...]


@dataclass(frozen=True, eq=False)
class Examiner:
    """The checks of one knowledge base, with what each reads looked up once."""

    checks: Sequence[Check]
    knowledge: KnowledgeBase
    _readers: dict[str, tuple[int, ...]] = field(init=False, default_factory=dict)
    constancy: Constancy = field(init=False)
    _selective: dict[int, Selective] = field(init=False, default_factory=dict)
    _about: dict[tuple[str, str], frozenset[Asked]] = field(init=False, default_factory=dict)
    _of_all: dict[tuple[str, frozenset[str]], _OfAll] = field(init=False, default_factory=dict)
    _concerning: dict[tuple[int, str], bool] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        constancy = Constancy(self.checks, self.knowledge, partial(self._about_drug, "given"))
        object.__setattr__(self, "constancy", constancy)
        for place, check in enumerate(self.checks):
            if isinstance(check, Selective):
                self._selective[place] = check
            for name in check.reads(self.knowledge):
                self._readers[name] = (*self._readers.get(name, ()), place)

    def everything(self, ledger: PatientLedger) -> Iterable[Asked]:
        """Every question there is about a ledger that may have an answer."""
        return self._questions(range(len(self.checks)), subjects(ledger))

    def concerned(self, change: Change, ledger: PatientLedger, held: Judgements) -> set[Asked]:
        """The questions whose answer, as it is held, a change may have changed."""
        if self.knowledge.wards and "encounters" in change.inputs:
            return set(self.everything(ledger))  # another ward may have another tolerance, hours and clocks
        asked: set[Asked] = set()
        for name in change.inputs:
            readers = self._readers.get(name)
            if readers is None:
                continue
            if name in _BY_INGREDIENT and change.ingredients:
                for ingredient in change.ingredients:
                    asked |= self._about_drug(name, ingredient)
            else:
                names = subjects(ledger)
                of_all = self._of_all.get((name, names)) or self._asked_of_all(name, names)
                asked |= of_all.asked
                for each in of_all.if_told:
                    if each in held.by_life or held.answers.get(each, SILENT).findings:
                        asked.add(each)
        return asked

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

    def _about_drug(self, name: str, ingredient: str) -> frozenset[Asked]:
        """The questions whose answer doses or orders of one ingredient may change."""
        asked = self._about.get((name, ingredient))
        if asked is None:
            asked = frozenset(
                Asked(place, ingredient if self.checks[place].per_ingredient else "")
                for place in self._readers[name]
                if self._concerns(place, ingredient)
            )
            if len(self._about) >= _REMEMBERED:
                self._about.clear()
            self._about[name, ingredient] = asked
        return asked

    def _asked_of_all(self, name: str, names: frozenset[str]) -> _OfAll:
        """The questions whose answer an input may change that is not about one drug."""
        every = tuple(self._questions(self._readers[name], names))
        of_all = _OfAll(
            frozenset(asked for asked in every if self._reads(asked, name)),
            tuple(asked for asked in every if not self._reads(asked, name)),
        )
        if len(self._of_all) >= _REMEMBERED:
            self._of_all.clear()
        self._of_all[name, names] = of_all
        return of_all

    def _reads(self, asked: Asked, name: str) -> bool:
        """Whether an input may change an answer where nothing is told; of a check that fails here it may."""
        check = self.checks[asked.check]
        if not isinstance(check, ReadsByDrug):
            return True
        try:
            return name in check.reads_for(self.knowledge, asked.subject)
        except Exception:  # noqa: BLE001 - it fails where it is asked, and people see that
            return True

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
