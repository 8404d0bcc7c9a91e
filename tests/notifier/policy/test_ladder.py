"""In which order, and after how long, a plan tells."""

from services.notifier.policy.ladder import LEAST_REPEAT_S, rung, wait_s
from services.notifier.policy.plan import Plan, Step

WARD = Plan(
    "ward-3",
    (
        Step(0, ("rota:nurses",)),
        Step(300, ("rota:nurses", "role:charge-nurse")),
        Step(600, ("rota:doctors",)),
    ),
    rounds=2,
    fallback=("person:duty-manager",),
    ack_s=900,
)


def test_the_steps_come_in_order_then_the_rounds_of_the_last_then_the_fallback_for_ever() -> None:
    told = [rung(WARD, level).refs[0] for level in range(8)]
    doctors, manager = ["rota:doctors"] * 3, ["person:duty-manager"] * 3
    assert told == ["rota:nurses", "rota:nurses", *doctors, *manager]
    assert [rung(WARD, level).fallback for level in range(8)] == [False] * 5 + [True] * 3


def test_each_waits_for_the_one_before() -> None:
    assert [wait_s(WARD, level) for level in range(1, 8)] == [300, 600, 600, 600, 600, 900, 900]


def test_a_plan_of_one_step_repeats_it_as_often_as_an_acknowledgement_would_end() -> None:
    alone = Plan("alone", (Step(0, ("person:desk",)),), rounds=0, fallback=(), ack_s=900)
    assert [rung(alone, level).refs for level in (0, 1, 2)] == [("person:desk",)] * 3
    assert [wait_s(alone, level) for level in (1, 2)] == [900, 900]


def test_nobody_is_flooded_by_a_plan_that_waits_too_little() -> None:
    hasty = Plan("hasty", (Step(0, ("a",)), Step(1, ("b",))), rounds=3, fallback=("c",), ack_s=1)
    assert [wait_s(hasty, level) for level in range(1, 7)] == [1, *[LEAST_REPEAT_S] * 5]


def test_a_plan_kept_by_an_older_release_never_expires() -> None:
    kept = '{"ack_s":900,"fallback":[],"rounds":0,"route":"r","steps":[{"after_s":0,"to":["person:desk"]}]}'
    assert Plan.from_json(kept).expire_s == 0
    assert Plan.from_json(WARD.as_json()) == WARD
