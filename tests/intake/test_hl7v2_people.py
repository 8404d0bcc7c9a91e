"""ADT: who the patient is and where, merges, allergies and diagnoses, by HL7."""

import pytest

from schemas.clinical import Encounter, FactStatus, Merge, OfVisit, Patient, VisitMove
from services.intake.hl7v2 import Outcome
from services.safety.ledger.precedence import supersedes
from tests.intake.hl7v2_writing import (
    ADMITTED,
    PID,
    PV1,
    SENT,
    facts,
    fields,
    message,
    only,
    refusals,
    rxe,
    told,
)
from tests.intake.writing import at, describe, rejected

EVN = "EVN||20260301080000+0100"


def adt(event: str, *segments: str, pid: str = PID) -> Outcome:
    return told(message(f"ADT^{event}", EVN, *segments, pid=pid))


def visit(event: str, pv1: str = PV1) -> Encounter:
    return only(adt(event, pv1), Encounter)


def test_a_patient_has_age_sex_and_death_and_no_name() -> None:
    pid = fields("PID", f3="4711^^^WEST^MR", f5="ROE^JANE", f7="19580612", f8="F", f29="20260228120000+0100")
    found = only(adt("A08", pid=pid), Patient)
    assert (found.born_at, found.sex, found.died_at) == (
        at("1958-06-11T23:00:00"), "female", at("2026-02-28T11:00:00"),
    )  # fmt: skip
    assert "ROE" not in found.model_dump_json()


@pytest.mark.parametrize(
    ("sex", "meant"), [("M", "male"), ("Female", "female"), ("A", "other"), ("U", "unknown"), ("", "unknown")]
)
def test_sexes(sex: str, meant: str) -> None:
    assert only(adt("A31", pid=PID.replace("|F", f"|{sex}")), Patient).sex == meant


def test_a_birth_year_is_no_age_and_a_death_without_a_date_is_known_when_told() -> None:
    found = only(adt("A31", pid=fields("PID", f3="4711", f7="1958", f30="Y")), Patient)
    assert (found.born_at, found.died_at) == (None, SENT)


@pytest.mark.parametrize(
    ("numbers", "patient"),
    [
        ("99^^^EAST^SS~4711^^^WEST^MR", "WEST|4711"),
        ("4711", "4711"),
        ("4711^^^WEST&1.2.3&ISO^PI", "WEST|4711"),
        ("4711^^^&1.2.3&ISO", "1.2.3|4711"),
        ("~^^^WEST^MR~4711^^^WEST", "WEST|4711"),
    ],
)
def test_the_record_number_names_the_patient_with_its_authority(numbers: str, patient: str) -> None:
    assert only(adt("A31", pid=f"PID|1||{numbers}"), Patient).patient == patient


def test_before_2_4_a_patient_may_stand_in_pid_2() -> None:
    assert only(adt("A31", pid="PID|1|4711^^^WEST"), Patient).patient == "WEST|4711"


def test_a_message_without_patient_is_refused() -> None:
    assert refusals(adt("A31", pid="PID|1||~^^^WEST")) == [("missing-patient", "PID", 3, "101")]
    assert refusals(adt("A31", pid="NTE|1")) == [("missing-patient", "MSH", 9, "101")]


@pytest.mark.parametrize("event", ["A01", "A02", "A04", "A08", "A12"])
def test_a_visit_begins_and_has_a_ward(event: str) -> None:
    found = visit(event)
    assert (found.entity, found.inpatient, found.ward) == ("encounter/WEST|V100", True, "3W")
    assert (found.effective_at, found.ends_at) == (at("2026-02-27T09:15:00"), None)


@pytest.mark.parametrize(
    ("event", "since"),
    [
        ("A01", at("2026-02-27T09:15:00")),
        ("A02", at("2026-03-01T07:00:00")),
        ("A12", at("2026-03-01T07:00:00")),
        ("A08", None),
        ("A03", None),
    ],
)
def test_a_move_says_since_when_the_patient_is_on_the_ward(event: str, since: object) -> None:
    assert visit(event).ward_since == since


@pytest.mark.parametrize(
    ("kind", "inpatient"),
    [("I", True), ("B", True), ("O", False), ("E", False), ("P", False), ("R", False), ("C", False)],
)
def test_pv1_2_says_whether_the_patient_stays(kind: str, inpatient: bool) -> None:
    found = visit("A01", PV1.replace("|I|", f"|{kind}|"))
    assert (found.inpatient, found.class_known) == (inpatient, True)


@pytest.mark.parametrize("kind", ["", "U", "N", "XQ", '""'])
def test_whoever_has_a_bed_and_no_known_class_counts_as_in_the_house(kind: str) -> None:
    found = visit("A01", PV1.replace("|I|", f"|{kind}|"))
    assert (found.inpatient, found.class_known, found.ward) == (True, False, "3W")
    nowhere = visit("A01", PV1.replace("|I|3W^12^1^WEST|", f"|{kind}|^^^WEST|"))
    assert (nowhere.inpatient, nowhere.class_known, nowhere.ward) == (False, False, "WEST")


@pytest.mark.parametrize("place", ["C", "H", "O", "P", "c"])
def test_a_clinic_an_office_a_home_or_a_phone_without_a_bed_is_no_place_in_the_house(place: str) -> None:
    found = visit("A04", PV1.replace("|I|3W^12^1^WEST|", f"||PAIN^2^^WEST^^{place}|"))
    assert (found.inpatient, found.class_known, found.ward) == (False, False, "PAIN")
    in_a_bed = visit("A04", PV1.replace("|I|3W^12^1^WEST|", f"||PAIN^2^1^WEST^^{place}|"))
    assert (in_a_bed.inpatient, in_a_bed.class_known) == (True, False)
    stays = visit("A04", PV1.replace("|I|3W^12^1^WEST|", f"|I|PAIN^2^^WEST^^{place}|"))
    assert (stays.inpatient, stays.class_known) == (True, True)


@pytest.mark.parametrize("place", ["", "N", "D", "S", "X", '""'])
def test_any_other_type_of_place_may_be_one_in_the_house(place: str) -> None:
    found = visit("A04", PV1.replace("|I|3W^12^1^WEST|", f"||3W^12^^WEST^^{place}|"))
    assert (found.inpatient, found.class_known) == (True, False)


def test_a_discharge_ends_the_visit_and_its_cancelling_reopens_it() -> None:
    ended = visit("A03", PV1 + "|20260301073000+0100")
    assert ended.ends_at == at("2026-03-01T06:30:00")
    assert visit("A03").ends_at == at("2026-03-01T07:00:00")
    again = visit("A13", PV1 + "|20260301073000+0100")
    assert again.ends_at is None
    assert supersedes(again, ended)


def test_a_cancelled_admission_was_none() -> None:
    gone = visit("A11")
    assert (gone.status, gone.entity) == (FactStatus.ENTERED_IN_ERROR, visit("A01").entity)


def test_an_admission_without_pv1_44_begins_when_it_occurred_and_no_other_event_invents_a_beginning() -> None:
    bare = PV1.removesuffix(ADMITTED)
    assert visit("A01", bare).effective_at == at("2026-03-01T07:00:00")
    outcome = adt("A02", bare)
    assert refusals(outcome) == [("missing-time", "PV1", 44, "101")]
    assert rejected(outcome.readings)[0].about == visit("A02").entity


def test_an_update_need_not_speak_of_a_visit_but_an_admission_must() -> None:
    assert list(map(describe, adt("A08").readings)) == ["patient"]
    outcome = adt("A01", "AL1|1||^Latex")
    assert list(map(describe, outcome.readings)) == ["patient", "missing-visit", "allergy"]
    assert refusals(outcome) == [("missing-visit", "MSH", 9, "101")]


def test_a_visit_that_ends_before_it_begins_is_refused() -> None:
    assert refusals(adt("A03", PV1 + "|20260101"))[0] == ("end-before-start", "PV1", 45, "102")


def test_a_visit_is_named_by_the_account_where_it_has_no_number() -> None:
    bare = PV1.replace("V100^^^WEST", "")
    assert list(map(describe, adt("A01", bare).readings)) == ["patient", "visit-without-number"]
    account = only(adt("A01", bare, pid=fields("PID", f3="4711", f18="A9")), Encounter)
    assert account.entity == "encounter/account/A9"


def test_a_visit_only_planned_is_passed_over() -> None:
    assert list(map(describe, adt("A05", PV1).readings)) == ["patient", "visit-only-planned"]


def test_other_messages_say_nothing_of_age_and_ward() -> None:
    outcome = told(message("RDE^O11", PV1, "ORC|NW|ORD77", rxe()))
    assert list(map(describe, outcome.readings)) == ["order"]


@pytest.mark.parametrize("event", ["A34", "A40"])
def test_a_merge_is_a_fact_of_the_old_record(event: str) -> None:
    found = only(adt(event, "MRG|0815^^^WEST^MR"), Merge)
    assert (found.patient, found.survivor) == ("WEST|0815", "WEST|4711")
    assert found.effective_at == at("2026-03-01T07:00:00")
    assert "0815" not in found.entity


def test_each_pair_of_a_message_is_merged() -> None:
    outcome = adt("A40", "MRG|1", "PID|2||4712", "MRG|2")
    pairs = [(fact.patient, fact.survivor) for fact in facts(outcome) if isinstance(fact, Merge)]
    assert pairs == [("1", "WEST|4711"), ("2", "4712")]


@pytest.mark.parametrize(
    ("segments", "reason"),
    [
        ((), "missing-patient"),
        (("MRG|4711^^^WEST^MR",), "merged-with-itself"),
        (("MRG|",), "missing-patient"),
    ],
)
def test_a_merge_of_nobody_is_refused(segments: tuple[str, ...], reason: str) -> None:
    assert refusals(adt("A40", *segments))[0][0] == reason


def test_linked_records_go_on_as_one_until_they_are_unlinked() -> None:
    other = "PID|2||0815^^^WEST^MR"
    link = only(adt("A24", other), Merge)
    assert (link.patient, link.survivor, link.status) == ("WEST|0815", "WEST|4711", FactStatus.STATED)
    ends = [fact for fact in facts(adt("A37", other)) if isinstance(fact, Merge)]
    assert [(end.patient, end.survivor) for end in ends] == [
        ("WEST|0815", "WEST|4711"), ("WEST|4711", "WEST|0815"),
    ]  # fmt: skip
    assert {(end.status, end.entity) for end in ends} == {(FactStatus.ENTERED_IN_ERROR, link.entity)}
    merged = only(adt("A40", "MRG|0815^^^WEST^MR"), Merge)
    assert merged.entity != link.entity, "the end of a link undoes no merge"


@pytest.mark.parametrize(
    ("segments", "reason"), [((), "missing-patient"), (("PID|2||4711^^^WEST^MR",), "merged-with-itself")]
)
def test_a_link_of_nobody_is_refused(segments: tuple[str, ...], reason: str) -> None:
    assert refusals(adt("A24", *segments))[0][0] == reason


PRIOR = "MRG|0815^^^WEST^MR||||V1^^^WEST^VN"


def test_a_visit_that_moves_to_another_patient_is_a_fact_of_the_old_one() -> None:
    move = only(adt("A45", PRIOR, PV1), VisitMove)
    assert (move.patient, move.to, move.visit) == ("WEST|0815", "WEST|4711", "encounter/WEST|V1")
    again = only(adt("A45", "MRG|0815^^^WEST^MR||||V1^^^WEST^VN", "PV1|1|I" + "|" * 17 + "V9"), VisitMove)
    assert (again.becomes, again.entity) == ("encounter/V9", move.entity)


def test_several_visits_move_each_with_its_own_number() -> None:
    second = "MRG|0816^^^WEST^MR||||V2^^^WEST^VN"
    outcome = adt("A45", PRIOR, "PV1|1|I", second, "PV1|1|I" + "|" * 17 + "V3^^^WEST^VN")
    moves = [fact for fact in facts(outcome) if isinstance(fact, VisitMove)]
    assert [(move.patient, move.visit, move.becomes) for move in moves] == [
        ("WEST|0815", "encounter/WEST|V1", None), ("WEST|0816", "encounter/WEST|V2", "encounter/WEST|V3"),
    ]  # fmt: skip


def test_a_visit_under_another_number_stays_with_its_patient() -> None:
    prior = PRIOR.replace("0815", "4711")
    move = only(adt("A50", prior, "PV1|1|I" + "|" * 17 + "V2^^^WEST^VN"), VisitMove)
    assert (move.patient, move.to, move.becomes) == ("WEST|4711", "WEST|4711", "encounter/WEST|V2")
    assert refusals(adt("A50", prior, "PV1|1|I"))[0][0] == "missing-visit"


def test_a_move_that_names_no_visit_leaves_its_mark_at_both_patients() -> None:
    outcome = adt("A45", "MRG|0815^^^WEST^MR")
    assert [item.patient for item in rejected(outcome.readings)] == ["WEST|0815", "WEST|4711"]
    assert {item[0] for item in refusals(outcome)} == {"visit-moved"}


@pytest.mark.parametrize(("event", "reason"), [("A43", "number-moved"), ("A44", "visit-moved")])
def test_an_account_or_a_number_that_moves_moves_nothing_and_both_patients_show_it(
    event: str, reason: str
) -> None:
    outcome = adt(event, "MRG|0815^^^WEST^MR||A9^^^WEST", PV1)
    assert facts(outcome) == []
    assert [item.patient for item in rejected(outcome.readings)] == ["WEST|0815", "WEST|4711"]
    assert {item[0] for item in refusals(outcome)} == {reason}


def test_a_number_by_which_nothing_is_named_may_change() -> None:
    outcome = adt("A51", "MRG|4711^^^WEST^MR|||||OLD^^^WEST", PV1)
    assert list(map(describe, outcome.readings)) == ["alternate-visit-number"]


def test_what_a_message_states_is_of_its_visit() -> None:
    stated = adt("A01", PV1, "AL1|1||^penicillin", "DG1|1||F10.2^alcohol^I10")
    (stay,) = [fact for fact in facts(stated) if isinstance(fact, Encounter)]
    assert {fact.visit for fact in facts(stated) if isinstance(fact, OfVisit)} == {stay.entity}
    by_account = adt("A31", "AL1|1||^penicillin")
    assert [fact.visit for fact in facts(by_account) if isinstance(fact, OfVisit)] == [None]
