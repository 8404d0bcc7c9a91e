"""What goes into the spine or beside it is high alert whatever the drug; the same drug by mouth is not."""

import pytest

from schemas.medications import Route
from services.safety.checks.doses.single_dose import SingleDose
from services.safety.knowledge.loader import load
from tests.builders import at, dose
from tests.checks.ward import Ward

SHIPPED = load()


@pytest.mark.parametrize(
    ("stated", "route", "high_alert"),
    [("200 ug", Route.INTRATHECAL, True), ("60 mg", Route.ORAL, False)],
)
def test_too_much_baclofen_is_told_louder_where_it_went_into_the_spine(
    stated: str, route: Route, high_alert: bool
) -> None:
    found = Ward(SingleDose(), SHIPPED).finding([dose("baclofen", stated, at(0), route=route)], at(0))
    assert found is not None
    assert found.high_alert is high_alert


def test_every_row_that_speaks_of_the_spine_alone_is_high_alert() -> None:
    into_the_spine = frozenset({Route.INTRATHECAL, Route.EPIDURAL})
    rows = [
        row
        for row in SHIPPED.every_rule_of("baclofen")
        if into_the_spine.issuperset(row.routes) and row.routes
    ]
    assert {row.kind for row in rows} >= {"titration", "refill", "screening-dose", "screened-start"}
    assert all(SHIPPED.high_alert("baclofen", row.routes) for row in rows)


def test_a_row_that_speaks_of_other_routes_too_is_not() -> None:
    assert not SHIPPED.high_alert("baclofen", (Route.INTRATHECAL, Route.INTRAVENOUS))
    assert not SHIPPED.high_alert("baclofen", ())
