"""Names that are given twice, or that nothing bears."""

from collections.abc import Iterable, Iterator

from services.notifier.policy.assembling import Written
from services.notifier.policy.plan import DESK
from services.notifier.policy.references import kind_and_name
from services.notifier.policy.site import TECHNICAL, UNMATCHED
from services.notifier.policy.ways import ways
from services.safety.knowledge.problems import Problem

_RESERVED = frozenset((UNMATCHED, TECHNICAL, "default"))


def problems(written: Written) -> Iterator[Problem]:
    """Names given twice, and wards, people, rotas and roles that routes name and nobody declared."""
    yield from _twice(written)
    yield from _wards(written)
    yield from _references(written)
    yield from _summaries(written)


def _twice(written: Written) -> Iterator[Problem]:
    people = written.people.value.people
    for number in _repeated([person.id for person in people]):
        what = f"two people are called {people[number].id!r}"
        yield written.people.problem(what, "give each an id of their own", "people", number, "id")
    for number, person in enumerate(people):
        if person.id == DESK:
            what = f"{DESK!r} is whoever is told where there is no policy"
            yield written.people.problem(what, "choose another id", "people", number, "id")
    rotas = written.rotas.value.rotas
    for number in _repeated([rota.id for rota in rotas]):
        what = f"two rotas are called {rotas[number].id!r}"
        yield written.rotas.problem(what, "rename one", "rotas", number, "id")
    served: dict[tuple[str, str], str] = {}
    for number, rota in enumerate(rotas):
        for at, ward in enumerate(rota.wards):
            other = served.setdefault((ward, rota.role or ""), rota.id)
            if other != rota.id:
                what = f"the rota {other!r} serves {rota.role} of ward {ward!r} already"
                yield written.rotas.problem(what, "remove it from one of them", "rotas", number, "wards", at)
    summaries = written.rotas.value.summaries
    for number in _repeated([summary.id for summary in summaries]):
        what = f"two summaries are called {summaries[number].id!r}"
        yield written.rotas.problem(what, "rename one", "summaries", number, "id")
    routes = written.routes.value
    for number in _repeated([*_RESERVED, *(route.id for route in routes.routes)]):
        place = number - len(_RESERVED)
        what = f"the route's id {routes.routes[place].id!r} is taken"
        yield written.routes.problem(what, "choose another one", "routes", place, "id")
    for number in _repeated(routes.wards):
        yield written.routes.problem(
            f"the ward {routes.wards[number]!r} is listed twice", "remove one", "wards", number
        )


def _summaries(written: Written) -> Iterator[Problem]:
    rotas = {rota.id for rota in written.rotas.value.rotas}
    people = {person.id for person in written.people.value.people}
    for number, summary in enumerate(written.rotas.value.summaries):
        for at, name in enumerate(summary.rotas or ()):
            if name not in rotas:
                what = f"unknown rota {name!r}"
                yield written.rotas.problem(what, "correct the id", "summaries", number, "rotas", at)
        for at, name in enumerate(summary.tell):
            if name not in people:
                what, cure = f"unknown person {name!r}", "add them to people.yaml, or correct the id"
                yield written.rotas.problem(what, cure, "summaries", number, "tell", at)


def _repeated(names: Iterable[str]) -> Iterator[int]:
    seen: set[str] = set()
    for number, name in enumerate(names):
        if name in seen:
            yield number
        seen.add(name)


def _wards(written: Written) -> Iterator[Problem]:
    routes = written.routes.value
    known, cure = set(routes.wards), "add it to wards in routes.yaml, or correct it"
    for number, rota in enumerate(written.rotas.value.rotas):
        for at, ward in enumerate(rota.wards):
            if ward not in known:
                yield written.rotas.problem(f"unknown ward {ward!r}", cure, "rotas", number, "wards", at)
    named = [
        *((("routes", number), route.wards or ()) for number, route in enumerate(routes.routes)),
        *((("quiet_hours", number), row.wards or ()) for number, row in enumerate(routes.quiet_hours)),
    ]
    for place, wards in named:
        for at, ward in enumerate(wards):
            if ward not in known:
                yield written.routes.problem(f"unknown ward {ward!r}", cure, *place, "wards", at)


def _references(written: Written) -> Iterator[Problem]:
    people = {person.id for person in written.people.value.people}
    rotas = {rota.id for rota in written.rotas.value.rotas}
    served = {(ward, rota.role) for rota in written.rotas.value.rotas for ward in rota.wards}
    for at in ways(written.routes.value):
        for ref, _, place in at.references():
            kind, name, _ = kind_and_name(ref)
            if kind == "person" and name not in people:
                yield written.routes.problem(f"unknown person {name!r}", "add them to people.yaml", *place)
            elif kind == "rota" and name not in rotas:
                yield written.routes.problem(f"unknown rota {name!r}", "add it to rotas.yaml", *place)
            elif kind == "role" and not at.wards:
                what = f"{ref!r} means a ward's rota, and alerts without a known ward come this way"
                yield written.routes.problem(what, "name a rota or a person", *place)
            elif kind == "role":
                lacking = [ward for ward in at.wards if (ward, name) not in served]
                if lacking:
                    what = f"no rota serves the role {name!r} of ward {', '.join(map(repr, lacking))}"
                    yield written.routes.problem(what, "add one to rotas.yaml, with role and wards", *place)
