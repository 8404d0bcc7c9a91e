"""People who are named by a step and could not be reached by it."""

from collections.abc import Iterator

from services.notifier.policy.assembling import Written
from services.notifier.policy.integrity.staff import staff
from services.notifier.policy.references import PREFERRED, kind_and_name
from services.notifier.policy.site import SitePolicy
from services.notifier.policy.ways import WayAt, ways
from services.safety.knowledge.problems import Problem


def problems(written: Written, policy: SitePolicy) -> Iterator[Problem]:
    """Steps limited to channels that somebody whom they name does not have."""
    for at in ways(written.routes.value):
        for ref, by, place in at.references():
            for person in persons_of(written, policy, at, ref) if by is not None else ():
                if not set(by or ()) & {PREFERRED, *policy.people.channels(person)}:
                    what = f"{person!r} has none of the channels {', '.join(by or ())} and is not told"
                    yield written.routes.problem(what, "add one in people.yaml, or a channel to by", *place)


def persons_of(written: Written, policy: SitePolicy, at: WayAt, ref: str) -> tuple[str, ...]:
    """Everybody who is ever told by a reference."""
    kind, name, _ = kind_and_name(ref)
    rows = {row.id: row for row in written.rotas.value.rotas}
    if kind == "person":
        return (name,)
    rotas = [name] if kind == "rota" else [policy.serving[ward, name] for ward in at.wards]
    return tuple(dict.fromkeys(person for rota in rotas for person in staff(policy, rows, rota)))
