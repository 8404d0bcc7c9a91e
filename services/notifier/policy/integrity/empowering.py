"""Roles that nobody has, and people who are told of alerts that they may not answer."""

from collections.abc import Iterator

from services.notifier.policy.assembling import Written
from services.notifier.policy.integrity.reaching import persons_of
from services.notifier.policy.powers import ACKNOWLEDGE, TECHNICAL
from services.notifier.policy.site import TECHNICAL as TECHNICAL_WAY
from services.notifier.policy.site import SitePolicy
from services.notifier.policy.ways import ways
from services.safety.knowledge.problems import Problem


def problems(written: Written, policy: SitePolicy) -> Iterator[Problem]:
    """What is wrong with `may`; nothing where it is left out."""
    may = written.people.value.may
    if may is None:
        return
    roles = {person.role for person in written.people.value.people}
    for role, place in may.named():
        if role not in roles:
            yield written.people.problem(
                f"nobody has the role {role!r}", "correct it, or add somebody", "may", *place
            )
    for at in ways(written.routes.value):
        power = TECHNICAL if at.place == (TECHNICAL_WAY,) else ACKNOWLEDGE
        for ref, _, place in at.references():
            for person in persons_of(written, policy, at, ref):
                if power not in policy.people.powers(person):
                    role = policy.people.by_id[person].role
                    what = f"{person!r} is told, and the role {role!r} may not answer"
                    yield written.routes.problem(what, f"add it to {power} of may in people.yaml", *place)
