"""The policy of a ward: nurses first, then nurses and doctor, then the doctor again, then the manager."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.notifier.policy.deciding import Hold, Subject
from services.notifier.policy.plan import Plan, Step, Target
from services.notifier.policy.routes import LowTiers

NURSE, DOCTOR = Target("nurse-7", "pager"), Target("doctor-2", "pager")
DOCTOR_PHONE, MANAGER = Target("doctor-2", "sms"), Target("manager", "sms")
PLAN = Plan(
    "ward-3",
    (
        Step(0, ("rota:nurses",)),
        Step(300, ("rota:nurses", "rota:doctors")),
        Step(600, ("rota:doctors",)),
    ),
    rounds=1,
    fallback=("person:manager",),
    ack_s=900,
    expire_s=7_200,
)
ON_DUTY: Mapping[str, tuple[Target, ...]] = {
    "rota:nurses": (NURSE,),
    "rota:doctors": (DOCTOR, DOCTOR_PHONE),
    "person:manager": (MANAGER,),
    "person:doctor-2": (DOCTOR,),
}


def asking(everybody: Collection[int]) -> Plan:
    """The plan of the ward where these steps, from 0, tell nurse and doctor and ask each to acknowledge."""
    both = ("rota:nurses", "rota:doctors")
    steps = (
        replace(step, to=both, everybody=True) if place in everybody else step
        for place, step in enumerate(PLAN.steps)
    )
    return replace(PLAN, steps=tuple(steps))


@dataclass
class WardPolicy:
    """`duty` says who stands behind each reference just now; `quiet_until` is the end of quiet hours.

    `low_tiers`: how pages of low tiers go together.
    """

    the_plan: Plan = PLAN
    duty: dict[str, tuple[Target, ...]] = field(default_factory=lambda: dict(ON_DUTY))
    quiet_until: datetime | None = None
    low_tiers: LowTiers | None = None

    def plan(self, subject: Subject, now: datetime) -> Plan:
        return self.the_plan

    def resolve(self, refs: Sequence[str], now: datetime) -> tuple[Target, ...]:
        return tuple(dict.fromkeys(target for ref in refs for target in self.duty.get(ref, ())))

    def hold(self, subject: Subject, now: datetime) -> Hold | None:
        return Hold(self.quiet_until, "quiet hours") if self.quiet_until and self.quiet_until > now else None
