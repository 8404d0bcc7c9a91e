"""Which plan an alert gets, whom its references mean at an instant, and when a page waits."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cli.policy_view import foreseen
from services.notifier.policy.deciding import Hold, Subject
from services.notifier.policy.files import load_policy
from services.notifier.policy.ladder import rung
from services.notifier.policy.plan import Plan, Step, Target
from services.notifier.policy.site import SitePolicy
from tests.notifier.policy.duty_plans import shown
from tests.notifier.policy.test_loading import EXAMPLE
from tests.notifier.policy.written import changed, policy

NOON, MIDNIGHT = shown("2026-05-04 12:00"), shown("2026-05-05 00:00")


def alert(ward: str = "3", tier: int = 1, check: str = "interaction", technical: bool = False) -> Subject:
    return Subject(ward=ward, tier=tier, check=check, technical=technical, patient="p")


@pytest.fixture
def small(tmp_path: Path) -> SitePolicy:
    return policy(tmp_path)


def test_a_plan_has_the_steps_of_its_route_with_the_wards_own_rotas(small: SitePolicy) -> None:
    assert small.plan(alert(), NOON) == Plan(
        route="loud",
        steps=(Step(0, ("rota:nurses",)), Step(300, ("rota:nurses/webhook", "rota:doctors/webhook"))),
        rounds=2,
        fallback=("person:boss",),
        ack_s=900,
    )


def test_a_step_comes_so_long_after_the_one_before_as_both_are_from_the_page(tmp_path: Path) -> None:
    third = "by: [webhook]}\n      - {unanswered: 12 min, tell: [person:n-1]}"
    steps = policy(tmp_path, changed("by: [webhook]}", third)).plan(alert(), NOON).steps
    assert [step.after_s for step in steps] == [0, 300, 420]


def test_a_step_that_asks_everybody_says_so_in_the_plan(tmp_path: Path) -> None:
    both = policy(tmp_path, changed("by: [webhook]}", "by: [webhook], everybody: true}"))
    plan = both.plan(alert(), NOON)
    assert [step.everybody for step in plan.steps] == [False, True]
    assert Plan.from_json(plan.as_json()) == plan
    told = [telling.step for telling in foreseen(both, alert(), NOON).tellings]
    assert told == [
        "step 1",
        "step 2, each must acknowledge",
        "step 2, again (1), each must acknowledge",
        "step 2, again (2), each must acknowledge",
        "fallback",
    ]


def test_only_tier_3_expires(small: SitePolicy) -> None:
    tiers = [small.plan(alert(tier=tier), NOON).expire_s for tier in (1, 2, 3)]
    assert tiers == [0, 0, 12 * 3_600]


@pytest.mark.parametrize(
    ("subject", "route"),
    [
        (alert("3", 2, "renal-dose"), "kidneys"),
        (alert("4", 2, "renal-dose"), "loud"),
        (alert("3", 1, "renal-dose"), "loud"),
        (alert("3", 2, "interaction"), "loud"),
        (alert("4", 3), "soft"),
        (alert("", 1), "unmatched"),
        (alert("7", 1), "unmatched"),
        (alert("3", 4), "unmatched"),
        (alert("", 2, "technical", technical=True), "technical"),
    ],
)
def test_the_first_route_that_fits_is_taken_and_what_fits_none_has_an_owner(
    small: SitePolicy, subject: Subject, route: str
) -> None:
    assert small.plan(subject, NOON).route == route


def test_a_reference_means_who_is_on_duty_at_that_instant(small: SitePolicy) -> None:
    refs = ("rota:nurses", "person:boss")
    assert small.resolve(refs, NOON) == (
        Target("n-1", "webhook"),
        Target("n-1", "smtp"),
        Target("boss", "smtp"),
    )
    assert small.resolve(refs, MIDNIGHT) == (Target("n-2", "webhook"), Target("boss", "smtp"))


def test_a_reference_may_name_the_channel_and_nobody_is_told_twice(small: SitePolicy) -> None:
    assert small.resolve(("rota:nurses/smtp",), NOON) == (Target("n-1", "smtp"),)
    assert small.resolve(("rota:nurses/webhook", "person:n-1/webhook"), NOON) == (Target("n-1", "webhook"),)


def test_a_reference_may_mean_the_channel_that_each_person_prefers(small: SitePolicy) -> None:
    assert small.resolve(("rota:nurses/preferred", "person:boss/preferred"), NOON) == (
        Target("n-1", "webhook"),
        Target("boss", "smtp"),
    )


@pytest.mark.parametrize(
    "ref", ["rota:gone", "person:gone", "person:boss/webhook", "role:nurse", "", "nurse", "rota:"]
)
def test_what_the_policy_does_not_know_any_more_means_nobody(small: SitePolicy, ref: str) -> None:
    assert small.resolve((ref,), NOON) == ()


def test_addresses_stand_with_their_people_and_not_in_what_is_printed(small: SitePolicy) -> None:
    assert small.people.address("n-1", "smtp") == "n1@hospital.example"
    assert small.people.address("n-2", "smtp") is None
    assert small.people.address("gone", "smtp") is None
    assert small.people.channels("n-1") == ("webhook", "smtp")
    assert "n1@hospital.example" not in repr(small)


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-05-04 21:59", None),
        ("2026-05-04 22:00", "2026-05-05 06:00"),
        ("2026-05-05 05:59", "2026-05-05 06:00"),
        ("2026-05-05 06:00", None),
        ("2026-03-29 01:30", "2026-03-29 06:00"),
        ("2026-10-25 01:30", "2026-10-25 06:00"),
    ],
)
def test_a_page_of_tier_3_waits_for_the_end_of_quiet_hours(
    small: SitePolicy, at: str, until: str | None
) -> None:
    expected = Hold(shown(until), "quiet hours") if until is not None else None
    assert small.hold(alert(tier=3), shown(at)) == expected


def test_quiet_hours_are_of_their_ward_only_and_never_of_what_cannot_wait(small: SitePolicy) -> None:
    for subject in (
        alert(tier=1),
        alert(tier=2),
        alert("4", 3),
        alert("7", 3),
        alert("", 3),
        alert("3", 3, "technical", technical=True),
    ):
        assert small.hold(subject, MIDNIGHT) is None


def test_quiet_hours_that_follow_each_other_at_once_are_one(tmp_path: Path) -> None:
    more = "ends: 06:00}\n  - {wards: all, tiers: [3], days: tue, begins: 06:00, ends: 08:00}"
    night = policy(tmp_path, changed("22:00, ends: 06:00}", f"22:00, {more}"))
    assert night.hold(alert(tier=3), MIDNIGHT) == Hold(shown("2026-05-05 08:00"), "quiet hours")


_EXAMPLE = load_policy(EXAMPLE)


def test_quiet_hours_of_all_wards_are_of_those_that_the_policy_knows() -> None:
    assert _EXAMPLE.hold(alert("4", 3), MIDNIGHT) is not None
    assert _EXAMPLE.hold(alert("7", 3), MIDNIGHT) is None


_SUBJECTS = st.builds(
    Subject,
    ward=st.sampled_from(("3", "4", "", "elsewhere")),
    tier=st.sampled_from((1, 2, 3, 4)),
    check=st.sampled_from(("renal-dose", "interaction", "technical")),
    technical=st.booleans(),
    patient=st.just("p"),
)


@given(subject=_SUBJECTS, minutes=st.integers(0, 3 * 366 * 24 * 60), level=st.integers(0, 8))
def test_by_the_shipped_example_somebody_is_told_at_every_step_of_every_alert_at_any_time(
    subject: Subject, minutes: int, level: int
) -> None:
    at = shown("2026-01-05 08:00") + timedelta(minutes=minutes)
    assert _EXAMPLE.resolve(rung(_EXAMPLE.plan(subject, at), level).refs, at)


@given(subject=_SUBJECTS, minutes=st.integers(0, 366 * 24 * 60))
def test_a_hold_is_of_tier_3_ends_later_and_within_half_a_day(subject: Subject, minutes: int) -> None:
    at = shown("2026-01-01 00:00") + timedelta(minutes=minutes)
    hold = _EXAMPLE.hold(subject, at)
    if hold is not None:
        assert subject.tier >= 3
        assert not subject.technical
        assert at < hold.until <= at + timedelta(hours=9)
        assert _EXAMPLE.hold(subject, hold.until) is None
