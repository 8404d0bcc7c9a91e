"""Each service of docker-compose.yml by its own command, settings and healthcheck, as far as that goes
without Docker: from a dose at a door to an alert, all ways encrypted.
"""

import asyncio
import json
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.launcher.servers import kafka_jars
from services.launcher.servers.child import Refused
from services.launcher.servers.local_store import redis_binary
from tests.conftest import missing
from tests.deploy.compose import services
from tests.deploy.here import Here
from tests.intake.hl7v2_writing import message, rxa
from tests.intake.mllp_peer import Peer
from tests.stack.running import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.slow]


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Here]:
    """The servers of compose, and no service yet."""
    try:
        kafka_jars.java()
        kafka_jars.fetched()
    except Refused as reason:
        missing(str(reason))
    binary = redis_binary()
    if binary is None:
        missing("no redis-server on the PATH")
        raise AssertionError
    made = Here(tmp_path, binary)
    made.start_servers()
    yield made
    made.stop()


def overdose() -> bytes:
    """200 mg of baclofen at once, a minute ago."""
    at = (datetime.now(UTC) - timedelta(minutes=1)).strftime("%Y%m%d%H%M%S+0000")
    msh = rf"MSH|^~\&|MAR|WEST|DW|HERE|{at}||RAS^O17^RAS_O17|M1|P|2.5.1"
    return message("RAS^O17^RAS_O17", "ORC|RE|ORD-1", rxa(f3=at, f4=at, f6="200"), msh=msh)


async def brought(here: Here) -> str:
    """What the MLLP door answers to an overdose of the source whose certificate `make secrets` made."""
    tls = ssl.create_default_context(cafile=here.secrets / "authority.pem")
    tls.load_cert_chain(here.secrets / "engine.pem", here.secrets / "engine.key")
    port = here.port(2575)
    peer = Peer(*await asyncio.open_connection("127.0.0.1", port, ssl=tls, server_hostname="localhost"))
    try:
        return (await peer.brings(overdose()))[0]
    finally:
        peer.writer.transport.abort()


def test_a_dose_at_the_door_becomes_an_alert_and_every_healthcheck_is_good(here: Here) -> None:
    eventually(lambda: here.healthy("store"), "the store is healthy")
    done = here.run("topics")
    assert done.returncode == 0, done.stderr
    for name in ("intake", "intake-kafka", "notifier"):
        here.start(name)
    for number in range(services()["safety"]["deploy"]["replicas"]):
        here.start("safety", number + 1)

    def good() -> bool:
        here.alive()
        return here.healthy("intake") and here.healthy("notifier")

    eventually(good, "the doors and the notifier are healthy")
    assert asyncio.run(brought(here)) == "AA"

    def told() -> bool:
        here.alive()
        listed = here.run("notifier", "alerts", "list", "--json")
        assert listed.returncode == 0, listed.stderr
        return any(alert["check"] == "cumulative-dose" for alert in json.loads(listed.stdout))

    eventually(told, "the overdose is an alert")
    shown = here.run("feed", "rejected", "list", "--json")
    assert (shown.returncode, shown.stderr.count("Traceback")) == (0, 0), shown.stderr
