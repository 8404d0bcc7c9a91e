"""The intake service with declared sources, on real sockets of loopback."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from services.intake.app import run
from services.intake.mllp.settings import mllp_settings
from services.intake.revoking import revocation_lists
from services.intake.settings import Address, Prefixed, Settings
from services.intake.tls import server_tls
from services.intake.trust.file import sources_in
from services.intake.trust.sources import Sources
from services.launcher.servers.child import free_port
from tests.intake.authority import Authority
from tests.intake.http_door import Broker
from tests.intake.mllp_peer import WITHIN_S
from tests.intake.test_publisher import SITE


def declared(directory: Path, *sources: str, issuer: str = "", silence: str = "15 min") -> Sources:
    """The sources of a file with these entries, each in YAML's flow style without its braces."""
    place = directory / "sources.yaml"
    lines = ["sources:", *(f"  - {{{source}, maximum_silence: {silence}}}" for source in sources)]
    if issuer:
        lines += ["issuers:", f"  - {{{issuer}}}"]
    place.write_text("\n".join(lines))
    return sources_in(place)


@dataclass(frozen=True)
class Served:
    """Where the doors are."""

    http: str
    mllp: Address


@asynccontextmanager
async def served(
    broker: Broker,
    sources: Sources,
    authority: Authority | None = None,
    *,
    mllp: bool = False,
    revoked: Path | None = None,
) -> AsyncIterator[Served]:
    """The service, until the context ends. With an authority both doors speak TLS and know its clients."""
    http, place = (Address("127.0.0.1", free_port()) for _ in range(2))
    environment = {"DOSEWARDEN_INTAKE_MLLP": f"127.0.0.1:{place.port}"} if mllp else {}
    if authority is not None:
        ours = authority.signed("the door")
        for door in ("HTTP", "MLLP"):
            environment |= {
                f"DOSEWARDEN_INTAKE_{door}_CERTIFICATE": str(ours.certificate),
                f"DOSEWARDEN_INTAKE_{door}_KEY": str(ours.key),
                f"DOSEWARDEN_INTAKE_{door}_CLIENT_CA": str(authority.file),
                f"DOSEWARDEN_INTAKE_{door}_CLIENT_CRL": "" if revoked is None else str(revoked),
            }
    settings = replace(Settings(), kafka=broker.bootstrap, site=SITE, http=http, sources=sources)
    stop = asyncio.Event()
    hl7 = mllp_settings(environment, network=False, sources=sources)
    tls = server_tls(Prefixed(environment), "INTAKE_HTTP", required=False)
    doors = {"INTAKE_HTTP": tls, "INTAKE_MLLP": None if hl7 is None else hl7.tls}
    lists = revocation_lists(Prefixed(environment), doors)
    serving = asyncio.create_task(run(settings, stop, mllp=hl7, http_tls=tls, revocations=lists))
    scheme = "http" if authority is None else "https"
    try:
        for address in (http, *([place] if mllp else [])):
            await _listening(address, serving)
        yield Served(f"{scheme}://127.0.0.1:{http.port}", place)
    finally:
        stop.set()
        await serving


async def _listening(address: Address, serving: "asyncio.Task[None]") -> None:
    async with asyncio.timeout(WITHIN_S):
        while not serving.done():
            try:
                _, writer = await asyncio.open_connection(address.host, address.port)
            except OSError:
                await asyncio.sleep(0)
            else:
                writer.transport.abort()
                return


def said(answer: httpx.Response) -> str:
    """The code of the only issue of an OperationOutcome."""
    (issue,) = answer.json()["issue"]
    code: str = issue["code"]
    return code
