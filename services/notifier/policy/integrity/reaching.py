"""People who are named by a step and could not be reached by it."""

from collections.abc import Iterator

from services.notifier.policy.assembling import Written
from services.notifier.policy.integrity.staff import staff
from services.notifier.policy.references import kind_and_name
from services.notifier.policy.site import SitePolicy
from services.notifier.policy.ways import WayAt, ways
from services.safety.knowledge.problems import Problem


def problems(written: Written, policy: SitePolicy, channels: frozenset[str] | None) -> Iterator[Problem]:
    """Channels that are not set up, and steps limited to channels that somebody they name does not have."""
    if channels is not None:
        yield from _not_set_up(written, channels)
    for at in ways(written.routes.value):
        for ref, by, place in at.references():
            for person in _persons(written, policy, at, ref) if by is not None else ():
                if not set(by or ()) & set(policy.people.channels(person)):
                    what = f"{person!r} has none of the channels {', '.join(by or ())} and is not told"
                    yield written.routes.problem(what, "add one in people.yaml, or a channel to by", *place)


def _not_set_up(written: Written, channels: frozenset[str]) -> Iterator[Problem]:
    for number, person in enumerate(written.people.value.people):
        for at, reach in enumerate(person.channels):
            if reach.by not in channels:
                what = f"the channel {reach.by!r} is not set up"
                cure = f"add it to DOSEWARDEN_CHANNELS (now {', '.join(sorted(channels))}), or remove it"
                yield written.people.problem(what, cure, "people", number, "channels", at, "by")


def _persons(written: Written, policy: SitePolicy, at: WayAt, ref: str) -> tuple[str, ...]:
    kind, name, _ = kind_and_name(ref)
    rows = {row.id: row for row in written.rotas.value.rotas}
    if kind == "person":
        return (name,)
    rotas = [name] if kind == "rota" else [policy.serving[ward, name] for ward in at.wards]
    return tuple(dict.fromkeys(person for rota in rotas for person in staff(policy, rows, rota)))
