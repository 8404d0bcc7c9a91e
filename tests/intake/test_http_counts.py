"""What was answered how, as a scraper reads it: also what is refused unread, of which no topic knows."""

from collections.abc import AsyncIterator

import httpx
import pytest

from services.intake.accepting import Acceptor
from services.intake.door import Door
from services.intake.http.service import service
from services.intake.http.serving import Watched
from services.intake.settings import HttpLimits
from services.launcher.servers.embedded_broker import EmbeddedBroker
from tests.intake.http_door import FHIR, NOW, rejections
from tests.intake.test_publisher import SITE

pytestmark = pytest.mark.embedded
DOSE = "/fhir/R4/MedicationAdministration/dose-of-ada"


@pytest.fixture
async def http(embedded_broker: EmbeddedBroker) -> AsyncIterator[httpx.AsyncClient]:
    door = Door("ehr", clock=lambda: NOW)
    async with Acceptor(embedded_broker.bootstrap, SITE, door) as acceptor:
        app = Watched(service(acceptor, door, "ehr", HttpLimits(largest_body=1_000)))
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="http://door"
        ) as client:
            yield client


async def counts(http: httpx.AsyncClient) -> dict[str, int]:
    """The counts by their labels."""
    answer = await http.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {
        labels.partition("{")[2].rstrip("}"): int(count)
        for labels, count in (line.rsplit(" ", 1) for line in lines)
    }


async def test_what_is_refused_unread_is_counted_by_route_method_and_status(
    http: httpx.AsyncClient, embedded_broker: EmbeddedBroker
) -> None:
    assert await counts(http) == {}
    for _ in range(2):
        await http.put(DOSE, content=b"x", headers={"content-type": "text/plain"})
    await http.post("/fhir/R4", content=b" " * 1_001, headers=FHIR)
    await http.post("/fhir/R4/Ada", content=b"{}", headers=FHIR)
    await http.get("/elsewhere/ada?name=ada")
    await http.request("BREW", "/healthz")
    assert await counts(http) == {
        'route="/fhir/R4/{kind}/{identity}",method="PUT",status="415"': 2,
        'route="/fhir/R4",method="POST",status="413"': 1,
        'route="/fhir/R4/{kind}",method="POST",status="404"': 1,
        'route="(no such place)",method="GET",status="404"': 1,
        'route="/healthz",method="other",status="405"': 1,
    }
    assert "ada" not in (await http.get("/metrics")).text.lower()
    assert await rejections(embedded_broker) == []
