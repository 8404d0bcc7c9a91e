"""The people whom rotas name: in shifts, in covers, in calendars."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from services.notifier.policy.assembling import Written
from services.notifier.policy.calendars import CalendarLayer, person_line
from services.notifier.policy.rota import Rota
from services.notifier.policy.rotas_file import RotaRow
from services.notifier.policy.site import SitePolicy
from services.notifier.policy.wall_clock import exists
from services.safety.knowledge.problems import Problem

_CURE = "add them to people.yaml, or correct the id"


def problems(written: Written, policy: SitePolicy | None) -> Iterator[Problem]:
    """People who are not declared, covers of people who are never on duty, calendars that no rota has."""
    known = {person.id for person in written.people.value.people}
    rows = written.rotas.value.rotas
    for number, row in enumerate(rows):
        for person, place in _named(row):
            if person not in known:
                what = f"unknown person {person!r}"
                yield written.rotas.problem(what, _CURE, "rotas", number, *place)
        if policy is not None:
            yield from _of_calendars(written, policy, row, known)
            yield from _covers(written, policy, number, row)
    named = {layer.calendar for row in rows for layer in row.layers}
    for name in sorted(set(written.calendars) - named):
        what, cure = "no rota has this calendar", "name it in a layer of rotas.yaml, or remove it"
        yield Problem(f"{written.shown}/{name}", 1, what, cure)


def staff(policy: SitePolicy, rows: Mapping[str, RotaRow], rota: str) -> tuple[str, ...]:
    """Everybody who is ever on duty by a rota."""
    named = [person for person, _ in _named(rows[rota])]
    return tuple(dict.fromkeys([*named, *(person for _, person in _in_calendars(policy, rows[rota]))]))


def _named(row: RotaRow) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    for number, layer in enumerate(row.layers):
        for at, shift in enumerate(layer.shifts or ()):
            field = "together" if shift.together is not None else "in_turn"
            for index, person in enumerate(shift.persons):
                yield person, ("layers", number, "shifts", at, field, index)
    for number, cover in enumerate(row.covers):
        for index, person in enumerate(cover.persons):
            yield person, ("covers", number, "persons", index)


def _in_calendars(policy: SitePolicy, row: RotaRow) -> Iterator[tuple[str, str]]:
    """Calendar and person, for each person of each calendar of a rota."""
    for layer, made in zip(row.layers, policy.rotas[row.id].layers, strict=True):
        if layer.calendar is not None and isinstance(made, CalendarLayer):
            for person in sorted(made.persons):
                yield layer.calendar, person


def _of_calendars(written: Written, policy: SitePolicy, row: RotaRow, known: set[str]) -> Iterator[Problem]:
    for name, person in _in_calendars(policy, row):
        if person not in known:
            line = person_line(written.calendars[name].decode("utf-8"), person)
            what = f"unknown person {person!r}: the title of an event is a person's id"
            yield Problem(f"{written.shown}/{name}", line, what, _CURE)


def _covers(written: Written, policy: SitePolicy, number: int, row: RotaRow) -> Iterator[Problem]:
    present = set(staff(policy, {row.id: row}, row.id))
    for at, cover in enumerate(row.covers):
        place = ("rotas", number, "covers", at)
        if cover.instead_of is not None and cover.instead_of not in present:
            what, cure = f"{cover.instead_of!r} is never on duty by this rota", "name who is to be replaced"
            yield written.rotas.problem(what, cure, *place, "instead_of")
        elif not _changes(policy.rotas[row.id], at):
            what, cure = (
                "the cover changes nothing",
                "name who is on duty then, correct the times, or remove it",
            )
            yield written.rotas.problem(what, cure, *place)
        for field, moment in (("begins", cover.begins), ("ends", cover.ends)):
            if not exists(moment.date(), moment.time(), policy.zone):
                what = f"on that day the clock leaps over {moment:%H:%M}"
                yield written.rotas.problem(what, "write a time that the clock shows", *place, field)


def _changes(rota: Rota, number: int) -> bool:
    """Whether anybody else is on duty because of a cover."""
    duty = rota.covers[number].duty
    without = replace(rota, covers=(*rota.covers[:number], *rota.covers[number + 1 :]))
    timelines = (one.timeline(duty.start, duty.end) for one in (rota, without))
    said = [[(part.start, part.end, set(part.persons)) for part in timeline] for timeline in timelines]
    return said[0] != said[1]
