"""The register of entities behind the processor's contract: records in, records out, and after a restart."""

from datetime import timedelta

import pytest

from schemas.base import TimeDomain
from schemas.clinical import CLINICAL_EVENT, Administration
from schemas.recharting import EntityClaim, Recharted
from services.safety.engine.entity_register import EntityRegister
from services.safety.ledger.recharting import claimed
from services.safety.processor.contract import Reject, Undecodable
from tests.builders import at, corrected, dose
from tests.core.records import Plain, live_core
from tests.engine.hospital import NEW, OLD, of

FIFTH = dose("baclofen", "20 mg", at(8), entity="MedicationAdministration/5", unique_in_source=True)
MOVED = corrected(FIFTH, at(9))
CORE = live_core()


def claim(patient: str, fact: Administration) -> EntityClaim:
    made = claimed(of(patient, fact), None, True)
    assert made is not None
    return made


def record(event: EntityClaim, key: str = "") -> Plain:
    return Plain(event.model_dump_json().encode(), (key or event.patient).encode())


FIRST, SECOND = claim(OLD, FIFTH), claim(NEW, MOVED)
KEY = FIRST.patient.encode()


def written(state: EntityRegister, *changed: object) -> EntityRegister:
    """The register as another worker restores it from what was written."""
    entities = dict(CORE.encode(state, changed))  # type: ignore[arg-type]
    restored = CORE.restore(KEY, None, CORE.header(state), entities, torn=False)
    assert isinstance(restored, EntityRegister)
    return restored


def test_after_a_restart_the_first_patient_is_told_that_it_was_charted_again() -> None:
    step = CORE.step(0, None, CORE.decode(record(FIRST)))
    assert step.emitted == ()
    assert isinstance(step.state, EntityRegister)
    (emit,) = CORE.step(0, written(step.state, *step.changed), SECOND).emitted
    told = CLINICAL_EVENT.validate_json(emit.value or b"")
    assert isinstance(told, Recharted)
    assert (emit.role, emit.key.decode(), told.patient, told.entity) == ("events", OLD, OLD, FIFTH.entity)
    assert told.recorded_at == MOVED.recorded_at


def test_what_was_written_of_a_write_cut_short_is_not_told_again_and_stays() -> None:
    """Who is concerned was told before anything was written."""
    first = CORE.step(0, None, FIRST)
    second = CORE.step(0, first.state, SECOND)
    torn = CORE.restore(
        KEY, None, CORE.header(first.state), dict(CORE.encode(second.state, second.changed)), True
    )
    again = CORE.step(0, torn, SECOND)
    assert again.emitted == ()
    (late,) = CORE.step(0, again.state, FIRST).emitted
    assert late.key.decode() == OLD


def test_a_claim_is_forgotten_when_its_entity_cannot_be_charted_again_any_more() -> None:
    state = CORE.step(0, None, FIRST).state
    due = CORE.next_review(state)
    assert due == FIRST.received_at + timedelta(days=1)
    for days in (1, 5, 7):
        _, tick = CORE.tick(0, KEY, at(days=days), at(days=days, hours=9))
        state = CORE.step(0, state, CLINICAL_EVENT.validate_json(tick)).state
        assert isinstance(state, EntityRegister)
        assert len(state.claims) == 1
    _, tick = CORE.tick(0, KEY, at(days=9), at(days=9, hours=9))
    step = CORE.step(0, state, CLINICAL_EVENT.validate_json(tick))
    assert [payload for _, payload in CORE.encode(step.state, step.changed)] == [None]
    assert CORE.next_review(step.state) is None


def test_a_claim_under_another_key_is_refused_and_marks_nobody() -> None:
    with pytest.raises(Undecodable, match="wrong-key"):
        CORE.decode(record(FIRST, OLD))
    unread = Plain(b"{}", KEY)
    assert CORE.rejected(None, Reject(unread, "wrong-schema", "kind missing")) is None


def test_what_is_no_claim_is_refused_by_a_register() -> None:
    stray = of(FIRST.patient, FIFTH)
    with pytest.raises(TypeError, match="claims and time only"):
        CORE.step(0, None, stray)
    assert FIRST.time_domain is TimeDomain.LIVE
