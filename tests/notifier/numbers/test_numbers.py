"""What is counted, of what, and what could not be measured."""

import pytest

from schemas.alerts import AlertHistoryEntry
from services.notifier.numbers.counting import By, Numbers, grouped, numbers_of
from services.notifier.numbers.figures import Rate, Share, Spread
from tests.notifier.builders import after
from tests.notifier.numbers.stories import alert, folded

ANSWERED = alert(("raised", 0), ("paged", 0), ("told", 1), ("acknowledged", 4), name="03-answered")
UNANSWERED = alert(("raised", 0), ("paged", 0), ("told", 1), name="03-unanswered")
LISTED = alert(("raised", 0), name="03-listed", tier=4)


def counted(*histories: list[AlertHistoryEntry], patient_days: float | None = None) -> Numbers:
    return numbers_of(folded(*histories).since(None), patient_days)


def test_nothing_is_measured_where_nothing_happened() -> None:
    numbers = counted()
    assert numbers.time_to_ack == Spread(0, None, None)
    for share in (numbers.unanswered, numbers.overridden, numbers.repeats, numbers.withdrawn):
        assert (share, share.value) == (Share(0, 0), None)
    assert numbers.positive_predictive_value.value is None
    assert numbers.pages_per_100_patient_days.value is None


def test_the_time_to_an_acknowledgement_counts_from_the_first_page_that_it_answers() -> None:
    voided = alert(
        ("raised", 0), ("paged", 0), ("acknowledged", 10), ("worsened", 60, {"revision": 2}),
        ("paged", 60, {"revision": 2}), ("escalated", 65, {"revision": 2}),
        ("acknowledged", 72, {"revision": 2}),
    )  # fmt: skip
    assert counted(voided).time_to_ack == Spread(2, 600.0, 720.0)


def test_an_acknowledgement_of_what_was_never_paged_has_no_time() -> None:
    assert counted(alert(("raised", 0), ("acknowledged", 90))).time_to_ack.count == 0


@pytest.mark.parametrize(
    ("count", "p50_s", "p90_s"), [(1, 1, 1), (2, 1, 2), (10, 5, 9), (11, 6, 10), (100, 50, 90)]
)
def test_spreads_are_by_nearest_rank(count: int, p50_s: float, p90_s: float) -> None:
    assert Spread.of([float(s) for s in range(count, 0, -1)]) == Spread(count, p50_s, p90_s)


def test_an_alert_that_was_paged_and_that_nobody_answered_is_unanswered() -> None:
    assert counted(ANSWERED, UNANSWERED, LISTED).unanswered == Share(1, 2)


def test_an_override_is_an_answer_and_is_counted_once_for_its_alert() -> None:
    story = alert(("raised", 0), ("paged", 0), ("overridden", 2), ("reopened", 9), ("overridden", 10))
    numbers = counted(story, ANSWERED)
    assert (numbers.overridden, numbers.unanswered) == (Share(1, 2), Share(0, 2))


def test_a_page_of_the_same_facts_is_a_repeat_and_one_of_worse_facts_is_none() -> None:
    again = alert(("raised", 0), ("paged", 0), ("lease-ended", 15), ("paged", 15))
    worse = alert(
        ("raised", 0), ("paged", 0), ("worsened", 3, {"revision": 2}), ("paged", 3, {"revision": 2}),
        name="03-worse",
    )  # fmt: skip
    assert counted(again, worse).repeats == Share(1, 4)


def test_an_escalation_is_a_page_and_no_repeat() -> None:
    numbers = counted(alert(("raised", 0), ("paged", 0), ("escalated", 5)))
    assert (numbers.pages, numbers.repeats) == (2, Share(0, 2))


def test_a_finding_that_a_later_fact_ended_was_true_and_one_that_was_withdrawn_or_passed_was_not() -> None:
    stopped = alert(
        ("raised", 0), ("paged", 0), ("resolved", 9, {"cause_entity": "order/1"}), name="03-stopped"
    )
    passed = alert(("raised", 0), ("paged", 0), ("resolved", 9), name="03-passed")
    wrong = alert(("raised", 0), ("paged", 0), ("withdrawn", 9, {"cause_entity": "dose/4"}), name="03-wrong")
    moved = alert(("raised", 0), ("paged", 0), ("moved", 9), name="03-moved")
    still_open = UNANSWERED
    numbers = counted(stopped, passed, wrong, moved, still_open)
    assert numbers.positive_predictive_value == Share(1, 3)
    assert numbers.withdrawn == Share(1, 5)


def test_what_ended_an_alert_of_an_older_release_is_not_known_and_not_guessed() -> None:
    old = alert(("raised", 0), ("paged", 0), ("resolved", 9), tier=0, check="", ward="")
    assert counted(old).positive_predictive_value == Share(0, 0)
    assert list(grouped(folded(old).since(None), By.RULE)) == ["not known"]


def test_what_ended_an_alert_whose_end_was_never_seen_is_not_known() -> None:
    lost = alert(
        ("raised", 0), ("paged", 0),
        ("resolved", 9, {"cause_entity": "dose/1", "because": "episode 2 began"}),
    )  # fmt: skip
    assert counted(lost).positive_predictive_value == Share(0, 0)


def test_a_rule_that_is_seldom_true_wants_a_review_once_there_is_enough_of_it() -> None:
    def rule(true: int, alerts: int) -> Numbers:
        ends = ({"cause_entity": "order/1" if number < true else ""} for number in range(alerts))
        return counted(
            *(
                alert(("raised", 0), ("paged", 0), ("resolved", 9, end), name=f"03-{number}")
                for number, end in enumerate(ends)
            )
        )

    assert rule(9, 50).wants_review
    assert not rule(10, 50).wants_review
    assert not rule(0, 49).wants_review


def test_groups_are_by_what_the_first_page_said() -> None:
    moved_on = alert(("raised", 0), ("paged", 0), ("told", 1, {"ward": "Intensive care", "tier": 1}))
    for by, name in ((By.RULE, "cumulative-dose"), (By.WARD, "Neurology 2"), (By.TIER, "2")):
        assert list(grouped(folded(moved_on).since(None), by)) == [name]


def test_every_alert_is_in_one_group() -> None:
    elsewhere = alert(("raised", 0), ("paged", 1), name="07-else", check="interaction")
    groups = grouped(folded(ANSWERED, UNANSWERED, elsewhere).since(None), By.RULE)
    assert {name: numbers.alerts for name, numbers in groups.items()} == {
        "cumulative-dose": 2, "interaction": 1,
    }  # fmt: skip


def test_only_alerts_that_began_since_then_are_counted() -> None:
    later = alert(("raised", 60), ("paged", 60), name="03-later")
    assert numbers_of(folded(ANSWERED, later).since(after(minutes=30))).alerts == 1


def test_entries_that_came_twice_are_counted_once() -> None:
    assert counted(ANSWERED, ANSWERED) == counted(ANSWERED)


def test_technical_alerts_are_not_counted() -> None:
    assert counted(alert(("raised", 0), ("paged", 0), patient="system")).alerts == 0


def test_pages_per_hundred_patient_days_need_the_days() -> None:
    rate = counted(ANSWERED, UNANSWERED, patient_days=40).pages_per_100_patient_days
    assert (rate, rate.value) == (Rate(2, 40), 5.0)
