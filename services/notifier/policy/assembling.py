"""From what is written in the files to rotas and routes that answer questions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import ValidationError

from services.notifier.policy.calendars import calendar_in
from services.notifier.policy.people import People, PeopleFile
from services.notifier.policy.rota import Cover, Layer, Pattern, Rota
from services.notifier.policy.rotas_file import CoverRow, LayerRow, RotaRow, RotasFile
from services.notifier.policy.routes import RoutesFile
from services.notifier.policy.shifts import Duty
from services.notifier.policy.silences import Silence, SilencesFile
from services.notifier.policy.site import SitePolicy
from services.notifier.policy.wall_clock import instant_of
from services.safety.knowledge.placed import Placed
from services.safety.knowledge.problems import Problem


@dataclass(frozen=True, slots=True)
class Written:
    """The files of a policy, the content of its calendars by their names, and where all of it lies."""

    people: Placed[PeopleFile]
    rotas: Placed[RotasFile]
    routes: Placed[RoutesFile]
    silences: Placed[SilencesFile] | None
    calendars: Mapping[str, bytes]
    shown: str


def assembled(written: Written, version: str) -> tuple[SitePolicy | None, list[Problem]]:
    """The policy, or what keeps its zone and its calendars from being read."""
    rows = written.rotas.value
    try:
        zone = ZoneInfo(rows.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        what = f"no time zone is called {rows.zone!r}"
        return None, [written.rotas.problem(what, "write an IANA name such as Europe/Berlin", "zone")]
    problems: list[Problem] = []
    rotas: dict[str, Rota] = {}
    for number, row in enumerate(rows.rotas):
        layers = []
        for place, layer in enumerate(row.layers):
            made, more = _layer(written, layer, zone, ("rotas", number, "layers", place))
            layers += [made] if made is not None else []
            problems += more
        rotas[row.id] = Rota(row.id, tuple(layers), tuple(_cover(cover, zone) for cover in row.covers))
    silences, more = _silences(written, zone)
    problems += more
    if problems:
        return None, problems
    file = written.people.value
    people = People({person.id: person for person in file.people}, file.may)
    serving = _serving(rows.rotas)
    routes = written.routes.value
    return SitePolicy(people, rotas, routes, serving, silences, zone, version, rows.summaries), []


def _layer(
    written: Written, row: LayerRow, zone: ZoneInfo, place: tuple[str | int, ...]
) -> tuple[Layer | None, list[Problem]]:
    if row.calendar is None:
        return Pattern(row.shifts or (), zone), []
    content = written.calendars.get(row.calendar)
    if content is None:
        what = f"there is no calendar {row.calendar!r} beside the file"
        return None, [written.rotas.problem(what, "put it there, or correct its name", *place)]
    shown = f"{written.shown}/{row.calendar}"
    try:
        return calendar_in(content.decode("utf-8"), shown, zone)
    except UnicodeDecodeError as error:
        return None, [Problem(shown, 1, f"it is not UTF-8: {error.reason}", "export it again as UTF-8")]


def _cover(row: CoverRow, zone: ZoneInfo) -> Cover:
    return Cover(Duty(_at(row.begins, zone), _at(row.ends, zone), row.persons), row.instead_of or "")


def _silences(written: Written, zone: ZoneInfo) -> tuple[tuple[Silence, ...], list[Problem]]:
    made: list[Silence] = []
    problems: list[Problem] = []
    placed = written.silences
    if placed is None:
        return (), []
    for number, row in enumerate(placed.value.silences):
        instants = {"begins": _at(row.begins, zone), "ends": _at(row.ends, zone)}
        try:
            made.append(Silence.model_validate({**row.model_dump(), **instants}))
        except ValidationError as error:
            what, _, cure = error.errors()[0]["msg"].removeprefix("Value error, ").partition("; ")
            problems.append(placed.problem(what, cure, "silences", number, "ends"))
    return tuple(made), problems


def _at(moment: datetime, zone: ZoneInfo) -> datetime:
    return instant_of(moment.date(), moment.time(), zone)


def _serving(rows: tuple[RotaRow, ...]) -> dict[tuple[str, str], str]:
    return {(ward, row.role): row.id for row in rows if row.role is not None for ward in row.wards}
