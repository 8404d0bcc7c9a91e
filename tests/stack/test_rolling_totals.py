"""What the ledger adds up over 24 hours at every dose of the MIMIC-III demo is what SQL adds up."""

from datetime import UTC, datetime, timedelta

import pytest

from services.safety.checks.amounts.rolling_sum import counted, total
from services.safety.knowledge.loader import load
from services.safety.ledger.folding import folded
from tests.stack.mimic import DIRECTORY, by_patient, needs_tables
from tests.stack.rolling_totals import rolling_totals

ITEMS = {
    "225154": "morphine",
    "221744": "fentanyl",
    "225942": "fentanyl",
    "225972": "fentanyl",
    "222168": "propofol",
    "221385": "lorazepam",
    "221668": "midazolam",
    "221824": "haloperidol",
    "225974": "metoprolol",
    "221794": "furosemide",
    "221833": "hydromorphone",
}
"""Item ids of the public dictionary. An ingredient is compared only if every item of it is listed here."""
WINDOW = timedelta(hours=24)
ENOUGH_TO_MEAN_SOMETHING = 50


@pytest.mark.mimic
def test_rolling_24_hour_totals_at_every_dose_equal_those_of_sql() -> None:
    needs_tables()
    expected = rolling_totals(DIRECTORY, ITEMS)
    knowledge = load()
    ledgers = {patient: folded(facts, knowledge) for patient, facts in by_patient().items()}
    assert len(expected) >= ENOUGH_TO_MEAN_SOMETHING
    for row in expected:
        until = datetime.fromtimestamp(row.ended, UTC)
        doses = [
            dose
            for dose in ledgers[row.subject].given[row.ingredient].entries
            if dose.amount is not None and dose.amount.dimension == "mass"
        ]
        ours = total(counted(doses, WINDOW, until))
        assert float(ours) == pytest.approx(row.milligrams, rel=1e-6, abs=1e-6), row.ingredient


@pytest.mark.mimic
def test_the_ledger_and_sql_count_the_same_doses() -> None:
    needs_tables()
    knowledge = load()
    ours = sum(
        dose.amount is not None and dose.amount.dimension == "mass"
        for facts in by_patient().values()
        for ingredient, timeline in folded(facts, knowledge).given.items()
        if ingredient in ITEMS.values()
        for dose in timeline.entries
    )
    assert ours == len(rolling_totals(DIRECTORY, ITEMS))
