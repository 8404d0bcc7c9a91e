"""Puts the doors that stay open together and runs them until told to stop."""

import asyncio
import contextlib
import logging
import signal
import socket
import ssl
from dataclasses import replace
from datetime import UTC, datetime

from schemas.base import TimeDomain
from services.intake.accepting import Acceptor
from services.intake.door import Door
from services.intake.ending import ANSWERED_WITHIN_S
from services.intake.http.callers import Callers
from services.intake.http.service import service
from services.intake.http.serving import server
from services.intake.mllp.desk import Desk
from services.intake.mllp.server import MllpServer
from services.intake.mllp.settings import MllpSettings
from services.intake.openness import tell_who_may_enter
from services.intake.settings import Address, Settings
from services.intake.trust.sources import Sources

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
        if mllp is not None:
            await doors.enter_async_context(_mllp(mllp, acceptor, door, settings.sources))
        callers = None if settings.sources is None else Callers(settings.sources)
        http = server(service(acceptor, door, settings.source, limits, callers), limits, http_tls)
        serving = asyncio.create_task(http.serve([place]), name="http")
        stopping = asyncio.create_task(ended.wait(), name="stop")
        await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
        http.should_exit = True
        impatience = loop.call_later(ANSWERED_WITHIN_S, acceptor.give_up)
        await asyncio.gather(serving, doors.aclose())
        stopping.cancel()
    impatience.cancel()
    log.info("ended in good order")


def _mllp(settings: MllpSettings, acceptor: Acceptor, door: Door, sources: Sources | None) -> MllpServer:
    place = _listening(settings.place)
    how = "plainly" if settings.tls is None else "with TLS"
    log.info("HL7 v2 by MLLP %s at %s:%d", how, settings.place.host, place.getsockname()[1])
    desk = Desk(acceptor, replace(door, source=settings.source), reject_unstored=settings.reject_unstored)
    return MllpServer(place, desk, settings.limits, settings.tls, sources)


def _listening(address: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        place = socket.create_server((address.host, address.port), family=family)
    except OSError as error:
        why = error.strerror or "no such address"
        raise CannotListen(f"{address.host}:{address.port} cannot be listened on: {why}") from error
    return place
