"""A site's policy as the notifier asks it: which plan an alert gets, and who is behind a reference now."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from services.notifier.policy.deciding import Hold, Subject
from services.notifier.policy.people import People
from services.notifier.policy.plan import Plan, Step, Target
from services.notifier.policy.quiet import quiet_until
from services.notifier.policy.references import PREFERRED, kind_and_name, with_channels
from services.notifier.policy.rota import Rota
from services.notifier.policy.rotas_file import SummaryRow
from services.notifier.policy.routes import LowTiers, Route, RoutesFile, Way
from services.notifier.policy.silences import Silence, held_by, silenced

UNMATCHED = "unmatched"
TECHNICAL = "technical"


@dataclass(frozen=True, slots=True)
class SitePolicy:
    """The files of one policy, whole and without contradictions: `files.py` makes it. Implements `Policy`.

    `serving`: the rota by ward and role. `version`: tells this content from another.
    """

    people: People
    rotas: Mapping[str, Rota]
    routes: RoutesFile
    serving: Mapping[tuple[str, str], str]
    silences: tuple[Silence, ...]
    zone: ZoneInfo
    version: str
    summaries: tuple[SummaryRow, ...] = ()

    def plan(self, subject: Subject, now: datetime) -> Plan:  # noqa: ARG002  (a policy may look at the time)
        """The plan of the first route that fits; that of `unmatched` where none does."""
        if subject.technical:
            return self._planned(TECHNICAL, self.routes.technical, "")
        route = self.route(subject)
        if route is None:
            return self._planned(UNMATCHED, self.routes.unmatched, "")
        return self._planned(route.id, route, subject.ward)

    def route(self, subject: Subject) -> Route | None:
        """The first route that fits a finding; None where none does, or the ward is not one of the policy."""
        if subject.ward not in self.routes.wards:
            return None
        return next((route for route in self.routes.routes if fits(route, subject)), None)

    def resolve(self, refs: Sequence[str], now: datetime) -> tuple[Target, ...]:
        """Who stands behind the references at `now`, each once, in order; empty when nobody does."""
        found = (target for ref in refs for target in self._targets(ref, now))
        return tuple(dict.fromkeys(found))

    def hold(self, subject: Subject, now: datetime) -> Hold | None:
        """The quiet hours or the silence that a page of a low tier waits for, whichever ends later."""
        if subject.technical:
            return None
        wards = frozenset(self.routes.wards)
        until = quiet_until(self.routes.quiet_hours, wards, subject.ward, subject.tier, now, self.zone)
        quiet = Hold(until, "quiet hours") if until is not None else None
        silence = silenced(subject, self.silences, now)
        if silence is None or (quiet is not None and quiet.until >= silence.ends):
            return quiet
        return held_by(silence)

    @property
    def low_tiers(self) -> LowTiers | None:
        """How pages of low tiers go together, where the site says so."""
        return self.routes.low_tiers

    def _planned(self, name: str, way: Way, ward: str) -> Plan:
        steps, before = [], timedelta(0)
        for row in way.steps:
            since = row.unanswered or timedelta(0)
            refs = with_channels([self._of_ward(ref, ward) for ref in row.tell], row.by)
            steps.append(Step(int((since - before).total_seconds()), refs, row.everybody))
            before = since
        fallback = tuple(self._of_ward(ref, ward) for ref in way.fallback)
        ack_s = int(way.acknowledged_for.total_seconds())
        expires = way.expires_after if isinstance(way, Route) else None
        expire_s = int(expires.total_seconds()) if expires is not None else 0
        return Plan(name, tuple(steps), way.repeat, fallback, ack_s, expire_s)

    def _of_ward(self, ref: str, ward: str) -> str:
        kind, name, _ = kind_and_name(ref)
        return f"rota:{self.serving[ward, name]}" if kind == "role" else ref

    def _targets(self, ref: str, now: datetime) -> Iterator[Target]:
        kind, name, channel = kind_and_name(ref)
        if kind == "rota":
            rota = self.rotas.get(name)
            persons = rota.on_duty(now) if rota is not None else ()
        else:
            persons = (name,) if kind == "person" else ()
        for person in persons:
            has = self.people.channels(person)
            for one in has[:1] if channel == PREFERRED else has:
                if channel in ("", PREFERRED, one):
                    yield Target(person, one)


def fits(route: Route, subject: Subject) -> bool:
    """Whether a route takes a finding of one of the policy's wards."""
    return (
        (route.wards is None or subject.ward in route.wards)
        and subject.tier in route.tiers
        and (route.checks is None or subject.check in route.checks)
    )
