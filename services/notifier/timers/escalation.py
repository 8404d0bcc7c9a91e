"""What a timer that is due means for its alert: tell the next step, wait, or tell no more. Decided purely.

The store does it only if the alert is still as it was looked at (`fire` in store/functions/due.lua).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.notifier.findings.routing import hold_until
from services.notifier.policy.deciding import Policy, Subject
from services.notifier.policy.ladder import rung
from services.notifier.policy.plan import Plan, Target

_EXPIRING_TIERS = frozenset((3, 4))
_UNANSWERED = frozenset(("open", "notified"))


@dataclass(frozen=True, slots=True)
class Due:
    """An alert whose timer is due at `now`, by its own clock. `level` tellings of its plan were made.

    `acks`: who acknowledged, where each must. `plan` is None where the alert was kept by a release without
    plans. `told_at` is when somebody first heard of it since it was due, or since it was held; None while
    nobody has.
    """

    alert: str
    episode: int
    revision: int
    state: str
    step: int
    level: int
    unpaged: bool
    plan: Plan | None
    holder: str
    told: tuple[Target, ...]
    subject: Subject
    now: datetime
    told_at: datetime | None
    acks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell these; then `level` tellings of `plan` were made.

    `nobody`: references of the steps that were passed over, since nobody stood behind them. `unanswered`:
    all steps were told, and this is the first time that the fallback is.
    """

    plan: Plan
    targets: tuple[Target, ...]
    level: int
    nobody: tuple[str, ...]
    unanswered: bool


@dataclass(frozen=True, slots=True)
class Wait:
    """Ask again at `until`. `held` says why, `silence` is the id of the one that it waits for."""

    plan: Plan
    until: datetime
    held: str
    silence: str


@dataclass(frozen=True, slots=True)
class Expire:
    """Tell no more."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class Close:
    """It was about something that happened: whoever held it has answered for it, or its time is over."""

    plan: Plan


Decision = Tell | Wait | Expire | Close


def decide(due: Due, policy: Policy) -> Decision:
    """What is to be done now.

    An alert that nobody can be told of from here on, since the policy does not know them any more or nobody
    is on duty, begins again with the policy of the moment.
    """
    plan = due.plan or policy.plan(due.subject, due.now)
    if _is_expired(due, plan):
        return Close(plan) if plan.once else Expire(plan)
    if plan.once and due.state not in _UNANSWERED:
        return Close(plan)
    hold = hold_until(policy, due.subject, due.now)
    if hold is not None:
        return Wait(plan, hold.until, hold.reason, hold.silence)
    targets, level, nobody = _next(plan, 0 if due.unpaged else due.level, policy, due.now)
    unanswered = level == len(plan.steps) + plan.rounds
    if not targets:
        fresh = replace(policy.plan(due.subject, due.now), once=plan.once)
        targets, again, more = _next(fresh, 0, policy, due.now)
        if targets:
            plan, level, nobody = fresh, again, (*nobody, *more)
    return Tell(
        plan,
        tuple(dict.fromkeys((*_holder(due, policy), *_left(targets, due)))),
        level + 1,
        tuple(dict.fromkeys(nobody)),
        unanswered,
    )


def _left(targets: tuple[Target, ...], due: Due) -> Sequence[Target]:
    """Those who have not acknowledged; all of them where each has, so that somebody is told."""
    return [target for target in targets if target.person not in due.acks] or targets


def _next(
    plan: Plan, level: int, policy: Policy, now: datetime
) -> tuple[tuple[Target, ...], int, tuple[str, ...]]:
    """Whom the next telling that reaches anybody tells, which one it is, and the references passed over."""
    nobody: list[str] = []
    while not (targets := policy.resolve(rung(plan, level).refs, now)):
        nobody += rung(plan, level).refs
        if rung(plan, level).fallback:
            break
        level += 1
    return targets, level, tuple(nobody)


def _is_expired(due: Due, plan: Plan) -> bool:
    if not plan.expire_s or due.unpaged or due.state not in _UNANSWERED:
        return False
    if due.told_at is None or due.subject.tier not in _EXPIRING_TIERS:
        return False
    return due.now >= due.told_at + timedelta(seconds=plan.expire_s)


def _holder(due: Due, policy: Policy) -> Sequence[Target]:
    """Whoever let an acknowledgement or an override end is told again: as the policy says, else as before."""
    if not due.holder or due.state in _UNANSWERED:
        return ()
    known = policy.resolve((f"person:{due.holder}",), due.now)
    return known or [target for target in due.told if target.person == due.holder]
