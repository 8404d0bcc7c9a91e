"""Merged records are judged as one patient, under the survivor, and apart again when the merge is undone."""

from schemas.base import Mode
from schemas.clinical import PatientFact
from schemas.issues import DetectedIssue, Transition
from tests.builders import at, corrected, dose, merge, order, person, tick, unreadable, voided
from tests.engine.hospital import NEW, OLD, THIRD, Hospital, of
from tests.engine.ward import engine

ENGINE = engine()
EARLY = [of(OLD, dose("baclofen", "20 mg", at(hour))) for hour in (0, 2)]
LATE = [of(NEW, dose("baclofen", "20 mg", at(hour))) for hour in (4, 6, 8)]
JOINED = of(OLD, merge(NEW, at(9)))


def summary(issues: list[DetectedIssue]) -> list[tuple[str, str, str]]:
    return [(issue.patient, issue.check, issue.transition.value) for issue in issues]


def test_doses_of_two_records_add_up_once_they_are_one_and_are_told_in_one_step() -> None:
    hospital = Hospital(ENGINE)
    assert [issue for issue in hospital.take(*EARLY, *LATE) if issue.check == "cumulative-dose"] == []
    told = [issue for issue in hospital.take(JOINED) if issue.check == "cumulative-dose"]
    assert summary(told) == [(NEW, "cumulative-dose", "raised")]
    assert told[0].evidence["total"] == "100"
    assert told[0].at == at(9)
    assert hospital.checks(OLD) == ["merged"]


def test_the_issues_of_the_record_that_was_merged_away_move_and_name_the_survivor() -> None:
    hospital = Hospital(ENGINE)
    hospital.take(*(of(OLD, dose("baclofen", "20 mg", at(hour))) for hour in range(0, 10, 2)))
    assert hospital.checks(OLD) == ["cumulative-dose"]
    told = hospital.take(of(OLD, merge(NEW, at(9))))
    [moved] = [issue for issue in told if issue.transition is Transition.MOVED]
    assert (moved.patient, moved.check, moved.open, moved.moved_to) == (OLD, "cumulative-dose", False, NEW)
    assert hospital.checks(NEW) == ["cumulative-dose"]


def test_what_still_arrives_at_the_old_record_counts_for_the_survivor() -> None:
    hospital = Hospital(ENGINE)
    hospital.take(*EARLY, JOINED)
    late = [of(OLD, dose("baclofen", "20 mg", at(hour))) for hour in (10, 12, 14)]
    hospital.take(*late)
    assert hospital.checks(NEW) == ["cumulative-dose"]
    told = hospital.take(of(OLD, voided(late[0], at(15))))
    assert summary(told) == [(NEW, "cumulative-dose", "withdrawn")]


def test_a_merge_that_comes_first_of_all_is_as_good() -> None:
    hospital = Hospital(ENGINE)
    hospital.take(of(OLD, merge(NEW, at(-1))), *EARLY, *LATE)
    assert hospital.checks(NEW) == ["cumulative-dose"]
    assert hospital.checks(OLD) == ["merged"]


def test_an_excess_of_long_ago_is_not_told_again_by_a_merge() -> None:
    hospital = Hospital(ENGINE)
    hospital.take(*(of(OLD, dose("baclofen", "20 mg", at(hour))) for hour in range(0, 10, 2)))
    hospital.take(tick(at(days=3)).model_copy(update={"patient": OLD}))
    told = hospital.take(of(OLD, merge(NEW, at(days=3, hours=1))))
    assert [issue.check for issue in told if issue.patient == NEW] == []


def test_a_merge_taken_back_restores_the_old_record_and_withdraws_what_it_caused() -> None:
    hospital = Hospital(ENGINE)
    hospital.take(*EARLY, *LATE, JOINED)
    told = hospital.take(of(OLD, voided(JOINED, at(10))))
    assert (NEW, "cumulative-dose", "withdrawn") in summary(told)
    assert (OLD, "not-assessed", "withdrawn") in summary(told)
    assert hospital.checks(OLD) == hospital.checks(NEW) == []
    hospital.take(*(of(OLD, dose("baclofen", "20 mg", at(hour))) for hour in (11, 12, 13)))
    assert hospital.checks(OLD) == ["cumulative-dose"]
    assert hospital.checks(NEW) == []


def test_a_dose_on_its_way_when_the_merge_is_taken_back_does_not_count() -> None:
    hospital = Hospital(ENGINE)
    hospital.take(*EARLY, *LATE, JOINED)
    late = next(each for each in hospital.taken if each.patient == NEW and each.event_id == EARLY[0].event_id)
    assert isinstance(late, PatientFact)
    hospital.take(of(OLD, voided(JOINED, at(10))))
    hospital.take(late, corrected(late, at(9, minutes=59)))
    assert hospital.checks(NEW) == []


def test_merged_a_second_time_the_same_doses_count_again() -> None:
    hospital = Hospital(ENGINE)
    hospital.take(*EARLY, *LATE, JOINED, of(OLD, voided(JOINED, at(10))))
    hospital.take(of(OLD, voided(EARLY[0], at(11))), of(OLD, dose("baclofen", "20 mg", at(12))))
    hospital.take(of(OLD, corrected(JOINED, at(13))))
    [issue] = hospital.open(NEW)
    assert (issue.check, issue.evidence["total"], issue.episode) == ("cumulative-dose", "100", 2)


def test_the_newest_merge_holds_and_the_survivor_before_lets_go() -> None:
    hospital = Hospital(ENGINE)
    hospital.take(*EARLY, *LATE, JOINED)
    told = hospital.take(of(OLD, merge(THIRD, at(10), entity="another statement")))
    assert (NEW, "cumulative-dose", "withdrawn") in summary(told)
    assert hospital.checks(NEW) == []
    assert [issue.evidence["survivor"] for issue in hospital.open(OLD)] == [THIRD]
    more = [of(THIRD, dose("baclofen", "20 mg", at(hour))) for hour in (11, 12, 13)]
    hospital.take(*more)
    assert hospital.checks(THIRD) == ["cumulative-dose"]


def test_the_same_statement_corrected_lets_go_as_well() -> None:
    hospital = Hospital(ENGINE)
    hospital.take(*EARLY, *LATE, JOINED, of(OLD, corrected(JOINED, at(10), survivor=THIRD)))
    assert hospital.checks(NEW) == []


def test_the_newer_merge_taken_back_the_older_one_holds_again() -> None:
    second = of(OLD, merge(THIRD, at(10), entity="another statement"))
    hospital = Hospital(ENGINE)
    hospital.take(*EARLY, *LATE, JOINED, second, of(OLD, voided(second, at(11))))
    assert hospital.checks(NEW) == ["cumulative-dose"]
    assert hospital.checks(THIRD) == []


def test_a_record_merged_into_one_that_is_merged_counts_at_the_end_of_the_chain() -> None:
    onward = of(NEW, merge(THIRD, at(9)))
    for order_of_merges in ((JOINED, onward), (onward, JOINED)):
        hospital = Hospital(ENGINE)
        hospital.take(*EARLY, *LATE, *order_of_merges)
        assert hospital.checks(OLD) == hospital.checks(NEW) == ["merged"]
        assert [issue.evidence["total"] for issue in hospital.open(THIRD)] == ["100"]
        hospital.take(of(OLD, voided(JOINED, at(10))))
        assert hospital.checks(THIRD) == []
        hospital.take(of(OLD, corrected(JOINED, at(11))), of(NEW, voided(onward, at(12))))
        assert hospital.checks(THIRD) == []
        assert hospital.checks(NEW) == ["cumulative-dose"]


def test_records_merged_in_a_circle_are_judged_each_by_itself_and_say_so() -> None:
    back = of(NEW, merge(OLD, at(9), entity="back"))
    hospital = Hospital(ENGINE)
    hospital.take(*EARLY, *LATE, JOINED, back)
    assert hospital.checks(OLD) == hospital.checks(NEW) == ["merge-cycle"]
    more = [of(NEW, dose("baclofen", "20 mg", at(hour))) for hour in (10, 12)]
    hospital.take(*more)
    assert hospital.checks(NEW) == ["cumulative-dose", "merge-cycle"]
    assert hospital.checks(OLD) == ["merge-cycle"]
    hospital.take(of(NEW, voided(back, at(13))))
    assert hospital.checks(OLD) == ["merged"]
    assert [issue.evidence["total"] for issue in hospital.open(NEW)] == ["140"]


def test_three_records_in_a_circle_know_it_from_each_other() -> None:
    hospital = Hospital(ENGINE)
    hospital.take(JOINED, of(NEW, merge(THIRD, at(9))), of(THIRD, merge(OLD, at(9))))
    assert {record: hospital.checks(record) for record in (OLD, NEW, THIRD)} == {
        OLD: ["merge-cycle"], NEW: ["merge-cycle"], THIRD: ["merge-cycle"],
    }  # fmt: skip


def test_a_record_merged_with_itself_goes_on_as_itself() -> None:
    hospital = Hospital(ENGINE)
    hospital.take(of(OLD, merge(OLD, at(0))), *EARLY, *(of(OLD, each) for each in LATE))
    assert hospital.checks(OLD) == ["cumulative-dose"]


def test_what_a_source_states_again_of_the_survivor_counts_once() -> None:
    anew = [of(NEW, corrected(each, at(9, minutes=30))) for each in EARLY]
    onward = of(NEW, merge(THIRD, at(8)))
    further = [of(THIRD, corrected(each, at(9, minutes=40))) for each in EARLY]
    for events in (
        [*EARLY, JOINED, *anew, *LATE],
        [*EARLY, *LATE, *anew, JOINED],
        [*anew, JOINED, *LATE, *EARLY],
    ):
        hospital = Hospital(ENGINE)
        hospital.take(*events)
        assert [issue.evidence["total"] for issue in hospital.open(NEW)] == ["100"]
        hospital.take(onward, *further)
        assert [issue.evidence["total"] for issue in hospital.open(THIRD)] == ["100"]
        assert len(hospital.states[THIRD].ledger.given["baclofen"].entries) == 5


def test_the_same_entity_at_both_records_by_different_sources_is_two_things() -> None:
    hospital = Hospital(ENGINE)
    for record in (OLD, NEW):
        prescribed = order("baclofen", "20 mg", at(0), times=3, entity="order-1")
        hospital.take(of(record, prescribed, source=record))
        hospital.take(
            *(
                of(record, dose(when=at(hour), order="order-1", entity=f"d{hour}", source=record))
                for hour in (1, 2)
            )
        )
    hospital.take(JOINED)
    ledger = hospital.states[NEW].ledger
    given = ledger.given["baclofen"].entries
    assert [(each.entity, each.order) for each in given if each.entity.startswith("merged:")] == [
        (f"merged:{OLD}:d1", f"merged:{OLD}:order-1"),
        (f"merged:{OLD}:d2", f"merged:{OLD}:order-1"),
    ]
    assert len(given) == 4
    assert len(ledger.prescribed["baclofen"]) == 2


def test_what_could_not_be_read_of_the_old_record_keeps_the_survivor_from_being_judged() -> None:
    hospital = Hospital(ENGINE)
    hospital.take(of(OLD, unreadable("no unit", at(0), about="d1")), JOINED)
    assert hospital.checks(OLD) == ["merged"]
    assert hospital.checks(NEW) == ["unreadable-fact"]
    hospital.take(of(OLD, dose("baclofen", "10 mg", at(10), entity="d1")))
    assert hospital.checks(NEW) == []


def test_the_survivor_is_who_it_was_and_who_it_is_not_known_comes_from_the_old_record() -> None:
    hospital = Hospital(ENGINE)
    hospital.take(of(OLD, person(80, at(5))), of(NEW, person(30, at(0))), JOINED)
    known = hospital.states[NEW].ledger.person
    assert known is not None and known.merged_from is None
    hospital = Hospital(ENGINE)
    hospital.take(of(OLD, person(80, at(5))), JOINED)
    known = hospital.states[NEW].ledger.person
    assert known is not None and known.merged_from == OLD


def test_history_loaded_before_a_live_merge_pages_only_for_what_still_holds() -> None:
    hospital = Hospital(ENGINE)
    loaded = [of(OLD, each, mode=Mode.BACKFILL) for each in EARLY]
    hospital.take(*loaded, *LATE)
    told = [issue for issue in hospital.take(JOINED) if issue.patient == NEW and issue.open]
    assert [(issue.check, issue.mode) for issue in told] == [("cumulative-dose", Mode.LIVE)]


def test_an_order_of_two_numbers_is_one_order_at_the_survivor_as_well() -> None:
    by_ward = order("baclofen", "10 mg", at(0), entity="order/placer/7", also_known=("order/filler/9",))
    by_pharmacy = corrected(by_ward, at(1), entity="order/filler/9", also_known=())
    drawn = dose("baclofen", "10 mg", at(2), order="order/filler/9")
    hospital = Hospital(engine())
    hospital.take(*(of(OLD, fact) for fact in (by_ward, by_pharmacy, drawn)), of(OLD, merge(NEW, at(3))))
    ledger = hospital.states[NEW].ledger
    own = f"merged:{OLD}:order/placer/7"
    assert [entry.entity for entry in ledger.prescribed["baclofen"]] == [own]
    assert [each.order for each in ledger.given["baclofen"].entries] == [own]
