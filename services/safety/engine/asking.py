"""Which checks have to be asked again, and asking one so that its failure stays its own.

House rules: a check that raises, or that wants to be asked again at or before the present, becomes a
`check-failed` that people can see; the exception's text stays inside, because it may quote a patient's data.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from schemas.issues import NotAssessedReason
from services.safety.checks.judgement import SILENT, Check, Judgement, View, not_assessed
from services.safety.engine.state import Asked
from services.safety.knowledge.base import KnowledgeBase
from services.safety.ledger.ledger import Change, PatientLedger

ALIVE = "alive"
_BY_INGREDIENT = frozenset({"given", "orders"})


@dataclass(frozen=True, eq=False)
class Examiner:
    """The checks of one knowledge base, with what each reads looked up once."""

    checks: Sequence[Check]
    knowledge: KnowledgeBase
    _readers: dict[str, tuple[int, ...]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for place, check in enumerate(self.checks):
            for name in check.reads(self.knowledge):
                self._readers[name] = (*self._readers.get(name, ()), place)

    def everything(self, ledger: PatientLedger) -> Iterable[Asked]:
        """Every question there is about a ledger."""
        names = subjects(ledger)
        return _questions(self.checks, range(len(self.checks)), names)

    def concerned(self, change: Change, ledger: PatientLedger) -> set[Asked]:
        """The questions whose answer a change may have changed."""
        asked: set[Asked] = set()
        for name in change.inputs:
            readers = self._readers.get(name)
            if readers is not None:
                names = change.ingredients if name in _BY_INGREDIENT else subjects(ledger)
                asked.update(_questions(self.checks, readers, names))
        return asked

    def concerned_by_life(self, ledger: PatientLedger) -> set[Asked]:
        """The questions whose answer a sign of life of a source may have changed."""
        readers = self._readers.get(ALIVE, ())
        return set(_questions(self.checks, readers, subjects(ledger))) if readers else set()

    def ask(self, asked: Asked, view: View) -> Judgement:
        """The answer now; silence for an ingredient that the ledger no longer holds."""
        check = self.checks[asked.check]
        if check.per_ingredient:
            ledger = view.ledger
            if asked.subject not in ledger.given and asked.subject not in ledger.prescribed:
                return SILENT
        try:
            answer = check.judge(view, asked.subject)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - one check must not silence the others
            return failed(check, asked.subject, type(error).__name__)
        if answer.review_at is not None and answer.review_at <= view.now:
            return failed(check, asked.subject, "review not after the present", answer)
        return answer


def subjects(ledger: PatientLedger) -> set[str]:
    """Every ingredient that was given or ordered."""
    return {*ledger.given, *ledger.prescribed}


def failed(check: Check, subject: str, what: str, answer: Judgement = SILENT) -> Judgement:
    """What stands for a check that cannot be relied on, beside whatever it did find."""
    finding = not_assessed(
        check.id,
        NotAssessedReason.CHECK_FAILED,
        subject,
        f"The check {check.id} failed ({what}): what it looks for is not judged. Tell the operators.",
    )
    return Judgement((*answer.findings, finding))


def _questions(checks: Sequence[Check], places: Iterable[int], names: Iterable[str]) -> Iterable[Asked]:
    for place in places:
        if checks[place].per_ingredient:
            for name in names:
                yield Asked(place, name)
        else:
            yield Asked(place, "")
