"""Puts the doors that stay open together and runs them until told to stop."""

import asyncio
import contextlib
import logging
import signal
import socket
import ssl
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from schemas.base import TimeDomain
from services.intake.accepting import Acceptor
from services.intake.door import Door
from services.intake.ending import ANSWERED_WITHIN_S
from services.intake.http.callers import Callers
from services.intake.http.service import service
from services.intake.http.serving import Server, server
from services.intake.mllp.desk import Desk
from services.intake.mllp.server import MllpServer
from services.intake.mllp.settings import MllpSettings
from services.intake.openness import tell_who_may_enter
from services.intake.revoking import admission, watch
from services.intake.settings import Address, Settings
from services.intake.trust.life import Life
from services.intake.trust.revocations import RevocationList
from services.intake.trust.sources import Sources
from services.intake.trust.telling_life import LifeTeller

log = logging.getLogger(__name__)


class CannotListen(RuntimeError):
    """An address cannot be listened on; the message names it."""


def door_of(settings: Settings) -> Door:
    """The door that stamps what comes in: by the clock, or as its sources state it in simulated time."""
    live = settings.time_domain is TimeDomain.LIVE
    return Door(settings.source, settings.zone, clock=(lambda: datetime.now(UTC)) if live else None)


async def run(
    settings: Settings,
    stop: asyncio.Event | None = None,
    *,
    mllp: MllpSettings | None = None,
    http_tls: ssl.SSLContext | None = None,
    revocations: Sequence[RevocationList] = (),
) -> None:
    """Serve until SIGTERM, SIGINT or `stop`: then nothing new is taken, and whoever waits is answered, if
    need be that Kafka did not take it.

    Without `mllp` that door stays closed; without `http_tls` HTTP is spoken plainly. Raises `CannotListen`.
    """
    ended = stop or asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, ended.set)
    tell_who_may_enter(settings, mllp, http_tls)
    door, limits = door_of(settings), settings.http_limits
    place = _listening(settings.http)
    scheme = "http" if http_tls is None else "https"
    log.info("FHIR R4 at %s://%s:%d/fhir/R4", scheme, settings.http.host, place.getsockname()[1])
    async with (
        Acceptor(settings.kafka, settings.site, door, patience_s=settings.patience_s) as acceptor,
        contextlib.AsyncExitStack() as doors,
    ):
        life = _life(settings, door)
        hl7 = None
        if mllp is not None:
            hl7 = await doors.enter_async_context(
                _mllp(mllp, acceptor, door, settings.sources, life, revocations)
            )
        callers = None if settings.sources is None else Callers(settings.sources)
        http = server(
            service(acceptor, door, settings.source, limits, callers, life),
            limits,
            http_tls,
            admission(revocations, http_tls),
        )
        serving = asyncio.create_task(http.serve([place]), name="http")
        stopping = asyncio.create_task(ended.wait(), name="stop")
        revoking = asyncio.create_task(watch(revocations, lambda: _part(http, hl7)), name="revocations")
        living = asyncio.create_task(_living(settings, life, acceptor), name="life")
        await asyncio.wait((serving, stopping, living, revoking), return_when=asyncio.FIRST_COMPLETED)
        http.should_exit = True
        impatience = loop.call_later(ANSWERED_WITHIN_S, acceptor.give_up)
        stopping.cancel()
        living.cancel()
        revoking.cancel()
        await asyncio.gather(serving, doors.aclose(), asyncio.wait((living, revoking)))
        for task in (living, revoking):
            if not task.cancelled():
                task.result()
    impatience.cancel()
    log.info("ended in good order")


def _part(http: Server, hl7: MllpServer | None) -> None:
    """End the connections of both doors, each after its answer: who is known by then is asked again."""
    for connection in list(http.server_state.connections):
        connection.shutdown()
    if hl7 is not None:
        hl7.part_from_all()


def _life(settings: Settings, door: Door) -> Life | None:
    """Silence is missed where sources are declared and time is live."""
    if settings.sources is None or door.clock is None:
        return None
    return Life(settings.sources, door.clock)


async def _living(settings: Settings, life: Life | None, acceptor: Acceptor) -> None:
    """Runs until cancelled."""
    if life is None:
        await asyncio.Event().wait()
    else:
        await LifeTeller(life, acceptor, settings.kafka, settings.patience_s).run()


def _mllp(
    settings: MllpSettings,
    acceptor: Acceptor,
    door: Door,
    sources: Sources | None,
    life: Life | None,
    revocations: Sequence[RevocationList],
) -> MllpServer:
    place = _listening(settings.place)
    how = "plainly" if settings.tls is None else "with TLS"
    log.info("HL7 v2 by MLLP %s at %s:%d", how, settings.place.host, place.getsockname()[1])
    named = replace(door, source=settings.source)
    desk = Desk(acceptor, named, reject_unstored=settings.reject_unstored, life=life)
    admitted = admission(revocations, settings.tls)
    return MllpServer(place, desk, settings.limits, settings.tls, sources, admitted)


def _listening(address: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        place = socket.create_server((address.host, address.port), family=family)
    except OSError as error:
        why = error.strerror or "no such address"
        raise CannotListen(f"{address.host}:{address.port} cannot be listened on: {why}") from error
    return place
