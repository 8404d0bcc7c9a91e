"""Systems whose ends cannot be empty write a year in which nobody lives: what they state has no end."""

from pathlib import Path
from typing import Any

import pytest

from schemas.clinical import Administration, Encounter, Order, Outcome
from tests.intake.hl7v2_writing import PV1, fields, message, only, rde, refusals, rxe, told
from tests.intake.writing import (
    administration,
    at,
    describe,
    one,
    order_of,
    read_fhir,
    rejected,
    request,
    timed,
)

NEVER = ["9999-12-31", "9999-12-31T23:59:59Z", "2999-12-31", "3000-01-01"]


def bounded(end: str) -> list[dict[str, Any]]:
    bounds = {"start": "2026-03-02T08:00:00Z", "end": end}
    return timed({"frequency": 3, "period": 1, "periodUnit": "d", "boundsPeriod": bounds})


@pytest.mark.parametrize("end", NEVER)
def test_an_order_until_never_goes_on(tmp_path: Path, end: str) -> None:
    order: Order = order_of(tmp_path, dosageInstruction=bounded(end))
    assert (order.ends_at, order.dosages[0].ends_at) == (None, None)
    assert order.dosages[0].starts_at == at("2026-03-02T08:00:00")


def test_an_end_that_may_be_meant_is_kept_and_a_year_between_is_refused(tmp_path: Path) -> None:
    order: Order = order_of(tmp_path, dosageInstruction=bounded("2026-03-09T08:00:00Z"))
    assert order.ends_at == at("2026-03-09T08:00:00")
    readings = read_fhir(tmp_path, request(dosageInstruction=bounded("2602-03-09")))
    assert describe(rejected(readings)[0]) == "bad-time"


def test_nothing_begins_then(tmp_path: Path) -> None:
    assert describe(rejected(read_fhir(tmp_path, request(authoredOn="9999-12-31")))[0]) == "bad-time"


@pytest.mark.parametrize("end", NEVER)
def test_a_stay_until_never_goes_on(tmp_path: Path, end: str) -> None:
    stay = {
        "resourceType": "Encounter",
        "id": "v1",
        "status": "in-progress",
        "class": {"code": "IMP"},
        "subject": {"reference": "Patient/ada"},
        "period": {"start": "2026-03-02T08:00:00Z", "end": end},
    }
    assert one(read_fhir(tmp_path, stay), Encounter).ends_at is None
    assert one(read_fhir(tmp_path, stay | {"id": "v2", "status": "finished"}), Encounter).ends_at is not None


def test_an_infusion_until_never_runs(tmp_path: Path) -> None:
    period = {"start": "2026-03-02T08:00:00Z", "end": "9999-12-31T00:00:00Z"}
    running = administration(status="in-progress", effectiveDateTime=None, effectivePeriod=period)
    dose = one(read_fhir(tmp_path, running), Administration)
    assert (dose.outcome, dose.ended_at) == (Outcome.IN_PROGRESS, None)


@pytest.mark.parametrize("end", ["99991231", "99991231235959", "29991231", "99991231000000+0100"])
def test_an_hl7_order_or_visit_until_never_goes_on(end: str) -> None:
    tq1 = fields("TQ1", f1="1", f3="TID", f7="20260301080000+0100", f8=end)
    order = only(rde(rxe(), tq1), Order)
    assert (order.ends_at, order.dosages[0].starts_at) == (None, at("2026-03-01T07:00:00"))
    ancient = only(rde(rxe(f1=f"^TID^^20260301080000+0100^{end}")), Order)
    assert ancient.ends_at is None
    visit = only(told(message("ADT^A01", "EVN||20260301080000+0100", f"{PV1}|{end}")), Encounter)
    assert visit.ends_at is None


def test_an_hl7_order_of_the_year_2602_is_refused() -> None:
    tq1 = fields("TQ1", f1="1", f3="TID", f8="26020301")
    assert refusals(rde(rxe(), tq1))[0][0] == "bad-time"
