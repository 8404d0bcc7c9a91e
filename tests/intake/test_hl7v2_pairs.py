"""Merges and moves whose PID and MRG leave open who is meant: nothing is stated, and everybody shows it."""

from dataclasses import replace

import pytest

from schemas.clinical import Merge, VisitMove
from services.intake.hl7v2 import Outcome
from services.intake.reading import Rejected
from tests.intake.hl7v2_writing import LIVE, NOW, PID, PV1, facts, message, told
from tests.intake.rejecting_door import HL7V2, entries_of

EVN = "EVN||20260301080000+0100"
VISIT = "||||V1^^^WEST^VN"
RENUMBERED = "PV1|1|I" + "|" * 17 + "V2^^^WEST^VN"
OTHER = "PID|2||4712^^^WEST^MR"


def adt(event: str, *segments: str, pid: str = PID) -> Outcome:
    return told(message(f"ADT^{event}", EVN, *segments, pid=pid))


def merges(outcome: Outcome) -> list[tuple[str, str]]:
    return [(fact.patient, fact.survivor) for fact in facts(outcome) if isinstance(fact, Merge)]


def marks(outcome: Outcome) -> list[tuple[str, str | None]]:
    """Reason and marked patient of each rejection."""
    return [(i.rejection.reason, i.patient) for i in outcome.readings if isinstance(i, Rejected)]


def test_each_record_number_of_an_mrg_goes_on_under_the_number_of_its_authority() -> None:
    both = "PID|1||4711^^^WEST^MR~B^^^EAST^MR"
    assert merges(adt("A40", "MRG|0815^^^WEST^MR~99^^^NAT^SS~A^^^EAST^MR", pid=both)) == [
        ("WEST|0815", "WEST|4711"), ("EAST|A", "EAST|B"),
    ]  # fmt: skip
    assert merges(adt("A40", "MRG|0815^^^WEST^MR~A^^^EAST^MR")) == [
        ("WEST|0815", "WEST|4711"), ("EAST|A", "WEST|4711"),
    ]  # fmt: skip


@pytest.mark.parametrize("numbers", ["1^^^WEST^MR~2^^^WEST^MR", "1^^^WEST~2^^^WEST", "1~2"])
@pytest.mark.parametrize("event", ["A34", "A40", "A45"])
def test_of_two_old_numbers_of_one_authority_nobody_can_say_which_is_meant(numbers: str, event: str) -> None:
    outcome = adt(event, f"MRG|{numbers}{VISIT}", PV1)
    old = {f"WEST|{number}" if "WEST" in numbers else number for number in "12"}
    assert facts(outcome) == []
    assert set(marks(outcome)) == {("several-numbers", patient) for patient in (*old, "WEST|4711")}


def test_nobody_has_more_than_ten_old_numbers() -> None:
    numbers = [f"{number}^^^A{number}^MR" for number in range(11)]
    assert len(merges(adt("A40", "MRG|" + "~".join(numbers[:10])))) == 10
    outcome = adt("A40", "MRG|" + "~".join(numbers))
    assert {reason for reason, _ in marks(outcome)} == {"several-numbers"}
    assert facts(outcome) == []


def test_one_number_written_twice_is_one() -> None:
    assert merges(adt("A40", "MRG|0815^^^WEST^MR~0815^^^WEST^MR")) == [("WEST|0815", "WEST|4711")]


def test_a_pair_that_cannot_be_read_marks_its_own_patient_and_the_others_are_read() -> None:
    outcome = adt("A40", "MRG|", OTHER, "MRG|", "PID|3||4713^^^WEST^MR", "MRG|0815^^^WEST^MR")
    assert merges(outcome) == [("WEST|0815", "WEST|4713")]
    assert marks(outcome) == [("missing-patient", "WEST|4711"), ("missing-patient", "WEST|4712")]


@pytest.mark.parametrize(("event", "reason"), [("A43", "number-moved"), ("A44", "visit-moved")])
def test_so_does_what_cannot_be_moved(event: str, reason: str) -> None:
    outcome = adt(event, "MRG|", OTHER, "MRG|0815^^^WEST^MR||A9")
    assert marks(outcome) == [(reason, "WEST|4711"), (reason, "WEST|0815"), (reason, "WEST|4712")]


def test_a_merge_dated_by_nonsense_marks_both_of_its_own_patients() -> None:
    outcome = told(message("ADT^A40", "EVN||yesterday", OTHER, "MRG|0815^^^WEST^MR", pid="MRG|1"))
    assert ("missing-patient", "1") in marks(outcome)
    dated = told(message("ADT^A40", "EVN||yesterday", "MRG|0815^^^WEST^MR"))
    assert marks(dated) == [("bad-time", "WEST|4711"), ("bad-time", "WEST|0815")]


@pytest.mark.parametrize("event", ["A34", "A40", "A43", "A45", "A50"])
@pytest.mark.parametrize(
    "segments",
    [(OTHER, f"MRG|0815^^^WEST^MR{VISIT}"), (f"MRG|0815^^^WEST^MR{VISIT}", OTHER)],
    ids=["the first PID without MRG", "the last one"],
)
def test_where_a_pid_has_no_mrg_nothing_is_believed(event: str, segments: tuple[str, ...]) -> None:
    outcome = adt(event, *segments)
    assert facts(outcome) == []
    assert set(marks(outcome)) == {
        ("missing-patient", patient) for patient in ("WEST|4711", "WEST|4712", "WEST|0815")
    }


def test_nor_where_an_mrg_stands_before_every_pid() -> None:
    outcome = told(message("ADT^A40", OTHER, "MRG|0815^^^WEST^MR", pid="MRG|0816^^^WEST^MR"))
    assert facts(outcome) == []
    assert {patient for _, patient in marks(outcome)} == {"WEST|0815", "WEST|0816", "WEST|4712"}


@pytest.mark.parametrize("event", ["A24", "A37"])
@pytest.mark.parametrize("unread", [0, 1])
def test_a_link_with_somebody_who_cannot_be_read_shows_at_the_other(event: str, unread: int) -> None:
    people = [PID, OTHER]
    people[unread] = "PID|9"
    outcome = adt(event, people[1], pid=people[0])
    assert facts(outcome) == []
    assert marks(outcome) == [("missing-patient", ("WEST|4712", "WEST|4711")[unread])]


def test_a_link_of_three_shows_at_all_of_them() -> None:
    outcome = adt("A24", OTHER, "PID|3||4713^^^WEST^MR")
    assert [patient for _, patient in marks(outcome)] == ["WEST|4711", "WEST|4712", "WEST|4713"]


@pytest.mark.parametrize("event", ["A18", "A30", "A36", "A42"])
def test_a_merge_of_a_kind_that_is_not_read_shows_at_both(event: str) -> None:
    outcome = adt(event, "MRG|0815^^^WEST^MR", PV1)
    assert marks(outcome) == [("unknown-event", "WEST|4711"), ("unknown-event", "WEST|0815")]


def test_of_very_many_in_one_message_each_shows_what_names_them() -> None:
    """Copies of all of it for each of them would be of its size a thousand times over."""
    people = [f"PID|2||{number}^^^WEST^MR" for number in range(900)]
    entries = entries_of(HL7V2, message("ADT^A24", *people), LIVE, NOW)
    assert len(entries) == 901
    assert max(len(entry.rejected.kept) for entry in entries) < 500


def test_so_does_a_merge_of_a_version_that_is_not_read() -> None:
    content = message("ADT^A40", EVN, "MRG|0815^^^WEST^MR", OTHER, "MRG|0816^^^WEST^MR")
    outcome = told(content.replace(b"|2.5.1|", b"|9|"))
    assert {patient for _, patient in marks(outcome)} == {"WEST|4711", "WEST|0815", "WEST|4712", "WEST|0816"}


def test_a_visit_of_another_patient_gets_no_new_number_by_an_a50() -> None:
    outcome = adt("A50", f"MRG|0815^^^WEST^MR{VISIT}", RENUMBERED)
    assert facts(outcome) == []
    assert marks(outcome) == [("visit-moved", "WEST|0815"), ("visit-moved", "WEST|4711")]


@pytest.mark.parametrize("prior", ["", "4711", "4711^^^WEST^MR", "99^^^NAT^SS"])
def test_the_patient_of_an_a50_may_be_named_by_any_of_their_numbers(prior: str) -> None:
    outcome = adt("A50", f"MRG|{prior}{VISIT}", RENUMBERED, pid=PID.replace("^MR|", "^MR~99^^^NAT^SS|"))
    (move,) = facts(outcome)
    assert isinstance(move, VisitMove)
    assert (move.patient, move.to, move.becomes) == ("WEST|4711", "WEST|4711", "encounter/WEST|V2")


def test_a_visit_does_not_move_to_the_patient_whose_it_is() -> None:
    outcome = adt("A45", f"MRG|4711^^^WEST^MR{VISIT}", RENUMBERED)
    assert marks(outcome) == [("merged-with-itself", "WEST|4711")]


def test_a_rejected_merge_is_kept_with_the_time_at_which_it_happened() -> None:
    content = message("ADT^A40", EVN, "MRG|0815^^^WEST^MR")
    entries = entries_of(HL7V2, content, replace(LIVE, kinds=frozenset({"order"})), NOW)
    kept = [fact for entry in entries for fact in facts(told(entry.rejected.kept))]
    assert {fact.effective_at for fact in kept} == {fact.effective_at for fact in facts(told(content))}
