"""Lines that say something new about what a scenario named before: stopped, voided, corrected, and so on."""

from collections.abc import Mapping
from datetime import datetime

from schemas.clinical import Administration, Encounter, FactStatus, Order, OrderState, PatientFact
from tests import builders
from tests.scenarios import lines


def restated(line: lines.Line, named: Mapping[str, PatientFact], at: datetime) -> PatientFact | None:
    """The new statement, None where the line is about something new. Raises ValueError."""
    match line:
        case lines.Stop():
            return builders.stopped(_order(named, line.stop), at)
        case lines.Hold():
            return builders.corrected(_order(named, line.hold), at, state=OrderState.ON_HOLD)
        case lines.Void():
            return builders.voided(_called(named, line.void), at)
        case lines.Restore():
            earlier = _called(named, line.restore)
            if earlier.status is not FactStatus.ENTERED_IN_ERROR:
                raise ValueError(f"{line.restore!r} was not voided before")
            return builders.corrected(earlier, at, status=FactStatus.STATED)
        case lines.Correct():
            earlier = _called(named, line.correct)
            if not isinstance(earlier, Administration):
                raise ValueError(f"{line.correct!r} is no dose; only the amount of a dose is corrected")
            return builders.corrected(earlier, at, dose=builders.quantity(line.dose))
        case lines.Discharge():
            stays = [fact for fact in named.values() if isinstance(fact, Encounter) and fact.ends_at is None]
            if not stays:
                raise ValueError("nobody was admitted before the discharge")
            return builders.corrected(stays[-1], at, ends_at=at)
        case _:
            return None


def _called(named: Mapping[str, PatientFact], name: str) -> PatientFact:
    if name not in named:
        raise ValueError(f"nothing before this line is called {name!r}")
    return named[name]


def _order(named: Mapping[str, PatientFact], name: str) -> Order:
    fact = _called(named, name)
    if not isinstance(fact, Order):
        raise ValueError(f"{name!r} is no order")
    return fact
