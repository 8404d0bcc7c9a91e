"""A plan as one row of tellings: its steps, the rounds of the last step, then the fallback again and again.

The store keeps time by the same rules (store/functions/ladder.lua).
"""

from dataclasses import dataclass

from services.notifier.policy.plan import Plan

LEAST_REPEAT_S = 60
"""The same people are never told again sooner than this, whatever a plan says."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One telling of a plan. `fallback`: every step was told and nobody answered."""

    refs: tuple[str, ...]
    fallback: bool


def rung(plan: Plan, level: int) -> Rung:
    """Telling number `level` of a plan, from 0; the last ones are all the fallback."""
    if level < len(plan.steps):
        return Rung(plan.steps[level].to, fallback=False)
    if level < len(plan.steps) + plan.rounds:
        return Rung(plan.steps[-1].to, fallback=False)
    return Rung(plan.fallback or plan.steps[-1].to, fallback=True)


def asks_everybody(plan: Plan, level: int) -> bool:
    """Whether each person told must acknowledge after telling number `level`, from 1; never the fallback."""
    if level > len(plan.steps) + plan.rounds:
        return False
    return plan.steps[min(level, len(plan.steps)) - 1].everybody


def wait_s(plan: Plan, level: int) -> int:
    """Seconds from telling number `level` - 1 to number `level`, which is 1 or more.

    Rounds, and the first fallback, follow as the last step followed the one before (a plan of one step: after
    `ack_s`); the fallback is told again every `ack_s`.
    """
    steps = plan.steps
    if level < len(steps):
        return steps[level].after_s
    if level <= len(steps) + plan.rounds and steps[-1].after_s:
        return max(steps[-1].after_s, LEAST_REPEAT_S)
    return max(plan.ack_s, LEAST_REPEAT_S)
