"""How far back a patient's record goes."""

from datetime import datetime

from services.safety.ledger.ledger import PatientLedger


def record_begins(ledger: PatientLedger) -> datetime | None:
    """The first order, of whatever drug, or stay that is known of the patient; None without any.

    Doses show nothing: they are forgotten after a while.
    """
    orders = (entries[0].start for entries in ledger.prescribed.values())
    stays = (fact.effective_at for fact in ledger.encounters.values())
    return min((*orders, *stays), default=None)


def known_since(ledger: PatientLedger, start: datetime) -> datetime:
    """From when on the record shows what came before a start: that start itself where nothing did."""
    begins = record_begins(ledger)
    return start if begins is None else min(begins, start)
